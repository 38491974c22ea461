import Foundation

/// What a backup is given of its device.
public struct Ports: Sendable {
    /// Its photos.
    public var library: any PhotoLibrary
    /// Its OS's own transfers, where it has any.
    public var transfers: (any Transfers)?
    /// How its OS counts free space; `nil`: as the volume of the state folder does.
    public var storage: (any Storage)?

    public init(
        library: any PhotoLibrary,
        transfers: (any Transfers)? = nil,
        storage: (any Storage)? = nil
    ) {
        self.library = library
        self.transfers = transfers
        self.storage = storage
    }
}

/// A photo library.
///
/// What a function returns or throws is its answer; there is no other, so none can be given twice. A
/// function that is not wanted any more is cancelled as its task is; one that does not heed this is left
/// to itself, and what it answers then is passed over. Of ``PortError``s each means what it says; anything
/// else that is thrown counts as a mistake of the host.
public protocol PhotoLibrary: Sendable {
    /// Walks the library and adds every asset to `scan`.
    ///
    /// An error ends the walk early: what was seen so far counts, what was not seen is not taken for
    /// deleted. ``PortError/noAccess`` and ``PortError/deviceLocked`` are conditions of the whole library:
    /// the backup waits until the fact is told that ends them.
    /// - Returns: what could not be seen.
    func scan(into scan: Scan) async throws -> Unseen

    /// Opens an original with ``Access/seekable`` for reading from its start. Not answered for two minutes,
    /// it counts as ``PortError/sourceUnavailable``.
    func open(_ original: Original) async throws -> FileHandle

    /// The version of an original now: asked after its last byte was read. The same patience.
    func version(of original: Original) async throws -> UInt64

    /// Pours an original with ``Access/poured``, or one from the cloud, into `sink`, and returns after its
    /// last byte.
    ///
    /// - Parameter mayUseNetwork: if not, and it must be downloaded: ``PortError/networkNeeded``.
    func pour(_ original: Original, into sink: OriginalSink, mayUseNetwork: Bool) async throws

    /// Reads the versions of these assets again, then opens the OS's own dialog for deleting them.
    ///
    /// - Returns: the numbers (``Doomed/asset``) of those that were deleted.
    func propose(_ deletion: Deletion) async throws -> [Int64]
}

extension PhotoLibrary {
    public func open(_ original: Original) async throws -> FileHandle { throw PortError.unsupported }

    public func pour(_ original: Original, into sink: OriginalSink, mayUseNetwork: Bool) async throws {
        throw PortError.unsupported
    }

    public func propose(_ deletion: Deletion) async throws -> [Int64] { throw PortError.unsupported }
}

/// The OS's own transfers, which go on without us. How one ends is told with
/// ``Fact/transferFinished(resource:outcome:)``, also after a relaunch.
public protocol Transfers: Sendable {
    /// Hands a staged file to the OS.
    func handOver(_ transfer: Transfer) async throws

    /// Cancels the transfer of this resource; its end is told as a fact.
    func cancel(_ resource: Int64) async throws
}

/// How full the device is, as its OS counts it.
public protocol Storage: Sendable {
    /// Asked whenever it matters, seldom more than once a minute. If it throws, the volume of the state
    /// folder is asked.
    func space() async throws -> Space
}

/// What a walk could not see, and must not be taken for deleted.
public struct Unseen: Hashable, Sendable {
    /// Nothing that was absent is gone: the app sees only what the user picked.
    public var isLimited: Bool
    /// Beginnings of ids that could not be looked into: a volume that is away.
    public var prefixes: [String]

    public init(isLimited: Bool = false, prefixes: [String] = []) {
        self.isLimited = isLimited
        self.prefixes = prefixes
    }

    /// Everything was seen.
    public static let nothing = Unseen()
}
