import Foundation
import KeepsakeCore

/// The ports as the wrapper gives them to the core. Nobody waits for the user's answer to a proposal, and so
/// nobody for the host to have shown it; but a trace says in which order calls came.
final class InOrder: KeepsakeCore.PhotoLibrary {
    private let wrapped: any KeepsakeCore.PhotoLibrary
    private let library: ScenarioLibrary

    init(_ wrapped: any KeepsakeCore.PhotoLibrary, _ library: ScenarioLibrary) {
        self.wrapped = wrapped
        self.library = library
    }

    func scan(pages: ScanPages) throws { try wrapped.scan(pages: pages) }

    func openOriginal(original: Original) throws -> Int32 { try wrapped.openOriginal(original: original) }

    func version(original: Original) throws -> UInt64 { try wrapped.version(original: original) }

    func pour(original: Original, mayUseNetwork: Bool, into: PourInto) throws {
        try wrapped.pour(original: original, mayUseNetwork: mayUseNetwork, into: into)
    }

    func propose(deletion: Deletion) throws {
        let before = library.proposals
        try wrapped.propose(deletion: deletion)
        while library.proposals == before { Thread.sleep(forTimeInterval: 0.0002) }
    }
}
