import Keepsake
import class KeepsakeCore.VirtualPhone

/// What the OS has of ours, whether our program runs or not.
struct OSTransfers {
    private var open: [Int64: Transfer] = [:]
    /// Those that ended, until a program was told.
    private var ended: [Int64: Outcome] = [:]

    /// The OS takes one.
    mutating func take(_ transfer: Transfer) {
        ended[transfer.resource] = nil
        open[transfer.resource] = transfer
    }

    /// Our program cancels one.
    mutating func cancel(_ resource: Int64) {
        if open.removeValue(forKey: resource) != nil { ended[resource] = .cancelled }
    }

    /// Our program is deleted: its transfers go with it.
    mutating func uninstalled() {
        self = OSTransfers()
    }

    /// The OS ends all that may go over this network.
    mutating func send(over network: What.Network, from phone: VirtualPhone) {
        for (resource, transfer) in open.sorted(by: { $0.key < $1.key })
        where network.isOnline && (!network.isMetered || transfer.mayUseMetered) {
            open[resource] = nil
            let isTaken = phone.takes(file: transfer.file, url: transfer.url)
            ended[resource] = isTaken ? .delivered : .failed(wasted: 0)
        }
    }

    /// Which are under way.
    var underWay: [Int64] { open.keys.sorted() }

    /// How those ended of which no program was told yet.
    mutating func takeEnded() -> [(resource: Int64, outcome: Outcome)] {
        defer { ended = [:] }
        return ended.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

/// The OS's question to the user whether these photos may go; open until it is answered.
final class Proposal: Sendable {
    private let answers = AsyncStream.makeStream(of: [Int64].self)

    /// Those that were deleted; none, if nobody wants to know any more.
    var answer: [Int64] {
        get async { await answers.stream.first { _ in true } ?? [] }
    }

    /// The user has answered.
    func end(_ deleted: [Int64]) { answers.continuation.yield(deleted) }
}
