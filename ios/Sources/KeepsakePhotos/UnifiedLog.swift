#if canImport(os)
import Keepsake
import os

/// The unified log, under the subsystem `keepsake`: `Keepsake.log(to: UnifiedLog())`. In Terminal:
/// `log stream --predicate 'subsystem == "keepsake"'`.
public struct UnifiedLog: Log {
    private let logger = Logger(subsystem: "keepsake", category: "core")

    public init() {}

    public func write(_ severity: Severity, _ text: String) {
        // Public: there is nothing private in a line, and a private one would show nothing.
        switch severity {
        case .error: logger.fault("\(text, privacy: .public)")
        case .warning: logger.error("\(text, privacy: .public)")
        case .info: logger.notice("\(text, privacy: .public)")
        }
    }
}
#endif
