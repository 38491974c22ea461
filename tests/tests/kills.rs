//! `kill -9`, again and again: no photo is lost, none is there twice, nothing half-written is seen,
//! and little is written in vain.

use keepsake_tests::photos::roll;
use keepsake_tests::random::Random;
use keepsake_tests::{Outcome, Place, trace, tree};
use rustix::process::Signal;
use std::time::Duration;

/// Files of a group that is committed at once (`core/engine`); a kill loses one a worker at most.
const GROUP: u64 = 256;
/// Bytes that a worker holds.
const BUFFER: u64 = 1 << 20;
/// Groups and buffers that may be under way at once.
const WORKERS: u64 = 8;
const LARGEST: usize = 60_000;

fn more_photos(place: &Place, random: &mut Random, roll_number: u64) {
    for size in 0..6 {
        let folder = place.source.join(format!("{roll_number}/{size}"));
        let bytes = usize::try_from(2_000 + random.below(LARGEST as u64 - 2_000)).unwrap();
        roll(&folder, roll_number * 10 + size, 150, bytes);
    }
}

/// What a person sees in the vault is whole, whenever they look.
fn whole(place: &Place) {
    let wanted: std::collections::BTreeSet<_> = tree::files(&place.source).into_values().collect();
    for (path, sum) in tree::files(&place.vault) {
        assert!(wanted.contains(&sum), "{} is half written", path.display());
    }
}

/// Everything is safe; or all but a few that happened to be alone at work at kill after kill: they
/// are suspected of it, named, and safe when they are tried again. What that wrote, in bytes.
fn ends_safe(place: &Place, done: &Outcome) -> u64 {
    done.assert_no_panic();
    if done.status.code() == Some(0) {
        return 0;
    }
    done.assert_code(2);
    let named = done.out.lines().filter(|line| line.contains(".JPG: ")).collect::<Vec<_>>();
    println!("suspected: {named:?}");
    assert!(named.iter().all(|line| line.contains("alone at work when Keepsake ended badly")));
    // How many is chance: in four plays of one seed it was none, five, six and ten of 5,400.
    assert!((1..=12).contains(&named.len()), "{done:#?}");
    place.retry().finish().assert_code(0);
    let again = place.backup().finish();
    again.assert_code(0);
    again.written
}

#[test]
fn kill_nine_at_random_moments_loses_nothing_and_sends_nothing_twice() {
    let wanted = std::env::var("KEEPSAKE_KILLS").ok().and_then(|kills| kills.parse().ok());
    let wanted: u64 = wanted.unwrap_or(200);
    let mut random = Random::from_environment();
    let place = Place::new();
    let mut rolls = 1;
    more_photos(&place, &mut random, rolls);
    let (mut kills, mut written) = (0, 0);
    while kills < wanted {
        let longest = if random.below(8) == 0 { 2_000 } else { 500 };
        let mut running = place.backup().start();
        if running.ended_within(Duration::from_millis(random.below(longest))) {
            let done = running.finish();
            written += done.written + ends_safe(&place, &done);
            // So far all is safe: the backup goes on with more.
            rolls += 1;
            more_photos(&place, &mut random, rolls);
            continue;
        }
        running.signal(Signal::KILL);
        let killed = running.finish();
        killed.assert_no_panic();
        written += killed.written;
        kills += 1;
        if kills % 50 == 0 {
            whole(&place);
        }
    }
    let done = place.backup().finish();
    written += done.written + ends_safe(&place, &done);
    tree::assert_holds_exactly(&place.vault, &place.source);
    place.verify().arg("--deep").finish().assert_code(0);
    let source = tree::size(&place.source);
    let group = GROUP * source / tree::files(&place.source).len() as u64;
    println!("{kills} kills, {rolls} rolls, {source} bytes, {written} written");
    assert!(
        written <= source + kills * (group + WORKERS * BUFFER),
        "{written} bytes were written for {source} and {kills} kills"
    );
    // Nothing of the killed runs stays behind.
    let kept = tree::size(&place.vault);
    assert!(kept <= source + source / 10, "{kept} bytes are kept for {source}");
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(0);
    tree::assert_restored(&place.source, &dest);
}

#[test]
fn kill_nine_at_each_step_of_a_commit_loses_nothing_and_sends_nothing_twice() {
    if !trace::can_trace() {
        return;
    }
    let steps =
        ["renameat2,renameat,rename,linkat", "syncfs,fsync,fdatasync", "pwrite64", "unlinkat"];
    let mut killed = 0;
    for (number, step) in (1..).zip(steps) {
        for when in [1, 2, 3, 5, 8, 13, 40] {
            let place = Place::new();
            roll(&place.source, number, 60, 5_000);
            let inject = format!("inject={step}:signal=KILL:when={when}");
            let words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject];
            let cut = place.backup().under(&words).finish();
            killed += u32::from(cut.status.code() != Some(0));
            if place.vault.exists() {
                whole(&place);
            }
            place.backed_up();
            place.verify().arg("--deep").finish().assert_code(0);
        }
    }
    assert!(killed >= 8, "only {killed} of them were killed");
}

#[test]
fn kill_nine_between_two_devices_on_one_vault_harms_neither() {
    let mut random = Random::from_environment();
    let (one, mut two) = (Place::new(), Place::new());
    two.vault.clone_from(&one.vault);
    roll(&one.source, 1, 200, 20_000);
    roll(&two.source, 2, 200, 20_000);
    for _ in 0..10 {
        let runs = [one.backup().start(), two.backup().start()];
        for mut running in runs {
            running.ended_within(Duration::from_millis(random.below(300)));
            running.signal(Signal::KILL);
            running.finish().assert_no_panic();
        }
    }
    one.backup().finish().assert_code(0);
    two.backup().finish().assert_code(0);
    let mut both = tree::files(&one.source);
    both.extend(tree::files(&two.source));
    tree::assert_holds(&one.vault, &both);
}
