//! What counts as a photo, a video or a file beside one: by extension, in one table.
//!
//! The bytes are never looked at here: a wrong extension changes only how a file is grouped, never
//! whether it is backed up as it is. What is in no line is counted and listed as skipped;
//! `--all-files` takes it too.

/// What a file is, by its extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A picture that any viewer shows.
    Still,
    /// A camera's own picture data.
    Raw,
    /// A moving picture that can be the second half of a Live Photo (or of its like).
    Clip,
    /// Any other moving picture.
    Video,
    /// A sound recording that cameras write beside a picture.
    Audio,
    /// How an edit was made (Apple).
    Adjustment,
    /// A description beside a picture, or what a camera wrote with it.
    Sidecar,
    /// None of these.
    Other,
}

/// The kind of a file by the extension of `name`, whatever its case. `._x` files are what macOS
/// keeps beside files on foreign disks: they are called like photos and are none.
pub fn kind(name: &[u8]) -> Kind {
    if name.starts_with(b"._") {
        return Kind::Other;
    }
    let Some((stem, extension)) = split(name) else { return Kind::Other };
    if stem.is_empty() || extension.len() > LONGEST {
        return Kind::Other;
    }
    let mut lower = [0; LONGEST];
    let lower = &mut lower[..extension.len()];
    lower.copy_from_slice(extension);
    lower.make_ascii_lowercase();
    TABLE
        .iter()
        .find(|(_, extensions)| extensions.iter().any(|known| known.as_bytes() == &*lower))
        .map_or(Kind::Other, |(kind, _)| *kind)
}

/// `name` as (stem, extension) at its last dot.
pub fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let dot = name.iter().rposition(|byte| *byte == b'.')?;
    Some((&name[..dot], &name[dot + 1..]))
}

/// Folders that other programs keep for themselves as one file: walking them as folders would take
/// thumbnails for photos and miss what only the library's own index knows.
pub const PACKAGES: &[&str] =
    &["photoslibrary", "photolibrary", "migratedphotolibrary", "aplibrary", "tvlibrary"];

/// Whether a folder of this name is a library package.
pub fn is_package(name: &[u8]) -> bool {
    split(name).is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && PACKAGES.iter().any(|known| extension.eq_ignore_ascii_case(known.as_bytes()))
    })
}

/// Folders that hold no original: our own, the system's, wastebaskets, generated thumbnails. Each
/// one met is counted and listed. Every other folder is walked, hidden ones too.
pub const SYSTEM: &[&str] = &[
    ".keepsake",                 // a vault's own
    "$RECYCLE.BIN",              // Windows' wastebasket
    "System Volume Information", // Windows
    ".Trashes",                  // macOS' wastebasket on a volume
    ".Spotlight-V100",           // macOS' search index
    ".fseventsd",                // macOS
    ".DocumentRevisions-V100",   // macOS
    ".TemporaryItems",           // macOS
    "lost+found",                // ext file systems
    ".thumbnails",               // Android's and the desktop's small copies
    "@eaDir",                    // Synology's small copies
];

/// Whether a folder of this name holds no original, see [`SYSTEM`]. `.Trash-1000` and its like are
/// Linux' wastebaskets on a volume.
pub fn is_system(name: &[u8]) -> bool {
    name.starts_with(b".Trash-") || SYSTEM.iter().any(|known| known.as_bytes() == name)
}

const LONGEST: usize = 5;

