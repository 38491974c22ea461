import Dispatch
import Foundation
import KeepsakeCore

/// A backup of the device's photos into one vault.
///
/// Everything is decided by the core, which this is a thin layer over. May be used from anywhere. What
/// waits for a disk or for the vault is `async`; the rest returns at once, and what comes of it is told by
/// ``events``.
///
/// After ``stop()`` every question and every wish of the user throws ``KeepsakeError/stopped``, since nobody
/// would hear it; what the device tells is passed over: whoever watches a network or a charger cannot know
/// of the end. One that is let go of stops by itself.
public final class Keepsake: Sendable {
    private let engine: Engine
    let calls: PortCalls
    private let handOff: EventHandOff

    /// Opens a backup. Nothing is backed up before ``start()``. Where another one on the same state was let
    /// go of and has not ended yet, its end is waited for.
    public static func open(
        _ configuration: Configuration, ports: Ports
    ) async throws(KeepsakeError) -> Keepsake {
        try await waiting {
            try Keepsake(ports: ports) { try Engine.open(configuration: configuration, ports: $0) }
        }
    }

    /// - Parameter open: opens the engine. Waits for the disk.
    init(
        ports: Ports,
        patience: DispatchTimeInterval = .seconds(120),
        open: (HostPorts) throws -> Engine
    ) throws {
        let calls = PortCalls(patience: patience)
        let opened = Opened()
        let engine = try open(
            HostPorts(
                library: GuardedLibrary(ports.library, calls) { opened.tell($0) },
                transfers: ports.transfers.map { GuardedTransfers($0, calls) },
                storage: ports.storage.map { GuardedStorage($0, calls) }))
        opened.set(engine)
        self.engine = engine
        self.calls = calls
        handOff = EventHandOff { await engine.nextEvent() }
    }

    deinit {
        calls.stop()
        engine.letGo()
    }

    /// What happens, to show it or to log it. Ends when the backup has stopped.
    ///
    /// There is one stream: of several tasks that read it at the same time each gets a part. Nobody has to:
    /// what is not read waits, of statuses only the newest. A task that is cancelled takes no event with
    /// it; the next one goes on where it left off.
    public var events: AsyncStream<Event> {
        AsyncStream { [handOff] in await handOff.next() }
    }

    /// The next of ``events``, if one waits: for a host that looks from time to time, instead of reading
    /// them as they come.
    public func waitingEvent() -> Event? { handOff.takeKept() ?? engine.waitingEvent() }

    /// Where everything is now.
    public var status: Status {
        get throws(KeepsakeError) { try prompt { try engine.status() } }
    }

    /// Why the vault is not there, if it was not when it was opened.
    public var vaultAway: String? {
        get throws(KeepsakeError) { try prompt { try engine.vaultAway() } }
    }

    /// Starts backing up. A second time does nothing.
    public func start() async throws(KeepsakeError) {
        try await waiting { [engine] in try engine.start() }
    }

    /// Stops: what is under way ends or is cut short, all that was opened is closed, ``events`` end. Returns
    /// when it has. To go on later, or at once, open another one.
    public func stop() async throws(KeepsakeError) {
        calls.stop()
        try await waiting { [engine] in try engine.stop() }
    }

    /// The user pauses. Survives a restart.
    public func pause() throws(KeepsakeError) { try prompt { try engine.pause() } }

    /// The user resumes.
    public func resume() throws(KeepsakeError) { try prompt { try engine.resume() } }

    /// Tells what only the device knows, whenever it changes.
    public func tell(_ facts: Fact...) throws(KeepsakeError) { try tell(facts) }

    /// Tells what only the device knows, whenever it changes.
    public func tell(_ facts: [Fact]) throws(KeepsakeError) {
        try prompt { try engine.tell(facts: facts) }
    }

    /// The user changed the settings.
    public func changeSettings(_ settings: Settings) throws(KeepsakeError) {
        try prompt { try engine.changeSettings(settings: settings) }
    }

