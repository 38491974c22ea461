import Foundation
import class KeepsakeCore.Engine
import struct KeepsakeCore.HostPorts
import class KeepsakeCore.VirtualPhone

@testable import Keepsake

/// What came of a story.
struct Played: Sendable {
    /// What the host saw.
    var trace: [String]
    /// How it ended.
    var ends: Scenario.Ending
    /// What is wrong whatever the story says: bytes in the vault that no photo ever had, a safe photo that
    /// is not there, something left in staging.
    var wrong: [String]
}

/// The phone of a story, the vault, and what is seen. What happens on it is in `Play.swift`, how a program
/// ends in `Fate.swift`.
///
/// It lives on a thread of its own: virtual time goes on with calls that wait.
actor Stage {
    let phone: VirtualPhone
    let library = ScenarioLibrary()
    var others: UInt64
    var settings: Settings
    var network = What.Network.wifi
    var power = What.Power.charging
    var isLocked = false
    var access = What.Visible.full
    /// Every content that a photo of each name ever had.
    var contents: [String: Set<Data>] = [:]
    /// The program, while it runs.
    var keepsake: Keepsake?
    /// Its core. What closes its files is that nobody keeps it any more: that is to happen here.
    private var engine: Engine?
    /// The path of the vault of now, when it is there.
    var vault: String
    var mood = What.Mood.there
    /// Whether disks fail now and then.
    var isFailing = false
    /// What a power cut left, and must not have.
    var wrong: [String] = []
    var millis: UInt64 = 0
    var trace: [String] = []
    /// The status, as it was told last.
    var said = ""

    private let executor = ThreadExecutor()
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init(_ scenario: Scenario) throws {
        phone = try VirtualPhone(
            title: scenario.title, disk: scenario.phone.disk.count, signsTickets: scenario.signsTickets)
        others = scenario.phone.others.count
        settings = scenario.settings
        vault = phone.vault()
    }

    /// Plays a story.
    static func play(_ scenario: Scenario) async throws -> Played {
        try await Stage(scenario).play(scenario)
    }

    private func play(_ scenario: Scenario) async throws -> Played {
        scenario.library.forEach(library.shoot)
        notesContents()
        if !scenario.vaultHas.isEmpty {
            try await AnotherDevice.backsUp(scenario, beside: phone)
        }
        do {
            try await opens()
            for happening in scenario.happens {
                try timePasses(happening.after)
                try await happens(happening.what)
            }
            try timePasses(scenario.ends.after)
            let (ends, wrong) = try looksBack(after: scenario.ends.after)
            try await programEnds()
            return Played(trace: trace, ends: ends, wrong: wrong)
        } catch {
            try? await programEnds()
            throw error
        }
    }

    /// The program starts.
    func opens() async throws {
        fills()
        let configuration = Configuration(
            state: phone.state(), vault: .folder(path: vault, reserve: nil), settings: settings, utcOffset: 0)
        do {
            keepsake = try Keepsake(ports: Ports(library: library, transfers: library)) { ports in
                let ports = HostPorts(
                    library: InOrder(ports.library, library), transfers: ports.transfers,
                    storage: ports.storage)
                let opened = try phone.open(configuration: configuration, ports: ports, millis: millis)
                engine = opened
                return opened
            }
        } catch {
            // A disk that fails: the user tries again when it does not.
            if isFailing { return }
            throw error
        }
        do { try await keepsake?.start() } catch {
            if isFailing { return try await programEnds() }
            throw error
        }
        try tell(.libraryAccess(access: access.permission))
        try tell(.locked(locked: isLocked))
        try tell(network.fact)
        try tell(power.fact)
        for resource in library.transfers(\.underWay) { try tell(.transferFound(resource: resource)) }
        try tellsEnded()
        try tell(.transfersReported)
        try tell(.windowOpened(lasts: nil))
    }

    /// Lets go of the program, and returns when nothing of it is left: only then may another be opened.
    func letsGo() async {
        try? await keepsake?.stop()
        keepsake = nil
        while engine != nil, !isKnownUniquelyReferenced(&engine) {
            try? await Task.sleep(for: .microseconds(200))
        }
        engine = nil
    }

    func tell(_ fact: Fact) throws { try keepsake?.tell(fact) }

    /// Says how transfers of the OS ended.
    private func tellsEnded() throws {
        guard keepsake != nil else { return }
        for (resource, outcome) in library.transfers({ $0.takeEnded() }) {
            try tell(.transferFinished(resource: resource, outcome: outcome))
        }
    }

    /// What the library and others take of the phone's disk.
    func fills() { phone.setTaken(bytes: others + library.onThePhone) }

    func notesContents() {
        for (name, bytes) in library.files { contents[name, default: []].insert(bytes) }
    }

    /// Time passes; once a second the host looks what there is to see.
    func timePasses(_ time: Span) throws {
        let until = millis + time.millis
        while millis < until {
            millis = min(until, (millis / 1_000 + 1) * 1_000)
            try phone.advance(millis: millis)
            try pulls()
        }
    }

    private func pulls() throws {
        library.takeCalls().forEach(sees)
        try tellsEnded()
        while let event = keepsake?.waitingEvent() {
            let text = Words.event(event)
            guard text.hasPrefix("status") else {
                sees(text)
                continue
            }
            if text != said { sees(text) }
            said = text
        }
    }

    func sees(_ text: String) { trace.append("\(Words.time(millis)) \(text)") }

    /// How it ended, and what is wrong.
    private func looksBack(after: Span) throws -> (ends: Scenario.Ending, wrong: [String]) {
        let status = try keepsake?.status
        let notSafe = (status?.classes ?? []).filter {
            $0.tally.items > 0 && !$0.class.isSafe && $0.class != .closed
        }
        let stored = Self.stored(in: vault)
        let ends = Scenario.Ending(
            after: after, safe: status?.safe.items ?? 0,
            notSafe: notSafe.map { "\($0.tally.items) \(Words.itemClass($0.class))" },
            holds: (status?.holds ?? []).map(Words.hold), inTheVault: UInt64(stored.count))
        var wrong = wrong
        wrong += trace.filter { $0.contains(" unexpected: ") }.map { "a surprise: \($0)" }
        let ever = contents.values.reduce(into: Set()) { $0.formUnion($1) }
        for (path, bytes) in stored where !ever.contains(bytes) {
            wrong.append("\(path) has bytes that no photo ever had")
        }
        if ends.notSafe.isEmpty {
            let held = Set(stored.values)
            for (name, bytes) in library.files where !held.contains(bytes) {
                wrong.append("\(name) is called safe, and is not there")
            }
            let staging = try? FileManager.default.contentsOfDirectory(atPath: phone.state() + "/staging")
            wrong += (staging ?? []).map { "\($0) is left in staging" }
        }
        return (ends, wrong)
    }

    /// Every photo in a vault, without what is its own: path and bytes.
    static func stored(in vault: String) -> [String: Data] {
        let paths = FileManager.default.enumerator(atPath: vault)?.compactMap { $0 as? String } ?? []
        return paths.filter { !$0.hasPrefix(".") }.reduce(into: [:]) { found, path in
            found[path] = try? Data(contentsOf: URL(fileURLWithPath: vault).appending(path: path))
        }
    }
}
