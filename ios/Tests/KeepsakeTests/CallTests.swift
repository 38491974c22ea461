import Foundation
import Testing

@testable import Keepsake

/// What is asked of a backup reaches the core as it is, and the answer comes back as it is.
@Suite(.timeLimit(.minutes(1)))
struct CallTests {
    private let engine = FakeEngine()

    private func keepsake(patience: DispatchTimeInterval = .seconds(60)) throws -> Keepsake {
        try Keepsake(ports: Ports(library: FakeLibrary([])), patience: patience) { _ in engine }
    }

    @Test func eachCallIsOneOfTheCoresWithAllThatCameWithIt() async throws {
        let keepsake = try keepsake()
        var settings = Settings.standard
        #expect(!settings.onlyCharging)
        settings.onlyCharging = true
        try await keepsake.start()
        try keepsake.pause()
        try keepsake.resume()
        try keepsake.tell([.libraryChanged, .spaceChanged])
        try keepsake.tell(.signedIn, .libraryChanged)
        try keepsake.changeSettings(settings)
        try keepsake.freeUp()
        try keepsake.freeUp(7)
        #expect(try await keepsake.retry() == 3)
        #expect(try await keepsake.retry([1, 2]) == 3)
        #expect(try await keepsake.forget([5]) == 4)
        #expect(try await keepsake.verify().damaged == ["a"])
        _ = try await keepsake.verify(deep: true)
        #expect(try await keepsake.page().next == Position(taken: 9, resource: 9))
        _ = try await keepsake.page(below: Position(taken: 1, resource: 2), size: 3)
        for try await _ in keepsake.library(pageSize: 4) {}
        for try await _ in keepsake.library() {}
        #expect(try keepsake.vaultAway == "its disk is not there")
        try await keepsake.stop()
        #expect(
            engine.asked == [
                "start", "pause", "resume", "tell \([Fact.libraryChanged, .spaceChanged])",
                "tell \([Fact.signedIn, .libraryChanged])", "changeSettings true", "freeUp nil",
                "freeUp Optional(7)", "retry nil", "retry Optional([1, 2])", "forget [5]", "verify false",
                "verify true", "library newest 200", "library below 1 3", "library newest 4",
                "library below 9 4", "library newest 200", "library below 9 200", "stop",
            ])
        // None of Swift's own, which may not wait.
        #expect(engine.stacks == [2 << 20])
    }

    @Test func oneThatIsLetGoOfStopsItsPortsAndItsCore() throws {
        let calls = try keepsake().calls
        #expect(throws: PortError.stopped) { try calls.soon {} }
        #expect(engine.asked == ["letGo"])
    }

    @Test func oneThatIsStoppedAsksItsPortsForNothingMore() async throws {
        let keepsake = try keepsake()
        try await keepsake.stop()
        #expect(throws: PortError.stopped) { try keepsake.calls.soon {} }
    }

    @Test func whoLooksFromTimeToTimeFindsWhatWaits() throws {
        let keepsake = try keepsake()
        engine.events.withLock { $0 = [.scanStarted, .scanned(assets: 1)] }
        #expect(keepsake.waitingEvent() == .scanStarted)
        #expect(keepsake.waitingEvent() == .scanned(assets: 1))
        #expect(keepsake.waitingEvent() == nil)
    }

    @Test func aWalkThroughTheLibraryEndsWithItsTask() async throws {
        let keepsake = try keepsake()
        let (begun, begins) = AsyncStream<Void>.makeStream()
        let task = Task {
            for await _ in begun {}
            for try await _ in keepsake.library() {}
        }
        task.cancel()
        begins.finish()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(engine.asked == [])
    }

    @Test func aConfigurationIsWhatItSays() throws {
        let (state, vault) = (URL(filePath: "/a/state"), VaultPlace.folder(URL(filePath: "/a/vault"), reserve: 7))
        #expect(vault == .folder(path: "/a/vault", reserve: 7))
        #expect(VaultPlace.folder(URL(filePath: "/a/vault")) == .folder(path: "/a/vault", reserve: nil))
        var settings = Settings.standard
        settings.onlyCharging = true
        let zone = try #require(TimeZone(secondsFromGMT: 19_800))
        let configuration = Configuration(state: state, vault: vault, settings: settings, timeZone: zone)
        #expect(configuration.state == "/a/state")
        #expect(configuration.vault == vault)
        #expect(configuration.settings == settings)
        #expect(configuration.utcOffset == 330)
        #expect(Configuration(state: state, vault: nil).settings == .standard)
    }

    @Test func aLineIsLoggedAsItIs() {
        let lines = Lines()
        let log = GuardedLog(lines)
        log.write(line: .init(severity: .warning, text: "as it is"))
        log.write(line: .init(severity: .info, text: "too"))
        #expect(lines.all.withLock { $0 } == ["warning as it is", "info too"])
    }

    @Test func aLongCallSaysAgainAndAgainHowFarItIsAndAtLastWhenItIsOver() async throws {
        let (told, isOver) = (Locked(0), Locked(false))
        let toldWhenOver = Locked(false)
        let answer = try await longCall { _ in
            told.withLock { $0 += 1 }
            if isOver.withLock({ $0 }) { toldWhenOver.withLock { $0 = true } }
        } _: { _ in
            let limit = Date(timeIntervalSinceNow: 20)
            while told.withLock({ $0 }) < 2, Date() < limit { Thread.sleep(forTimeInterval: 0.01) }
            isOver.withLock { $0 = true }
            return told.withLock { $0 }
        }
        #expect(answer >= 2)
        #expect(toldWhenOver.withLock { $0 })
        // The last one was the last.
        let last = told.withLock { $0 }
        try await Task.sleep(for: .milliseconds(400))
        #expect(told.withLock { $0 } == last)
    }

    private final class Lines: Log {
        let all = Locked<[String]>([])

        func write(_ severity: Severity, _ text: String) { all.withLock { $0.append("\(severity) \(text)") } }
    }
}