    /// The user wants to free space. What may be let go is proposed through
    /// ``PhotoLibrary/propose(_:)``.
    ///
    /// - Parameter wanted: bytes, at most; `nil`: as many as can be.
    public func freeUp(_ wanted: UInt64? = nil) throws(KeepsakeError) {
        try prompt { try engine.freeUp(wanted: wanted) }
    }

    /// Tries items again that were given up on.
    ///
    /// - Parameter resources: these; `nil`: all.
    /// - Returns: how many they are.
    @discardableResult
    public func retry(_ resources: [Int64]? = nil) async throws(KeepsakeError) -> UInt64 {
        try await waiting { [engine] in try engine.retry(resources: resources) }
    }

    /// These are not backed up again, by any device that shares the vault (what only describes one asset, a
    /// sidecar or adjustment data, by this one); what lies there stays.
    ///
    /// - Returns: how many they are.
    @discardableResult
    public func forget(_ resources: [Int64]) async throws(KeepsakeError) -> UInt64 {
        try await waiting { [engine] in try engine.forget(resources: resources) }
    }

    /// Looks at every file in the vault. Only before ``start()``.
    ///
    /// When its task is cancelled, it ends at the next file or megabyte, with ``Verified/stopped``.
    ///
    /// - Parameters:
    ///   - deep: reads every byte back.
    ///   - progress: is told how far it is, a few times a second.
    public func verify(
        deep: Bool = false, progress: (@Sendable (Reached) -> Void)? = nil
    ) async throws(KeepsakeError) -> Verified {
        try await longCall(progress) { [engine] in try engine.verify(deep: deep, progress: $0) }
    }

    /// Brings everything in a vault back into a folder, which is made if it is missing. Needs no backup, and
    /// one may be open on the same vault.
    ///
    /// Nothing is overwritten: what holds another file's name is ``Restored/inTheWay``. What came from this
    /// device's library lies under the path that it has in the vault (`2026/01/IMG_1.HEIC`). Called again, it
    /// goes on where it was.
    ///
    /// When its task is cancelled, it ends at the next file or megabyte, with ``Restored/stopped``; what was
    /// written is whole.
    ///
    /// Throws ``KeepsakeError/vault(_:)`` when the vault cannot be opened, ``KeepsakeError/notNow(_:)`` when it
    /// is away or a disk fails, and ``KeepsakeError/destination(_:)`` when the folder cannot be used.
    ///
    /// - Parameter progress: is told how far it is, a few times a second.
    public static func restore(
        _ vault: VaultPlace, into folder: URL, progress: (@Sendable (Reached) -> Void)? = nil
    ) async throws(KeepsakeError) -> Restored {
        try await longCall(progress) {
            try KeepsakeCore.restore(vault: vault, into: folder.path, progress: $0)
        }
    }

    /// From now on the log of every backup of this process goes to `log`; `nil`: nowhere, as at first.
    public static func log(to log: (any Log)?) { logTo(log: log.map(GuardedLog.init)) }

    /// A page of the library, newest first.
    ///
    /// - Parameter below: ``Page/next`` of the page before; `nil`: the first.
    public func page(below: Position? = nil, size: Int = 200) async throws(KeepsakeError) -> Page {
        let most = UInt32(clamping: size)
        return try await waiting { [engine] in try engine.library(below: below, most: most) }
    }

    /// The library, newest first, read by the page while it is walked through.
    public func library(pageSize: Int = 200) -> LibraryEntries {
        LibraryEntries { [self] below in try await page(below: below, size: pageSize) }
    }
}

/// What a port needs of the engine that was opened with it, without keeping it.
private final class Opened: Sendable {
    private struct Reference { weak var engine: Engine? }
    private let reference = Locked(Reference())

    func set(_ engine: Engine) { reference.withLock { $0.engine = engine } }

    func tell(_ fact: Fact) {
        // Told to nobody: the proposal has died with its engine, and the next scan sees what was deleted.
        try? reference.withLock { $0.engine }?.tell(facts: [fact])
    }
}
