// The core's own records and enums, as uniffi writes them: values, `Sendable`, `Hashable`. They are used
// as they are; only what Swift says otherwise has a type of its own here.
import Foundation
import KeepsakeCore

/// Everything a backup is opened with.
public typealias Configuration = KeepsakeCore.Configuration
/// A place for backups.
public typealias VaultPlace = KeepsakeCore.VaultPlace
/// What the user chose.
public typealias Settings = KeepsakeCore.Settings
/// What may go over metered networks.
public typealias MeteredUse = KeepsakeCore.MeteredUse

/// Something to show, or to write into the log.
public typealias Event = KeepsakeCore.Event
/// Where everything is, as a value.
public typealias Status = KeepsakeCore.Status
/// What the backup is doing.
public typealias Activity = KeepsakeCore.Activity
/// Items, and their bytes.
public typealias Tally = KeepsakeCore.Tally
/// What an item counts as in a status.
public typealias ItemClass = KeepsakeCore.ItemClass
/// Items of one class.
public typealias ClassTally = KeepsakeCore.ClassTally
/// A named reason why one kind of work may not go on now.
public typealias Hold = KeepsakeCore.Hold
/// What would help.
public typealias Need = KeepsakeCore.Need
/// What the user could do better.
public typealias Advice = KeepsakeCore.Advice
/// Nothing was made safe for long.
public typealias Alarm = KeepsakeCore.Alarm
/// Where a guided migration of a library larger than the phone is.
public typealias Migration = KeepsakeCore.Migration
/// Why an item waits by itself.
public typealias Why = KeepsakeCore.Why
/// What went wrong with an item.
public typealias Fault = KeepsakeCore.Fault
/// What a look at everything in the vault found.
public typealias Verified = KeepsakeCore.Verified
/// What a restore did.
public typealias Restored = KeepsakeCore.Restored
/// How far a long call is.
public typealias Reached = KeepsakeCore.Reached
/// How grave a line of the log is.
public typealias Severity = KeepsakeCore.Severity

/// A page of the library as it is shown.
public typealias Page = KeepsakeCore.Page
/// A place in the library.
public typealias Position = KeepsakeCore.Position
/// One file of an asset, with its stage.
public typealias Entry = KeepsakeCore.Entry
/// How far a file is.
public typealias Stage = KeepsakeCore.Stage

/// A fact about the phone.
public typealias Fact = KeepsakeCore.Fact
/// What we may see of the photo library.
public typealias Permission = KeepsakeCore.Permission
/// How a transfer of the OS ended.
public typealias Outcome = KeepsakeCore.Outcome

/// One asset as the library shows it now.
public typealias Asset = KeepsakeCore.Asset
/// One file of an asset.
public typealias Resource = KeepsakeCore.Resource
/// How many bytes a file has, and how sure that is.
public typealias ResourceSize = KeepsakeCore.ResourceSize
/// Of which kind a size is learned.
public typealias SizeClass = KeepsakeCore.SizeClass
/// What a file is to its asset.
public typealias Role = KeepsakeCore.Role
/// What settings tell apart.
public typealias Media = KeepsakeCore.Media
/// Where an original's bytes are.
public typealias Locality = KeepsakeCore.Locality
/// How a host serves an original.
public typealias Access = KeepsakeCore.Access
/// One file of the library, as the catalog knows it.
public typealias Original = KeepsakeCore.Original
/// What the user is asked to let go.
public typealias Deletion = KeepsakeCore.Deletion
/// One asset that the user is asked to let go.
public typealias Doomed = KeepsakeCore.Doomed
/// A file, and the version that it must still have.
public typealias Expected = KeepsakeCore.Expected
/// A signed request that the OS can perform without us.
public typealias Transfer = KeepsakeCore.Transfer
/// A header field.
public typealias Header = KeepsakeCore.Header
/// How full a volume is, in bytes.
public typealias Space = KeepsakeCore.Space

extension Settings {
    /// What is chosen for a user who has not chosen yet.
    public static var standard: Settings { defaultSettings() }
}

extension VaultPlace {
    /// A folder. A new one is made; a known one that is not there now is waited for.
    ///
    /// - Parameter reserve: bytes that stay free on its disk; `nil`: a gigabyte or 5 %, whichever is more.
    public static func folder(_ url: URL, reserve: UInt64? = nil) -> VaultPlace {
        .folder(path: url.path, reserve: reserve)
    }
}

extension Configuration {
    /// - Parameters:
    ///   - state: a folder of the app's own, for nothing else: catalog, staging, logs. Made when it is
    ///     missing. Only one backup is open on it: a second one in this process is refused with
    ///     ``KeepsakeError/inUse(_:)``.
    ///   - vault: where the photos go; `nil`: where they went last, for showing the library.
    ///   - settings: what the user chose.
    ///   - timeZone: whose calendar days a daily budget of metered data counts.
    public init(
        state: URL,
        vault: VaultPlace?,
        settings: Settings = .standard,
        timeZone: TimeZone = .current
    ) {
        let minutesEast = Int32(timeZone.secondsFromGMT() / 60)
        self.init(state: state.path, vault: vault, settings: settings, utcOffset: minutesEast)
    }
}

extension Entry {
    /// When it was taken.
    public var date: Date { Date(timeIntervalSince1970: Double(taken) / 1000) }
}
