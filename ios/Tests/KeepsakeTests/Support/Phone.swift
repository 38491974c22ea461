import Foundation
import class KeepsakeCore.VirtualTime

@testable import Keepsake

/// A phone with a library in memory, and a folder for a vault.
final class Phone: Sendable {
    let folder: URL
    let library: FakeLibrary
    let storage: FakeStorage
    let vault: VaultPlace

    init(_ photos: [FakeLibrary.Photo]) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "keepsake-\(UUID())")
        library = FakeLibrary(photos)
        storage = FakeStorage()
        vault = .folder(folder.appending(path: "vault"), reserve: 0)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var configuration: Configuration {
        var settings = Settings.standard
        settings.reserve = 0
        return Configuration(state: folder.appending(path: "state"), vault: vault, settings: settings)
    }

    var ports: Ports { Ports(library: library, storage: storage) }

    /// What lies in the vault, by name.
    var stored: [String: Data] {
        let year = folder.appending(path: "vault/2026")
        let files = FileManager.default.enumerator(at: year, includingPropertiesForKeys: nil)
        let photos = (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "HEIC" }
        return photos.reduce(into: [:]) { $0[$1.lastPathComponent] = try? Data(contentsOf: $1) }
    }

    /// What it is to be.
    var expected: [String: Data] { library.photos.reduce(into: [:]) { $0[$1.id] = $1.bytes } }

    /// Opens a backup that lives in the time of this machine, and starts it.
    func started() async throws -> Keepsake {
        let keepsake = try await Keepsake.open(configuration, ports: ports)
        try await keepsake.start()
        try keepsake.tell(Self.atHome)
        return keepsake
    }

    /// Opens a backup whose time stands until it is told to go on, and starts it.
    func started(
        in time: VirtualTime, library: (any PhotoLibrary)? = nil,
        patience: DispatchTimeInterval = .seconds(120)
    ) async throws -> Keepsake {
        let ports = Ports(library: library ?? self.library, storage: storage)
        let keepsake = try await waiting { [configuration] in
            try Keepsake(ports: ports, patience: patience) {
                try time.open(configuration: configuration, ports: $0)
            }
        }
        try await keepsake.start()
        try keepsake.tell(Self.atHome)
        return keepsake
    }

    /// In front, on a charger, in a network that costs nothing.
    static let atHome: [Fact] = [
        .libraryAccess(access: .full),
        .locked(locked: false),
        .network(online: true, metered: false, roaming: false),
        .power(charging: true, battery: 100, saver: false, hot: false),
        .transfersReported,
        .windowOpened(lasts: nil),
    ]
}

/// A disk with plenty of room.
final class FakeStorage: Storage {
    private let left = Locked<UInt64?>(40_000_000_000)

    /// `nil`: it throws.
    var available: UInt64? {
        get { left.withLock { $0 } }
        set { left.withLock { $0 = newValue } }
    }

    func space() async throws -> Space {
        guard let available else { throw CocoaError(.fileReadUnknown) }
        return Space(available: available, total: 64_000_000_000)
    }
}

extension VirtualTime {
    convenience init() { self.init(boot: 1, uptime: 0, wall: newYear) }

    /// Everything happens that is due by then, in milliseconds since the phone's start. That takes no minute:
    /// when something hangs, it is left behind, so that a test fails and not the whole run.
    func advance(to uptime: UInt64) async throws {
        let (outcome, ended) = (Locked<Result<Void, any Error>?>(nil), DispatchSemaphore(value: 0))
        onAThread { [self] in
            let result = Result { try advance(uptime: uptime) }
            outcome.withLock { $0 = result }
            ended.signal()
        }
        await offThePool { _ = ended.wait(timeout: .now() + .seconds(45)) }
        guard let outcome = outcome.withLock({ $0 }) else { throw Hangs() }
        try outcome.get()
    }

    /// Time does not go on: somebody is waited for who does not answer.
    private struct Hangs: Error {}
}

extension Keepsake {
    /// Until everything that a scan has shown is safe, and said to be.
    func eventsUntilDone() async {
        for await case .statusChanged(let status) in events
        where status.activity == .done && status.total.items > 0 { break }
    }
}

/// Waits until `condition`, and says whether it came to that.
func eventually(_ condition: @Sendable () throws -> Bool) async rethrows -> Bool {
    for _ in 0..<1_500 {
        if try condition() { return true }
        try? await Task.sleep(for: .milliseconds(20))
    }
    return false
}
