import Foundation

@testable import Keepsake

/// A large library of small photos, shown by pages as long as they may be, which is how PhotoKit's are.
/// Their bytes are made when they are asked for.
struct ManyPhotos: PhotoLibrary {
    let count: Int
    let folder: URL
    var access = Access.seekable
    var afterPage: @Sendable () async -> Void = {}

    func scan(into scan: Scan) async throws -> Unseen {
        for first in stride(from: 0, to: count, by: Scan.pageSize) {
            try await scan.add((first..<min(first + Scan.pageSize, count)).map(asset))
            await afterPage()
        }
        return .nothing
    }

    func open(_ original: Original) async throws -> FileHandle {
        let file = folder.appending(path: original.id)
        try Data(original.id.utf8).write(to: file)
        return try FileHandle(forReadingFrom: file)
    }

    func version(of original: Original) async throws -> UInt64 { 1 }

    func pour(_ original: Original, into sink: OriginalSink, mayUseNetwork: Bool) async throws {
        try await sink.write(Data(original.id.utf8))
    }

    private func asset(_ number: Int) -> Asset {
        let name = "IMG_\(1_000_000 + number).HEIC"
        let file = Resource(
            id: name, role: .photo, media: .photo, name: name,
            size: .exact(bytes: UInt64(name.utf8.count)), version: 1, locality: .local, access: access,
            modified: nil)
        return Asset(
            id: name, taken: newYear + Int64(number), favourite: false, albums: [], crossDeviceId: nil,
            chosen: true, resources: [file])
    }
}
