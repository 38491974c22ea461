import Keepsake

/// What PhotoKit says that a resource is (`PHAssetResourceType`), by its raw value: so that what follows
/// from it can be tested where there is no PhotoKit, and a type that is newer than this is one, too.
struct ResourceKind: RawRepresentable, Hashable, Sendable {
    let rawValue: Int

    static let photo = ResourceKind(rawValue: 1)
    static let video = ResourceKind(rawValue: 2)
    static let audio = ResourceKind(rawValue: 3)
    static let alternatePhoto = ResourceKind(rawValue: 4)
    static let fullSizePhoto = ResourceKind(rawValue: 5)
    static let fullSizeVideo = ResourceKind(rawValue: 6)
    static let adjustmentData = ResourceKind(rawValue: 7)
    static let adjustmentBasePhoto = ResourceKind(rawValue: 8)
    static let pairedVideo = ResourceKind(rawValue: 9)
    static let fullSizePairedVideo = ResourceKind(rawValue: 10)
    static let adjustmentBasePairedVideo = ResourceKind(rawValue: 11)
    static let adjustmentBaseVideo = ResourceKind(rawValue: 12)
    /// Stands in for a photo that is still being made (iOS 17).
    static let photoProxy = ResourceKind(rawValue: 19)

    /// Whether its bytes are the last that it has. A proxy is replaced within seconds; the library then
    /// says that it has changed.
    var isFinal: Bool { self != .photoProxy }

    /// What it is to its asset. An unknown kind is backed up as bytes.
    var role: Role {
        switch self {
        case .photo: .photo
        case .video: .video
        case .audio: .audio
        case .alternatePhoto: .alternatePhoto
        case .pairedVideo: .pairedVideo
        case .fullSizePhoto: .editedPhoto
        case .fullSizeVideo: .editedVideo
        case .fullSizePairedVideo: .editedPairedVideo
        case .adjustmentData: .adjustment
        case .adjustmentBasePhoto, .adjustmentBasePairedVideo, .adjustmentBaseVideo: .adjustmentBase
        default: .other
        }
    }

    /// Whether its bytes are what an edit made, or belong to it: they change with the edit, the original's
    /// never do.
    var belongsToEdit: Bool {
        switch role {
        case .editedPhoto, .editedVideo, .editedPairedVideo, .adjustment, .adjustmentBase: true
        default: false
        }
    }

    /// What settings tell apart. A Live Photo's video counts as photo.
    var media: Media {
        switch self {
        case .video, .fullSizeVideo, .adjustmentBaseVideo: .video
        default: .photo
        }
    }

    /// Of which kind the size is learned, since PhotoKit does not tell it, and the measure for it: pixels
    /// of a still, milliseconds of a video.
    func size(type: String, pixels: Int, milliseconds: Int) -> ResourceSize {
        switch role {
        case .adjustment, .other, .audio:
            .hinted(class: .small, measure: 0)
        case .video, .editedVideo:
            .hinted(class: pixels > Self.fullHD ? .largeVideo : .video, measure: count(milliseconds))
        case .pairedVideo, .editedPairedVideo:
            // A Live Photo's lasts three seconds, whatever its asset says.
            .hinted(class: .video, measure: 3_000)
        case .photo, .alternatePhoto, .editedPhoto, .adjustmentBase, .sidecar:
            .hinted(class: Self.still(type), measure: count(pixels))
        }
    }

    private func count(_ number: Int) -> UInt64 { UInt64(max(0, number)) }

    /// By the uniform type identifier.
    private static func still(_ type: String) -> SizeClass {
        switch type {
        case "public.heic", "public.heif", "public.heics", "public.avci": .heif
        case _ where type.hasSuffix("raw-image"): .raw
        default: .jpeg
        }
    }

    private static let fullHD = 1_920 * 1_080
}
