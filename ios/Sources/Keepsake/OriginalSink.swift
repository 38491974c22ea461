import Foundation
import KeepsakeCore

/// Takes the bytes of one original, in order. What was poured is complete only when the pouring function
/// returns without an error.
public final class OriginalSink: Sendable {
    private let into: KeepsakeCore.PourInto
    /// The write end of the core's pipe; `nil` once it is closed.
    private let pipe: Locked<FileHandle?>

    init(_ into: KeepsakeCore.PourInto) throws {
        let descriptor = try into.takePipe()
        // The core closes the other end to say stop: that is to be an error, not the end of the app.
        #if canImport(Darwin)
        _ = fcntl(descriptor, F_SETNOSIGPIPE, 1)
        #else
        // For a pipe Linux knows no such flag, only the process as a whole.
        _ = Self.ignoresBrokenPipes
        #endif
        self.into = into
        pipe = Locked(FileHandle(fileDescriptor: descriptor, closeOnDealloc: true))
    }

    /// Whether to stop: nobody reads any more. Then writing fails, too.
    public var isStopped: Bool { into.isStopped() }

    /// Writes from a thread that may wait: the callback queue of a platform's API. Returns when the core
    /// has taken the bytes over, or throws ``PortError/stopped``.
    public func write(_ bytes: Data) throws {
        try pipe.withLock { pipe in
            guard let pipe else { throw PortError.stopped }
            // Whatever the reason, nobody reads the rest.
            do { try pipe.write(contentsOf: bytes) } catch { throw PortError.stopped }
        }
    }

    /// Writes, and suspends until the core has taken the bytes over.
    public func write(_ bytes: Data) async throws {
        try await offThePool { [self] in Result { try write(bytes) } }.get()
    }

    func finish() {
        close()
        into.finished()
    }

    func fail(_ why: PortError) {
        into.failed(why: why.core)
    }

    private func close() { pipe.withLock { $0 = nil } }

    #if !canImport(Darwin)
    private static let ignoresBrokenPipes: Void = { signal(SIGPIPE, SIG_IGN) }()
    #endif
}
