import Foundation
import KeepsakeCore

/// Makes a call of the core that waits, and suspends meanwhile. It is not cancelled with its task: the
/// core has no half calls.
func waiting<Value: Sendable>(
    _ call: @escaping @Sendable () throws -> Value
) async throws(KeepsakeError) -> Value {
    try await offThePool { Result(catching: call).mapError(KeepsakeError.init) }.get()
}

/// Makes a call of the core that may take hours. When its task is cancelled it ends early, and says so in
/// what it gives.
func longCall<Value: Sendable>(
    _ progress: (@Sendable (Reached) -> Void)?,
    _ call: @escaping @Sendable (CallProgress) throws -> Value
) async throws(KeepsakeError) -> Value {
    let watched = CallProgress()
    let telling = progress.map { progress in
        Task {
            while (try? await Task.sleep(for: .milliseconds(250))) != nil {
                progress(watched.reached())
            }
        }
    }
    let ended: Result<Value, KeepsakeError> = await withTaskCancellationHandler {
        await offThePool { Result { try call(watched) }.mapError(KeepsakeError.init) }
    } onCancel: {
        watched.stop()
    }
    telling?.cancel()
    // Not two at once, and the last one last.
    await telling?.value
    progress?(watched.reached())
    return try ended.get()
}

/// Makes a call of the core that returns at once.
func prompt<Value>(_ call: () throws -> Value) throws(KeepsakeError) -> Value {
    do { return try call() } catch { throw KeepsakeError(error) }
}

/// Runs `work`, which may wait, and suspends meanwhile.
func offThePool<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        onAThread { continuation.resume(returning: work()) }
    }
}

/// Runs `work`, which may wait for a disk or a vault, on a thread of its own. Those of Swift's cooperative
/// pool may not wait: there is one for each core, and on Linux dispatch queues have no others either.
/// These calls are few, and each takes longer than a thread takes to start.
func onAThread(_ work: @escaping @Sendable () -> Void) {
    let thread = Thread(block: work)
    thread.name = "app.keepsake.waiting"
    thread.qualityOfService = .utility
    // What Rust gives its own; Foundation's half a megabyte is not what the core was tested with.
    thread.stackSize = 2 << 20
    thread.start()
}
