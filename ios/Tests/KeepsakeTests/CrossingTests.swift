import Foundation
import class KeepsakeCore.VirtualTime
import Testing

@testable import Keepsake

/// How often a backup crosses the border, and that nothing is left behind there. In a process of its own,
/// with nothing else (tests/steps/swift.sh).
///
/// The goals are for *calls*: of a function of the core, or of a port. The bindings make more crossings of
/// each, for handles, buffers and futures (see ``Crossings``); those are counted too, and have limits of
/// their own. What is told of a backup depends on how long it takes, at most ten statuses a second, and not
/// on how many assets there are.
@Suite(.serialized, .enabled(if: Crossings.areCounted), .timeLimit(.minutes(5)))
struct CrossingTests {
    @Test func aScanThatFindsNothingNewCrossesOnceForManyAssets() async throws {
        let (assets, scanned) = (10_000, Gate())
        let (phone, time) = (try Phone([]), VirtualTime())
        // Each event is taken as soon as it is there: the most that there can be.
        let library = ManyPhotos(count: assets, folder: phone.folder) { await scanned.pass() }
        let keepsake = try await phone.started(in: time, library: library)
        try keepsake.pause()
        let reader = Task {
            for await event in keepsake.events { if case .scanned = event { scanned.open() } }
        }
        try await time.advance(to: 60_000)
        let before = Crossings.now
        try keepsake.tell(.libraryChanged)
        try await time.advance(to: 120_000)
        let crossed = Crossings.now - before
        reader.cancel()
        #expect(try keepsake.status.total.items == UInt64(assets))
        print("a rescan of \(assets): \(crossed.calls) calls, \(crossed.all) crossings")
        #expect(Double(crossed.all) <= 0.05 * Double(assets), "\(crossed)")
        try await keepsake.stop()
    }

    @Test(arguments: [Access.seekable, .poured])
    func aBackupCallsForItsOriginalsAndHardlyMore(access: Access) async throws {
        let (assets, done) = (1_000, Gate())
        let (phone, time) = (try Phone([]), VirtualTime())
        let library = ManyPhotos(count: assets, folder: phone.folder, access: access)
        let before = Crossings.now
        let keepsake = try await phone.started(in: time, library: library)
        let reader = Task {
            for await event in keepsake.events where event == .activityChanged(activity: .done) {
                done.open()
            }
        }
        // In small steps: nearly every event is taken by itself.
        for step in 1...100 { try await time.advance(to: UInt64(step) * 50) }
        try await time.advance(to: 60_000)
        await done.pass()
        let crossed = Crossings.now - before
        reader.cancel()
        #expect(try keepsake.status.safe.items == UInt64(assets))
        let pours = crossed.of("callback_PhotoLibrary_pour")
        let opened = crossed.of("callback_PhotoLibrary_open")
        let versions = crossed.of("callback_PhotoLibrary_version")
        if access == .seekable {
            #expect(opened == assets && versions == assets, "\(crossed)")
        } else {
            // More than assets: some are hashed first, and poured again to be sent. Each is looked after
            // once more for every tenth of a second that it takes.
            #expect(crossed.of("pourinto_take_pipe", "pourinto_finished") == 2 * pours, "\(crossed)")
        }
        // With each original that is asked for goes a buffer that says which.
        let asked = opened + versions + pours
        let calls = crossed.calls - asked - crossed.of("_fn_method_pourinto")
        let crossings = crossed.all - 2 * asked - crossed.of("_pourinto", "_virtualtime")
        print(
            "a backup of \(assets) (\(access)):", asked, "asked for, besides", calls, "calls,",
            crossings, "crossings")
        #expect(Double(calls) <= 0.05 * Double(assets), "\(crossed)")
        #expect(Double(crossings) <= 0.25 * Double(assets), "\(crossed)")
        try await keepsake.stop()
    }

    /// A backup that runs for months says a great many things. What is alive on either side of the border,
    /// as its events go by, is counted at the beginning and at the end: it does not grow.
    @Test func eventsLeaveNothingBehindHoweverMany() async throws {
        let (phone, time, scanned) = (try Phone([]), VirtualTime(), Gate())
        let keepsake = try await phone.started(in: time)
        let (events, missed) = (Locked(0), Locked(0))
        let reader = Task {
            for await event in keepsake.events {
                events.withLock { $0 += 1 }
                if case .missed = event { missed.withLock { $0 += 1 } }
                if case .scanFinished = event { scanned.open() }
            }
        }
        // Every lock and every unlock is an event, and all have been read when the scan has ended.
        let facts = (0..<400).map { Fact.locked(locked: $0 % 2 == 0) } + [.libraryChanged]
        var uptime: UInt64 = 0
        func until(_ count: Int) async throws {
            while events.withLock({ $0 }) < count {
                try keepsake.tell(facts)
                uptime += 1_000
                try await time.advance(to: uptime)
                await scanned.pass()
            }
        }
        // Pools and allocators have grown to their size by then.
        try await until(50_000)
        let before = Crossings.now
        try await until(Crossings.events)
        let crossed = Crossings.now - before
        reader.cancel()
        #expect(missed.withLock { $0 } == 0)
        // Every handle made for a call was used up by one, every future freed; a few are under way.
        let engines = crossed.of("_fn_clone_engine") - crossed.of("_fn_method_engine")
        let futures = crossed.of("next_event", "event_waits") - crossed.of("rust_future_free")
        let ports = crossed.of("_uniffiClone") - crossed.of("_uniffiFree")
        let scans = crossed.of("callback_PhotoLibrary_scan") - crossed.of("_fn_free_scanpages")
        #expect([engines, futures, ports, scans].allSatisfy { (-20...20).contains($0) }, "\(crossed)")
        #expect(crossed.liveBuffers <= 20)
        // Not one byte for each: what there is belongs to allocators and pools.
        print("a number of \(Crossings.events) events: \(crossed.bytesInUse) bytes more in use")
        #expect(crossed.bytesInUse <= 80_000)
        try await keepsake.stop()
    }
}

extension Crossings {
    /// Calls of the core's functions and of ports: without what the bindings do besides.
    fileprivate var calls: Int {
        of("_fn_method_", "_fn_func_", "_fn_constructor_", "callback_")
            - of("_uniffiClone", "_uniffiFree", "_method_virtualtime") // the clock is this test's own
    }
}

/// Lets one pass for every time that it is opened.
private final class Gate: Sendable {
    private let (openings, opening) = AsyncStream<Void>.makeStream()

    func open() { opening.yield() }

    func pass() async { for await _ in openings { return } }
}
