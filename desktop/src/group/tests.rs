use super::*;

struct List(Vec<&'static str>);

impl Names for List {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn name(&self, index: usize) -> &[u8] {
        self.0[index].as_bytes()
    }
}

/// Each asset as `name:role name:role`.
fn assets(mut names: Vec<&'static str>) -> Vec<String> {
    names.sort_unstable();
    let names = List(names);
    let (mut all, mut at) = (Vec::new(), 0);
    while at < names.len() {
        let end = block_end(&names, at);
        for asset in group(&names, at..end, |kind| kind != Kind::Other) {
            let parts: Vec<String> = asset
                .iter()
                .map(|part| format!("{}:{:?}", names.0[part.name], part.role))
                .collect();
            all.push(parts.join(" "));
        }
        at = end;
    }
    all
}

#[test]
fn a_still_and_a_clip_are_a_live_photo_and_its_video_counts_as_photo() {
    assert_eq!(assets(vec!["IMG_1.MOV", "IMG_1.HEIC"]), ["IMG_1.HEIC:Photo IMG_1.MOV:PairedVideo"]);
    let names = List(vec!["IMG_1.HEIC", "IMG_1.MOV"]);
    let groups = group(&names, 0..2, |_| true);
    assert!(groups[0].iter().all(|part| part.media == Media::Photo));
}

#[test]
fn a_raw_beside_a_jpeg_is_its_alternate() {
    assert_eq!(assets(vec!["a.CR2", "a.jpg"]), ["a.jpg:Photo a.CR2:AlternatePhoto"]);
    assert_eq!(assets(vec!["a.dng"]), ["a.dng:Photo"]);
}

#[test]
fn both_spellings_of_a_sidecar_find_their_picture() {
    assert_eq!(
        assets(vec!["a.CR2", "a.CR2.xmp", "a.jpg", "a.xmp", "a.AAE"]),
        ["a.jpg:Photo a.CR2:AlternatePhoto a.AAE:Adjustment a.CR2.xmp:Sidecar a.xmp:Sidecar"]
    );
    assert_eq!(assets(vec!["b.xmp"]), ["b.xmp:Sidecar"], "one without a picture is kept too");
}

#[test]
fn an_iphones_edits_belong_to_the_picture_they_edit() {
    assert_eq!(
        assets(vec![
            "IMG_1234.HEIC",
            "IMG_1234.MOV",
            "IMG_1234.AAE",
            "IMG_E1234.JPG",
            "IMG_E1234.MOV",
            "IMG_O1234.AAE"
        ]),
        ["IMG_1234.HEIC:Photo IMG_E1234.JPG:EditedPhoto IMG_1234.AAE:Adjustment \
          IMG_O1234.AAE:Adjustment IMG_1234.MOV:PairedVideo IMG_E1234.MOV:EditedPairedVideo"]
    );
    assert_eq!(
        assets(vec!["IMG_E1234.JPG", "IMG_1235.JPG"]),
        ["IMG_1235.JPG:Photo", "IMG_E1234.JPG:Photo"],
        "an edit alone is a picture"
    );
}

#[test]
fn two_stills_of_one_stem_and_twins_by_case_are_assets_of_their_own() {
    assert_eq!(assets(vec!["a.jpg", "a.png"]), ["a.jpg:Photo", "a.png:Photo"]);
    assert_eq!(assets(vec!["A.jpg", "a.jpg"]), ["A.jpg:Photo", "a.jpg:Photo"]);
    assert_eq!(assets(vec!["a.JPG", "a.jpg"]), ["a.JPG:Photo", "a.jpg:Photo"]);
    assert_eq!(
        assets(vec!["a.mov", "a.jpg", "a.MOV"]),
        [
            "a.MOV:Video".replace("a.MOV:Video", "a.jpg:Photo a.MOV:PairedVideo"),
            "a.mov:Video".into()
        ]
    );
}

#[test]
fn assets_come_in_the_order_of_their_primaries_and_no_file_is_lost() {
    let mut names = vec![
        "IMG_0001.HEIC",
        "IMG_0001.MOV",
        "IMG_0001.edit.HEIC",
        "IMG_0001-2.HEIC",
        "IMG_0001 (1).MOV",
        "IMG_0001.a.b.xmp",
        ".hidden.jpg",
        ".a.jpg",
        ".a.mov",
        "x.wav",
        "x.jpg",
        "IMG_E0001.jpg",
        "IMG_E0001.wav",
    ];
    let all = assets(names.clone());
    let primaries: Vec<&str> = all.iter().filter_map(|asset| asset.split(':').next()).collect();
    assert!(primaries.is_sorted(), "{primaries:?}");
    let mut seen: Vec<String> = names.drain(..).map(String::from).collect();
    seen.retain(|name| !all.iter().any(|asset| asset.contains(&format!("{name}:"))));
    assert!(seen.is_empty(), "{seen:?} is in no asset of {all:#?}");
}
