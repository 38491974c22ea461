import Foundation
import Testing

/// A file of `tests/scenarios`, or one that was written from a seed.
struct Story: Sendable, CustomTestStringConvertible {
    let file: URL

    var name: String { file.deletingPathExtension().lastPathComponent }
    var testDescription: String { name }

    var scenario: Scenario {
        get throws { try JSONDecoder().decode(Scenario.self, from: Data(contentsOf: file)) }
    }

    /// Those that were written by hand.
    static let byHand = all(
        in: URL(fileURLWithPath: #filePath).appending(path: "../../../../tests/scenarios"))

    /// Those in the folder that `KEEPSAKE_STORIES` names: `cargo run -p keepsake-scenarios -- --seeds 300
    /// --write FOLDER`.
    static let bySeed: [Story] = {
        guard let folder = ProcessInfo.processInfo.environment["KEEPSAKE_STORIES"] else { return [] }
        return all(in: URL(fileURLWithPath: folder))
    }()

    private static func all(in folder: URL) -> [Story] {
        let found = try? FileManager.default.contentsOfDirectory(
            at: folder.standardizedFileURL, includingPropertiesForKeys: nil)
        let files = (found ?? []).filter { $0.pathExtension == "json" }
        return files.sorted { $0.path < $1.path }.map(Story.init)
    }
}

/// Every story, played through the wrapper: the host sees the same, line by line, as in every language.
struct ScenarioTests {
    /// Stories that are played at once.
    private static let turns = Turns(ProcessInfo.processInfo.activeProcessorCount)

    @Test func thereAreStories() { #expect(Story.byHand.count > 80) }

    @Test(arguments: Story.byHand) func aStoryIsLivedThroughAsItIsTold(_ story: Story) async throws {
        try await lives(story)
    }

    @Test(arguments: Story.bySeed) func aStoryOfASeedIsLivedThroughAsItIsTold(_ story: Story) async throws {
        try await lives(story)
    }

    /// Plays a story, and prints a line that `./test swift` counts.
    private func lives(_ story: Story) async throws {
        var isAsTold = false
        defer {
            let line = "scenario \(story.name) \(isAsTold ? "passed" : "failed")\n"
            FileHandle.standardError.write(Data(line.utf8))
        }
        let scenario = try story.scenario
        let played = try await Self.turns.take { try await Stage.play(scenario) }
        let differs = zip(played.trace, scenario.trace).first { $0 != $1 }
        if let (seen, told) = differs {
            Issue.record("\(story.name): \(seen), not \(told)")
        } else if played.trace.count != scenario.trace.count {
            let (seen, told) = (played.trace.count, scenario.trace.count)
            let next = (seen < told ? scenario.trace : played.trace)[min(seen, told)]
            Issue.record("\(story.name): \(seen) lines, not \(told); the next is \(next)")
        }
        #expect(played.ends == scenario.ends, "\(story.name)")
        #expect(played.wrong == [], "\(story.name)")
        isAsTold = played.trace == scenario.trace && played.ends == scenario.ends && played.wrong == []
    }

    @Test(arguments: [
        #"{"after":"1s","network":"wifi"}"#, #"{"after":"1day 2h","killed":"1h 3ms"}"#,
        #"{"after":"0s","others_take":"9.5 MB"}"#, #"{"after":"0s","settings":{"migrate":true}}"#,
    ])
    func whatIsKnownIsRead(_ happening: String) throws {
        _ = try JSONDecoder().decode(Happening.self, from: Data(happening.utf8))
    }

    @Test(arguments: [
        #"{"after":"1s","netwrok":"wifi"}"#, #"{"after":"1s","network":"wlan"}"#, #"{"after":"1s"}"#,
        #"{"after":"1 fortnight","time_passes":true}"#, #"{"after":"1s","others_take":"9 MiBs"}"#,
        #"{"after":"1s","network":"wifi","power":"hot"}"#,
        #"{"after":"1s","shoots":{"name":"A","siez":"1 B"}}"#,
        #"{"after":"1s","settings":{"migrat":true}}"#,
    ])
    func aWordThatNobodyKnowsIsAnError(_ happening: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Happening.self, from: Data(happening.utf8))
        }
    }

    @Test func aSpanAndASizeAreWhatTheySay() throws {
        let read = try JSONDecoder().decode([Span].self, from: Data(#"["1h 2m 3s 4ms", "2days"]"#.utf8))
        #expect(read.map(\.millis) == [3_723_004, 172_800_000])
        let sizes = try JSONDecoder().decode([Bytes].self, from: Data(#"["9.5 MB", "30 kB", "7 B"]"#.utf8))
        #expect(sizes.map(\.count) == [9_500_000, 30_000, 7])
    }
}

/// So many at once; the others wait for their turn.
private actor Turns {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    func take<Value: Sendable>(_ work: @Sendable () async throws -> Value) async rethrows -> Value {
        if free > 0 { free -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
        defer { if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() } }
        return try await work()
    }
}
