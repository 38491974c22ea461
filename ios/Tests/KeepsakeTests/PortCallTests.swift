import Foundation
import Testing

@testable import Keepsake

/// What no port can do: hold up the core, be asked after the end, keep anything alive.
@Suite(.timeLimit(.minutes(1)))
struct PortCallTests {
    private let impatient = PortCalls(patience: .milliseconds(50))
    private let calls = PortCalls(patience: .seconds(40))

    @Test func whatIsNotAnsweredInTimeIsGivenUpAndCancelled() async {
        let isCancelled = Locked(false)
        #expect(throws: PortError.sourceUnavailable) {
            try impatient.soon {
                do { try await Task.sleep(for: .seconds(20)) } catch { isCancelled.withLock { $0 = true } }
            }
        }
        #expect(await eventually { isCancelled.withLock { $0 } })
        #expect(throws: PortError.deleted) { try calls.soon { throw PortError.deleted } }
        #expect(throws: Never.self) { try calls.soon {} }
    }

    @Test func whatTakesAsLongAsItTakesMayTakeLonger() throws {
        let answer = try impatient.longer {
            try await Task.sleep(for: .milliseconds(200))
            return 7
        }
        #expect(answer == 7)
        let looked = try impatient.longer(until: { false }) {
            try await Task.sleep(for: .milliseconds(200))
            return 8
        }
        #expect(looked == 8)
    }

    @Test func allThatIsUnderWayEndsWithTheStopAndNothingIsAskedAfterIt() async {
        let (begun, ended, cancelled) = (Locked(0), Locked<[PortError]>([]), Locked(0))
        let hang: @Sendable () async throws -> Void = {
            begun.withLock { $0 += 1 }
            do { try await Task.sleep(for: .seconds(40)) } catch {
                cancelled.withLock { $0 += 1 }
                throw error
            }
        }
        let ways: [@Sendable () throws -> Void] = [
            { try calls.soon(hang) }, { try calls.soon(hang) }, { try calls.longer(hang) },
        ]
        for way in ways {
            onAThread {
                let outcome = Result { try way() }
                if case .failure(let error as PortError) = outcome { ended.withLock { $0.append(error) } }
            }
        }
        let answered = Locked(false)
        #expect(throws: Never.self) {
            try calls.later(hang) { _ in answered.withLock { $0 = true } }
        }
        #expect(await eventually { begun.withLock { $0 } == 4 })
        #expect(calls.unanswered == 1)
        calls.stop()
        #expect(await eventually { ended.withLock { $0 } == [.stopped, .stopped, .stopped] })
        #expect(await eventually { cancelled.withLock { $0 } == 4 && calls.unanswered == 0 })
        #expect(!answered.withLock { $0 })

        let asked = Locked(false)
        let ask: @Sendable () async -> Void = { asked.withLock { $0 = true } }
        #expect(throws: PortError.stopped) { try calls.soon(ask) }
        #expect(throws: PortError.stopped) { try calls.longer(ask) }
        #expect(throws: PortError.stopped) { try calls.later(ask) { _ in } }
        try? await Task.sleep(for: .milliseconds(50))
        #expect(!asked.withLock { $0 })
    }

    @Test func aPersonsAnswerIsToldOnce() async throws {
        let told = Locked<[Int]>([])
        try calls.later { 7 } answered: { answer in
            told.withLock { $0.append((try? answer.get()) ?? 0) }
        }
        #expect(await eventually { calls.unanswered == 0 })
        #expect(told.withLock { $0 } == [7])
    }

    @Test func whatWasAnsweredIsNotKept() async throws {
        let soon = Weak(kept: try calls.soon { Kept() })
        let longer = Weak(kept: try calls.longer { Kept() })
        #expect(await eventually { soon.kept == nil && longer.kept == nil })
        var held: Kept? = Kept()
        let later = Weak(kept: held)
        try calls.later { [held] in _ = held } answered: { _ in }
        held = nil
        #expect(await eventually { later.kept == nil })
    }

    private struct Weak: @unchecked Sendable { weak var kept: Kept? }

    private final class Kept: Sendable {}
}
