import Foundation
import Keepsake
import Testing

@testable import KeepsakePhotos

/// What PhotoKit says, as the core understands it.
struct LibraryTests {
    @Test func everyResourceOfALivePhotoWithAnEditHasARoleOfItsOwn() {
        let roles = [1, 9, 5, 10, 7, 8, 11].map { ResourceKind(rawValue: $0).role }
        #expect(
            roles == [
                .photo, .pairedVideo, .editedPhoto, .editedPairedVideo, .adjustment, .adjustmentBase,
                .adjustmentBase,
            ])
        let others = [2, 3, 4, 6, 12].map { ResourceKind(rawValue: $0).role }
        #expect(others == [.video, .audio, .alternatePhoto, .editedVideo, .adjustmentBase])
    }

    @Test func theOriginalsAreThePhotoTheVideoTheAlternateAndThePairedVideo() {
        let originals = (1...12).filter { !ResourceKind(rawValue: $0).belongsToEdit }
        #expect(originals == [1, 2, 3, 4, 9])
    }

    @Test func aKindThatIsNewerThanThisIsBackedUpAsBytes() {
        let unknown = ResourceKind(rawValue: 4_711)
        #expect(unknown.role == .other)
        #expect(unknown.isFinal)
        #expect(unknown.size(type: "public.data", pixels: 1, milliseconds: 1) == .hinted(class: .small, measure: 0))
    }

    @Test func aProxyIsNotBackedUpAsThePhoto() {
        #expect(!ResourceKind(rawValue: 19).isFinal)
    }

    @Test func aLivePhotosVideoCountsAsPhotoAndAVideosEditAsVideo() {
        let videos = (1...19).filter { ResourceKind(rawValue: $0).media == .video }
        #expect(videos == [2, 6, 12])
    }

    @Test func sizesAreLearnedByFormatAndMeasuredByPixelsOrTime() {
        let twelve = 4_032 * 3_024
        let sizes = [
            ResourceKind.photo.size(type: "public.heic", pixels: twelve, milliseconds: 0),
            ResourceKind.photo.size(type: "com.adobe.raw-image", pixels: twelve, milliseconds: 0),
            ResourceKind.photo.size(type: "com.canon.cr3-raw-image", pixels: twelve, milliseconds: 0),
            ResourceKind.photo.size(type: "public.png", pixels: twelve, milliseconds: 0),
            ResourceKind.video.size(type: "public.mpeg-4", pixels: 1_920 * 1_080, milliseconds: 60_000),
            ResourceKind.video.size(type: "public.mpeg-4", pixels: 3_840 * 2_160, milliseconds: 60_000),
            ResourceKind.pairedVideo.size(type: "com.apple.quicktime-movie", pixels: twelve, milliseconds: 0),
        ]
        let measure = UInt64(twelve)
        #expect(
            sizes == [
                .hinted(class: .heif, measure: measure), .hinted(class: .raw, measure: measure),
                .hinted(class: .raw, measure: measure), .hinted(class: .jpeg, measure: measure),
                .hinted(class: .video, measure: 60_000), .hinted(class: .largeVideo, measure: 60_000),
                .hinted(class: .video, measure: 3_000),
            ])
        for type in ["public.heif", "public.heics", "public.avci"] {
            let size = ResourceKind.fullSizePhoto.size(type: type, pixels: twelve, milliseconds: 0)
            #expect(size == .hinted(class: .heif, measure: measure))
        }
        let edited = ResourceKind.fullSizeVideo.size(type: "", pixels: twelve, milliseconds: -1)
        #expect(edited == .hinted(class: .largeVideo, measure: 0))
        let live = ResourceKind.fullSizePairedVideo.size(type: "", pixels: twelve, milliseconds: 9_000)
        #expect(live == .hinted(class: .video, measure: 3_000))
        for kind in [ResourceKind.adjustmentData, .audio] {
            let size = kind.size(type: "", pixels: twelve, milliseconds: 9_000)
            #expect(size == .hinted(class: .small, measure: 0))
        }
    }

    @Test(arguments: ["IMG_0042.HEIC", "a#b#c.jpg", "", "ö/ü 🌍.mov"])
    func aResourceIsFoundAgainByWhatTheScanCalledIt(name: String) {
        let id = ResourceID(asset: "1A2B-3C/L0/001", kind: .pairedVideo, name: name)
        #expect(ResourceID(id.text) == id)
    }

    @Test(arguments: ["", "#", "##", "IMG.HEIC", "asset#photo#IMG.HEIC", "#1#IMG.HEIC"])
    func whatAScanNeverCalledAnythingIsNotFound(text: String) {
        #expect(ResourceID(text) == nil)
    }

    @Test func theVersionOfAnOriginalIsTheSameForEver() {
        // Stored in catalogs: a change here has every photo of every library read anew.
        let id = ResourceID(asset: "1A2B", kind: .photo, name: "IMG_0042.HEIC")
        #expect(Fingerprint.original(id, width: 4_032, height: 3_024) == 0xc8e8_29bb_763f_b581)
        let edited = ResourceID(asset: "1A2B", kind: .fullSizePhoto, name: "FullRender.heic")
        let adjustments = Fingerprint.adjustments(Data("sepia".utf8))
        #expect(Fingerprint.edited(edited, .known(adjustments)) == 0xedc9_fab6_c85d_2bc5)
        let elsewhere = Edit.elsewhere(modified: Date(timeIntervalSince1970: 1_767_225_600.5))
        #expect(Fingerprint.edited(edited, elsewhere) == 0x2421_a5d1_6d59_a703)
        // What the catalog calls it.
        #expect(edited.text == "1A2B#5#FullRender.heic")
    }

    @Test func anOriginalsVersionChangesWithItsNameAndItsPixelsOnly() {
        let id = ResourceID(asset: "1A2B", kind: .photo, name: "IMG_1.HEIC")
        let moved = ResourceID(asset: "elsewhere", kind: .photo, name: "IMG_1.HEIC")
        let renamed = ResourceID(asset: "1A2B", kind: .photo, name: "IMG_2.HEIC")
        let version = Fingerprint.original(id, width: 4_032, height: 3_024)
        #expect(Fingerprint.original(moved, width: 4_032, height: 3_024) == version)
        #expect(Fingerprint.original(renamed, width: 4_032, height: 3_024) != version)
        #expect(Fingerprint.original(id, width: 3_024, height: 4_032) != version)
    }

    @Test func anEditsVersionChangesWithItsAdjustmentsAndWhileTheyAreElsewhereWithItsDate() {
        let id = ResourceID(asset: "1A2B", kind: .fullSizePhoto, name: "FullRender.heic")
        let edits: [Edit] = [
            .known(Fingerprint.adjustments(Data("sepia".utf8))),
            .known(Fingerprint.adjustments(Data("noir".utf8))),
            .elsewhere(modified: Date(timeIntervalSince1970: 1)),
            .elsewhere(modified: Date(timeIntervalSince1970: 2)),
        ]
        #expect(Set(edits.map { Fingerprint.edited(id, $0) }).count == 4)
    }

    @Test func whatWasLearnedOfEditsIsKeptExceptOfWhatChangedSince() throws {
        var cache = EditCache()
        cache.advance(to: Data([1]), changed: nil)
        cache["one"] = 1
        cache["two"] = 2
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        try cache.write(to: file)

        var read = EditCache(reading: file)
        #expect(read == cache)
        read.advance(to: Data([2]), changed: ["one"])
        #expect([read["one"], read["two"]] == [nil, 2])
        #expect(read.token == Data([2]))
        // The history does not reach back so far: nothing that was learned counts.
        read.advance(to: Data([3]), changed: nil)
        #expect(read["two"] == nil)
    }

    @Test func aCacheThatIsNoneIsAnEmptyOne() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        #expect(EditCache(reading: file) == EditCache())
        try Data("what is this?".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(EditCache(reading: file) == EditCache())
    }

    @Test(arguments: [
        (3164, PortError.networkNeeded), (3169, .offline), (3201, .deleted), (3302, .originalMissing),
        (3303, .originalMissing), (3305, .downloadFailed), (3311, .noAccess), (3072, .stopped),
        (3114, .sourceUnavailable), (3142, .sourceUnavailable), (3143, .sourceUnavailable),
        (3301, .stopped), (3306, .originalMissing), (3310, .noAccess), (-1, .readFailed),
    ])
    func whatPhotoKitSaysIsBlamedOnWhomItIsAbout(code: Int, meaning: PortError) {
        #expect(PortError(photos: NSError(domain: "PHPhotosErrorDomain", code: code)) == meaning)
    }

    @Test func anErrorOfTheNetworkBelowPhotoKitIsHeard() {
        let below = NSError(domain: NSURLErrorDomain, code: NSURLErrorNotConnectedToInternet)
        let above = NSError(
            domain: "PHPhotosErrorDomain", code: -1, userInfo: [NSUnderlyingErrorKey: below])
        #expect(PortError(photos: above) == .offline)
        #expect(PortError(photos: PortError.changed) == .changed)
    }

    @Test(arguments: [
        (NSURLErrorDomain, NSURLErrorCancelled, PortError.stopped),
        (NSURLErrorDomain, NSURLErrorNetworkConnectionLost, .offline),
        (NSURLErrorDomain, NSURLErrorDataNotAllowed, .offline),
        (NSURLErrorDomain, NSURLErrorInternationalRoamingOff, .offline),
        (NSURLErrorDomain, NSURLErrorBadServerResponse, .downloadFailed),
        (NSCocoaErrorDomain, CocoaError.fileReadNoPermission.rawValue, .unreadable),
        (NSCocoaErrorDomain, CocoaError.fileNoSuchFile.rawValue, .readFailed),
        (NSPOSIXErrorDomain, Int(EPERM), .deviceLocked), (NSPOSIXErrorDomain, Int(EIO), .readFailed),
    ])
    func whatTheSystemSaysIsBlamedOnWhomItIsAbout(domain: String, code: Int, meaning: PortError) {
        #expect(PortError(photos: NSError(domain: domain, code: code)) == meaning)
    }
}
