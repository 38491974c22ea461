import Foundation

/// The version of a resource: changes when its bytes may have changed, and only then.
///
/// It is stored, so it must come out the same in every version of the app: FNV-1a, and no `Hasher`.
struct Fingerprint {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    /// Of an original. Its modification date moves when it becomes a favourite, so it says nothing.
    static func original(_ id: ResourceID, width: Int, height: Int) -> UInt64 {
        var print = Fingerprint()
        print.mix(id.kind.rawValue)
        print.mix(id.name.utf8)
        print.mix(width)
        print.mix(height)
        return print.value
    }

    /// Of what an edit made. All of it changes with the adjustment data.
    static func edited(_ id: ResourceID, _ edit: Edit) -> UInt64 {
        var print = Fingerprint()
        print.mix(id.kind.rawValue)
        print.mix(id.name.utf8)
        switch edit {
        case .known(let adjustments):
            print.mix(1)
            print.mix(Int(bitPattern: UInt(truncatingIfNeeded: adjustments)))
        case .elsewhere(let modified):
            print.mix(2)
            print.mix(Int(modified.timeIntervalSince1970 * 1_000))
        }
        return print.value
    }

    /// Of adjustment data.
    static func adjustments(_ data: Data) -> UInt64 {
        var print = Fingerprint()
        print.mix(data)
        return print.value
    }

    private mutating func mix(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0100_0000_01b3 }
        // Where one part ends and the next begins.
        value = (value ^ 0xff) &* 0x0100_0000_01b3
    }

    private mutating func mix(_ number: Int) {
        withUnsafeBytes(of: Int64(number).littleEndian) { mix($0) }
    }
}

/// What there is to tell one edit of an asset from the next.
enum Edit: Hashable, Sendable {
    /// The fingerprint of its adjustment data.
    case known(UInt64)
    /// The adjustment data is only in iCloud. The date also moves when nothing was edited: then the edit is
    /// read once more, and found to be what the vault has.
    case elsewhere(modified: Date)
}
