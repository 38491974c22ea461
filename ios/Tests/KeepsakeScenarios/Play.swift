import Foundation
import enum KeepsakeCore.VaultMood

@testable import Keepsake

extension Stage {
    /// Something happens.
    func happens(_ what: What) async throws {
        sees("now \(Words.what(what))")
        switch what {
        case .network(let to):
            network = to
            try tell(to.fact)
        case .power(let to):
            power = to
            try tell(to.fact)
        case .locked(let locked):
            isLocked = locked
            try tell(.locked(locked: locked))
        case .access(let to):
            access = to
            library.show(to)
            try tell(.libraryAccess(access: to.permission))
            try tell(.libraryChanged)
        case .user(let tap): try await taps(tap)
        case .shoots(let photos):
            library.shoot(photos)
            try libraryChanged()
        case .edits(let name):
            library.edit(name)
            try libraryChanged()
        case .deletes(let name):
            library.delete(name)
            try libraryChanged()
        case .emptiesTrash:
            library.emptyTrash()
            fills()
            try tell(.spaceChanged)
        case .letsGo(let yes): try await answers(yes)
        case .othersTake(let bytes):
            others = bytes.count
            fills()
            try tell(.spaceChanged)
        case .cloud(let weather): library.setCloud(isAway: weather == .away)
        case .vault(let mood): try vaultIs(mood)
        case .poursEnd(let end): library.setPoursEnd(end)
        case .forgets(let name): try await forgets(name)
        case .reinstalls(let time):
            try phone.uninstall()
            library.transfers { $0.uninstalled() }
            try await killed(time)
        case .destination(let name):
            vault = phone.folder() + "/" + name
            await letsGo()
            try await killed(.zero)
        case .killed(let time): try await killed(time)
        case .powerCut(let time): try await powerCut(time)
        case .pulledOut(let time): try pulledOut(time)
        case .disksFail(let oneIn):
            isFailing = oneIn > 0
            phone.setDisksFail(oneIn: oneIn)
            if keepsake == nil { try await opens() }
        case .osSends: library.transfers { $0.send(over: network, from: phone) }
        case .settings(let to):
            settings = to
            try keepsake?.changeSettings(to)
        case .window(let lasts): try tell(.windowOpened(lasts: TimeInterval(lasts.millis) / 1_000))
        case .windowEnds: try tell(.windowEnding)
        case .timePasses: break
        }
    }

    /// The library says that something may have changed.
    private func libraryChanged() throws {
        notesContents()
        fills()
        try tell(.libraryChanged)
        try tell(.spaceChanged)
    }

    /// The user answers the last proposal.
    private func answers(_ yes: Bool) async throws {
        guard let (proposal, number, deleted) = library.answer(letsGo: yes) else {
            throw Mistake(text: "nothing was proposed")
        }
        let unanswered = keepsake?.calls.unanswered ?? 0
        if unanswered > 0 {
            // What the port returns is told by the wrapper, from a task of its own.
            proposal.end(deleted)
            while let calls = keepsake?.calls, calls.unanswered == unanswered {
                try await Task.sleep(for: .microseconds(200))
            }
        } else {
            // Whoever asked is gone.
            try tell(.freeUpAnswered(proposal: number, deleted: deleted))
        }
        try libraryChanged()
    }

    private func vaultIs(_ mood: What.Mood) throws {
        let before = self.mood
        self.mood = mood
        if (before == .away) != (mood == .away) { try phone.moveVault(there: mood != .away) }
        phone.setMood(mood: mood.core)
        if before == .signedOut { try tell(.signedIn) }
    }

    private func forgets(_ name: String) async throws {
        guard let keepsake else { return }
        let found = try await keepsake.library().first { $0.id == name }
        guard let found else { throw Mistake(text: "no item is called \(name)") }
        try await keepsake.forget([found.resource])
    }

    private func taps(_ tap: What.Tap) async throws {
        switch tap {
        case .pause: try keepsake?.pause()
        case .resume: try keepsake?.resume()
        case .freeUp: try keepsake?.freeUp()
        case .retry:
            // If a disk fails, the user is told, and will tap again.
            do { try await keepsake?.retry() } catch { if !isFailing { throw error } }
        }
    }
}

/// A story that cannot be.
struct Mistake: Error { let text: String }

extension What.Network {
    var isOnline: Bool { self != .offline }

    var isMetered: Bool {
        switch self {
        case .metered, .hotspot, .vpnOverMobileData, .roaming: true
        case .wifi, .ethernet, .offline: false
        }
    }

    var fact: Fact { .network(online: isOnline, metered: isMetered, roaming: self == .roaming) }
}

extension What.Power {
    var fact: Fact {
        .power(
            charging: self == .charging, battery: self == .lowBattery ? 10 : 100, saver: self == .saver,
            hot: self == .hot)
    }
}

extension What.Visible {
    var permission: Permission {
        switch self {
        case .full: .full
        case .limited: .limited
        case .denied: .denied
        }
    }
}

extension What.Mood {
    /// As the core has it: whether the vault is there is another matter.
    fileprivate var core: VaultMood {
        switch self {
        case .full: .full
        case .signedOut: .signedOut
        case .there, .away: .well
        }
    }
}
