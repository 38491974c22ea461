#if canImport(Photos)
import Keepsake
import Photos

/// Says when the library, or what we may see of it, may have changed.
final class LibraryObserver: NSObject, PHPhotoLibraryChangeObserver, Sendable {
    private let tell: @Sendable (Fact) -> Void

    /// Observes until it is let go of.
    init(tell: @escaping @Sendable (Fact) -> Void) {
        self.tell = tell
        super.init()
        PHPhotoLibrary.shared().register(self)
    }

    deinit { PHPhotoLibrary.shared().unregisterChangeObserver(self) }

    func photoLibraryDidChange(_ change: PHChange) {
        // A changed selection under limited access comes this way, too.
        tell(Self.access)
        tell(.libraryChanged)
    }

    static var access: Fact {
        .libraryAccess(authorization: PHPhotoLibrary.authorizationStatus(for: .readWrite).rawValue)
    }
}
#endif
