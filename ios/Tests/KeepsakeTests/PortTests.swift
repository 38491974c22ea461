import Foundation
import class KeepsakeCore.VirtualTime
import Testing

@testable import Keepsake

/// Ports that throw, hang, talk too late: the backup goes on, and names what it could not have.
@Suite(.timeLimit(.minutes(2)))
struct PortTests {
    private struct Mistake: Error {}

    @Test(arguments: [Access.seekable, .poured])
    func aLibraryThatThrowsForOnePhotoHasItNamedAndTheOthersGoThrough(access: Access) async throws {
        let phone = try Phone((1...3).map { .shot($0, access: access) })
        let time = VirtualTime()
        phone.library.mischief.open = { if $0.id == "IMG_2.HEIC" { throw Mistake() } }
        phone.library.mischief.pour = { original, _, _ in
            if original.id == "IMG_2.HEIC" { throw Mistake() }
        }
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 90 * 24 * 3_600_000)
        var expected = phone.expected
        expected["IMG_2.HEIC"] = nil
        #expect(phone.stored == expected)
        let stages = try await keepsake.library().reduce(into: [:]) { $0[$1.id] = $1.stage }
        #expect(stages["IMG_2.HEIC"] == .quarantined(fault: .hostFault))
        try await keepsake.stop()
    }

    @Test func aRefusalIsNoMistakeAndHoldsWhatItSays() async throws {
        let (phone, time) = (try Phone([.shot(1)]), VirtualTime())
        phone.library.mischief.open = { _ in throw PortError.deviceLocked }
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 10_000)
        #expect(try keepsake.status.holds == [.deviceLocked])
        #expect(try keepsake.status.quarantined.items == 0)
        try await keepsake.stop()
    }

    @Test func aPhotoThatIsGoneWhenItIsOpenedIsClosedAndNotFailed() async throws {
        let (phone, time) = (try Phone([.shot(1), .shot(2)]), VirtualTime())
        phone.library.mischief.open = { if $0.id == "IMG_1.HEIC" { throw PortError.deleted } }
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 60_000)
        let status = try keepsake.status
        #expect(status.activity == .done)
        #expect(status.classes.map(\.class) == [.backedUp, .closed])
        try await keepsake.stop()
    }

    @Test func aLibraryThatDoesNotAnswerIsGivenUpOnAndGoesThroughWhenItDoes() async throws {
        let (phone, time) = (try Phone([.shot(1)]), VirtualTime())
        phone.library.mischief.open = { _ in await hangs() }
        let keepsake = try await phone.started(in: time, patience: .milliseconds(100))
        try await time.advance(to: 10_000)
        #expect(try keepsake.status.classes.map(\.class) == [.waiting(.held(.sourceUnavailable))])
        phone.library.mischief.open = nil
        try await time.advance(to: 24 * 3_600_000)
        #expect(phone.stored == phone.expected)
        try await keepsake.stop()
    }

    @Test(arguments: ["scan", "open", "version", "pour"])
    func aPortThatHangsDoesNotKeepTheBackupFromStopping(port: String) async throws {
        let phone = try Phone([.shot(1, access: port == "pour" ? .poured : .seekable)])
        let isReached = Locked(false)
        let hang: @Sendable () async -> Void = {
            isReached.withLock { $0 = true }
            await hangs()
        }
        switch port {
        case "scan": phone.library.mischief.scan = { _ in await hang() }
        case "open": phone.library.mischief.open = { _ in await hang() }
        case "version": phone.library.mischief.version = { _ in await hang() }
        default: phone.library.mischief.pour = { _, _, _ in await hang() }
        }
        let keepsake = try await phone.started()
        #expect(await eventually { isReached.withLock { $0 } })
        // Not waited for: if it hung, so would this test, and its time limit could not end it.
        let hasStopped = Locked(false)
        Task {
            try await keepsake.stop()
            hasStopped.withLock { $0 = true }
        }
        #expect(await eventually { hasStopped.withLock { $0 } })
        #expect(phone.stored.isEmpty)
    }

    @Test func whoIsNotWantedAnyMoreIsCancelled() async throws {
        let phone = try Phone([.shot(1, access: .poured)])
        let (begun, cancelled) = (Locked(false), Locked(false))
        phone.library.mischief.pour = { _, _, _ in
            begun.withLock { $0 = true }
            do { try await Task.sleep(for: .seconds(600)) } catch {
                cancelled.withLock { $0 = true }
                throw error
            }
        }
        let keepsake = try await phone.started()
        #expect(await eventually { begun.withLock { $0 } })
        // A permit that is revoked is enough: nobody has to stop.
        try keepsake.pause()
        #expect(await eventually { cancelled.withLock { $0 } })
        try await keepsake.stop()
    }

    @Test func whoGoesOnTalkingAfterTheStopIsToldSo() async throws {
        let phone = try Phone([.shot(1, access: .poured)])
        let (begun, told) = (Locked(false), Locked<[PortError]>([]))
        let (stopped, hasStopped) = AsyncStream<Void>.makeStream()
        phone.library.mischief.pour = { _, sink, _ in
            begun.withLock { $0 = true }
            // Heeds no cancellation, and writes when all is over.
            await Task.detached { for await _ in stopped {} }.value
            #expect(sink.isStopped)
            do { try await sink.write(Data(count: 1 << 20)) } catch let error as PortError {
                told.withLock { $0.append(error) }
            }
        }
        let keepsake = try await phone.started()
        #expect(await eventually { begun.withLock { $0 } })
        try await keepsake.stop()
        hasStopped.finish()
        #expect(await eventually { told.withLock { $0 } == [.stopped] })
        #expect(phone.stored.isEmpty)
    }

    @Test func aWalkThatIsStoppedIsToldSoAtItsNextPage() async throws {
        let phone = try Phone([])
        let (begun, told) = (Locked(false), Locked<[PortError]>([]))
        let (stopped, hasStopped) = AsyncStream<Void>.makeStream()
        phone.library.mischief.scan = { scan in
            begun.withLock { $0 = true }
            await Task.detached { for await _ in stopped {} }.value
            do { try await scan.add([Asset(.shot(1), taken: 1)]) } catch let error as PortError {
                told.withLock { $0.append(error) }
                throw error
            }
        }
        let keepsake = try await phone.started()
        #expect(await eventually { begun.withLock { $0 } })
        try await keepsake.stop()
        hasStopped.finish()
        #expect(await eventually { told.withLock { $0 } == [.stopped] })
    }

    @Test func aWalkThatBreaksOffTakesNothingForDeleted() async throws {
        let (phone, time) = (try Phone([.shot(1), .shot(2)]), VirtualTime())
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 60_000)
        phone.library.mischief.scan = { scan in
            try await scan.add([Asset(.shot(1), taken: 0)])
            throw Mistake()
        }
        try keepsake.tell(.libraryChanged)
        try await time.advance(to: 120_000)
        #expect(try keepsake.status.safe.items == 2)
        let stages = try await keepsake.library().reduce(into: []) { $0.append($1.stage) }
        #expect(stages == [.backedUp, .backedUp])
        try await keepsake.stop()
    }

    @Test(arguments: [(PortError.noAccess, Hold.noAccess), (.deviceLocked, .deviceLocked)])
    func aLibraryThatRefusesToBeWalkedThroughIsWaitedForAndThatIsNoMistake(
        refusal: PortError, hold: Hold
    ) async throws {
        let (phone, time) = (try Phone([.shot(1)]), VirtualTime())
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 60_000)
        phone.library.photos.append(.shot(2))
        phone.library.mischief.scan = { _ in throw refusal }
        try keepsake.tell(.libraryChanged)
        try await time.advance(to: 3_600_000)
        #expect(try keepsake.status.holds == [hold])
        #expect(try keepsake.status.safe == keepsake.status.total)
        phone.library.mischief.scan = nil
        try keepsake.tell(.libraryAccess(access: .full), .locked(locked: false), .libraryChanged)
        try await time.advance(to: 3_700_000)
        #expect(try keepsake.status.holds == [])
        #expect(phone.stored == phone.expected)
        try await keepsake.stop()
    }

    @Test func aPourThatBreaksOffIsNoPhoto() async throws {
        let (phone, time) = (try Phone([.shot(1, access: .poured)]), VirtualTime())
        phone.library.mischief.pour = { original, sink, _ in
            try await sink.write(Data("half a photo".utf8))
            throw PortError.downloadFailed
        }
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 10_000)
        #expect(phone.stored.isEmpty)
        phone.library.mischief.pour = nil
        try await time.advance(to: 24 * 3_600_000)
        #expect(phone.stored == phone.expected)
        try await keepsake.stop()
    }

    @Test func freeSpaceIsWhatTheSystemSays() async throws {
        var photo = FakeLibrary.Photo.shot(1, access: .poured)
        photo.locality = .cloud
        let (phone, time) = (try Phone([photo]), VirtualTime())
        phone.storage.available = 0
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 60_000)
        #expect(try keepsake.status.holds == [.lowStorage])
        // What throws is not believed: the disk itself is asked.
        phone.storage.available = nil
        try keepsake.tell(.spaceChanged)
        try await time.advance(to: 3_600_000)
        #expect(phone.stored == phone.expected)
        try await keepsake.stop()
    }

    @Test func aProposalThatCannotBeShownFreesNothing() async throws {
        let (phone, time) = (try Phone([.shot(1)]), VirtualTime())
        phone.library.mischief.propose = { _ in throw Mistake() }
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 60_000)
        try keepsake.freeUp()
        try await time.advance(to: 120_000)
        #expect(await eventually { phone.library.proposals.count == 1 && keepsake.calls.unanswered == 0 })
        try await time.advance(to: 180_000)
        #expect(try await keepsake.page().entries.map(\.stage) == [.backedUp])
        try await keepsake.stop()
    }

    @Test func aProposalThatNobodyAnswersHoldsUpNothing() async throws {
        let (phone, time) = (try Phone([.shot(1)]), VirtualTime())
        phone.library.mischief.propose = { _ in try await Task.sleep(for: .seconds(86_400)) }
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 60_000)
        try keepsake.freeUp()
        try await time.advance(to: 120_000)
        phone.library.photos.append(.shot(2))
        try keepsake.tell(.libraryChanged)
        try await time.advance(to: 180_000)
        #expect(try keepsake.status.safe.items == 2)
        #expect(keepsake.calls.unanswered == 1)
        try await keepsake.stop()
        #expect(await eventually { keepsake.calls.unanswered == 0 })
    }

    @Test func aTransferIsHandedOverAsItIsAndARefusalSaysWhy() throws {
        let transfers = FakeTransfers()
        let guarded = GuardedTransfers(transfers, PortCalls(patience: .seconds(10)))
        let transfer = Transfer(
            resource: 7, file: "/staging/7", method: "PUT", url: "https://vault.example/7",
            headers: [Header(name: "a", value: "b")], mayUseMetered: true)
        try guarded.handOver(transfer: transfer)
        #expect(transfers.handedOver == [transfer])
        try guarded.cancel(resource: 7)
        #expect(throws: PortError.deleted.core) { try guarded.cancel(resource: 8) }
    }
}

private final class FakeTransfers: Transfers {
    private let all = Locked<[Transfer]>([])

    var handedOver: [Transfer] { all.withLock { $0 } }

    func handOver(_ transfer: Transfer) { all.withLock { $0.append(transfer) } }

    func cancel(_ resource: Int64) throws {
        if !handedOver.contains(where: { $0.resource == resource }) { throw PortError.deleted }
    }
}

/// Never returns, whatever becomes of its task, and holds no thread.
private func hangs() async {
    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
}
