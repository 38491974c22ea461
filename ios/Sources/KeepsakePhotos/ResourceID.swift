/// How a resource of an asset is found again: PhotoKit gives resources no identifier of their own.
struct ResourceID: Hashable, Sendable {
    /// `PHAsset.localIdentifier`.
    var asset: String
    var kind: ResourceKind
    /// The file name as shot: an asset may have two of one kind.
    var name: String

    init(asset: String, kind: ResourceKind, name: String) {
        self.asset = asset
        self.kind = kind
        self.name = name
    }

    /// Reads what ``text`` wrote; `nil`: somebody else wrote it.
    init?(_ text: String) {
        // A local identifier has no `#`; a file name may have any number.
        let parts = text.split(separator: "#", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, let kind = Int(parts[1]) else { return nil }
        self.init(asset: String(parts[0]), kind: ResourceKind(rawValue: kind), name: String(parts[2]))
    }

    /// As the catalog keeps it.
    var text: String { "\(asset)#\(kind.rawValue)#\(name)" }
}
