import Foundation
import KeepsakeCore

/// Why a call failed. Each says in a sentence what the user can do; none holds a photo's name.
public enum KeepsakeError: Error, Hashable, Sendable {
    /// The state folder cannot be made or written: free some space, or choose another.
    case state(String)
    /// The catalog cannot be used now (a newer version wrote it, its disk is full). It is never deleted.
    case catalog(String)
    /// The vault cannot be used as it is: it is another one, read-only, damaged, or a newer version wrote it.
    case vault(String)
    /// What does not work now and may later: a vault that is away or full, a disk that fails. Nothing is lost
    /// by it, and the same call goes on then.
    case notNow(String)
    /// No item has this number.
    case noSuchItem(String)
    /// A backup is open on this state already: stop it first.
    case inUse(String)
    /// The folder to restore into cannot be used: choose another.
    case destination(String)
    /// The backup was stopped: open a new one.
    case stopped
    /// A mistake of ours. Nothing that is safe is touched; please send a report.
    case broken(String)
}

extension KeepsakeError: LocalizedError {
    public var errorDescription: String? {
        switch self {
        case .state(let detail), .catalog(let detail), .vault(let detail), .notNow(let detail),
            .noSuchItem(let detail), .inUse(let detail), .destination(let detail), .broken(let detail):
            detail
        case .stopped: "the backup has stopped: open a new one"
        }
    }
}

/// Why a port did not do what it was asked for. A port may throw anything: what is not one of these is a
/// mistake of the host, and the item that it was about is named with ``Fault/hostFault``.
public enum PortError: Error, Hashable, Sendable {
    /// It is in the cloud, and the network was not allowed.
    case networkNeeded
    /// It was deleted from the library.
    case deleted
    /// It is out of sight: limited access, or its volume is away.
    case outOfSight
    /// Another version is there than the one that was asked for.
    case changed
    /// It is not in its last form yet: a stand-in (a photo proxy), or still being written. It is asked for
    /// again in a moment, and nothing counts against it.
    case notFinal
    /// This file may not be read.
    case unreadable
    /// Reading failed.
    case readFailed
    /// The cloud could not deliver it.
    case downloadFailed
    /// The library lists it and cannot serve it.
    case originalMissing
    /// We have no permission for the library.
    case noAccess
    /// The device is locked.
    case deviceLocked
    /// The network went away.
    case offline
    /// Different items fail alike: the library itself is unwell.
    case sourceUnavailable
    /// This host has no such thing.
    case unsupported
    /// It stopped because it was told to.
    case stopped
    /// Something else: a mistake of the host.
    case unexpected(String)
}

// Both switches are exhaustive: what the core learns to say does not compile until it is said here.

extension KeepsakeError {
    init(_ error: any Error) {
        guard let error = error as? KeepsakeCore.KeepsakeError else {
            // uniffi's own: the library and its Swift side are not of one build.
            self = .broken(String(describing: error))
            return
        }
        self =
            switch error {
            case .State(let detail): .state(detail)
            case .Catalog(let detail): .catalog(detail)
            case .Vault(let detail): .vault(detail)
            case .NotNow(let detail): .notNow(detail)
            case .NoSuchItem(let detail): .noSuchItem(detail)
            case .InUse(let detail): .inUse(detail)
            case .Destination(let detail): .destination(detail)
            case .Stopped: .stopped
            case .Broken(let detail): .broken(detail)
            }
    }
}

extension PortError {
    /// What a port threw.
    init(thrown error: any Error) {
        self =
            switch error {
            case let error as PortError: error
            case is CancellationError: .stopped
            case let error as KeepsakeCore.PortError where error == .Stopped: .stopped
            default: .unexpected(String(describing: error))
            }
    }

    /// The same, as it crosses.
    var core: KeepsakeCore.PortError {
        switch self {
        case .networkNeeded: .NetworkNeeded
        case .deleted: .Deleted
        case .outOfSight: .OutOfSight
        case .changed: .Changed
        case .notFinal: .NotFinal
        case .unreadable: .Unreadable
        case .readFailed: .ReadFailed
        case .downloadFailed: .DownloadFailed
        case .originalMissing: .OriginalMissing
        case .noAccess: .NoAccess
        case .deviceLocked: .DeviceLocked
        case .offline: .Offline
        case .sourceUnavailable: .SourceUnavailable
        case .unsupported: .Unsupported
        case .stopped: .Stopped
        case .unexpected(let detail): .Unexpected(detail: detail)
        }
    }
}
