import Foundation

/// What crosses the border, counted by the library that tests/steps/counting.sh puts between Swift and the
/// core. A crossing is every call of a C function of the core, and every call that the core makes of a
/// callback: also those for buffers, handles and futures that the bindings make by themselves. What a
/// crossing carries does not matter.
struct Crossings: CustomStringConvertible {
    private var counts: [String: Int]
    /// Buffers that Swift was given, or made, and has not freed.
    private(set) var liveBuffers: Int
    /// Bytes that are allocated and not freed, by Swift and by the core.
    private(set) var bytesInUse: Int

    /// Whether that library is there. It counts for the whole process: only one test may run then.
    static var areCounted: Bool { counting != nil }

    /// After how many events what is alive at the border is counted: in full, a million.
    static let events = ProcessInfo.processInfo.environment["KEEPSAKE_EVENTS"].flatMap { Int($0) } ?? 100_000

    /// Since the start of this process.
    static var now: Crossings {
        guard let counting else { return Crossings(counts: [:], liveBuffers: 0, bytesInUse: 0) }
        let counts = counting.names.enumerated().map { ($1, Int(counting.count(UInt64($0)))) }
        return Crossings(
            counts: Dictionary(uniqueKeysWithValues: counts),
            liveBuffers: Int(counting.buffers()), bytesInUse: Int(counting.bytes()))
    }

    static func - (after: Crossings, before: Crossings) -> Crossings {
        let counts = after.counts.map { ($0, $1 - before.counts[$0, default: 0]) }
        return Crossings(
            counts: Dictionary(uniqueKeysWithValues: counts).filter { $1 != 0 },
            liveBuffers: after.liveBuffers - before.liveBuffers,
            bytesInUse: after.bytesInUse - before.bytesInUse)
    }

    var all: Int { counts.values.reduce(0, +) }

    /// Those whose name contains one of these words.
    func of(_ words: String...) -> Int {
        counts.filter { name, _ in words.contains { name.contains($0) } }.values.reduce(0, +)
    }

    var description: String {
        counts.sorted { $0.value > $1.value }.map { "\($0.value) \($0.key)" }.joined(separator: "\n")
    }
}

private struct Counting: Sendable {
    let names: [String]
    let count: @convention(c) @Sendable (UInt64) -> UInt64
    let buffers: @convention(c) @Sendable () -> Int64
    let bytes: @convention(c) @Sendable () -> UInt64
}

private let counting: Counting? = {
    let process = dlopen(nil, RTLD_NOW)
    guard let name = dlsym(process, "keepsake_crossing_name"),
        let count = dlsym(process, "keepsake_crossings"),
        let buffers = dlsym(process, "keepsake_live_buffers"),
        let bytes = dlsym(process, "keepsake_bytes_in_use")
    else { return nil }
    typealias Name = @convention(c) (UInt64) -> UnsafePointer<CChar>?
    let nameOf = unsafeBitCast(name, to: Name.self)
    var names: [String] = []
    while let name = nameOf(UInt64(names.count)) { names.append(String(cString: name)) }
    return Counting(
        names: names,
        count: unsafeBitCast(count, to: (@convention(c) @Sendable (UInt64) -> UInt64).self),
        buffers: unsafeBitCast(buffers, to: (@convention(c) @Sendable () -> Int64).self),
        bytes: unsafeBitCast(bytes, to: (@convention(c) @Sendable () -> UInt64).self))
}()
