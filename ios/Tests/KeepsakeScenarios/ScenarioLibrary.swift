import Foundation

@testable import Keepsake

/// The library of a story, and what the host is called for: noted in the words of a trace.
final class ScenarioLibrary: PhotoLibrary, Transfers {
    fileprivate struct State {
        var photos: [String: Photo] = [:]
        var trash: [String: Photo] = [:]
        var access: What.Visible?
        var isCloudAway = false
        var poursEnd = false
        var calls: [String] = []
        var shot: Int64 = 0
        var transfers = OSTransfers()
        var proposals = 0
        var proposed: (proposal: Proposal, deletion: Deletion)?
    }

    private let state = Locked(State())

    // MARK: What the user does

    /// Takes these pictures.
    func shoot(_ photos: Photos) {
        state.withLock { state in
            for number in 1...max(photos.count, 1) where photos.count > 0 {
                let name = photos.name.numbered(number)
                state.shot += 60_000
                let photo = Photo(
                    bytes: Photo.bytes(of: photos.sameAs ?? name, version: 1, count: Int(photos.size.count)),
                    lies: photos.lies, served: photos.served, role: name.isVideo ? .video : .photo,
                    asset: name, taken: Self.newYear + state.shot, isPrivate: photos.isPrivate)
                for (other, role) in [(photos.moves, Role.pairedVideo), (photos.raw, .alternatePhoto)] {
                    guard let other = other?.numbered(number) else { continue }
                    var beside = photo
                    beside.bytes = Photo.bytes(of: other, version: 1, count: Int(photos.size.count))
                    beside.role = role
                    state.photos[other] = beside
                }
                state.photos[name] = photo
            }
        }
    }

    /// Edits one: other bytes.
    func edit(_ name: String) { state.withLock { $0.photos[name]?.edit(name) } }

    /// Deletes an asset: into Recently Deleted.
    func delete(_ asset: String) {
        state.withLock { state in
            for (name, photo) in state.photos where photo.asset == asset {
                state.photos[name] = nil
                state.trash[name] = photo
            }
        }
    }

    /// Empties Recently Deleted.
    func emptyTrash() { state.withLock { $0.trash = [:] } }

    /// Answers what was proposed last; `nil`: nothing was.
    ///
    /// - Returns: the proposal, and the numbers of the assets that were deleted. Not told yet: that is for
    ///   whoever asks the proposal to answer.
    func answer(letsGo: Bool) -> (proposal: Proposal, number: UInt64, deleted: [Int64])? {
        guard let (proposal, deletion) = state.withLock({ $0.proposed.take() }) else { return nil }
        let doomed = letsGo ? deletion.assets : []
        doomed.forEach { delete($0.id) }
        return (proposal, deletion.proposal, doomed.map(\.asset))
    }

    // MARK: How the phone is

    func show(_ access: What.Visible) { state.withLock { $0.access = access } }

    func setCloud(isAway: Bool) { state.withLock { $0.isCloudAway = isAway } }

    func setPoursEnd(_ end: Bool) { state.withLock { $0.poursEnd = end } }

    /// Bytes that it takes on the phone's disk.
    var onThePhone: UInt64 {
        state.withLock { state in
            let all = [state.photos, state.trash].flatMap(\.values)
            return all.filter(\.lies.isOnThePhone).reduce(0) { $0 + UInt64($1.bytes.count) }
        }
    }

    /// The bytes of every file that is there now.
    var files: [String: Data] { state.withLock { $0.photos.mapValues(\.bytes) } }

    /// What the OS has of ours.
    func transfers<Value>(_ of: (inout OSTransfers) -> Value) -> Value {
        state.withLock { of(&$0.transfers) }
    }

    /// How often it was asked to propose something.
    var proposals: Int { state.withLock { $0.proposals } }

    /// What the host was called for since this was asked last.
    func takeCalls() -> [String] {
        state.withLock { state in
            defer { state.calls = [] }
            return state.calls
        }
    }

    // MARK: What the host is asked for

