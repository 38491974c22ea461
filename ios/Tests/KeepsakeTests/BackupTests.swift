import Foundation
import class KeepsakeCore.VirtualTime
import Testing

@testable import Keepsake

/// A backup from its first photo to its last, against the real core.
@Suite(.timeLimit(.minutes(2)))
struct BackupTests {
    @Test(arguments: [Access.seekable, .poured])
    func aPhotoGoesInAndLiesInTheVaultByteForByte(access: Access) async throws {
        let phone = try Phone((1...3).map { .shot($0, bytes: 300_000 * $0, access: access) })
        let keepsake = try await phone.started()
        await keepsake.eventsUntilDone()
        #expect(phone.stored == phone.expected)
        #expect(try keepsake.status.safe.items == 3)
        try await keepsake.stop()
    }

    @Test func aPhotoThatIsOnlyInTheCloudIsPouredFromThere() async throws {
        var photo = FakeLibrary.Photo.shot(1, bytes: 500_000, access: .poured)
        photo.locality = .cloud
        let (phone, time) = (try Phone([photo]), VirtualTime())
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 60_000)
        #expect(phone.stored == phone.expected)
        try await keepsake.stop()
    }

    @Test func whatIsPausedWaitsUntilItIsResumed() async throws {
        let (phone, time) = (try Phone([.shot(1)]), VirtualTime())
        let keepsake = try await phone.started(in: time)
        try keepsake.pause()
        try await time.advance(to: 60_000)
        #expect(try keepsake.status.holds == [.user])
        #expect(phone.stored.isEmpty)
        try keepsake.resume()
        try await time.advance(to: 120_000)
        #expect(try keepsake.status.activity == .done)
        #expect(phone.stored == phone.expected)
        try await keepsake.stop()
    }

    @Test func aPauseSurvivesARestart() async throws {
        let phone = try Phone([.shot(1)])
        for run in 1...2 {
            let time = VirtualTime()
            let keepsake = try await phone.started(in: time)
            if run == 1 { try keepsake.pause() }
            try await time.advance(to: 60_000)
            #expect(try keepsake.status.activity == .paused)
            #expect(try keepsake.status.holds == [.user])
            try await keepsake.stop()
        }
        #expect(phone.stored.isEmpty)
    }

    @Test func changedSettingsHoldAtOnce() async throws {
        let (phone, time) = (try Phone([.shot(1)]), VirtualTime())
        let keepsake = try await phone.started(in: time)
        try keepsake.tell(.power(charging: false, battery: 80, saver: false, hot: false))
        var settings = phone.configuration.settings
        settings.onlyCharging = true
        try keepsake.changeSettings(settings)
        try await time.advance(to: 60_000)
        #expect(try keepsake.status.holds == [.notCharging])
        try await keepsake.stop()
    }

    @Test func theLibraryIsShownByThePageNewestFirst() async throws {
        let (phone, time) = (try Phone((1...5).map { .shot($0) }), VirtualTime())
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 60_000)
        let page = try await keepsake.page(size: 2)
        #expect(page.entries.map(\.id) == ["IMG_5.HEIC", "IMG_4.HEIC"])
        let next = try await keepsake.page(below: page.next, size: 2)
        #expect(next.entries.map(\.id) == ["IMG_3.HEIC", "IMG_2.HEIC"])
        #expect(next.entries[0].date.timeIntervalSince1970 == Double(newYear + 2) / 1000)
        try await keepsake.stop()
    }

    @Test func theLibraryIsWalkedThroughAsOneSequence() async throws {
        let (phone, time) = (try Phone((1...5).map { .shot($0) }), VirtualTime())
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 60_000)
        for size in [1, 2, 5, 200] {
            let entries = try await keepsake.library(pageSize: size).reduce(into: []) { $0.append($1) }
            #expect(entries.map(\.id) == (1...5).reversed().map { "IMG_\($0).HEIC" })
            #expect(entries.allSatisfy { $0.stage == .backedUp })
        }
        try await keepsake.stop()
    }

    @Test func whatWasGivenUpOnIsTriedAgainWhenTheUserSaysSo() async throws {
        let (phone, time) = (try Phone([.shot(1), .shot(2)]), VirtualTime())
        phone.library.mischief.open = { if $0.id == "IMG_1.HEIC" { throw PortError.readFailed } }
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 90 * 24 * 3_600_000)
        #expect(try keepsake.status.quarantined.items == 1)
        phone.library.mischief.open = nil
        #expect(try await keepsake.retry() == 1)
        try await time.advance(to: 91 * 24 * 3_600_000)
        #expect(try keepsake.status.safe.items == 2)
        try await keepsake.stop()
    }

    @Test func whatIsForgottenIsNotBackedUpAgain() async throws {
        let (phone, time) = (try Phone([.shot(1), .shot(2)]), VirtualTime())
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 60_000)
        let newest = try #require(try await keepsake.page(size: 1).entries.first)
        #expect(try await keepsake.forget([newest.resource]) == 1)
        #expect(try await keepsake.page(size: 1).entries.first?.stage == .forgotten)
        try await keepsake.stop()
    }

    @Test func aLookAtTheVaultFindsWhatIsMissingAndTheNextRunSendsItAgain() async throws {
        let phone = try Phone([.shot(1), .shot(2)])
        let first = try await phone.started()
        await first.eventsUntilDone()
        try await first.stop()
        let gone = phone.folder.appending(path: "vault/2026/01/IMG_1.HEIC")
        try FileManager.default.removeItem(at: gone)

        let second = try await Keepsake.open(phone.configuration, ports: phone.ports)
        let told = Locked<Reached?>(nil)
        let found = try await second.verify(deep: true) { reached in told.withLock { $0 = reached } }
        #expect(found.good == 1)
        #expect(told.withLock { $0?.itemsTotal } == 2)
        #expect(found.missing.map { $0.hasSuffix("2026/01/IMG_1.HEIC") } == [true])
        try await second.start()
        try second.tell(Phone.atHome)
        #expect(await eventually { phone.stored == phone.expected })
        try await second.stop()
    }

    @Test func whatTheUserLetsGoIsProposedAndItsAnswerIsHeard() async throws {
        let (phone, time) = (try Phone([.shot(1), .shot(2)]), VirtualTime())
        let keepsake = try await phone.started(in: time)
        try await time.advance(to: 60_000)
        try keepsake.freeUp()
        try await time.advance(to: 120_000)
        #expect(await eventually { phone.library.proposals.count == 1 && keepsake.calls.unanswered == 0 })
        #expect(phone.library.proposals.map(\.assets.count) == [2])
        try await time.advance(to: 180_000)
        let stages = try await keepsake.library().reduce(into: []) { $0.append($1.stage) }
        #expect(stages == [.freed, .freed])
        #expect(try keepsake.status.safe.items == 2)
        try await keepsake.stop()
    }
}
