import Foundation

@testable import Keepsake

// What ends a program or takes a disk away: a kill, a power cut, a cable that comes off.
extension Stage {
    /// The program is gone: nothing that it still tries has any effect.
    func programEnds() async throws {
        try phone.kill()
        await letsGo()
    }

    /// Is killed, and starts again after so long.
    func killed(_ time: Span) async throws {
        try await programEnds()
        said = ""
        millis += time.millis
        try await opens()
    }

    /// The power goes, and comes back after so long.
    func powerCut(_ time: Span) async throws {
        let safe = try await safe()
        try phone.cutPower()
        let vaults: Set = [vault, phone.vault(), phone.folder() + "/vault-away"]
        let held = Set(vaults.flatMap { Self.stored(in: $0).values })
        for name in safe where contents[name, default: []].isDisjoint(with: held) {
            wrong.append("\(name) was safe, and is gone with the power")
        }
        try await killed(time)
    }

    /// What is safe, by name.
    private func safe() async throws -> [String] {
        guard let keepsake, !isFailing else { return [] }
        let page = try await keepsake.page(size: 10_000)
        return page.entries.filter { [.backedUp, .duplicate, .freed].contains($0.stage) }.map(\.id)
    }

    /// The vault's disk is pulled out, and put back after so long.
    func pulledOut(_ time: Span) throws {
        try phone.pullOut()
        try timePasses(time)
        phone.putBack()
    }
}
