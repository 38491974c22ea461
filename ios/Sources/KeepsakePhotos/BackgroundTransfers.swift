#if canImport(Darwin)
import Foundation
import Keepsake

/// Uploads that iOS owns and goes on with while the app is suspended or gone, in a background session.
///
/// Make it at every launch, before the backup is opened: iOS then delivers what ended meanwhile.
public final class BackgroundTransfers: NSObject, Transfers {
    /// How the transfers fare. The facts wait while nobody reads: those of a relaunch come before there is
    /// a backup to tell them to. For one reader.
    public let facts: AsyncStream<Fact>

    private let told: AsyncStream<Fact>.Continuation
    /// What `application(_:handleEventsForBackgroundURLSession:completionHandler:)` was given.
    private let whenDelivered = Guarded<(@MainActor @Sendable () -> Void)?>(nil)
    private let made = Guarded<URLSession?>(nil)

    /// - Parameter identifier: of the session; the same at every launch, and of no other app's or
    ///   extension's.
    public init(identifier: String) {
        (facts, told) = AsyncStream.makeStream()
        super.init()
        let configuration = URLSessionConfiguration.background(withIdentifier: identifier)
        configuration.sessionSendsLaunchEvents = true
        // The user waits for nothing here: iOS may choose the moment.
        configuration.isDiscretionary = false
        // The session keeps its delegate until it is made invalid; it lives as long as the app.
        let session = URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
        made.withLock { $0 = session }
    }

    /// Says which transfers survived, and that all were named. Once for each launch.
    public func report() async {
        for task in await session.allTasks {
            if let resource = TaskName.resource(of: task.taskDescription) {
                told.yield(.transferFound(resource: resource))
            }
        }
        told.yield(.transfersReported)
    }

    /// iOS woke the app for this session: it is to be called when everything was delivered.
    public func wasWoken(_ completion: @escaping @MainActor @Sendable () -> Void) {
        whenDelivered.withLock { $0 = completion }
    }

    public func handOver(_ transfer: Transfer) async throws {
        let request = try URLRequest(transfer)
        let file = URL(fileURLWithPath: transfer.file)
        guard FileManager.default.isReadableFile(atPath: file.path) else { throw PortError.unreadable }
        let task = session.uploadTask(with: request, fromFile: file)
        task.taskDescription = TaskName.text(of: transfer.resource)
        task.resume()
    }

    public func cancel(_ resource: Int64) async throws {
        for task in await session.allTasks where TaskName.resource(of: task.taskDescription) == resource {
            task.cancel()
        }
    }

    private var session: URLSession {
        // Made by `init`, which hands it out only when there is one.
        made.withLock { $0! }
    }
}

extension BackgroundTransfers: URLSessionTaskDelegate {
    public func urlSession(
        _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
    ) {
        guard let resource = TaskName.resource(of: task.taskDescription) else { return }
        let status = (task.response as? HTTPURLResponse)?.statusCode
        let outcome = Outcome(status: status, error: error, sent: task.countOfBytesSent)
        told.yield(.transferFinished(resource: resource, outcome: outcome))
    }

    public func urlSessionDidFinishEvents(forBackgroundURLSession session: URLSession) {
        let completion = whenDelivered.withLock { completion in
            defer { completion = nil }
            return completion
        }
        if let completion { Task { @MainActor in completion() } }
    }
}
#endif
