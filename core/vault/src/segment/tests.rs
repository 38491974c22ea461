use super::*;
use crate::capture::{CaptureSource, Captured, LocalTime};
use crate::record::{OriginalName, Record, Tombstone};
use keepsake_machine::media::{Digest, Role, Version};
use proptest::prelude::*;

pub(super) fn record(sequence: u64, path: &str) -> Record {
    let local = LocalTime { year: 2026, month: 7, day: 3, hour: 12, minute: 0, second: 1 };
    Record {
        device: DeviceId([1; 16]),
        sequence,
        asset: OriginalName(b"caf\xe9/a.jpg".to_vec()),
        role: Role::PairedVideo,
        digest: Digest { sha256: [3; 32], md5: None, size: 4 },
        path: VaultPath::parse(path).unwrap(),
        version: Version(u64::MAX),
        name: OriginalName(b"a.jpg".to_vec()),
        original: OriginalName(b"caf\xe9/a.jpg".to_vec()),
        modified: Some(-1),
        captured: Captured { local, offset: Some(-90), source: CaptureSource::QuickTime },
        cross_id: None,
        albums: vec!["Été \"1\"\n".to_owned()],
        favourite: true,
    }
}

fn segment(entries: &[Entry]) -> Vec<u8> {
    let mut writer = Writer::default();
    for entry in entries {
        writer.push(entry).unwrap();
    }
    writer.finish().unwrap().concat()
}

fn entries() -> Vec<Entry> {
    let digest = Digest { sha256: [9; 32], md5: Some([8; 16]), size: 0 };
    vec![
        Entry::Record(record(7, "2026/07/a.jpg")),
        Entry::Tombstone(Tombstone { device: DeviceId([2; 16]), sequence: 40, digest }),
    ]
}

#[test]
fn what_is_written_is_read() {
    let bytes = segment(&entries());
    let mut seen = Vec::new();
    let read = read(&bytes, &mut |entry| seen.push(entry));
    assert_eq!(read, SegmentRead { entries: 2, ..SegmentRead::default() });
    assert_eq!(seen, entries());
    assert_eq!(last_of(&bytes, DeviceId([1; 16])), Some(7));
    assert_eq!(last_of(&bytes, DeviceId([2; 16])), Some(40));
    assert_eq!(last_of(&bytes, DeviceId([3; 16])), None);
}

#[test]
fn a_record_is_spelled_as_it_will_be_for_ever() {
    let text = serde_json::to_string(&entries()[0]).unwrap();
    let golden = concat!(
        r#"{"record":{"device":"01010101010101010101010101010101","sequence":7,"#,
        r#""asset":{"hex":"636166e92f612e6a7067"},"role":"PairedVideo","#,
        r#""digest":{"sha256":"0303030303030303030303030303030303030303030303030303030303030303","#,
        r#""size":4},"path":"2026/07/a.jpg","version":18446744073709551615,"name":"a.jpg","#,
        r#""original":{"hex":"636166e92f612e6a7067"},"modified":-1,"#,
        r#""captured":{"local":"2026-07-03T12:00:01","offset":-90,"source":"QuickTime"},"#,
        r#""albums":["Été \"1\"\n"],"favourite":true}}"#,
    );
    assert_eq!(text, golden);
}

#[test]
fn a_line_that_leads_out_of_the_vault_is_named_and_skipped() {
    let good = serde_json::to_string(&entries()[0]).unwrap();
    let mut writer = Writer::default();
    writer.push(&entries()[0]).unwrap();
    writer.push_line(good.replace("2026/07/a.jpg", "../../etc/passwd").as_bytes());
    writer.push_line(good.replace("2026/07/a.jpg", "/etc/passwd").as_bytes());
    writer.push_line(b"garbage");
    writer.push_line(br#"{"person":{"name":"of a later version"}}"#);
    writer.push_line(good.replace("PairedVideo", "Hologram").as_bytes());
    let mut seen = 0;
    let read = read(&writer.finish().unwrap().concat(), &mut |_| seen += 1);
    assert_eq!((seen, read.entries, read.unknown, read.hostile.len()), (1, 1, 2, 3));
}

#[test]
fn a_segment_of_a_newer_format_is_skipped_by_name() {
    let text = String::from_utf8(segment(&entries())).unwrap();
    let body = text.replacen("\"format\":1", "\"format\":2", 1);
    let start = body[..body.len() - 1].rfind('\n').unwrap() + 1;
    let sha256 = hex::encode(&Sha256::digest(&body.as_bytes()[..start]));
    let newer =
        format!("{}{{\"end\":{{\"entries\":2,\"sha256\":\"{sha256}\"}}}}\n", &body[..start]);
    let why = read(newer.as_bytes(), &mut |_| panic!("handed over")).damaged.unwrap();
    assert!(why.contains("newer version"), "{why}");
}

proptest! {
    #[test]
    fn a_torn_or_altered_segment_hands_nothing_over(cut in 0_usize..900, at in 0_usize..900, bit in 0_u8..8) {
        let whole = segment(&entries());
        let torn = &whole[..cut.min(whole.len() - 1)];
        prop_assert!(read(torn, &mut |_| panic!("handed over")).damaged.is_some());
        let mut altered = whole.clone();
        let at = at % whole.len();
        altered[at] ^= 1 << bit;
        // Only the last line's spelling is outside the checksum: it can change without harm.
        let mut seen = Vec::new();
        if read(&altered, &mut |entry| seen.push(entry)).damaged.is_none() {
            prop_assert_eq!(seen, entries());
        }
    }
}
