import Foundation
import class KeepsakeCore.VirtualPhone

@testable import Keepsake

/// Another device, which has backed up some of the same photos into the same vault.
enum AnotherDevice {
    static func backsUp(_ scenario: Scenario, beside phone: VirtualPhone) async throws {
        let library = ScenarioLibrary()
        for photos in scenario.library {
            for number in 1...max(photos.count, 1) where photos.count > 0 {
                var one = photos
                (one.count, one.lies) = (1, .onThePhone)
                one.name = photos.name.numbered(number)
                one.raw = photos.raw?.numbered(number)
                one.moves = photos.moves?.numbered(number)
                if scenario.vaultHas.contains(one.name) { library.shoot(one) }
            }
        }
        let time = try phone.another()
        let configuration = Configuration(
            state: phone.anotherState(), vault: .folder(path: phone.vault(), reserve: 0),
            settings: .standard, utcOffset: 0)
        let keepsake = try await waiting {
            try Keepsake(ports: Ports(library: library, transfers: library)) {
                try time.open(configuration: configuration, ports: $0)
            }
        }
        try await keepsake.start()
        try keepsake.tell(
            .libraryAccess(access: .full), .locked(locked: false), What.Network.wifi.fact,
            What.Power.charging.fact, .transfersReported, .windowOpened(lasts: nil))
        try await waiting { try time.advance(uptime: 60_000) }
        try await keepsake.stop()
        try time.kill()
    }
}
