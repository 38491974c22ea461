#if canImport(Darwin)
import Foundation
import Keepsake

/// How full the device is, as its OS counts it for what the user asked for: with what it would clear away
/// by itself.
public struct VolumeStorage: Storage {
    private let folder: URL

    /// - Parameter folder: any folder on the volume: the one for the state.
    public init(of folder: URL) { self.folder = folder }

    public func space() throws -> Space {
        // A new one each time: a URL keeps what it was asked for once.
        let url = URL(fileURLWithPath: folder.path)
        let values = try url.resourceValues(forKeys: [
            .volumeAvailableCapacityForImportantUsageKey, .volumeTotalCapacityKey,
        ])
        guard let available = values.volumeAvailableCapacityForImportantUsage,
            let total = values.volumeTotalCapacity
        else { throw PortError.unsupported }
        return Space(available: UInt64(max(0, available)), total: UInt64(max(0, total)))
    }
}
#endif
