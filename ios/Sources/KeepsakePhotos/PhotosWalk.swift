#if canImport(Photos)
import Foundation
import Keepsake
import Photos

extension PhotosLibrary {
    /// Walks the whole library, newest first.
    func walk(into scan: Scan) async throws -> Unseen {
        let authorization = PHPhotoLibrary.authorizationStatus(for: .readWrite)
        guard authorization == .authorized || authorization == .limited else { throw PortError.noAccess }
        // Before the walk: what changes during it is in the next one's share of the history.
        await edits.catchUp()
        let options = PHFetchOptions.everythingOfTheUser
        options.sortDescriptors = [NSSortDescriptor(key: "creationDate", ascending: false)]
        let found = PHAsset.fetchAssets(with: options)
        let albums = Albums()
        for start in stride(from: 0, to: found.count, by: Scan.pageSize) {
            try Task.checkCancellation()
            let end = min(start + Scan.pageSize, found.count)
            try await scan.add(page(found.objects(at: IndexSet(start..<end)), albums))
        }
        await edits.keep()
        return Unseen(isLimited: authorization == .limited)
    }

    private func page(_ assets: [PHAsset], _ albums: Albums) async -> [Asset] {
        // Very expensive one by one, Apple says.
        let cloud = PHPhotoLibrary.shared()
            .cloudIdentifierMappings(forLocalIdentifiers: assets.map(\.localIdentifier))
        var page: [Asset] = []
        for asset in assets {
            let resources = await resources(of: asset)
            // Nothing of it is final yet: the library will say when it is.
            if resources.isEmpty { continue }
            page.append(
                Asset(
                    id: asset.localIdentifier,
                    taken: Int64((asset.creationDate ?? .distantPast).timeIntervalSince1970 * 1_000),
                    favourite: asset.isFavorite,
                    albums: albums.names(of: asset),
                    crossDeviceId: try? cloud[asset.localIdentifier]?.get().stringValue,
                    chosen: isChosen(asset),
                    resources: resources))
        }
        return page
    }

    private func resources(of asset: PHAsset) async -> [Resource] {
        var resources: [Resource] = []
        for resource in PHAssetResource.assetResources(for: asset) {
            let id = ResourceID(resource)
            guard id.kind.isFinal else { continue }
            let size = id.kind.size(
                type: resource.uniformTypeIdentifier,
                pixels: asset.pixelWidth * asset.pixelHeight,
                milliseconds: Int(asset.duration * 1_000))
            resources.append(
                Resource(
                    id: id.text, role: id.kind.role, media: id.kind.media, name: id.name, size: size,
                    version: await edits.version(of: resource, in: asset),
                    locality: .unknown, access: .poured, modified: nil))
        }
        return resources.sorted(by: Self.primaryFirst)
    }

    private static func primaryFirst(_ one: Resource, _ other: Resource) -> Bool {
        func rank(_ role: Role) -> Int { role == .photo || role == .video || role == .audio ? 0 : 1 }
        return rank(one.role) < rank(other.role)
    }
}

/// The names of the user's albums, by asset: looked up once for a walk, since asking each asset for its
/// albums is a query each.
private struct Albums {
    private var names: [String: [String]] = [:]

    init() {
        let albums = PHAssetCollection.fetchAssetCollections(
            with: .album, subtype: .albumRegular, options: nil)
        for album in albums.objects(at: IndexSet(0..<albums.count)) {
            guard let name = album.localizedTitle else { continue }
            let assets = PHAsset.fetchAssets(in: album, options: .everythingOfTheUser)
            for asset in assets.objects(at: IndexSet(0..<assets.count)) {
                names[asset.localIdentifier, default: []].append(name)
            }
        }
    }

    func names(of asset: PHAsset) -> [String] { names[asset.localIdentifier] ?? [] }
}
#endif
