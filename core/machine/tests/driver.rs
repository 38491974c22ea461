//! The machine under random orders, faults, kills and drains, against a model that a child could
//! check: at the end of fair weather every photo that is still there is safe, its bytes are in the
//! vault exactly once, and a photo that cannot be read is quarantined.

use crate::support::library::Photo;
use crate::support::{Dice, UNIT, Weather, World, config};
use keepsake_machine::effect::Effect;
use keepsake_machine::media::ResourceId;
use keepsake_machine::settings::{MeteredUse, Vault};
use keepsake_machine::stage::{Class, Stage};
use keepsake_machine::status::Activity;
use keepsake_machine::{Machine, Snapshot};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What must become of a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Safe,
    Quarantined,
    Forgotten,
    Closed,
}

/// The model: the end of every photo, from the photos alone.
fn model(world: &World) -> BTreeMap<ResourceId, End> {
    let end = |photo: &Photo| {
        if photo.gone {
            End::Closed
        } else if photo.broken {
            End::Quarantined
        } else if world.forgotten.contains(&photo.digest().sha256) {
            End::Forgotten
        } else {
            End::Safe
        }
    };
    world.library.iter().map(|(id, photo)| (*id, end(photo))).collect()
}

/// What did become of them.
fn ends(world: &World) -> BTreeMap<ResourceId, Result<End, Stage>> {
    let end = |stage: Stage| match stage.class() {
        class if class.is_safe() => Ok(End::Safe),
        Class::Quarantined(_) => Ok(End::Quarantined),
        Class::Forgotten => Ok(End::Forgotten),
        Class::Closed => Ok(End::Closed),
        _ => Err(stage),
    };
    world.catalog.rows.iter().map(|(id, row)| (*id, end(row.stage))).collect()
}

fn check(world: &mut World) {
    let activity = world.finish();
    let model: BTreeMap<_, _> = model(world).into_iter().map(|(id, end)| (id, Ok(end))).collect();
    assert_eq!(ends(world), model, "{activity:?}, {:#?}", world.machine.status());
    assert_eq!(activity, Activity::Done);
    for photo in world.library.values().filter(|photo| !photo.broken && !photo.gone) {
        let digest = photo.digest().sha256;
        if !world.forgotten.contains(&digest) {
            assert_eq!(world.vault.get(&digest), Some(&true), "recorded");
            assert_eq!(world.sent.get(&digest).copied().unwrap_or(1), 1, "sent once");
        }
    }
    assert_eq!(world.staged, BTreeMap::new(), "every staged file is evicted");
    assert!(world.teed.is_empty(), "every tee is used or abandoned");
}

fn photo() -> impl Strategy<Value = Photo> {
    let seen = (any::<bool>(), any::<bool>(), any::<bool>(), 0..12_u8, 0..900_u64);
    (0..12_u8, 1..300_u64, seen).prop_map(|(content, size, (cloud, told, video, luck, hint))| {
        Photo {
            hint: (hint > 600).then_some(hint * UNIT / 6),
            content,
            size: size % 7 * 20 + u64::from(content) * 5 + 1,
            cloud,
            told,
            video,
            version: 1,
            broken: luck == 0,
            gone: false,
        }
    })
}

fn photos() -> impl Strategy<Value = Vec<Photo>> {
    // Two with the same content have the same bytes, so the same size.
    proptest::collection::vec(photo(), 1..24).prop_map(|mut photos| {
        let mut sizes = BTreeMap::new();
        for photo in &mut photos {
            photo.size = *sizes.entry(photo.content).or_insert(photo.size * UNIT);
        }
        photos
    })
}

fn vaults() -> impl Strategy<Value = Vault> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(remote, tee, tickets)| Vault {
        remote,
        tee,
        tickets,
        ..Vault::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_order_and_the_weather_every_photo_becomes_safe_and_is_sent_once(
        seed: u64, photos in photos(), vault in vaults(), fault in 0..12_u64, change in 0..12_u64,
        budget in proptest::option::of(0..400 * UNIT),
    ) {
        let weather = Weather { fault, change };
        let mut config = config(vault);
        config.settings.daily_metered_bytes = budget;
        if budget.is_some() {
            config.settings.metered = MeteredUse::ALL;
        }
        let mut world = World::new(seed, photos, config, weather);
        world.start();
        for _ in 0..200 {
            world.step();
        }
        check(&mut world);
    }

    #[test]
    fn kills_at_any_moment_lose_nothing_and_send_nothing_twice(
        seed: u64, photos in photos(), vault in vaults(), kills in 1..6_u64,
    ) {
        let mut world = World::new(seed, photos, config(vault), Weather { fault: 20, change: 30 });
        world.start();
        for _ in 0..kills {
            for _ in 0..world.dice.roll(60) {
                world.step();
            }
            world.kill();
        }
        check(&mut world);
    }

    #[test]
    fn a_drain_may_fall_anywhere_and_a_snapshot_goes_on_as_the_machine_would(
        seed: u64, photos in photos(), vault in vaults(),
    ) {
        let mut world = World::new(seed, photos, config(vault), Weather { fault: 10, change: 10 });
        world.start();
        for _ in 0..150 {
            world.step();
        }
        let expected: Vec<Effect> = std::mem::take(&mut world.effects);
        let mut dice = Dice(seed ^ 1);
        let mut machine = Machine::new(world.config.clone(), Vec::new());
        let mut effects = Vec::new();
        for (event, now) in &world.log {
            machine.handle(event.clone(), *now);
            if dice.one_in(3) {
                effects.extend(std::iter::from_fn(|| machine.poll_effect()));
                if dice.one_in(3) {
                    let text = serde_json::to_string(&machine.snapshot()).unwrap();
                    let snapshot: Snapshot = serde_json::from_str(&text).unwrap();
                    prop_assert_eq!(&snapshot, &machine.snapshot());
                    machine = Machine::replay(snapshot);
                }
            }
        }
        effects.extend(std::iter::from_fn(|| machine.poll_effect()));
        prop_assert_eq!(effects, expected);
    }
}

/// Restored from what was persisted after every prefix of a run, the machine ends in the same place.
#[test]
fn restored_after_every_prefix_it_ends_in_the_same_place() {
    let photos = vec![
        Photo::local(1, 40 * UNIT),
        Photo::cloud(2, 70 * UNIT),
        Photo::local(1, 40 * UNIT),
        Photo { told: false, ..Photo::cloud(3, 30 * UNIT) },
        Photo { broken: true, ..Photo::local(4, 9 * UNIT) },
        Photo { video: true, ..Photo::cloud(5, 120 * UNIT) },
        Photo::cloud(6, 90 * UNIT),
        Photo::local(7, UNIT),
        Photo::cloud(2, 70 * UNIT),
    ];
    for seed in 0..4 {
        for prefix in 0..160 {
            let vault = Vault { tee: seed % 2 == 0, remote: seed > 1, ..Vault::default() };
            let weather = Weather { fault: 9, change: 0 };
            let mut world = World::new(seed, photos.clone(), config(vault), weather);
            world.forgotten.insert(photos[7].digest().sha256);
            world.start();
            for _ in 0..prefix {
                world.step();
            }
            world.kill();
            check(&mut world);
        }
    }
}
