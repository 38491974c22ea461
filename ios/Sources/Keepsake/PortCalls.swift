import Dispatch

/// Calls the host's ports so that none of them can hold up the core.
///
/// The core calls on a thread of its own, which may wait. The port's function runs as a task beside it, so
/// that it can be cancelled, and be left behind when it does not heed that.
final class PortCalls: Sendable {
    private struct State {
        var isStopped = false
        var numbers = 0
        var underWay: [Int: @Sendable () -> Void] = [:]
        var unanswered = 0
    }

    private let state = Locked(State())
    private let patience: DispatchTimeInterval

    /// - Parameter patience: a call that is to be answered soon, and was not for so long, never will be.
    init(patience: DispatchTimeInterval) { self.patience = patience }

    /// A call that is answered soon, or never.
    func soon<Value: Sendable>(
        _ call: @escaping @Sendable () async throws -> Value
    ) throws(PortError) -> Value {
        try answer(to: call) { answer in
            answer.wait(for: self.patience) ?? .failure(.sourceUnavailable)
        }
    }

    /// A call that takes as long as it takes, or until `isStopped`.
    func longer<Value: Sendable>(
        until isStopped: (@Sendable () -> Bool)? = nil,
        _ call: @escaping @Sendable () async throws -> Value
    ) throws(PortError) -> Value {
        try answer(to: call) { answer in
            while true {
                if let given = answer.wait(for: isStopped == nil ? .never : Self.look) { return given }
                if isStopped?() == true { return .failure(.stopped) }
            }
        }
    }

    /// A call that a person answers, perhaps tomorrow: nobody waits for it. `answered` is told, unless all
    /// was stopped before.
    func later<Value: Sendable>(
        _ call: @escaping @Sendable () async throws -> Value,
        answered: @escaping @Sendable (Result<Value, PortError>) -> Void
    ) throws(PortError) {
        let running = Locked<Task<Void, Never>?>(nil)
        guard let number = enter({ running.withLock { $0 }?.cancel() }) else { throw .stopped }
        state.withLock { $0.unanswered += 1 }
        let task = Task.detached(priority: .utility) { [self] in
            let answer: Result<Value, PortError>
            do { answer = .success(try await call()) } catch { answer = .failure(PortError(thrown: error)) }
            if isUnderWay(number) { answered(answer) }
            state.withLock { $0.unanswered -= 1 }
            leave(number)
        }
        running.withLock { $0 = task }
        // Stopped before there was a task to cancel; of one that has answered this is nothing new.
        if !isUnderWay(number) { task.cancel() }
    }

    /// How many wait for a person's answer.
    var unanswered: Int { state.withLock { $0.unanswered } }

    /// Nothing is asked for any more, and nothing is waited for.
    func stop() {
        let underWay = state.withLock { state in
            state.isStopped = true
            defer { state.underWay = [:] }
            return state.underWay.values
        }
        underWay.forEach { $0() }
    }

    private func answer<Value: Sendable>(
        to call: @escaping @Sendable () async throws -> Value,
        by waiting: (Answer<Value>) -> Result<Value, PortError>
    ) throws(PortError) -> Value {
        let answer = Answer<Value>()
        guard let number = enter({ answer.give(.failure(.stopped)) }) else { throw .stopped }
        let task = Task.detached(priority: .utility) {
            do { answer.give(.success(try await call())) } catch {
                answer.give(.failure(PortError(thrown: error)))
            }
        }
        defer {
            leave(number)
            // Of one that has answered this is nothing new.
            task.cancel()
        }
        return try waiting(answer).get()
    }

    private func enter(_ stop: @escaping @Sendable () -> Void) -> Int? {
        state.withLock { state in
            if state.isStopped { return nil }
            state.numbers += 1
            state.underWay[state.numbers] = stop
            return state.numbers
        }
    }

    private func isUnderWay(_ number: Int) -> Bool { state.withLock { $0.underWay[number] != nil } }

    private func leave(_ number: Int) { state.withLock { $0.underWay[number] = nil } }

    /// How often a call that takes long is looked after.
    private static let look = DispatchTimeInterval.milliseconds(100)
}

/// The answer to one call. The first one counts.
private final class Answer<Value: Sendable>: Sendable {
    private let given = Locked<Result<Value, PortError>?>(nil)
    private let arrived = DispatchSemaphore(value: 0)

    func give(_ answer: Result<Value, PortError>) {
        given.withLock { given in
            if given != nil { return }
            given = answer
            arrived.signal()
        }
    }

    /// Waits on the caller's thread; `nil`: not yet.
    func wait(for time: DispatchTimeInterval) -> Result<Value, PortError>? {
        if arrived.wait(timeout: .now() + time) == .timedOut { return nil }
        return given.withLock { $0 }
    }
}
