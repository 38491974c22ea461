#if canImport(Darwin)
import Foundation
import Keepsake

/// Uploads that iOS owns and goes on with while the app is suspended or gone, in a background session.
///
/// Make it once at every launch, before the backup is opened: iOS then delivers what ended meanwhile.
public final class BackgroundTransfers: Transfers {
    /// How the transfers fare. The facts wait while nobody reads: those of a relaunch come before there is
    /// a backup to tell them to. For one reader.
    public let facts: AsyncStream<Fact>

    private let told: AsyncStream<Fact>.Continuation
    private let deliveries: Deliveries
    /// Keeps its delegate until it is made invalid, which it never is: it lives as long as the app.
    private let session: URLSession

    /// - Parameter identifier: of the session; the same at every launch, and of no other app's or
    ///   extension's.
    public init(identifier: String) {
        (facts, told) = AsyncStream.makeStream()
        deliveries = Deliveries(told)
        let configuration = URLSessionConfiguration.background(withIdentifier: identifier)
        configuration.sessionSendsLaunchEvents = true
        session = URLSession(configuration: configuration, delegate: deliveries, delegateQueue: nil)
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

    /// iOS woke the app for this session
    /// (`application(_:handleEventsForBackgroundURLSession:completionHandler:)`).
    ///
    /// - Parameter completion: called when everything was delivered.
    public func wasWoken(_ completion: @escaping @MainActor @Sendable () -> Void) {
        deliveries.whenAllCame.withLock { $0 = completion }
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
}

/// What the session delivers, also of transfers that an earlier launch handed over.
private final class Deliveries: NSObject, URLSessionTaskDelegate {
    let whenAllCame = Locked<(@MainActor @Sendable () -> Void)?>(nil)
    private let told: AsyncStream<Fact>.Continuation

    init(_ told: AsyncStream<Fact>.Continuation) { self.told = told }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
    ) {
        guard let resource = TaskName.resource(of: task.taskDescription) else { return }
        let status = (task.response as? HTTPURLResponse)?.statusCode
        let outcome = Outcome(status: status, error: error, sent: task.countOfBytesSent)
        told.yield(.transferFinished(resource: resource, outcome: outcome))
    }

    func urlSessionDidFinishEvents(forBackgroundURLSession session: URLSession) {
        let completion = whenAllCame.withLock { completion in
            defer { completion = nil }
            return completion
        }
        if let completion { Task { @MainActor in completion() } }
    }
}
#endif
