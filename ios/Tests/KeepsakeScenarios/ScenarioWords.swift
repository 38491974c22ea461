import Foundation
import Keepsake

// How a scenario is read. What Swift would pass over in a file, a word that is spelled wrong, is an error.

extension Decoder {
    /// What stands here, if nothing does that is no `Word`.
    fileprivate func words<Word: CodingKey>(_: Word.Type) throws -> KeyedDecodingContainer<Word> {
        for word in try container(keyedBy: AnyWord.self).allKeys
        where Word(stringValue: word.stringValue) == nil {
            throw unknown("no such word: \(word.stringValue)")
        }
        return try container(keyedBy: Word.self)
    }

    fileprivate func unknown(_ said: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: codingPath, debugDescription: said))
    }
}

/// A word as it stands in the file.
private struct AnyWord: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension KeyedDecodingContainer {
    fileprivate func value<Value: Decodable>(_ key: Key) throws -> Value {
        try decode(Value.self, forKey: key)
    }

    fileprivate func value<Value: Decodable>(_ key: Key, or absent: Value) throws -> Value {
        try decodeIfPresent(Value.self, forKey: key) ?? absent
    }
}

extension Scenario {
    private enum Word: String, CodingKey {
        case title, story, phone, library, settings, happens, ends, trace
        case vaultHas = "vault_has"
        case signsTickets = "signs_tickets"
    }

    init(from decoder: any Decoder) throws {
        let words = try decoder.words(Word.self)
        title = try words.value(.title)
        story = try words.value(.story)
        phone = try words.value(.phone, or: Device())
        library = try words.value(.library)
        vaultHas = try words.value(.vaultHas, or: [])
        signsTickets = try words.value(.signsTickets, or: false)
        settings = try words.value(.settings, or: Chosen()).settings
        happens = try words.value(.happens)
        ends = try words.value(.ends)
        trace = try words.value(.trace, or: [])
    }
}

extension Scenario.Device {
    private enum Word: CodingKey { case disk, others }

    init(from decoder: any Decoder) throws {
        let words = try decoder.words(Word.self)
        disk = try words.value(.disk)
        others = try words.value(.others)
    }
}

extension Scenario.Ending {
    private enum Word: String, CodingKey {
        case after, safe, holds
        case notSafe = "not_safe"
        case inTheVault = "in_the_vault"
    }

    init(from decoder: any Decoder) throws {
        let words = try decoder.words(Word.self)
        after = try words.value(.after)
        safe = try words.value(.safe)
        notSafe = try words.value(.notSafe, or: [])
        holds = try words.value(.holds, or: [])
        inTheVault = try words.value(.inTheVault)
    }
}

extension Photos {
    private enum Word: String, CodingKey {
        case name, count, size, lies, served, moves, raw
        case sameAs = "same_as"
        case isPrivate = "private"
    }

    init(from decoder: any Decoder) throws {
        let words = try decoder.words(Word.self)
        name = try words.value(.name)
        count = try words.value(.count, or: 1)
        size = try words.value(.size)
        lies = try words.value(.lies, or: .onThePhone)
        served = try words.value(.served, or: .asAFile)
        moves = try words.decodeIfPresent(String.self, forKey: .moves)
        raw = try words.decodeIfPresent(String.self, forKey: .raw)
        sameAs = try words.decodeIfPresent(String.self, forKey: .sameAs)
        isPrivate = try words.value(.isPrivate, or: false)
    }
}

extension Happening {
    private enum Word: String, CodingKey {
        case after, network, power, locked, access, user, shoots, edits, deletes, cloud, vault, forgets
        case reinstalls, destination, killed, settings, window
        case emptiesTrash = "empties_trash"
        case letsGo = "lets_go"
        case othersTake = "others_take"
        case poursEnd = "pours_end"
        case powerCut = "power_cut"
        case pulledOut = "pulled_out"
        case disksFail = "disks_fail"
        case osSends = "os_sends"
        case windowEnds = "window_ends"
        case timePasses = "time_passes"
    }

