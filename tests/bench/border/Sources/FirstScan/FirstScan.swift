import Foundation
import Keepsake

/// The same as `ffi/examples/first_scan.rs`, by a host that is written in Swift. For `./bench border`.
@main
struct FirstScan {
    static func main() async throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        for _ in 0..<numbers[1] { print(try await secondsOfScan(assets: numbers[0])) }
    }

    static func secondsOfScan(assets: Int) async throws -> Double {
        let folder = FileManager.default.temporaryDirectory.appending(path: "keepsake-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let configuration = Configuration(
            state: folder.appending(path: "state"),
            vault: .folder(folder.appending(path: "vault"), reserve: 0))
        let keepsake = try await Keepsake.open(configuration, ports: Ports(library: Photos(count: assets)))
        try keepsake.pause()
        let (clock, begun) = (ContinuousClock(), ContinuousClock.now)
        try await keepsake.start()
        try keepsake.tell(
            .libraryAccess(access: .full), .locked(locked: false), .transfersReported,
            .windowOpened(lasts: nil))
        let end = await keepsake.events.first { if case .scanFinished = $0 { true } else { false } }
        let took = clock.now - begun
        precondition(end == .scanFinished(complete: true, changed: UInt64(assets)))
        try await keepsake.stop()
        return took / .seconds(1)
    }
}

private struct Photos: PhotoLibrary {
    let count: Int

    func scan(into scan: Scan) async throws -> Unseen {
        for first in stride(from: 0, to: count, by: 1_000) {
            try await scan.add((first..<min(first + 1_000, count)).map(asset))
        }
        return .nothing
    }

    func version(of original: Original) async throws -> UInt64 { throw PortError.unsupported }

    private func asset(_ number: Int) -> Asset {
        let id = "\(padded(number, 8))-0000-4000-8000-KEEPSAKE/L0/001"
        let resource = Resource(
            id: id, role: .photo, media: .photo, name: "IMG_\(padded(number, 6)).HEIC",
            size: .exact(bytes: 2_000_000 + UInt64(number)), version: UInt64(number), locality: .local,
            access: .seekable, modified: nil)
        return Asset(
            id: id, taken: 1_767_225_600_000 + Int64(number) * 60_000, favourite: false,
            albums: ["Summer"], crossDeviceId: nil, chosen: true, resources: [resource])
    }

    private func padded(_ number: Int, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
