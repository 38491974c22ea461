#if canImport(UIKit)
import Foundation

/// Whether the device was unlocked since it started. iOS does not tell: a file that is readable from then on
/// is tried.
enum FirstUnlock {
    static func hasHappened() -> Bool {
        do {
            if try Data(contentsOf: file).isEmpty { try write() }
            return true
        } catch CocoaError.fileReadNoSuchFile {
            // A file of this kind cannot be made either before the first unlock.
            return (try? write()) != nil
        } catch {
            return false
        }
    }

    private static func write() throws {
        let folder = file.deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("unlocked".utf8).write(
            to: file, options: .completeFileProtectionUntilFirstUserAuthentication)
    }

    private static let file = URL.applicationSupportDirectory.appending(path: "keepsake-first-unlock")
}
#endif
