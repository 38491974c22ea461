import Foundation
import Testing

@testable import Keepsake

/// The example in ios/README.md: what stands there compiles and runs here.
@Suite(.timeLimit(.minutes(1)))
struct ReadmeTests {
    @Test func theExampleBacksUpALibraryAndSaysWhatItWaitsFor() async throws {
        let phone = try Phone([.shot(1), .shot(2)])
        let (facts, tell) = AsyncStream<Fact>.makeStream()
        Phone.atHome.forEach { tell.yield($0) }
        let folder = phone.folder
        let example = Task { try await backUp(phone.library, into: folder, facts: facts) }
        #expect(await eventually { phone.stored == phone.expected })
        example.cancel()
        try await example.value
        tell.finish()
    }

    @Test func theReadmeShowsTheExampleAsItIsCompiledHere() throws {
        let here = URL(filePath: #filePath)
        let source = try String(contentsOf: here, encoding: .utf8)
        let readme = here.deletingLastPathComponent().appending(path: "../../README.md").standardized
        let shown = try String(contentsOf: readme, encoding: .utf8)
        let example = try #require(source.components(separatedBy: "// The example.\n").last)
        #expect(shown.contains("```swift\nimport Keepsake\n\n\(example)```"))
    }
}

// The example.
func backUp(_ photos: some PhotoLibrary, into folder: URL, facts: AsyncStream<Fact>) async throws {
    let configuration = Configuration(
        state: folder.appending(path: "state"),
        vault: .folder(folder.appending(path: "vault")))
    let keepsake = try await Keepsake.open(configuration, ports: Ports(library: photos))
    try await keepsake.start()
    let telling = Task {
        for await fact in facts { try keepsake.tell(fact) }
    }
    for await event in keepsake.events {
        switch event {
        case .statusChanged(let status):
            print("\(status.safe.items) of \(status.total.items) are safe; held by \(status.holds)")
        case .quarantined(let resource, let fault):
            print("item \(resource) was given up on: \(fault)")
        default: break
        }
    }
    telling.cancel()
    try await keepsake.stop()
}
