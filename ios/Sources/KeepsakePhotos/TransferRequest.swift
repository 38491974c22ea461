import Foundation
import Keepsake

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

extension URLRequest {
    /// The request that a transfer is, with the conditions that the OS is to keep while we are not running.
    ///
    /// Throws ``PortError/unsupported`` for what is no URL.
    init(_ transfer: Transfer) throws {
        guard let url = URL(string: transfer.url), url.host != nil else { throw PortError.unsupported }
        self.init(url: url)
        httpMethod = transfer.method
        // Every one is signed: none may be merged with another, or left out.
        transfer.headers.forEach { addValue($0.value, forHTTPHeaderField: $0.name) }
        #if canImport(Darwin)
        allowsExpensiveNetworkAccess = transfer.mayUseMetered
        allowsConstrainedNetworkAccess = transfer.mayUseMetered
        #endif
    }
}

extension Outcome {
    /// How a task of a background session ended. It says whether the store took the bytes; whether they
    /// are safe is for the vault to say.
    ///
    /// - Parameters:
    ///   - status: of the response, where there was one.
    ///   - sent: bytes that left the device.
    init(status: Int?, error: (any Error)?, sent: Int64) {
        let code = (error as NSError?).map { ($0.domain, $0.code) }
        switch (code, status) {
        case ((NSURLErrorDomain, NSURLErrorCancelled)?, _): self = .cancelled
        case (nil, let status?) where (200..<300).contains(status): self = .delivered
        default: self = .failed(wasted: UInt64(max(0, sent)))
        }
    }
}

/// The name that a task of a background session carries: the resource whose bytes it sends. Others than
/// ours may be in a session that was made by an older version.
enum TaskName {
    static func text(of resource: Int64) -> String { "keepsake:\(resource)" }

    static func resource(of text: String?) -> Int64? {
        guard let text, text.hasPrefix("keepsake:") else { return nil }
        return Int64(text.dropFirst("keepsake:".count))
    }
}
