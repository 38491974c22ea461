//! Minimal originals as cameras write them, built byte by byte.

/// The times of an EXIF block, each as text of 19 characters, offsets as `+02:00`.
#[derive(Default, Clone, Copy)]
pub struct Times {
    pub original: Option<&'static str>,
    pub digitized: Option<&'static str>,
    pub changed: Option<&'static str>,
    pub offset: Option<&'static str>,
}

pub const SHOT: Times = Times {
    original: Some("2026:07:03 12:00:01"),
    digitized: None,
    changed: Some("2026:09:09 09:09:09"),
    offset: Some("+02:00"),
};

/// A little-endian TIFF (TIFF 6.0, section 2): IFD0 with `DateTime`, and the EXIF IFD.
pub fn tiff(times: Times) -> Vec<u8> {
    let mut exif: Vec<(u16, &str)> = Vec::new();
    exif.extend(times.original.map(|text| (0x9003, text)));
    exif.extend(times.digitized.map(|text| (0x9004, text)));
    exif.extend(times.offset.map(|text| (0x9011, text)));
    let main: Vec<(u16, &str)> =
        [(0x010f, "Maker")].into_iter().chain(times.changed.map(|text| (0x0132, text))).collect();
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    let exif_at = ifd(&mut out, &main, true);
    let at = u32::try_from(out.len()).unwrap();
    out[exif_at..exif_at + 4].copy_from_slice(&at.to_le_bytes());
    ifd(&mut out, &exif, false);
    out.resize(out.len().max(512), 0); // no camera's file is smaller
    out
}

/// Writes an IFD of texts at the end of `out`; with `points`, an entry that points to the EXIF IFD.
/// Says where that pointer's value is.
fn ifd(out: &mut Vec<u8>, texts: &[(u16, &str)], points: bool) -> usize {
    let count = texts.len() + usize::from(points);
    out.extend(u16::try_from(count).unwrap().to_le_bytes());
    let mut values_at = out.len() + count * 12 + 4;
    let mut values = Vec::new();
    for (tag, text) in texts {
        let length = text.len() + 1;
        out.extend(tag.to_le_bytes());
        out.extend(2_u16.to_le_bytes());
        out.extend(u32::try_from(length).unwrap().to_le_bytes());
        out.extend(u32::try_from(values_at).unwrap().to_le_bytes());
        values.extend(text.as_bytes());
        values.push(0);
        values_at += length;
    }
    let pointer = out.len() + 8;
    if points {
        out.extend(0x8769_u16.to_le_bytes());
        out.extend(4_u16.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
        out.extend([0; 4]);
    }
    out.extend([0; 4]);
    out.extend(values);
    pointer
}

/// A JPEG with an EXIF segment (Exif 2.32, 4.5.2) and something like a scan.
pub fn jpeg(times: Times) -> Vec<u8> {
    let exif = [b"Exif\0\0".to_vec(), tiff(times)].concat();
    let mut out = vec![0xff, 0xd8, 0xff, 0xe1];
    out.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    out.extend(exif);
    out.extend([0xff, 0xda, 0, 2]);
    out.extend([0x55; 900]);
    out.extend([0xff, 0xd9]);
    out
}

/// A PNG with an `eXIf` chunk (PNG 3rd edition, 11.3.4.5).
pub fn png(times: Times) -> Vec<u8> {
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let mut body = kind.to_vec();
        body.extend(data);
        let mut out = u32::try_from(data.len()).unwrap().to_be_bytes().to_vec();
        out.extend(&body);
        out.extend([0; 4]); // readers of metadata do not look at the checksum
        out
    };
    let header = [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0];
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &header),
        chunk(b"eXIf", &tiff(times)),
        chunk(b"IDAT", &[0; 700]),
        chunk(b"IEND", &[]),
    ]
    .concat()
}

/// An ISO box (ISO/IEC 14496-12, 4.2).
#[allow(clippy::trivially_copy_pass_by_ref)] // b"ftyp" is one
fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let mut out = u32::try_from(body.len() + 8).unwrap().to_be_bytes().to_vec();
    out.extend(kind);
    out.extend(body);
    out
}

/// A HEIC with one item, its EXIF (ISO/IEC 23008-12, annex A).
pub fn heic(times: Times) -> Vec<u8> {
    let exif = [&6_u32.to_be_bytes()[..], b"Exif\0\0", &tiff(times)].concat();
    let length = u32::try_from(exif.len()).unwrap();
    let ftyp = boxed(b"ftyp", &[b"heic", &[0; 4], b"mif1heic"]);
    let meta = |at: u32| {
        let hdlr = boxed(b"hdlr", &[&[0; 8], b"pict", &[0; 13]]);
        let infe = boxed(b"infe", &[&[2, 0, 0, 0], &[0, 1], &[0, 0], b"Exif", &[0]]);
        let iinf = boxed(b"iinf", &[&[0; 4], &[0, 1], &infe]);
        let extent = [at.to_be_bytes(), length.to_be_bytes()].concat();
        let iloc =
            boxed(b"iloc", &[&[0; 4], &[0x44, 0x00], &[0, 1], &[0, 1], &[0, 0], &[0, 1], &extent]);
        boxed(b"meta", &[&[0; 4], &hdlr, &iinf, &iloc])
    };
    let at = u32::try_from(ftyp.len() + meta(0).len() + 8).unwrap();
    [ftyp, meta(at), boxed(b"mdat", &[&exif, &[7; 300]])].concat()
}

/// A movie of Apple's: its media first, then `moov` with a header time (seconds since 1904) and,
/// where given, Apple's key with local time and offset (the format's "Metadata" chapter).
#[allow(clippy::trivially_copy_pass_by_ref)] // b"qt  " is one
pub fn movie(brand: &[u8; 4], header: u32, key: Option<&str>) -> Vec<u8> {
    let mut mvhd = vec![0; 4];
    for word in [header, header, 600, 6_000, 0x0001_0000] {
        mvhd.extend(word.to_be_bytes());
    }
    mvhd.extend([0; 76]);
    mvhd.extend(2_u32.to_be_bytes());
    let meta = key.map_or(Vec::new(), |text| {
        let name = b"com.apple.quicktime.creationdate";
        let length = u32::try_from(name.len() + 8).unwrap().to_be_bytes();
        let keys = boxed(b"keys", &[&[0; 4], &1_u32.to_be_bytes(), &length, b"mdta", name]);
        let data = boxed(b"data", &[&1_u32.to_be_bytes(), &[0; 4], text.as_bytes()]);
        let item = boxed(&1_u32.to_be_bytes(), &[&data]);
        let hdlr = boxed(b"hdlr", &[&[0; 8], b"mdta", &[0; 13]]);
        boxed(b"meta", &[&hdlr, &keys, &boxed(b"ilst", &[&item])])
    });
    [
        boxed(b"ftyp", &[brand, &[0; 4], brand]),
        boxed(b"wide", &[]),
        boxed(b"mdat", &[&[0; 5000]]),
        boxed(b"moov", &[&boxed(b"mvhd", &[&mvhd]), &meta]),
    ]
    .concat()
}
