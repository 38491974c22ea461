import Foundation
import Testing

@testable import Keepsake

/// What fails says what it is, and what the user can do.
@Suite(.timeLimit(.minutes(1)))
struct ErrorTests {
    @Test func afterTheStopNothingIsDoneAnyMore() async throws {
        let phone = try Phone([])
        let keepsake = try await phone.started()
        try await keepsake.stop()
        await #expect(throws: KeepsakeError.stopped) { try await keepsake.start() }
        await #expect(throws: KeepsakeError.stopped) { try await keepsake.retry() }
        await #expect(throws: KeepsakeError.stopped) { try await keepsake.forget([1]) }
        await #expect(throws: KeepsakeError.stopped) { try await keepsake.verify() }
        await #expect(throws: KeepsakeError.stopped) { try await keepsake.page() }
        #expect(throws: KeepsakeError.stopped) { try keepsake.pause() }
        #expect(throws: KeepsakeError.stopped) { try keepsake.resume() }
        #expect(throws: KeepsakeError.stopped) { try keepsake.changeSettings(.standard) }
        #expect(throws: KeepsakeError.stopped) { try keepsake.freeUp() }
        // What only tells something is passed over, and a second stop too.
        try keepsake.tell(.spaceChanged)
        try await keepsake.stop()
    }

    @Test func theSameStateIsOpenedAgainAtOnceAndNeverTwice() async throws {
        let phone = try Phone([.shot(1)])
        for round in 0..<10 {
            var keepsake: Keepsake? = try await phone.started()
            let error = await failure { _ = try await phone.started() }
            guard case .inUse = error else { Issue.record("\(error as Any)"); return }
            // Stopped, or only let go of: then who opens it next waits for the end.
            if round % 2 == 0 { try await keepsake?.stop() }
            keepsake = nil
        }
        let last = try await phone.started()
        await last.eventsUntilDone()
        let status = try last.status
        #expect(phone.stored == phone.expected, "\(status)")
        try await last.stop()
    }

    @Test func aStateFolderThatCannotBeMadeIsNamed() async throws {
        let phone = try Phone([])
        try Data().write(to: phone.folder.appending(path: "state"))
        let error = await failure {
            _ = try await Keepsake.open(phone.configuration, ports: phone.ports)
        }
        guard case .state(let detail) = error else { Issue.record("\(error as Any)"); return }
        #expect(error?.localizedDescription == detail)
        #expect(detail.contains("state"))
    }

    @Test func aVaultThatMayNotBeUsedIsNamed() async throws {
        let phone = try Phone([])
        let first = try await phone.started()
        try await first.stop()
        let identity = phone.folder.appending(path: "vault/.keepsake")
        for file in try FileManager.default.contentsOfDirectory(
            at: identity, includingPropertiesForKeys: [.isRegularFileKey])
        where try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true {
            try Data("what is this?".utf8).write(to: file)
        }
        let error = await failure {
            try await Keepsake.open(phone.configuration, ports: phone.ports).start()
        }
        guard case .vault = error else { Issue.record("\(error as Any)"); return }
    }

    @Test func anItemThatIsNotThereIsNamed() async throws {
        let phone = try Phone([])
        let keepsake = try await phone.started()
        let error = await failure { try await keepsake.forget([4711]) }
        guard case .noSuchItem(let detail) = error else { Issue.record("\(error as Any)"); return }
        #expect(detail.contains("4711"))
        try await keepsake.stop()
    }

    @Test func everyErrorOfTheCoreIsItselfAndSaysTheSame() {
        let all: [(CoreKeepsakeError, KeepsakeError)] = [
            (.State(detail: "a"), .state("a")), (.Catalog(detail: "b"), .catalog("b")),
            (.Vault(detail: "c"), .vault("c")), (.NotNow(detail: "d"), .notNow("d")),
            (.NoSuchItem(detail: "e"), .noSuchItem("e")), (.InUse(detail: "f"), .inUse("f")),
            (.Destination(detail: "g"), .destination("g")), (.Broken(detail: "h"), .broken("h")),
        ]
        for ((core, error), detail) in zip(all, "abcdefgh") {
            #expect(KeepsakeError(core) == error)
            #expect(error.errorDescription == String(detail))
        }
        #expect(KeepsakeError(CoreKeepsakeError.Stopped) == .stopped)
        #expect(KeepsakeError.stopped.errorDescription?.contains("open a new one") == true)
        // Not of one build.
        #expect(KeepsakeError(Unknown()) == .broken("Unknown()"))
    }

    @Test func whatAPortThrowsIsWhatItSaysOrAMistakeWithItsName() {
        #expect(PortError(thrown: PortError.deleted) == .deleted)
        #expect(PortError(thrown: CancellationError()) == .stopped)
        #expect(PortError(thrown: CorePortError.Stopped) == .stopped)
        #expect(PortError(thrown: Unknown()) == .unexpected("Unknown()"))
    }

    @Test func everyRefusalOfAPortCrossesAsItself() {
        let refusals: [PortError] = [
            .networkNeeded, .deleted, .outOfSight, .changed, .notFinal, .unreadable, .readFailed,
            .downloadFailed, .originalMissing, .noAccess, .deviceLocked, .offline,
            .sourceUnavailable, .unsupported, .stopped, .unexpected("why"),
        ]
        let crossed = refusals.map { String(describing: $0.core).lowercased() }
        let said = refusals.map { String(describing: $0).lowercased() }
        #expect(crossed.dropLast() == said.dropLast())
        #expect(PortError.unexpected("why").core == .Unexpected(detail: "why"))
    }
}

private struct Unknown: Error {}

private func failure(of call: () async throws -> Void) async -> KeepsakeError? {
    do { try await call() } catch { return error as? KeepsakeError }
    return nil
}
