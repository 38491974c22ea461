import Foundation

@testable import Keepsake

/// Runs an actor on a thread of its own, which may wait. Those of Swift's pool may not.
final class ThreadExecutor: SerialExecutor {
    private let jobs = Jobs()

    init() {
        onAThread { [jobs] in
            while let job = jobs.next() { job() }
        }
    }

    deinit { jobs.end() }

    func enqueue(_ job: UnownedJob) {
        let executor = asUnownedSerialExecutor()
        jobs.add { job.runSynchronously(on: executor) }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}

/// What the thread is still to do.
private final class Jobs: @unchecked Sendable {
    private let condition = NSCondition()
    private var waiting: [@Sendable () -> Void] = []
    private var hasEnded = false

    func add(_ job: @escaping @Sendable () -> Void) {
        condition.withLock {
            waiting.append(job)
            condition.signal()
        }
    }

    func end() {
        condition.withLock {
            hasEnded = true
            condition.signal()
        }
    }

    /// Waits for one; `nil`: there will be none.
    func next() -> (@Sendable () -> Void)? {
        condition.withLock {
            while waiting.isEmpty && !hasEnded { condition.wait() }
            return waiting.isEmpty ? nil : waiting.removeFirst()
        }
    }
}
