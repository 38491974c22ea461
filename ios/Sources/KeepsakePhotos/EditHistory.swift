#if canImport(Photos)
import Foundation
import Keepsake
import Photos

/// What tells the versions of resources apart, edits included: their adjustment data is read once, and again
/// when the library's history says that the asset was updated.
actor EditHistory {
    private let file: URL
    private var cache: EditCache

    init(file: URL) {
        self.file = file
        cache = EditCache(reading: file)
    }

    /// Forgets what was learned of assets that have changed since.
    func catchUp() {
        let library = PHPhotoLibrary.shared()
        let now = library.currentChangeToken
        guard let token = try? NSKeyedArchiver.archivedData(withRootObject: now, requiringSecureCoding: true)
        else { return }
        cache.advance(to: token, changed: changed(in: library))
    }

    /// Writes what was learned. Should that fail, it is learned again.
    func keep() { try? cache.write(to: file) }

    nonisolated func version(of resource: PHAssetResource, in asset: PHAsset) async -> UInt64 {
        let id = ResourceID(resource)
        guard id.kind.belongsToEdit else {
            return Fingerprint.original(id, width: resource.pixelWidth, height: resource.pixelHeight)
        }
        return Fingerprint.edited(id, await edit(of: asset))
    }

    private func edit(of asset: PHAsset) async -> Edit {
        if let known = cache[asset.localIdentifier] { return .known(known) }
        let elsewhere = Edit.elsewhere(modified: asset.modificationDate ?? .distantPast)
        let resources = PHAssetResource.assetResources(for: asset)
        guard let adjustment = resources.first(where: { $0.type == .adjustmentData }) else {
            return elsewhere
        }
        let data = Locked(Data())
        do {
            // Not from the cloud: a download is ordinary work, with permits.
            try await ResourceRequest(mayUseNetwork: false)
                .read(adjustment) { bytes in data.withLock { $0.append(bytes) } }
        } catch {
            return elsewhere
        }
        let known = Fingerprint.adjustments(data.withLock { $0 })
        cache[asset.localIdentifier] = known
        return .known(known)
    }

    /// The assets that may have been edited since the cache was written; `nil`: there is no telling, since
    /// the history does not reach back so far, or was never begun.
    private func changed(in library: PHPhotoLibrary) -> Set<String>? {
        guard let stored = cache.token,
            let token = try? NSKeyedUnarchiver.unarchivedObject(
                ofClass: PHPersistentChangeToken.self, from: stored),
            let changes = try? library.fetchPersistentChanges(since: token)
        else { return nil }
        var changed: Set<String> = []
        for change in changes {
            guard let details = try? change.changeDetails(for: .asset) else { return nil }
            changed.formUnion(details.updatedLocalIdentifiers)
            changed.formUnion(details.deletedLocalIdentifiers)
        }
        return changed
    }
}
#endif
