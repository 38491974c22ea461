import Foundation

/// The fingerprints of adjustment data, by asset: reading it anew for every edited photo of a large library
/// takes minutes. Kept in a file; what is lost of it is read again.
struct EditCache: Codable, Equatable, Sendable {
    /// Until where the library's history of changes is in here; `nil`: nothing is.
    private(set) var token: Data?
    private var edits: [String: UInt64] = [:]

    init() {}

    /// Reads the file. One that is not there or not understood is an empty cache.
    init(reading file: URL) {
        let stored = (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode(Self.self, from: $0) }
        self = stored ?? EditCache()
    }

    func write(to file: URL) throws {
        try JSONEncoder().encode(self).write(to: file, options: .atomic)
    }

    subscript(asset: String) -> UInt64? {
        get { edits[asset] }
        set { edits[asset] = newValue }
    }

    /// The library changed from ``token`` to `token`.
    ///
    /// - Parameter changed: assets that may have been edited; `nil`: the library does not know any more.
    mutating func advance(to token: Data, changed: Set<String>?) {
        if let changed {
            changed.forEach { edits[$0] = nil }
        } else {
            edits = [:]
        }
        self.token = token
    }
}
