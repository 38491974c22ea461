import Foundation
import class KeepsakeCore.CallProgress
import class KeepsakeCore.Engine

@testable import Keepsake

/// A core that notes what it is asked, and on which thread, and answers what a test wants: there is none
/// behind it.
final class FakeEngine: Engine, @unchecked Sendable {
    private let noted = Locked<(words: [String], stacks: Set<Int>)>(([], []))
    /// What it gives when it is asked for the next event.
    let events = Locked<[Event]>([])

    /// What it was asked, in order, with everything that came with it.
    var asked: [String] { noted.withLock { $0.words } }
    /// How large the stacks were of the threads that waited for it: ours have one of their own size.
    var stacks: Set<Int> { noted.withLock { $0.stacks } }

    init() { super.init(noHandle: .init()) }

    required init(unsafeFromHandle handle: UInt64) { super.init(unsafeFromHandle: handle) }

    private func note(_ words: Any..., waits: Bool = false) {
        let said = words.map { String(describing: $0) }.joined(separator: " ")
        noted.withLock { noted in
            noted.words.append(said)
            if waits { noted.stacks.insert(Thread.current.stackSize) }
        }
    }

    override func start() { note("start", waits: true) }
    override func stop() { note("stop", waits: true) }
    override func letGo() { note("letGo") }
    override func pause() { note("pause") }
    override func resume() { note("resume") }
    override func tell(facts: [Fact]) { note("tell", facts) }
    override func changeSettings(settings: Settings) { note("changeSettings", settings.onlyCharging) }
    override func freeUp(wanted: UInt64?) { note("freeUp", wanted as Any) }
    override func vaultAway() -> String? { "its disk is not there" }

    override func retry(resources: [Int64]?) -> UInt64 {
        note("retry", resources as Any, waits: true)
        return 3
    }

    override func forget(resources: [Int64]) -> UInt64 {
        note("forget", resources, waits: true)
        return 4
    }

    override func verify(deep: Bool, progress: CallProgress) -> Verified {
        note("verify", deep, waits: true)
        return Verified(
            good: 1, bytes: 2, missing: [], elsewhere: [], damaged: ["a"], altered: [], replaced: [],
            unreadable: [], unrecorded: 0, loose: [], unseen: [], segments: [], closed: [], stopped: false)
    }

    /// Two pages, of nothing.
    override func library(below: Position?, most: UInt32) -> Page {
        note("library", below.map { "below \($0.taken)" } ?? "newest", most, waits: true)
        return Page(entries: [], next: below == nil ? Position(taken: 9, resource: 9) : nil)
    }

    override func nextEvent() async -> Event? { events.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    override func waitingEvent() -> Event? { events.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
}
