import Foundation
import struct KeepsakeCore.HostPorts
import class KeepsakeCore.PourInto
import class KeepsakeCore.ScanPages
import Testing

@testable import Keepsake

/// The ports as the core calls them: what it asks for arrives as it is, and so does what is answered.
@Suite(.timeLimit(.minutes(1)))
struct GuardedPortTests {
    private let calls = PortCalls(patience: .seconds(30))
    private let told = Locked<[Fact]>([])

    private func guarded(_ library: some PhotoLibrary) -> GuardedLibrary {
        GuardedLibrary(library, calls) { [told] fact in told.withLock { $0.append(fact) } }
    }

    private func guarded(_ mischief: FakeLibrary.Mischief = .init()) -> (GuardedLibrary, FakeLibrary) {
        let library = FakeLibrary([.shot(1)])
        library.mischief = mischief
        return (guarded(library), library)
    }

    private let original = Original(
        resource: 1, id: "IMG_1.HEIC", role: .photo, access: .seekable, version: 3, size: 4)

    @Test(arguments: [
        (Unseen.nothing, "finished false []"), (Unseen(isLimited: true), "finished true []"),
        (Unseen(prefixes: ["card/"]), "finished false [\"card/\"]"),
    ])
    func aWalkGivesItsPagesAndHowItEnded(unseen: Unseen, end: String) throws {
        let pages = Pages()
        try guarded(Walk { scan in
            try await scan.add([])
            try await scan.add([])
            return unseen
        }).scan(pages: pages)
        #expect(
            pages.heard == [
                "page on a stack of \(2 << 20)", "page on a stack of \(2 << 20)", end,
            ])
        // What the core takes at once.
        #expect(Scan.pageSize == 1_000)
    }

    @Test func aWalkThatFailsSaysWhy() throws {
        let pages = Pages()
        try guarded(Walk { _ in throw PortError.noAccess }).scan(pages: pages)
        #expect(pages.heard == ["failed NoAccess"])
    }

    /// `Unseen` would be a lie of it: what it did not show any more would be taken for deleted.
    @Test func aWalkThatIsNotWantedAnyMoreHasNotSeenEverything() throws {
        let pages = Pages()
        let calls = calls
        try guarded(Walk { _ in
            calls.stop()
            return .nothing
        }).scan(pages: pages)
        #expect(pages.heard == ["failed Stopped"])
    }

    @Test func aPageThatIsNotStoredEndsTheWalkAsWhatItIs() throws {
        let pages = Pages()
        pages.isFull = true
        try guarded(Walk { scan in
            await #expect(throws: PortError.stopped) { try await scan.add([]) }
            try await scan.add([])
            return .nothing
        }).scan(pages: pages)
        #expect(pages.heard.last == "failed Stopped")
    }

    @Test func anOriginalIsOpenedWithADescriptorThatIsTheCoresOwn() throws {
        let handle = Locked<FileHandle?>(nil)
        let walk = Walk { _ in .nothing }
        walk.opens = { original in
            #expect(original.version == 3)
            let opened = try FileHandle(forReadingFrom: URL(filePath: #filePath))
            handle.withLock { $0 = opened }
            return opened
        }
        let descriptor = try guarded(walk).openOriginal(original: original)
        let theirs = try #require(handle.withLock { $0 })
        #expect(descriptor != theirs.fileDescriptor)
        #expect(fcntl(descriptor, F_GETFD) == FD_CLOEXEC)
        try theirs.close()
        #expect(fcntl(descriptor, F_GETFD) >= 0)
        close(descriptor)
        // One that is closed already cannot be given.
        walk.opens = { _ in
            let opened = try FileHandle(forReadingFrom: URL(filePath: #filePath))
            try opened.close()
            return opened
        }
        #expect(throws: CorePortError.Unreadable) { try guarded(walk).openOriginal(original: original) }
    }

    @Test func anOriginalThatIsNotOpenedInTimeIsGivenUp() {
        let impatient = PortCalls(patience: .milliseconds(50))
        let slow = FakeLibrary([.shot(1)])
        slow.mischief.open = { _ in try await Task.sleep(for: .seconds(20)) }
        let guarded = GuardedLibrary(slow, impatient) { _ in }
        #expect(throws: CorePortError.SourceUnavailable) {
            try guarded.openOriginal(original: original)
        }
    }

    @Test func theVersionIsTheOneOfNow() throws {
        let (guarded, library) = guarded()
        library.photos[0].version = 17
        #expect(try guarded.version(original: original) == 17)
    }

    @Test(arguments: [true, false])
    func whoPoursIsToldWhetherTheNetworkMayBeUsed(may: Bool) throws {
        let network = Locked<[Bool]>([])
        var mischief = FakeLibrary.Mischief()
        mischief.pour = { _, _, mayUse in network.withLock { $0.append(mayUse) } }
        let into = try Into()
        try guarded(mischief).0.pour(original: original, mayUseNetwork: may, into: into)
        #expect(network.withLock { $0 } == [may])
        #expect(into.heard == ["finished"])
        #expect(into.read == FakeLibrary.Photo.shot(1).bytes)
    }

    @Test func aPourThatFailsSaysWhy() throws {
        var mischief = FakeLibrary.Mischief()
        mischief.pour = { _, _, _ in throw PortError.downloadFailed }
        let into = try Into()
        try guarded(mischief).0.pour(original: original, mayUseNetwork: true, into: into)
        #expect(into.heard == ["failed DownloadFailed"])
    }

    @Test func aPourThatNobodyWantsIsCancelledThoughItDoesNotEnd() throws {
        var mischief = FakeLibrary.Mischief()
        let into = try Into()
        mischief.pour = { _, _, _ in
            into.isUnwanted.withLock { $0 = true }
            try await Task.sleep(for: .seconds(600))
        }
        try guarded(mischief).0.pour(original: original, mayUseNetwork: true, into: into)
        #expect(into.heard == ["failed Stopped"])
    }

    @Test func whoWritesAfterTheEndIsToldSo() async throws {
        let into = try Into()
        let sink = try OriginalSink(into)
        #expect(!sink.isStopped)
        try await sink.write(Data("all".utf8))
        sink.finish()
        #expect(throws: PortError.stopped) { try sink.write(Data("more".utf8)) }
        #expect(into.read == Data("all".utf8))
        into.isUnwanted.withLock { $0 = true }
        #expect(sink.isStopped)
    }

    @Test func whatALibraryNeedNotDoItSaysThatItDoesNot() throws {
        let library = guarded(Bare())
        #expect(throws: CorePortError.Unsupported) { try library.openOriginal(original: original) }
        let into = try Into()
        try library.pour(original: original, mayUseNetwork: true, into: into)
        #expect(into.heard == ["failed Unsupported"])
    }

    @Test func aProposalIsShownAndItsAnswerTold() async throws {
        let (library, fake) = guarded()
        let doomed = Doomed(asset: 7, id: "IMG_1.HEIC", resources: [])
        try library.propose(deletion: Deletion(proposal: 5, assets: [doomed], frees: 100))
        #expect(await eventually { told.withLock { $0.count } == 1 })
        #expect(told.withLock { $0 } == [.freeUpAnswered(proposal: 5, deleted: [7])])
        #expect(fake.proposals.count == 1)
        // One that cannot be shown frees nothing.
        try guarded(Bare()).propose(deletion: Deletion(proposal: 6, assets: [doomed], frees: 100))
        #expect(await eventually { told.withLock { $0.count } == 2 })
        #expect(told.withLock { $0.last } == .freeUpAnswered(proposal: 6, deleted: []))
    }

    @Test func spaceIsWhatTheSystemSays() throws {
        let storage = FakeStorage()
        storage.available = 5
        let guarded = GuardedStorage(storage, calls)
        #expect(try guarded.space() == Space(available: 5, total: 64_000_000_000))
        storage.available = nil
        #expect(throws: CorePortError.self) { try guarded.space() }
    }

    @Test func whatADeviceDoesNotHaveTheCoreDoesNotAsk() throws {
        func given(_ ports: Ports) throws -> HostPorts? {
            var given: HostPorts?
            _ = try Keepsake(ports: ports) { ports in
                given = ports
                return FakeEngine()
            }
            return given
        }
        let bare = try #require(try given(Ports(library: Bare())))
        #expect(bare.transfers == nil && bare.storage == nil)
        let full = try #require(
            try given(Ports(library: Bare(), transfers: NoTransfers(), storage: FakeStorage())))
        #expect(full.transfers != nil && full.storage != nil)
    }
}

/// The least that a library is.
private struct Bare: PhotoLibrary {
    func scan(into scan: Scan) async throws -> Unseen { .nothing }
    func version(of original: Original) async throws -> UInt64 { 1 }
}

private struct NoTransfers: Transfers {
    func handOver(_ transfer: Transfer) {}
    func cancel(_ resource: Int64) {}
}

/// A library that walks, and opens, as a test wants it to.
private final class Walk: PhotoLibrary, @unchecked Sendable {
    private let walks: @Sendable (Scan) async throws -> Unseen
    var opens: @Sendable (Original) throws -> FileHandle = { _ in throw PortError.deleted }

    init(_ walks: @escaping @Sendable (Scan) async throws -> Unseen) { self.walks = walks }

    func scan(into scan: Scan) async throws -> Unseen { try await walks(scan) }
    func open(_ original: Original) async throws -> FileHandle { try opens(original) }
    func version(of original: Original) async throws -> UInt64 { 1 }
}

/// Where the pages of a scan go, and how it ended.
private final class Pages: ScanPages, @unchecked Sendable {
    private let said = Locked<[String]>([])
    var isFull = false

    var heard: [String] { said.withLock { $0 } }

    init() { super.init(noHandle: .init()) }

    required init(unsafeFromHandle handle: UInt64) { super.init(unsafeFromHandle: handle) }

    override func page(assets: [Asset]) throws {
        if isFull { throw CorePortError.Stopped }
        said.withLock { $0.append("page on a stack of \(Thread.current.stackSize)") }
    }

    override func finished(limited: Bool, hidden: [String]) {
        said.withLock { $0.append("finished \(limited) \(hidden)") }
    }

    override func failed(why: CorePortError) { said.withLock { $0.append("failed \(why)") } }
}

/// Where a poured original goes: a pipe, and how it ended.
private final class Into: PourInto, @unchecked Sendable {
    private let said = Locked<[String]>([])
    private let pipe = Pipe()
    private let bytes = Locked(Data())
    private let isRead = DispatchSemaphore(value: 0)
    let isUnwanted = Locked(false)

    var heard: [String] { said.withLock { $0 } }

    /// All that was poured: when the pipe is closed.
    var read: Data {
        _ = isRead.wait(timeout: .now() + .seconds(10))
        isRead.signal()
        return bytes.withLock { $0 }
    }

    init() throws { super.init(noHandle: .init()) }

    required init(unsafeFromHandle handle: UInt64) { super.init(unsafeFromHandle: handle) }

    override func takePipe() throws -> Int32 {
        let theirs = dup(pipe.fileHandleForWriting.fileDescriptor)
        try pipe.fileHandleForWriting.close()
        onAThread { [self] in
            let all = pipe.fileHandleForReading.readDataToEndOfFile()
            bytes.withLock { $0 = all }
            isRead.signal()
        }
        return theirs
    }

    override func isStopped() -> Bool { isUnwanted.withLock { $0 } }
    override func finished() { said.withLock { $0.append("finished") } }
    override func failed(why: CorePortError) { said.withLock { $0.append("failed \(why)") } }
}