/// The frequent ones first: the table is searched from the top for every file of a scan.
const TABLE: &[(Kind, &[&str])] = &[
    (
        Kind::Still,
        &[
            "jpg", "heic", "jpeg", "png", // phones and cameras
            "webp", "gif", "heif", "hif", "avif", "avifs", "heics",
            "jxl", // newer, and Canon's and Sony's HIF
            "tif", "tiff", "bmp", "jpe", "jfif", "jp2", "j2k", "jpf", "jpx", "jxr", "wdp", "hdp",
            "mpo", "jps", "psd", "psb", "exr", "hdr", "tga", "svg", "pcx", "qoi", "ktx", "apng",
        ],
    ),
    (Kind::Clip, &["mov", "mp4", "m4v"]),
    (
        Kind::Raw,
        &[
            "dng", // Adobe, Apple ProRAW, Android, Leica, Ricoh
            "cr3", "cr2", "crw", // Canon
            "nef", "nrw", // Nikon
            "arw", "srf", "sr2", "arq", // Sony
            "raf", // Fujifilm
            "orf", "ori", // Olympus, OM System
            "rw2", "raw", "rwl", // Panasonic, Leica
            "pef", "ptx", // Pentax
            "srw", // Samsung
            "x3f", // Sigma
            "3fr", "fff", // Hasselblad
            "iiq", "cap", "eip", // Phase One
            "mef", "mfw", // Mamiya
            "mos", // Leaf
            "mrw", "mdc", // Minolta
            "kdc", "dcr", "k25", "dcs", "drf", // Kodak
            "erf", // Epson
            "bay", // Casio
            "gpr", // GoPro
            "cam", "cine", "pxn", "rwz", "sti", // others
        ],
    ),
    (
        Kind::Sidecar,
        &[
            "xmp", "thm", // Adobe; small pictures of videos and Canon RAWs
            "dop", "pp3", "cos", "nksc", "on1", "vrd",
            "dr4", // DxO, RawTherapee, Capture One, Nikon, ON1, Canon
            "lrv", "srt",
            "gpx", // GoPro's and DJI's small copies, subtitles with places, tracks
        ],
    ),
    (Kind::Adjustment, &["aae"]),
    (
        Kind::Video,
        &[
            "3gp", "3g2", "3gpp", "avi", "mts", "m2ts", "m2t", "mpg", "mpeg", "mpe", "m2v", "m1v",
            "wmv", "asf", "mkv", "webm", "vob", "mod", "tod", "dv", "dif", "mxf", "ts", "flv",
            "f4v", "ogv", "ogm", "divx", "qt", "mjpg", "insv", "insp", "360", "braw", "r3d", "crm",
            "amv", "rm", "rmvb", "mp4v",
        ],
    ),
    (Kind::Audio, &["wav", "m4a", "aac", "amr", "mp3"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_case_of_an_extension_does_not_matter() {
        assert_eq!(kind(b"IMG_1.HeIc"), Kind::Still);
        assert_eq!(kind(b"a.b.CR3"), Kind::Raw);
        assert_eq!(kind(b"MVI.MOV"), Kind::Clip);
        assert_eq!(kind(b"00001.MTS"), Kind::Video);
        assert_eq!(kind("\u{1f600}.jpg".as_bytes()), Kind::Still);
        assert_eq!(kind(b"\xff\xfe.jpg"), Kind::Still);
    }

    #[test]
    fn what_is_in_no_line_is_other() {
        for name in [&b"notes.txt"[..], b"jpg", b".jpg", b"._IMG_1.jpg", b"x.", b"", b"x.jpegjpeg"]
        {
            assert_eq!(kind(name), Kind::Other, "{}", name.escape_ascii());
        }
    }

    #[test]
    fn every_extension_stands_once_and_in_small_letters() {
        let mut all: Vec<&str> = TABLE.iter().flat_map(|(_, list)| list.iter().copied()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(all.iter().all(|one| one.len() <= LONGEST && one.to_ascii_lowercase() == *one));
    }

    #[test]
    fn packages_and_system_folders_are_known_by_name() {
        assert!(is_package(b"Photos Library.photoslibrary"));
        assert!(is_package(b"Old.APLIBRARY"));
        assert!(!is_package(b".photoslibrary"));
        assert!(is_system(b".keepsake") && is_system(b".Trash-1000") && !is_system(b".hidden"));
    }
}
