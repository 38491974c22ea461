import Foundation
import Keepsake

extension PortError {
    /// What an error of PhotoKit, or of what is below it, means for the original that was asked for.
    init(photos error: any Error) {
        if let error = error as? PortError {
            self = error
            return
        }
        let error = error as NSError
        let known: PortError? =
            switch error.domain {
            case "PHPhotosErrorDomain": PortError(photosCode: error.code)
            case NSURLErrorDomain: PortError(urlCode: error.code)
            case NSCocoaErrorDomain where error.code == CocoaError.fileReadNoPermission.rawValue: .unreadable
            // Before the first unlock the library's files cannot be opened.
            case NSPOSIXErrorDomain where error.code == Int(EPERM): .deviceLocked
            default: nil
            }
        let below = error.userInfo[NSUnderlyingErrorKey] as? NSError
        self = known ?? below.map { PortError(photos: $0) } ?? .readFailed
    }

    /// `PHPhotosError.Code`.
    private init?(photosCode code: Int) {
        switch code {
        case 3072: self = .stopped  // userCancelled
        case 3114, 3142, 3143: self = .sourceUnavailable  // the volume is away, or another library is open
        case 3164: self = .networkNeeded  // networkAccessRequired
        case 3169: self = .offline  // networkError
        case 3201: self = .deleted  // identifierNotFound
        case 3301: self = .stopped  // interrupted: asked again, it may well be there
        case 3302, 3303: self = .originalMissing  // invalidResource, missingResource
        case 3305: self = .downloadFailed  // notEnoughSpace, in the library's own cache
        case 3306: self = .originalMissing  // notSupportedForAsset
        case 3310, 3311: self = .noAccess  // restricted, userDenied
        default: return nil
        }
    }

    private init?(urlCode code: Int) {
        switch code {
        case NSURLErrorCancelled: self = .stopped
        case NSURLErrorNotConnectedToInternet, NSURLErrorNetworkConnectionLost,
            NSURLErrorDataNotAllowed, NSURLErrorInternationalRoamingOff:
            self = .offline
        default: self = .downloadFailed
        }
    }
}
