import Dispatch
import Foundation
import KeepsakeCore

/// Threads that may wait for a disk or a vault. Those of Swift's cooperative pool may not: there is one
/// for each core, and a task that holds one holds up others that have nothing to do with us.
private let threads = DispatchQueue(
    label: "app.keepsake.waiting", qos: .utility, attributes: .concurrent)

/// Makes a call of the core that waits, and suspends meanwhile. It is not cancelled with its task: the
/// core has no half calls.
func waiting<Value: Sendable>(
    _ call: @escaping @Sendable () throws -> Value
) async throws(KeepsakeError) -> Value {
    try await offThePool { Result(catching: call).mapError(KeepsakeError.init) }.get()
}

/// Makes a call of the core that returns at once.
func prompt<Value>(_ call: () throws -> Value) throws(KeepsakeError) -> Value {
    do { return try call() } catch { throw KeepsakeError(error) }
}

/// Runs `work`, which may wait, and suspends meanwhile.
func offThePool<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        threads.async { continuation.resume(returning: work()) }
    }
}

/// The same, for nobody to wait for.
func offThePoolAndForgotten(_ work: @escaping @Sendable () -> Void) {
    threads.async(execute: work)
}

/// A value that several threads share. (`Synchronization.Mutex` would do; it is not there before iOS 18.)
final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
