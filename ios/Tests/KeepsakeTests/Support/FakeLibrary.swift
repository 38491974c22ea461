import Foundation

@testable import Keepsake

/// A photo library in memory. What it is asked for it does at once and well, unless a test says otherwise.
final class FakeLibrary: PhotoLibrary {
    typealias Pouring = @Sendable (Original, OriginalSink, Bool) async throws -> Void

    struct Photo {
        var id: String
        var bytes: Data
        var access = Access.seekable
        var locality = Locality.local
        var version: UInt64 = 1

        /// One that is not like any other.
        static func shot(_ number: Int, bytes: Int = 30_000, access: Access = .seekable) -> Photo {
            let name = "IMG_\(number).HEIC"
            let pattern = (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number &+ $0 >> 8) }
            return Photo(id: name, bytes: Data(pattern), access: access)
        }
    }

    /// What happens before the ordinary answer, instead of it where it throws or never returns.
    struct Mischief {
        var scan: (@Sendable (Scan) async throws -> Void)?
        var open: (@Sendable (Original) async throws -> Void)?
        var version: (@Sendable (Original) async throws -> Void)?
        var pour: Pouring?
        var propose: (@Sendable (Deletion) async throws -> Void)?
    }

    private struct State {
        var photos: [Photo]
        var mischief = Mischief()
        var proposals: [Deletion] = []
        var opened: [String] = []
    }

    private let state: Locked<State>

    init(_ photos: [Photo]) { state = Locked(State(photos: photos)) }

    var photos: [Photo] {
        get { state.withLock { $0.photos } }
        set { state.withLock { $0.photos = newValue } }
    }
    var mischief: Mischief {
        get { state.withLock { $0.mischief } }
        set { state.withLock { $0.mischief = newValue } }
    }
    var proposals: [Deletion] { state.withLock { $0.proposals } }
    /// The originals that were asked for, seekable and poured.
    var opened: [String] { state.withLock { $0.opened } }

    func scan(into scan: Scan) async throws -> Unseen {
        try await mischief.scan?(scan)
        try await scan.add(photos.enumerated().map { Asset($1, taken: $0) })
        return .nothing
    }

    func open(_ original: Original) async throws -> FileHandle {
        try await mischief.open?(original)
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try self[original].bytes.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try FileHandle(forReadingFrom: file)
    }

    func version(of original: Original) async throws -> UInt64 {
        try await mischief.version?(original)
        return try self[original].version
    }

    func pour(_ original: Original, into sink: OriginalSink, mayUseNetwork: Bool) async throws {
        try await mischief.pour?(original, sink, mayUseNetwork)
        let photo = try self[original]
        if photo.locality == .cloud, !mayUseNetwork { throw PortError.networkNeeded }
        try await sink.write(photo.bytes)
    }

    func propose(_ deletion: Deletion) async throws -> [Int64] {
        state.withLock { $0.proposals.append(deletion) }
        try await mischief.propose?(deletion)
        let doomed = Set(deletion.assets.map(\.id))
        photos.removeAll { doomed.contains($0.id) }
        return deletion.assets.map(\.asset)
    }

    private subscript(_ original: Original) -> Photo {
        get throws {
            try state.withLock { state in
                state.opened.append(original.id)
                guard let photo = state.photos.first(where: { $0.id == original.id }) else {
                    throw PortError.deleted
                }
                return photo
            }
        }
    }
}

extension Asset {
    init(_ photo: FakeLibrary.Photo, taken: Int) {
        let resource = Resource(
            id: photo.id, role: .photo, media: .photo, name: photo.id,
            size: .exact(bytes: UInt64(photo.bytes.count)), version: photo.version,
            locality: photo.locality, access: photo.access, modified: nil)
        self.init(
            id: photo.id, taken: newYear + Int64(taken), favourite: false, albums: [],
            crossDeviceId: nil, chosen: true, resources: [resource])
    }
}

/// 2026-01-01, in milliseconds since 1970.
let newYear: Int64 = 1_767_225_600_000
