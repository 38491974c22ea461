import Foundation
import Keepsake

/// One file of a story's library.
struct Photo {
    var bytes: Data
    var version: UInt64 = 1
    var lies: Lies
    var served: Served
    var role: Role
    /// The name of its asset.
    var asset: String
    var taken: Int64
    var isPrivate: Bool

    /// The user edits it: other bytes, on the phone.
    mutating func edit(_ name: String) {
        version += 1
        bytes = Self.bytes(of: name, version: version, count: bytes.count)
        lies = .onThePhone
    }

    /// As a scan shows it.
    func resource(_ name: String) -> Resource {
        Resource(
            id: name, role: role, media: role == .video ? .video : .photo, name: name, size: size,
            version: version, locality: locality, access: served == .poured ? .poured : .seekable,
            modified: taken * 1_000_000)
    }

    private var locality: Locality {
        switch lies {
        case .onThePhone: .local
        case .inTheCloud: .cloud
        case .somewhereOnThePhone, .somewhereInTheCloud: .unknown
        }
    }

    private var size: ResourceSize {
        let count = UInt64(bytes.count)
        if locality != .unknown { return .exact(bytes: count) }
        return role == .video || role == .pairedVideo
            ? .hinted(class: .video, measure: count / 2_000)
            : .hinted(class: .heif, measure: count * 4)
    }

    /// The bytes of a version of a photo: no two alike, and the same in every language (`bytes` in
    /// `tests/scenarios/src/phone.rs`).
    static func bytes(of name: String, version: UInt64, count: Int) -> Data {
        var state = name.utf8.reduce(version) { ($0 &* 0x0100_0000_01b3) ^ UInt64($1) }
        var made: [UInt8] = [0xff, 0xd8, 0xff, 0xe0]
        made.reserveCapacity(count + 5)
        while made.count < count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            for shift in stride(from: UInt64(24), to: 64, by: 8) {
                made.append(UInt8(truncatingIfNeeded: state >> shift))
            }
        }
        return Data(made.prefix(count))
    }
}
