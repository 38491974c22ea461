/// Hands the core's events to whoever waits for one.
///
/// A call of the core that waits for an event cannot be cancelled from Swift, and the event that it brings
/// is gone from the core. So at most one call is under way, only while somebody waits, and it belongs to
/// nobody: when its consumer has been cancelled meanwhile, what it brings is kept for the next one. Not
/// more than that is held here: what is not asked for waits in the core, which knows what may be dropped.
final class EventHandOff: Sendable {
    fileprivate struct State {
        /// Brought for somebody who had gone.
        var kept: Event?
        var waiting: [(place: Int, continuation: CheckedContinuation<Event?, Never>)] = []
        var places = 0
        var isPulling = false
        var hasEnded = false
    }

    private let state = Locked(State())
    private let pull: @Sendable () async -> Event?

    /// - Parameter pull: brings the next event; `nil`: there is none any more.
    init(pull: @escaping @Sendable () async -> Event?) { self.pull = pull }

    /// The next event; `nil` at the end, and for a task that is cancelled.
    func next() async -> Event? {
        let place = state.withLock { state in
            state.places += 1
            return state.places
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { enter(place, $0) }
        } onCancel: {
            leave(place)
        }
    }

    /// What was brought for somebody who had gone.
    func takeKept() -> Event? { state.withLock { $0.kept.take() } }

    private func enter(_ place: Int, _ continuation: CheckedContinuation<Event?, Never>) {
        switch state.withLock({ $0.enter(place, continuation) }) {
        case .answered(let event): continuation.resume(returning: event)
        case .waits(let pulls): if pulls { pullOne() }
        }
    }

    private func leave(_ place: Int) {
        let left = state.withLock { state in
            state.waiting.firstIndex { $0.place == place }.map { state.waiting.remove(at: $0) }
        }
        left?.continuation.resume(returning: nil)
    }

    private func pullOne() {
        Task.detached(priority: .utility) { [self] in deliver(await pull()) }
    }

    private func deliver(_ event: Event?) {
        var served: ArraySlice<CheckedContinuation<Event?, Never>> = []
        let pulls = state.withLock { state in
            state.isPulling = false
            if event == nil {
                state.hasEnded = true
                served = state.waiting.map(\.continuation)[...]
                state.waiting = []
            } else if state.waiting.isEmpty {
                state.kept = event
            } else {
                served = [state.waiting.removeFirst().continuation]
            }
            return !state.waiting.isEmpty && state.beginsPulling()
        }
        served.forEach { $0.resume(returning: event) }
        if pulls { pullOne() }
    }
}

extension EventHandOff.State {
    fileprivate enum Entered {
        case answered(Event?)
        case waits(pulls: Bool)
    }

    fileprivate mutating func enter(
        _ place: Int, _ continuation: CheckedContinuation<Event?, Never>
    ) -> Entered {
        // One that was cancelled before it is in the row is not found there by `leave`.
        if Task.isCancelled { return .answered(nil) }
        if let event = kept.take() { return .answered(event) }
        if hasEnded { return .answered(nil) }
        waiting.append((place, continuation))
        return .waits(pulls: beginsPulling())
    }

    /// Whether the caller is to pull: nobody does yet.
    fileprivate mutating func beginsPulling() -> Bool {
        defer { isPulling = true }
        return !isPulling
    }
}
