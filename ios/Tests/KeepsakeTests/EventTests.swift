import Foundation
import class KeepsakeCore.VirtualTime
import Testing

@testable import Keepsake

/// The one stream of events.
@Suite(.timeLimit(.minutes(1)))
struct EventTests {
    @Test func theStreamEndsWhenTheBackupStops() async throws {
        let phone = try Phone([.shot(1)])
        let keepsake = try await phone.started()
        let reader = Task { await keepsake.events.reduce(into: []) { $0.append($1) } }
        #expect(await eventually { phone.stored == phone.expected })
        try await keepsake.stop()
        let read = await reader.value
        #expect(read.contains(.scanFinished(complete: true, changed: 1)))
        // Whoever asks only now is told the same.
        #expect(await keepsake.events.first { _ in true } == nil)
    }

    @Test func aBackupThatIsLetGoOfStopsByItselfAndItsStreamEnds() async throws {
        let phone = try Phone([.shot(1)])
        var keepsake: Keepsake? = try await phone.started()
        let events = try #require(keepsake).events
        keepsake = nil
        for await _ in events {}
        // Only one may be open on a state folder: the first is gone.
        let again = try await phone.started()
        await again.eventsUntilDone()
        try await again.stop()
    }

    @Test func aReaderThatIsCancelledReturnsAtOnceThoughNothingHappens() async throws {
        let (phone, time) = (try Phone([]), VirtualTime())
        let keepsake = try await phone.started(in: time)
        let reader = Task { for await _ in keepsake.events {} }
        try await Task.sleep(for: .milliseconds(50))
        reader.cancel()
        await reader.value
        try await keepsake.stop()
    }

    @Test func whoReadsAfterAReaderThatWasCancelledMissesNothing() async throws {
        var told: [[Event]] = []
        for isDisturbed in [false, true] {
            let (phone, time) = (try Phone([.shot(1)]), VirtualTime())
            let keepsake = try await phone.started(in: time)
            if isDisturbed {
                let reader = Task { for await _ in keepsake.events {} }
                try await Task.sleep(for: .milliseconds(50))
                reader.cancel()
                await reader.value
            }
            try await time.advance(to: 60_000)
            try await keepsake.stop()
            told.append(await keepsake.events.reduce(into: []) { $0.append($1) })
        }
        // Of statuses only the newest waits: how many there are depends on who reads when.
        let notices = told.map { $0.filter { if case .statusChanged = $0 { false } else { true } } }
        #expect(notices[0].contains(.scanStarted))
        #expect(notices[0] == notices[1])
    }

    @Test func readersThatAreCancelledLoseNoEvent() async throws {
        let count = 500
        let source = Numbers(count)
        let handOff = EventHandOff { await source.next() }
        let read = Locked<[Event]>([])
        var readers = 0
        while read.withLock({ $0.count }) < count {
            readers += 1
            let reader = Task {
                for await event in AsyncStream(unfolding: { await handOff.next() }) {
                    read.withLock { $0.append(event) }
                }
            }
            try await Task.sleep(for: .microseconds(Int.random(in: 0...300)))
            reader.cancel()
            await reader.value
        }
        #expect(read.withLock { $0 } == (0..<count).map { .scanned(assets: UInt64($0)) })
        #expect(readers > 1, "nobody was cancelled: nothing was shown")
    }

    @Test func severalReadersGetAPartEachAndTogetherAll() async {
        let source = Numbers(300)
        let handOff = EventHandOff { await source.next() }
        let parts = await withTaskGroup(of: [Event].self) { group in
            for _ in 0..<3 {
                group.addTask {
                    let stream = AsyncStream { await handOff.next() }
                    return await stream.reduce(into: []) { $0.append($1) }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(parts) == Set((0..<300).map { .scanned(assets: UInt64($0)) }))
        #expect(parts.count == 300)
    }

    @Test func whatWasBroughtForSomebodyWhoHadGoneIsKeptForTheNext() async throws {
        let source = Slow()
        let handOff = EventHandOff { await source.next() }
        for looksOnlyNow in [true, false] {
            let reader = Task { await handOff.next() }
            #expect(await eventually { source.waits })
            reader.cancel()
            #expect(await reader.value == nil)
            source.bring(.scanStarted)
            if looksOnlyNow {
                let found = Locked<Event?>(nil)
                #expect(await eventually { found.withLock { $0 = $0 ?? handOff.takeKept(); return $0 != nil } })
                #expect(found.withLock { $0 } == .scanStarted)
                #expect(handOff.takeKept() == nil)
            } else {
                #expect(await handOff.next() == .scanStarted)
                #expect(!source.waits)
            }
        }
    }

    @Test func ofTwoWhoWaitOnlyTheOneThatIsCancelledLeaves() async {
        let source = Slow()
        let handOff = EventHandOff { await source.next() }
        let stays = Task { await handOff.next() }
        #expect(await eventually { source.waits })
        let leaves = Task { await handOff.next() }
        try? await Task.sleep(for: .milliseconds(50))
        leaves.cancel()
        #expect(await leaves.value == nil)
        source.bring(.scanStarted)
        #expect(await stays.value == .scanStarted)
        try? await Task.sleep(for: .milliseconds(50))
        #expect(!source.waits, "nobody waits any more")
    }

    @Test func ofTwoWhoWaitEachGetsOneThoughNobodyAsksAgain() async {
        let source = Slow()
        let handOff = EventHandOff { await source.next() }
        let both = [Task { await handOff.next() }, Task { await handOff.next() }]
        for event in [Event.scanStarted, .scanned(assets: 1)] {
            #expect(await eventually { source.waits })
            source.bring(event)
        }
        #expect(Set([await both[0].value, await both[1].value]) == [.scanStarted, .scanned(assets: 1)])
    }

    @Test func whoIsCancelledBeforeAskingTakesNothingAndWhoComesAfterTheEndDoesNotAskAgain() async {
        let source = Numbers(1)
        let handOff = EventHandOff { await source.next() }
        let cancelled = Task {
            while !Task.isCancelled { await Task.yield() }
            return await handOff.next()
        }
        cancelled.cancel()
        #expect(await cancelled.value == nil)
        try? await Task.sleep(for: .milliseconds(50))
        #expect(await source.asked == 0)
        #expect(await handOff.next() == .scanned(assets: 0))
        #expect(await handOff.next() == nil)
        #expect(await handOff.next() == nil)
        #expect(await source.asked == 2)
    }

    @Test func nothingIsTakenFromTheCoreThatNobodyAskedFor() async throws {
        let source = Numbers(10)
        let handOff = EventHandOff { await source.next() }
        #expect(await handOff.next() == .scanned(assets: 0))
        try await Task.sleep(for: .milliseconds(50))
        #expect(await source.taken == 1)
    }
}

/// Events that can be told apart, one after the other, and then the end.
private actor Numbers {
    private let count: Int
    private(set) var taken = 0
    private(set) var asked = 0

    init(_ count: Int) { self.count = count }

    func next() async -> Event? {
        asked += 1
        await Task.yield()
        if taken == count { return nil }
        taken += 1
        return .scanned(assets: UInt64(taken - 1))
    }
}

/// Brings an event when it is told to.
private final class Slow: Sendable {
    private let waiting = Locked<CheckedContinuation<Event?, Never>?>(nil)

    /// Whether somebody waits for one.
    var waits: Bool { waiting.withLock { $0 != nil } }

    func next() async -> Event? {
        await withCheckedContinuation { continuation in waiting.withLock { $0 = continuation } }
    }

    func bring(_ event: Event) { waiting.withLock { $0.take() }?.resume(returning: event) }
}