    init(from decoder: any Decoder) throws {
        let words = try decoder.words(Word.self)
        after = try words.value(.after)
        let happened = words.allKeys.filter { $0 != .after }
        guard let word = happened.first, happened.count == 1 else {
            throw decoder.unknown("one thing happens, not \(happened.count)")
        }
        what =
            switch word {
            case .after: throw decoder.unknown("nothing happens")
            case .network: .network(try words.value(word))
            case .power: .power(try words.value(word))
            case .locked: .locked(try words.value(word))
            case .access: .access(try words.value(word))
            case .user: .user(try words.value(word))
            case .shoots: .shoots(try words.value(word))
            case .edits: .edits(try words.value(word))
            case .deletes: .deletes(try words.value(word))
            case .emptiesTrash: .emptiesTrash
            case .letsGo: .letsGo(try words.value(word))
            case .othersTake: .othersTake(try words.value(word))
            case .cloud: .cloud(try words.value(word))
            case .vault: .vault(try words.value(word))
            case .poursEnd: .poursEnd(try words.value(word))
            case .forgets: .forgets(try words.value(word))
            case .reinstalls: .reinstalls(try words.value(word))
            case .destination: .destination(try words.value(word))
            case .killed: .killed(try words.value(word))
            case .powerCut: .powerCut(try words.value(word))
            case .pulledOut: .pulledOut(try words.value(word))
            case .disksFail: .disksFail(try words.value(word))
            case .osSends: .osSends
            case .settings: .settings(try words.decode(Chosen.self, forKey: word).settings)
            case .window: .window(try words.value(word))
            case .windowEnds: .windowEnds
            case .timePasses: .timePasses
            }
    }
}

/// `Settings`, as a file has them: what is not there is as it is for a user who has not chosen yet.
private struct Chosen: Decodable {
    var settings = Settings.standard

    private enum Word: String, CodingKey {
        case metered, roaming, reserve, staging, migrate
        case dailyMeteredBytes = "daily_metered_bytes"
        case onlyCharging = "only_charging"
        case lowestBattery = "lowest_battery"
    }

    private enum Use: String, CodingKey {
        case downloadPhotos = "download_photos"
        case downloadVideos = "download_videos"
        case uploadPhotos = "upload_photos"
        case uploadVideos = "upload_videos"
    }

    private struct Metered: Decodable {
        let use: MeteredUse

        init(from decoder: any Decoder) throws {
            let words = try decoder.words(Use.self)
            use = MeteredUse(
                downloadPhotos: try words.value(.downloadPhotos),
                downloadVideos: try words.value(.downloadVideos),
                uploadPhotos: try words.value(.uploadPhotos),
                uploadVideos: try words.value(.uploadVideos))
        }
    }

    init() {}

    init(from decoder: any Decoder) throws {
        let words = try decoder.words(Word.self)
        if words.contains(.metered) {
            settings.metered = try words.decode(Metered.self, forKey: .metered).use
        }
        settings.dailyMeteredBytes = try words.decodeIfPresent(UInt64.self, forKey: .dailyMeteredBytes)
        settings.roaming = try words.value(.roaming, or: settings.roaming)
        settings.onlyCharging = try words.value(.onlyCharging, or: settings.onlyCharging)
        settings.lowestBattery = try words.value(.lowestBattery, or: settings.lowestBattery)
        settings.reserve = try words.decodeIfPresent(UInt64.self, forKey: .reserve)
        settings.staging = try words.decodeIfPresent(UInt64.self, forKey: .staging)
        settings.migrate = try words.value(.migrate, or: settings.migrate)
    }
}

extension Bytes {
    private static let units: [Substring: Double] = ["B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12]

    init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        let parts = text.split(separator: " ")
        guard parts.count == 2, let number = Double(parts[0]), let unit = Self.units[parts[1]] else {
            throw decoder.unknown("no size: \(text)")
        }
        count = UInt64(number * unit)
    }
}

extension Span {
    private static let units: [Substring: UInt64] = {
        let named: [(UInt64, String)] = [
            (1, "ms msec millis"),
            (1_000, "s sec secs second seconds"),
            (60_000, "m min mins minute minutes"),
            (3_600_000, "h hr hrs hour hours"),
            (86_400_000, "d day days"),
            (604_800_000, "w week weeks"),
        ]
        return named.reduce(into: [:]) { units, unit in
            for name in unit.1.split(separator: " ") { units[name] = unit.0 }
        }
    }()

    init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        millis = 0
        let parts = text.split(separator: " ")
        for part in parts {
            let unit = part.drop(while: \.isNumber)
            guard let number = UInt64(part.prefix(upTo: unit.startIndex)), let unit = Self.units[unit] else {
                throw decoder.unknown("no span of time: \(text)")
            }
            millis += number * unit
        }
        if parts.isEmpty { throw decoder.unknown("no span of time") }
    }
}
