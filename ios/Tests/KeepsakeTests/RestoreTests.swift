import Foundation
import class KeepsakeCore.VirtualTime
import func KeepsakeCore.restore
import Testing

@testable import Keepsake

/// What went into a vault comes back.
@Suite(.timeLimit(.minutes(2)))
struct RestoreTests {
    /// A phone whose photos are in its vault, and a folder for what comes back.
    private func backedUp(_ count: Int) async throws -> (phone: Phone, back: URL) {
        let (phone, time) = (try Phone((1...count).map { .shot($0) }), VirtualTime())
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 60_000)
        try await keepsake.stop()
        #expect(phone.stored == phone.expected)
        return (phone, phone.folder.appending(path: "back"))
    }

    private func files(in folder: URL) -> [String: Data] {
        let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return (all?.allObjects as? [URL] ?? []).reduce(into: [:]) {
            $0[$1.lastPathComponent] = try? Data(contentsOf: $1)
        }
    }

    @Test func everythingComesBackByteForByteAndASecondTimeItIsThereAlready() async throws {
        let (phone, back) = try await backedUp(5)
        let told = Locked<[Reached]>([])
        let restored = try await Keepsake.restore(phone.vault, into: back) { reached in
            told.withLock { $0.append(reached) }
        }
        #expect(restored.written == 5)
        #expect(!restored.stopped && restored.cut == nil)
        #expect(files(in: back) == phone.expected)
        #expect(told.withLock { $0.last }?.itemsTotal == 5)
        let again = try await Keepsake.restore(phone.vault, into: back)
        #expect((again.written, again.alreadyThere) == (0, 5))
    }

    @Test func whatIsLostAlteredOrInTheWayIsToldByName() async throws {
        let (phone, back) = try await backedUp(3)
        let month = phone.folder.appending(path: "vault/2026/01")
        try FileManager.default.removeItem(at: month.appending(path: "IMG_1.HEIC"))
        try Data("something else".utf8).write(to: month.appending(path: "IMG_2.HEIC"))
        try FileManager.default.createDirectory(at: back, withIntermediateDirectories: true)
        try Data("another photo".utf8).write(to: back.appending(path: "IMG_3.HEIC"))
        let restored = try await Keepsake.restore(phone.vault, into: back)
        #expect(restored.lost.count == 2)
        #expect(restored.altered == ["2026/01/IMG_2.HEIC"])
        #expect(restored.inTheWay == ["IMG_3.HEIC"])
        #expect(files(in: back)["IMG_3.HEIC"] == Data("another photo".utf8))

        let keepsake = try await Keepsake.open(phone.configuration, ports: phone.ports)
        let found = try await keepsake.verify(deep: true)
        #expect((found.good, found.missing.count) == (1, 1))
        #expect(found.damaged == ["2026/01/IMG_2.HEIC"])
        #expect(found.segments.isEmpty && found.altered.isEmpty && !found.stopped)
        try await keepsake.stop()
    }

    @Test func whatCannotBeRestoredAtAllIsATypedError() async throws {
        let (phone, back) = try await backedUp(1)
        let nowhere = VaultPlace.folder(phone.folder.appending(path: "nowhere"))
        do {
            _ = try await Keepsake.restore(nowhere, into: back)
            Issue.record("from nowhere")
        } catch {
            guard case .notNow = error else { Issue.record("\(error)"); return }
        }
        do {
            let inside = phone.folder.appending(path: "vault/back")
            _ = try await Keepsake.restore(phone.vault, into: inside)
            Issue.record("into its own vault")
        } catch {
            guard case .destination = error else { Issue.record("\(error)"); return }
        }
    }

    @Test func aTaskThatIsCancelledEndsItsLongCallWhichSaysSo() async throws {
        let (phone, back) = try await backedUp(3)
        let (begun, begins) = AsyncStream<Void>.makeStream()
        let vault = phone.vault
        let task = Task {
            try await longCall(nil) { progress in
                begins.finish()
                // Over and over, until the core sees that it is to stop.
                while true {
                    let restored = try restore(
                        vault: vault, into: back.path, progress: progress)
                    if restored.stopped { return restored }
                }
            }
        }
        for await _ in begun {}
        task.cancel()
        #expect(try await task.value.stopped)
        let rest = try await Keepsake.restore(phone.vault, into: back)
        #expect(rest.written + rest.alreadyThere == 3)
        #expect(files(in: back) == phone.expected)
    }
}
