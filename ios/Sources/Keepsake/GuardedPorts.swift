import Foundation
import KeepsakeCore

// The ports as the core calls them: on threads of its own, one call after the other for each item.

/// A library whose every call comes to an end.
final class GuardedLibrary: KeepsakeCore.PhotoLibrary {
    private let library: any PhotoLibrary
    private let calls: PortCalls
    /// Told what became of a proposal.
    private let tell: @Sendable (Fact) -> Void

    init(_ library: any PhotoLibrary, _ calls: PortCalls, tell: @escaping @Sendable (Fact) -> Void) {
        self.library = library
        self.calls = calls
        self.tell = tell
    }

    func scan(pages: KeepsakeCore.ScanPages) throws {
        let scan = Scan(pages)
        do {
            scan.finish(try calls.longer { [library] in try await library.scan(into: scan) })
        } catch {
            // Said, and not only thrown: a walk that does not end holds on to the pages.
            scan.fail(error)
        }
    }

    func openOriginal(original: Original) throws -> Int32 {
        try crossing {
            let opened = try calls.soon { [library] in try await library.open(original) }
            // The core's own: this handle closes its descriptor when it likes.
            let descriptor = fcntl(opened.fileDescriptor, F_DUPFD_CLOEXEC, 0)
            if descriptor < 0 { throw PortError.unreadable }
            return descriptor
        }
    }

    func version(original: Original) throws -> UInt64 {
        try crossing {
            try calls.soon { [library] in try await library.version(of: original) }
        }
    }

    func pour(original: Original, mayUseNetwork: Bool, into: KeepsakeCore.PourInto) throws {
        let sink = try OriginalSink(into)
        do {
            try calls.longer(until: { sink.isStopped }) { [library] in
                try await library.pour(original, into: sink, mayUseNetwork: mayUseNetwork)
            }
            sink.finish()
        } catch {
            sink.fail(error)
        }
    }

    func propose(deletion: Deletion) throws {
        // The dialog may stand for hours: no thread of the core waits for it.
        try crossing {
            try calls.later { [library] in try await library.propose(deletion) } answered: { [tell] in
                // One that could not be shown frees nothing.
                let deleted = (try? $0.get()) ?? []
                tell(.freeUpAnswered(proposal: deletion.proposal, deleted: deleted))
            }
        }
    }
}

/// Transfers whose every call comes to an end.
final class GuardedTransfers: KeepsakeCore.Transfers {
    private let transfers: any Transfers
    private let calls: PortCalls

    init(_ transfers: any Transfers, _ calls: PortCalls) {
        self.transfers = transfers
        self.calls = calls
    }

    func handOver(transfer: Transfer) throws {
        try crossing { try calls.soon { [transfers] in try await transfers.handOver(transfer) } }
    }

    func cancel(resource: Int64) throws {
        try crossing { try calls.soon { [transfers] in try await transfers.cancel(resource) } }
    }
}

/// Storage whose every call comes to an end.
final class GuardedStorage: KeepsakeCore.Storage {
    private let storage: any Storage
    private let calls: PortCalls

    init(_ storage: any Storage, _ calls: PortCalls) {
        self.storage = storage
        self.calls = calls
    }

    func space() throws -> Space {
        try crossing { try calls.soon { [storage] in try await storage.space() } }
    }
}

/// Gives an error the shape in which it crosses.
private func crossing<Value>(_ call: () throws -> Value) throws -> Value {
    do { return try call() } catch { throw PortError(thrown: error).core }
}
