import KeepsakeCore

/// Takes the assets of one walk through the library.
public struct Scan: Sendable {
    /// As many assets as a page holds at most.
    public static let pageSize = 1_000

    private let pages: KeepsakeCore.ScanPages

    init(_ pages: KeepsakeCore.ScanPages) { self.pages = pages }

    /// Stores a page of at most ``pageSize`` assets, and returns when it is stored: a fast walk cannot
    /// outrun the disk.
    ///
    /// Throws ``PortError/stopped`` when nothing more is wanted: let the walk end with it.
    public func add(_ assets: [Asset]) async throws {
        let stored = await offThePool { [pages] in Result { try pages.page(assets: assets) } }
        do { try stored.get() } catch { throw PortError(thrown: error) }
    }

    func finish(_ unseen: Unseen) {
        pages.finished(limited: unseen.isLimited, hidden: unseen.prefixes)
    }

    func fail(_ why: PortError) { pages.failed(why: why.core) }
}
