import Keepsake

/// What a trace says: `README.md` in `tests/scenarios` lists the words. Enums have the names that Rust has.
enum Words {
    /// A time of a trace: hours, minutes, seconds.
    static func time(_ millis: UInt64) -> String {
        let seconds = millis / 1_000
        return "\(seconds / 3_600):\(twoDigits(seconds / 60 % 60)):\(twoDigits(seconds % 60))"
    }

    /// What happens: the word of the file, and its value; of photos their name, of settings nothing.
    static func what(_ what: What) -> String {
        switch what {
        case .network(let to): "network \(to.rawValue)"
        case .power(let to): "power \(to.rawValue)"
        case .locked(let locked): "locked \(locked)"
        case .access(let access): "access \(access.rawValue)"
        case .user(let tap): "user \(tap.rawValue)"
        case .shoots(let photos): "shoots \(photos.name)"
        case .edits(let name): "edits \(name)"
        case .deletes(let name): "deletes \(name)"
        case .emptiesTrash: "empties_trash"
        case .letsGo(let yes): "lets_go \(yes)"
        case .othersTake(let bytes): "others_take \(bytes.count)"
        case .cloud(let weather): "cloud \(weather.rawValue)"
        case .vault(let mood): "vault \(mood.rawValue)"
        case .poursEnd(let end): "pours_end \(end)"
        case .forgets(let name): "forgets \(name)"
        case .reinstalls(let time): "reinstalls \(time.millis)"
        case .destination(let name): "destination \(name)"
        case .killed(let time): "killed \(time.millis)"
        case .powerCut(let time): "power_cut \(time.millis)"
        case .pulledOut(let time): "pulled_out \(time.millis)"
        case .disksFail(let oneIn): "disks_fail \(oneIn)"
        case .osSends: "os_sends"
        case .settings: "settings"
        case .window(let time): "window \(time.millis)"
        case .windowEnds: "window_ends"
        case .timePasses: "time_passes"
        }
    }

    /// An event that the host pulled.
    static func event(_ event: Event) -> String {
        switch event {
        case .statusChanged(let status): self.status(status)
        case .activityChanged(let activity): "activity \(name(activity))"
        case .holdsChanged(let holds): "holds \(names(holds))"
        case .advised(let advice): "advice \(name(advice))"
        case .alarmed(let alarm): "alarm after \(UInt64(alarm.lasts)) s: \(names(alarm.holds))"
        case .quarantined(let resource, let fault): "quarantined \(resource): \(name(fault))"
        case .migrated(let migration): "migration \(self.migration(migration))"
        case .unexpected(let detail, let late): "unexpected\(late ? ", late" : ""): \(detail)"
        case .scanStarted: "scan started"
        case .scanned(let assets): "scanned \(assets)"
        case .scanFinished(complete: true, let changed): "scan finished, \(changed) changed"
        case .scanFinished(complete: false, let changed): "scan cut short, \(changed) changed"
        case .vaultLost(let folders, let again, let only):
            "vault lost \(folders.joined(separator: " ")): \(again) again, \(only) only there"
        case .vaultClosed(let places): "vault closed in \(places.count) places"
        case .recordsLost(let files, let again): "records lost: \(files) files, \(again) again"
        case .missed(let notices): "missed \(notices)"
        }
    }

    /// A class, and its reason where it has one.
    static func itemClass(_ itemClass: ItemClass) -> String {
        switch itemClass {
        case .waiting(.failed(let fault)): "Waiting Failed \(name(fault))"
        case .waiting(.held(let hold)): "Waiting Held \(name(hold))"
        case .waiting(let why): "Waiting \(name(why))"
        case .quarantined(let fault): "Quarantined \(name(fault))"
        default: name(itemClass)
        }
    }

    /// Why a port gave nothing.
    static func refusal(_ error: PortError) -> String { name(error) }

    /// A hold's name.
    static func hold(_ hold: Hold) -> String { name(hold) }

    /// What a status says, without what changes all the time.
    private static func status(_ status: Status) -> String {
        var text = "status \(name(status.activity)): \(status.safe.items) of \(status.total.items) safe"
        for of in status.classes where of.tally.items > 0 && !of.class.isSafe && of.class != .pending {
            text += ", \(of.tally.items) \(itemClass(of.class))"
        }
        for need in status.needs {
            text += "; \(name(need.hold)) stops \(need.items.items)"
            if let bytes = need.bytes { text += ", \(bytes) B missing" }
        }
        for advice in status.advice { text += "; advice \(name(advice))" }
        if status.migration != .off { text += "; migration \(migration(status.migration))" }
        return text
    }

    private static func migration(_ migration: Migration) -> String {
        switch migration {
        case .outOfRoom(let freeable, let needed):
            "OutOfRoom, \(needed) B needed" + (freeable.map { ", \($0) B to be freed" } ?? "")
        case .awaitingDeletion(let needed): "AwaitingDeletion, \(needed) B needed"
        case .awaitingSpace(_, let freed, let needed):
            "AwaitingSpace, \(needed) B needed, \(freed) B freed"
        case .stuck(let needed): "Stuck, \(needed) B needed"
        case .off, .backingUp, .done: name(migration)
        }
    }

    private static func names(_ holds: [Hold]) -> String {
        holds.isEmpty ? "none" : holds.map(name).joined(separator: " ")
    }

    /// A case's name, as Rust has it: Swift's begins with a small letter. Of one that carries something
    /// only the name.
    private static func name(_ value: some Any) -> String {
        let mirror = Mirror(reflecting: value)
        let name = mirror.children.first?.label ?? String(describing: value)
        return name.prefix(1).uppercased() + name.dropFirst()
    }

    private static func twoDigits(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension ItemClass {
    var isSafe: Bool { self == .backedUp || self == .duplicate || self == .freed }
}
