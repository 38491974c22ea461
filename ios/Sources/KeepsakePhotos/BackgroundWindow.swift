#if canImport(BackgroundTasks) && os(iOS)
import BackgroundTasks
import Keepsake

extension BGTask {
    /// Lets a started backup work for as long as iOS grants, and tells it when the time is up: what is under
    /// way then comes to a safe end within the few seconds that are left. Call it in the handler of a
    /// `BGProcessingTask` or a `BGAppRefreshTask`, for which it also says that the task has completed.
    ///
    /// - Parameter lasts: how long such a window usually is, in seconds; `nil`: there is no telling.
    public func work(on keepsake: Keepsake, lasts: TimeInterval? = nil) async {
        let isEnding = Locked(false)
        expirationHandler = {
            isEnding.withLock { $0 = true }
            try? keepsake.tell(.windowEnding)
        }
        try? keepsake.tell(.windowOpened(lasts: lasts))
        // Looked at, and not read from the events: those are the app's.
        var status: Status
        repeat {
            try? await Task.sleep(for: .milliseconds(500))
            guard let now = try? keepsake.status else { break }
            status = now
        } while isEnding.withLock { $0 } ? status.underWay > 0 : status.activity == .working
        if !isEnding.withLock({ $0 }) { try? keepsake.tell(.windowEnding) }
        setTaskCompleted(success: true)
    }
}
#endif
