import Foundation
import Keepsake

/// One file of `tests/scenarios`, as its README describes it. A word that is not known here is an error.
struct Scenario: Decodable {
    var title: String
    var story: String
    var phone: Device
    var library: [Photos]
    /// Names of photos that another device has backed up already.
    var vaultHas: [String]
    var signsTickets: Bool
    var settings: Settings
    var happens: [Happening]
    var ends: Ending
    /// What the host sees.
    var trace: [String]

    /// The phone's disk.
    struct Device: Decodable {
        var disk = Bytes(count: 64_000_000_000)
        var others = Bytes(count: 20_000_000_000)
    }

    /// How it ends.
    struct Ending: Decodable, Equatable {
        var after: Span
        var safe: UInt64
        var notSafe: [String]
        var holds: [String]
        var inTheVault: UInt64
    }
}

/// One photo, or `count` that are alike.
struct Photos: Decodable {
    /// Of several, `#` stands for 1, 2, 3…
    var name: String
    var count: Int
    var size: Bytes
    var lies: Lies
    var served: Served
    var moves: String?
    var raw: String?
    var sameAs: String?
    var isPrivate: Bool
}

/// Where an original is.
enum Lies: String, Decodable {
    case onThePhone = "on_the_phone"
    case inTheCloud = "in_the_cloud"
    case somewhereOnThePhone = "somewhere_on_the_phone"
    case somewhereInTheCloud = "somewhere_in_the_cloud"

    var isOnThePhone: Bool { self == .onThePhone || self == .somewhereOnThePhone }
}

/// How the platform serves an original.
enum Served: String, Decodable {
    case asAFile = "as_a_file"
    case poured
}

/// Something happens, so long after what happened before.
struct Happening: Decodable {
    var after: Span
    var what: What
}

/// What can happen.
enum What {
    case network(Network)
    case power(Power)
    case locked(Bool)
    case access(Visible)
    case user(Tap)
    case shoots(Photos)
    case edits(String)
    case deletes(String)
    case emptiesTrash
    case letsGo(Bool)
    case othersTake(Bytes)
    case cloud(Weather)
    case vault(Mood)
    case poursEnd(Bool)
    case forgets(String)
    case reinstalls(Span)
    case destination(String)
    case killed(Span)
    case powerCut(Span)
    case pulledOut(Span)
    case disksFail(UInt64)
    case osSends
    case settings(Settings)
    case window(Span)
    case windowEnds
    case timePasses

    enum Network: String, Decodable {
        case wifi, ethernet, metered, hotspot, roaming, offline
        case vpnOverMobileData = "vpn_over_mobile_data"
    }

    enum Power: String, Decodable {
        case charging, battery, saver, hot
        case lowBattery = "low_battery"
    }

    enum Visible: String, Decodable {
        case full = "Full"
        case limited = "Limited"
        case denied = "Denied"
    }

    enum Tap: String, Decodable {
        case pause, resume, retry
        case freeUp = "free_up"
    }

    enum Weather: String, Decodable { case there, away }

    enum Mood: String, Decodable {
        case there, away, full
        case signedOut = "signed_out"
    }
}

/// So many bytes: `9.5 MB`.
struct Bytes: Decodable, Equatable {
    var count: UInt64
}

/// A span of time: `1day 2h 3m 4s 5ms`.
struct Span: Decodable, Equatable {
    var millis: UInt64

    static let zero = Span(millis: 0)
}
