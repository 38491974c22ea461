#if canImport(Photos)
import Foundation
import Keepsake
import Photos

/// One request for a resource's bytes, in order and without a copy of the whole. Ends at once when its
/// task is cancelled: an iCloud download that nobody waits for goes on taking space otherwise.
final class ResourceRequest: Sendable {
    private struct State {
        var id: PHAssetResourceDataRequestID?
        var isCancelled = false
        /// Why the bytes could not be taken.
        var failure: PortError?
    }

    private let state = Locked(State())
    private let mayUseNetwork: Bool

    init(mayUseNetwork: Bool) { self.mayUseNetwork = mayUseNetwork }

    /// Gives the bytes to `take`, which may wait, on PhotoKit's own queue; when `take` throws, the request
    /// ends with that.
    func read(_ resource: PHAssetResource, take: @escaping @Sendable (Data) throws -> Void) async throws {
        let options = PHAssetResourceRequestOptions()
        options.isNetworkAccessAllowed = mayUseNetwork
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
                let id = PHAssetResourceManager.default().requestData(for: resource, options: options) {
                    bytes in
                    do { try take(bytes) } catch { self.cancel(because: error) }
                } completionHandler: { error in
                    ended.resume(with: self.verdict(error))
                }
                begun(id)
            }
        } onCancel: {
            cancel(because: PortError.stopped)
        }
    }

    private func begun(_ id: PHAssetResourceDataRequestID) {
        let isTooLate = state.withLock { state in
            state.id = id
            return state.isCancelled
        }
        if isTooLate { PHAssetResourceManager.default().cancelDataRequest(id) }
    }

    private func cancel(because why: any Error) {
        let id = state.withLock { state -> PHAssetResourceDataRequestID? in
            if state.isCancelled { return nil }
            state.isCancelled = true
            state.failure = PortError(photos: why)
            return state.id
        }
        if let id { PHAssetResourceManager.default().cancelDataRequest(id) }
    }

    /// What the request came to. One that was cancelled is not whole, whatever PhotoKit says of it.
    private func verdict(_ error: (any Error)?) -> Result<Void, any Error> {
        if let failure = state.withLock({ $0.failure }) { return .failure(failure) }
        return error.map { .failure(PortError(photos: $0)) } ?? .success(())
    }
}
#endif