    func scan(into scan: Scan) async throws -> Unseen {
        let (assets, isLimited) = try state.withLock { state in
            state.calls.append("call scan")
            if state.access == .denied { throw PortError.noAccess }
            return (state.assets, state.access == .limited)
        }
        try await scan.add(assets)
        return Unseen(isLimited: isLimited)
    }

    func open(_ original: Original) async throws -> FileHandle {
        let photo = try serve(original, mayUseNetwork: false, as: "open")
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        do {
            try photo.bytes.write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            return try FileHandle(forReadingFrom: file)
        } catch { throw PortError.readFailed }
    }

    func version(of original: Original) async throws -> UInt64 {
        guard let photo = state.withLock({ $0.photos[original.id] }) else { throw PortError.deleted }
        return photo.version
    }

    func pour(_ original: Original, into sink: OriginalSink, mayUseNetwork: Bool) async throws {
        let photo = try serve(original, mayUseNetwork: mayUseNetwork, as: mayUseNetwork ? "fetch" : "pour")
        let ends = state.withLock { $0.poursEnd }
        try await sink.write(ends ? photo.bytes.prefix(photo.bytes.count / 2) : photo.bytes)
        if ends { throw PortError.downloadFailed }
    }

    func propose(_ deletion: Deletion) async throws -> [Int64] {
        let proposal = Proposal()
        state.withLock { state in
            let names = deletion.assets.map(\.id).joined(separator: " ")
            state.calls.append("call propose \(names) (\(deletion.frees) B)")
            state.proposals += 1
            state.proposed = (proposal, deletion)
        }
        return await proposal.answer
    }

    func handOver(_ transfer: Transfer) async throws {
        state.withLock { state in
            let network = transfer.mayUseMetered ? "any network" : "unmetered only"
            state.calls.append("call hand over \(transfer.url), \(network)")
            state.transfers.take(transfer)
        }
    }

    func cancel(_ resource: Int64) async throws {
        state.withLock { state in
            state.calls.append("call cancel transfer \(resource)")
            state.transfers.cancel(resource)
        }
    }

    /// What the platform gives, or why not.
    private func serve(_ original: Original, mayUseNetwork: Bool, as call: String) throws -> Photo {
        try state.withLock { state in
            let given = Result { try state.give(original, mayUseNetwork: mayUseNetwork) }
            var said = ""
            if case .failure(let why as PortError) = given { said = ": \(Words.refusal(why))" }
            state.calls.append("call \(call) \(original.id)\(said)")
            return try given.get()
        }
    }

    /// 2026-01-01, in milliseconds since 1970: every story begins then.
    private static let newYear: Int64 = 1_767_225_600_000
}

extension ScenarioLibrary.State {
    fileprivate func give(_ original: Original, mayUseNetwork: Bool) throws(PortError) -> Photo {
        guard let photo = photos[original.id] else { throw .deleted }
        if access == .denied { throw .noAccess }
        if access == .limited, photo.isPrivate { throw .outOfSight }
        if photo.version != original.version { throw .changed }
        if !photo.lies.isOnThePhone {
            if !mayUseNetwork { throw .networkNeeded }
            if isCloudAway { throw .downloadFailed }
        }
        return photo
    }

    /// What a scan shows, in the order of names.
    fileprivate var assets: [Asset] {
        let shown = photos.filter { access != .limited || !$0.value.isPrivate }
        let byAsset = Dictionary(grouping: shown.sorted { $0.key < $1.key }, by: \.value.asset)
        return byAsset.sorted { $0.key < $1.key }.compactMap { name, files in
            files.first.map { first in
                Asset(
                    id: name, taken: first.value.taken, favourite: false, albums: [], crossDeviceId: nil,
                    chosen: true, resources: files.map { $0.value.resource($0.key) })
            }
        }
    }
}

extension String {
    /// The name of one of several.
    func numbered(_ number: Int) -> String { replacingOccurrences(of: "#", with: String(number)) }

    fileprivate var isVideo: Bool {
        ["mov", "mp4"].contains((self as NSString).pathExtension.lowercased())
    }
}
