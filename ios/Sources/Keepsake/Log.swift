import KeepsakeCore

/// Where the log goes: `UnifiedLog` on an Apple device, or one of the app's own.
public protocol Log: Sendable {
    /// Writes a line. It holds numbers and Keepsake's own words: no name of a photo, album, folder or vault,
    /// no place, address or token, so that it may be public and be sent with a report.
    ///
    /// Called from one thread that does nothing else. A log that is slow or hangs holds up nothing: lines
    /// are dropped meanwhile, and the next one says how many.
    func write(_ severity: Severity, _ text: String)
}

/// A log as the core calls it.
final class GuardedLog: KeepsakeCore.Log {
    private let log: any Log

    init(_ log: any Log) { self.log = log }

    func write(line: LogLine) { log.write(line.severity, line.text) }
}
