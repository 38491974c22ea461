#if canImport(Photos)
import Foundation
import Keepsake
import Photos

/// The user's own photo library. Nothing is decided here: what is seen is told, what is asked for is
/// poured.
///
/// iOS tells neither a resource's size nor where its original is: sizes are hinted, and every original is
/// ``Locality/unknown`` until it is asked for with the network disallowed.
public final class PhotosLibrary: PhotoLibrary {
    /// Which assets are backed up; the others are listed as excluded.
    public typealias Choice = @Sendable (PHAsset) -> Bool

    let isChosen: Choice
    let edits: EditHistory

    /// - Parameters:
    ///   - cache: a file of the app's own, in which what was learned of edits is kept.
    ///   - isChosen: whether the user wants this asset backed up.
    public init(cache: URL, isChosen: @escaping Choice = { _ in true }) {
        self.isChosen = isChosen
        edits = EditHistory(file: cache)
    }

    public func scan(into scan: Scan) async throws -> Unseen {
        try await walk(into: scan)
    }

    public func version(of original: Original) async throws -> UInt64 {
        let (asset, resource) = try find(original.id)
        return await edits.version(of: resource, in: asset)
    }

    public func pour(
        _ original: Original, into sink: OriginalSink, mayUseNetwork: Bool
    ) async throws {
        let (asset, resource) = try find(original.id)
        guard await edits.version(of: resource, in: asset) == original.version else {
            throw PortError.changed
        }
        try await ResourceRequest(mayUseNetwork: mayUseNetwork)
            .read(resource) { bytes in try sink.write(bytes) }
    }

    public func propose(_ deletion: Deletion) async throws -> [Int64] {
        var doomed: [(number: Int64, asset: PHAsset)] = []
        for one in deletion.assets {
            // One that has changed, or is gone, is not shown: what is to be deleted was looked at.
            guard let asset = await unchanged(one) else { continue }
            doomed.append((one.asset, asset))
        }
        if doomed.isEmpty { return [] }
        let assets = doomed.map(\.asset) as NSArray
        do {
            // One block is one dialog of the system's.
            try await PHPhotoLibrary.shared().performChanges { PHAssetChangeRequest.deleteAssets(assets) }
        } catch {
            if case .stopped = PortError(photos: error) { return [] }
            throw PortError(photos: error)
        }
        return doomed.map(\.number)
    }

    private func unchanged(_ doomed: Doomed) async -> PHAsset? {
        var found: PHAsset?
        for expected in doomed.resources {
            guard let (asset, resource) = try? find(expected.id),
                await edits.version(of: resource, in: asset) == expected.version
            else { return nil }
            found = asset
        }
        return found
    }

    /// Looks for what a scan called so.
    private func find(_ text: String) throws -> (PHAsset, PHAssetResource) {
        guard let id = ResourceID(text) else { throw PortError.originalMissing }
        let assets = PHAsset.fetchAssets(withLocalIdentifiers: [id.asset], options: .everythingOfTheUser)
        guard let asset = assets.firstObject else {
            // With limited access, what is not shown may be there all the same.
            switch PHPhotoLibrary.authorizationStatus(for: .readWrite) {
            case .authorized: throw PortError.deleted
            case .limited: throw PortError.outOfSight
            default: throw PortError.noAccess
            }
        }
        let resources = PHAssetResource.assetResources(for: asset)
        guard let resource = resources.first(where: { ResourceID($0) == id }) else {
            throw PortError.deleted
        }
        return (asset, resource)
    }
}

extension PHFetchOptions {
    /// The user's own library, the hidden and every shot of a burst included: what is not backed up because
    /// it was not listed is lost.
    static var everythingOfTheUser: PHFetchOptions {
        let options = PHFetchOptions()
        options.includeHiddenAssets = true
        options.includeAllBurstAssets = true
        options.includeAssetSourceTypes = [.typeUserLibrary]
        return options
    }
}

extension ResourceID {
    init(_ resource: PHAssetResource) {
        self.init(
            asset: resource.assetLocalIdentifier, kind: ResourceKind(rawValue: resource.type.rawValue),
            name: resource.originalFilename)
    }
}
#endif
