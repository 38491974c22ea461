import Foundation
import class KeepsakeCore.VirtualTime
import Testing

@testable import Keepsake

/// The log is one for the whole process, and other tests run beside these: what they say is in it too.
@Suite(.timeLimit(.minutes(2)), .serialized)
struct LogTests {
    @Test func aStoryIsLoggedWithoutAnyOfItsNames() async throws {
        let log = FakeLog()
        Keepsake.log(to: log)
        defer { Keepsake.log(to: nil) }
        let (phone, time) = (try Phone([.shot(1), .shot(2)]), VirtualTime())
        phone.library.mischief.open = { original in
            throw Sentence("cannot read /storage/Anna/\(original.id), token eyJhbGciOi")
        }
        phone.library.mischief.scan = { scan in
            var asset = Asset(.shot(1), taken: 1)
            asset.albums = ["Hochzeit Anna am Tegernsee"]
            try await scan.add([asset])
        }
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 3_600_000)
        phone.library.mischief.open = nil
        try await keepsake.retry()
        try await time.advance(to: 7_200_000)
        #expect(phone.stored == phone.expected)
        try await keepsake.stop()
        let back = phone.folder.appending(path: "Anna zurück")
        _ = try await Keepsake.restore(phone.vault, into: back)
        for told in [
            "a run began run=1", "a port of the host failed port=open resource=1",
            "an item was given up on resource=1 fault=HostFault", "the activity changed activity=Done",
            "the run ended", "a restore ended written=2",
        ] {
            #expect(await eventually { log.lines.contains { $0.hasPrefix(told) } }, "\(told)")
        }
        let telling = [
            "Anna", "Hochzeit", "Tegernsee", "IMG_", "HEIC", "eyJhbGciOi", "/storage",
            phone.folder.lastPathComponent,
        ]
        for line in log.lines {
            #expect(telling.filter { line.contains($0) } == [], "\(line)")
        }
    }

    @Test func aLogThatHangsHoldsUpNothing() async throws {
        let log = FakeLog(hangs: true)
        Keepsake.log(to: log)
        defer { Keepsake.log(to: nil) }
        let (phone, time) = (try Phone([.shot(1)]), VirtualTime())
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 60_000)
        #expect(phone.stored == phone.expected)
        try await keepsake.stop()
        #expect(await eventually { log.isReached })
        #expect(log.lines.isEmpty)
        log.goOn()
        #expect(await eventually { !log.lines.isEmpty })
    }
}

private struct Sentence: Error {
    let said: String

    init(_ said: String) { self.said = said }
}

/// Keeps its lines.
private final class FakeLog: Log {
    private let kept = Locked<(lines: [String], isReached: Bool)>(([], false))
    private let gate = DispatchSemaphore(value: 0)
    private let hangs: Bool

    init(hangs: Bool = false) { self.hangs = hangs }

    var lines: [String] { kept.withLock { $0.lines } }
    var isReached: Bool { kept.withLock { $0.isReached } }

    func goOn() { gate.signal() }

    func write(_ severity: Severity, _ text: String) {
        kept.withLock { $0.isReached = true }
        if hangs {
            gate.wait()
            gate.signal()
        }
        kept.withLock { $0.lines.append(text) }
    }
}
