//! How the catalog does at scale: `cargo run --release -p keepsake-catalog --example scale -- 1000000`.
//!
//! Prints, for a library of that many photos: the first scan, an unchanged one in order and one out
//! of order, 100,000 photos made safe in batches, refills, a change of vault, and the most memory
//! that was used.

use keepsake_catalog::scan::Ending;
use keepsake_catalog::seen::{SeenAsset, SeenResource};
use keepsake_catalog::{Catalog, Note, UnderWay};
use keepsake_machine::effect::{Change, RefillId, Want, WantClass};
use keepsake_machine::media::{Access, Digest, Locality, Media, Role, Size, Version};
use keepsake_machine::row::Row;
use keepsake_machine::stage::Stage;
use keepsake_machine::time::Elapsed;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

/// Resources of a batch, and of a refill.
const BATCH: u32 = 250;

fn photo(number: u64) -> SeenAsset {
    let name = format!("IMG_{number:07}.HEIC");
    let local_id = format!("DCIM/{:03}APPLE/{name}", 100 + number / 1_000).into_bytes();
    SeenAsset {
        local_id: local_id.clone(),
        taken: 1_700_000_000_000 + number.cast_signed() * 60_000,
        favourite: false,
        albums: Vec::new(),
        cross_id: None,
        chosen: true,
        resources: vec![SeenResource {
            local_id,
            role: Role::Photo,
            media: Media::Photo,
            name: name.into_bytes(),
            size: Size::Exact(2_000_000 + number * 7 % 3_000_000),
            version: Version(number),
            locality: Locality::Local,
            access: Access::Seekable,
            modified: Some(number.cast_signed()),
        }],
    }
}

fn scan(catalog: &mut Catalog, photos: u64, backwards: bool) -> Result<Duration, Box<dyn Error>> {
    let mut scan = catalog.begin_scan(None);
    let mut spent = Duration::ZERO;
    for page in 0..photos.div_ceil(1_000) {
        let page: Vec<SeenAsset> = (page * 1_000..photos.min(page * 1_000 + 1_000))
            .map(|number| photo(if backwards { photos - 1 - number } else { number }))
            .collect();
        let begun = Instant::now();
        catalog.scan_page(&mut scan, &page, &UnderWay::new())?;
        spent += begun.elapsed();
    }
    let begun = Instant::now();
    let (summary, _) = catalog.finish_scan(scan, &Ending::default(), &UnderWay::new())?;
    spent += begun.elapsed();
    println!("  {summary:?}");
    Ok(spent)
}

fn refill(catalog: &Catalog) -> Result<(Vec<Row>, Duration), Box<dyn Error>> {
    let class = |digest_known| WantClass {
        media: Media::Photo,
        locality: Locality::Local,
        digest_known,
        at_most: None,
    };
    let want = Want {
        id: RefillId(0),
        classes: vec![class(false), class(true)],
        newest: BATCH - BATCH / 8,
        below: None,
        oldest: BATCH / 8,
        above: None,
        due: Elapsed(0),
        recall: None,
        exactly: Vec::new(),
        skip: Vec::new(),
    };
    let begun = Instant::now();
    Ok((catalog.refill(&want)?.rows, begun.elapsed()))
}

fn digest(number: i64) -> Digest {
    let mut sha256 = [0; 32];
    let mut word = number.cast_unsigned();
    for chunk in sha256.chunks_mut(8) {
        word = (word ^ word >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
        chunk.copy_from_slice(&word.to_be_bytes());
    }
    Digest { sha256, md5: None, size: 2_000_000 }
}

/// Backs up `photos`: digests in one batch, the rest in another.
fn back_up(catalog: &mut Catalog, photos: u64) -> Result<(), Box<dyn Error>> {
    let (mut refills, mut batches) = (Duration::ZERO, Duration::ZERO);
    let (mut done, mut changed) = (0, 0_u32);
    while done < photos {
        let (rows, spent) = refill(catalog)?;
        refills += spent;
        let (mut digests, mut stages, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for row in &rows {
            let resource = row.id;
            let digest = digest(resource.0);
            digests.push(Change::Digest { resource, version: row.version, digest });
            stages.push(Change::Stage { resource, stage: Stage::BackedUp });
            let path = format!("2026/07/IMG_{:07}.HEIC", resource.0);
            notes.push(Note::Path { resource, path: path.clone() });
            notes.push(Note::Known { digest, path });
        }
        let begun = Instant::now();
        catalog.apply(&digests, &[], false, Elapsed(1))?;
        catalog.apply(&stages, &notes, false, Elapsed(1))?;
        batches += begun.elapsed();
        done += rows.len() as u64;
        changed += u32::try_from(digests.len() + stages.len() + notes.len())?;
        if rows.is_empty() {
            break;
        }
    }
    println!(
        "back up {done}: batches {batches:?}, {:?} a change; refills {refills:?}, {:?} a row",
        batches / changed.max(1),
        refills / u32::try_from(done.max(1))?
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let photos: u64 = std::env::args().nth(1).map_or(Ok(100_000), |number| number.parse())?;
    let folder = std::env::args().nth(2).unwrap_or_else(|| "target/catalog-scale".into());
    std::fs::create_dir_all(&folder)?;
    let file = Path::new(&folder).join("catalog.db");
    for tail in ["", "-wal", "-shm"] {
        std::fs::remove_file(Path::new(&folder).join(format!("catalog.db{tail}"))).ok();
    }
    let mut catalog = Catalog::open(&file)?.catalog;
    catalog.activate(&[1; 16], "/vault")?;
    println!("first scan {:?}", scan(&mut catalog, photos, false)?);
    println!("unchanged, in order {:?}", scan(&mut catalog, photos, false)?);
    println!("unchanged, backwards {:?}", scan(&mut catalog, photos, true)?);
    back_up(&mut catalog, photos.min(100_000))?;
    let begun = Instant::now();
    catalog.activate(&[2; 16], "/other")?;
    println!("another vault {:?}", begun.elapsed());
    println!("counts {:?}", catalog.counts().total());
    println!("file {} MB", std::fs::metadata(&file)?.len() / 1_000_000);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("no VmHWM"));
    Ok(())
}
