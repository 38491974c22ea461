//! What neither the source nor the vault has any more: named until it is there again, under whatever name,
//! or until the user lets go of it.

use keepsake_tests::photos::{jpeg, two_months, write};
use keepsake_tests::place::Place;
use keepsake_tests::{records, tree};
use std::fs;

const JULY: &str = "2026/07/1.jpg";

/// A photo of July.
fn july(size: usize) -> Vec<u8> {
    jpeg(1, size, Some("2026:07:01 10:00:00"))
}

/// Two photos, safe.
fn two() -> Place {
    let place = Place::new();
    write(&place.source, "1.jpg", &july(3_000));
    write(&place.source, "2.jpg", &jpeg(2, 3_000, Some("2026:08:01 10:00:00")));
    place.backed_up();
    place
}

#[test]
fn what_was_lost_is_let_go_of_by_its_path_in_the_vault_also_after_a_reinstallation() {
    let place = two();
    fs::remove_file(place.source.join("1.jpg")).unwrap();
    fs::remove_file(place.vault.join(JULY)).unwrap();
    fs::remove_dir_all(&place.state).unwrap();
    place.backup().finish().assert_code(0);
    let verified = place.verify().finish();
    verified.assert_code(2).assert_says(&format!("missing: {JULY}"));
    verified.assert_says("keepsake forget SOURCE PATH");
    let forgotten = place.ask("forget").arg(JULY).finish();
    forgotten.assert_code(0).assert_says("1 file of the vault will not be missed any more");
    place.verify().arg("--deep").finish().assert_code(0);
    place.backed_up();
    // It is no tombstone: should it be seen again, it is backed up.
    write(&place.source, "found.jpg", &july(3_000));
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 2 files");
    fs::remove_file(place.source.join("found.jpg")).unwrap();
}

#[test]
fn a_version_before_an_edit_that_rotted_is_let_go_of_and_the_edit_stays() {
    let place = two();
    write(&place.source, "1.jpg", &july(3_100));
    place.backup().finish().assert_code(0);
    let old = place.vault.join(JULY);
    let mut bytes = fs::read(&old).unwrap();
    bytes[1_000] ^= 1;
    fs::write(&old, &bytes).unwrap();
    for _ in 0..2 {
        let verified = place.verify().arg("--deep").finish();
        verified.assert_code(2).assert_says(&format!("damaged: {JULY}"));
        place.backup().finish().assert_code(0);
    }
    place.ask("forget").path(&old).finish().assert_code(0).assert_says("not be missed");
    place.verify().arg("--deep").finish().assert_code(0);
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 2 files");
    assert_eq!(fs::read(&old).unwrap(), bytes, "what lies in the vault stays");
}

#[test]
fn what_the_source_has_is_not_forgotten_by_its_path_in_the_vault() {
    let place = two();
    fs::write(place.vault.join(JULY), b"garbage").unwrap();
    for _ in 0..2 {
        let refused = place.ask("forget").arg(JULY).finish();
        refused.assert_code(1).assert_says("the source knows it as 1.jpg");
        place.verify().finish().assert_code(2);
    }
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 2 files");
    place.verify().arg("--deep").finish().assert_code(0);
    let unknown = place.ask("forget").arg("2026/07/nothing.jpg").finish();
    unknown.assert_code(1).assert_says("neither the source nor the vault's records know it");
}

#[test]
fn nothing_is_forgotten_while_the_vault_is_away() {
    let place = two();
    let away = place.root().join("away");
    fs::rename(&place.vault, &away).unwrap();
    for item in ["1.jpg", JULY] {
        place.ask("forget").arg(item).finish().assert_code(3).assert_says("connect it");
    }
    fs::rename(&away, &place.vault).unwrap();
    assert_eq!(place.counted("Forgotten"), 0);
    place.backed_up();
}

#[test]
fn what_goes_from_the_vault_and_the_source_between_two_backups_is_named_until_it_is_forgotten() {
    let place = Place::new();
    two_months(&place.source);
    place.backed_up();
    place.take_a_month_out();
    fs::remove_file(place.source.join("1.jpg")).unwrap();
    for _ in 0..2 {
        let ended = place.backup().finish();
        ended.assert_code(2).assert_says("Finished: 4 of 5 files are safe");
        ended.assert_says("1 file").assert_says("lost: neither the source nor the vault shows");
        ended.assert_says("keepsake library --only lost");
    }
    place.status().finish().assert_code(2).assert_says("1 file lost");
    place.ask("library").args(&["--only", "lost"]).finish().assert_says("1.jpg");
    let verified = place.verify().finish();
    verified.assert_code(2).assert_says("missing: 2026/07/1.jpg").assert_says("1 file lost");
    place.ask("forget").path(&place.source.join("1.jpg")).finish().assert_code(0);
    place.status().finish().assert_code(0);
    place.verify().finish().assert_code(0);
    place.backed_up();
}

#[test]
fn a_file_of_its_size_in_its_place_is_not_the_photo_that_was_lost() {
    let place = Place::new();
    two_months(&place.source);
    place.backed_up();
    let rotten = place.vault.join("2026/07/1.jpg");
    let mut bytes = fs::read(&rotten).unwrap();
    bytes[2_000] ^= 1;
    fs::write(&rotten, &bytes).unwrap();
    place.verify().arg("--deep").finish().assert_code(2).assert_says("damaged: 2026/07/1.jpg");
    fs::remove_file(place.source.join("1.jpg")).unwrap();
    for _ in 0..2 {
        place.backup().finish().assert_code(2).assert_says("1 file").assert_says("lost: neither");
    }
    bytes[2_000] ^= 1;
    fs::write(&rotten, &bytes).unwrap();
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 4 files");
}

#[test]
fn what_is_known_to_be_lost_with_a_copy_forgotten_is_still_wanted_under_its_other_name() {
    let place = Place::new();
    let same = jpeg(1, 3_000, Some("2026:07:01 10:00:00"));
    write(&place.source, "a.jpg", &same);
    write(&place.source, "b.jpg", &jpeg(2, 3_000, Some("2026:08:02 10:00:00")));
    place.backed_up();
    place.take_a_month_out();
    fs::remove_file(place.source.join("a.jpg")).unwrap();
    place.backup().finish().assert_code(2).assert_says("1 of 2 files are safe");
    place.ask("forget").path(&place.source.join("a.jpg")).finish().assert_code(0);
    write(&place.source, "found-again.jpg", &same);
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 2 files");
    place.verify().finish().assert_code(0);
}

#[test]
fn what_is_lost_while_its_folder_is_out_of_sight_is_said_until_it_is_back() {
    let place = Place::new();
    write(&place.source, "card/1.jpg", &jpeg(1, 3_000, Some("2026:07:01 10:00:00")));
    write(&place.source, "2.jpg", &jpeg(2, 3_000, Some("2026:08:02 10:00:00")));
    place.backed_up();
    place.take_a_month_out();
    let card = place.source.join("card");
    fs::rename(card.join("1.jpg"), place.root().join("1.jpg")).unwrap();
    for _ in 0..2 {
        let ended = place.backup().finish();
        ended.assert_code(2).assert_says("1 file").assert_says("lost: neither the source nor");
    }
    place.status().finish().assert_code(2).assert_says("1 file lost");
    fs::rename(place.root().join("1.jpg"), card.join("1.jpg")).unwrap();
    place.backed_up();
}

#[test]
fn what_is_lost_is_known_again_when_the_folder_is_put_back() {
    let place = Place::new();
    two_months(&place.source);
    place.backed_up();
    place.take_a_month_out();
    for day in 1..=3 {
        fs::remove_file(place.source.join(format!("{day}.jpg"))).unwrap();
    }
    place.backup().finish().assert_code(2).assert_says("2 of 5 files are safe");
    fs::rename(place.root().join("a-month"), place.vault.join("2026/07")).unwrap();
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 2 files");
    place.verify().finish().assert_code(0);
}

#[test]
fn what_goes_from_where_no_record_says_any_more_is_sent_again() {
    let place = two();
    let segments = records::segments(&place.vault);
    fs::rename(place.vault.join("2026/07"), place.vault.join("2026/07-trip")).unwrap();
    place.backup().finish().assert_code(0);
    for newer in records::segments(&place.vault).iter().filter(|new| !segments.contains(new)) {
        fs::remove_file(newer).unwrap();
    }
    place.verify().finish();
    fs::remove_file(place.vault.join("2026/07-trip/1.jpg")).unwrap();
    place.verify().arg("--deep").finish().assert_code(2);
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 2 files");
    tree::assert_holds_exactly(&place.vault, &place.source);
    place.verify().arg("--deep").finish().assert_code(0);
}

#[test]
fn what_was_let_go_of_is_backed_up_when_the_source_shows_it_again() {
    let place = Place::new();
    write(&place.source, "1.jpg", &july(3_000));
    write(&place.source, "2.jpg", &jpeg(2, 3_000, Some("2026:08:01 10:00:00")));
    place.backed_up();
    place.backup().args(&["--exclude", "1.jpg"]).finish().assert_code(0);
    fs::remove_file(place.vault.join(JULY)).unwrap();
    place.verify().finish();
    place.ask("forget").arg(JULY).finish().assert_code(0);
    place.verify().finish().assert_code(0);
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 2 files");
    tree::assert_holds_exactly(&place.vault, &place.source);
}

#[test]
fn what_was_let_go_of_and_is_safe_again_is_missed_when_it_goes_again() {
    let place = two();
    let photo = place.source.join("1.jpg");
    fs::remove_file(&photo).unwrap();
    place.backup().finish().assert_code(0);
    fs::remove_file(place.vault.join(JULY)).unwrap();
    place.ask("forget").arg(JULY).finish().assert_code(0);
    place.verify().finish().assert_code(0);
    write(&place.source, "1.jpg", &july(3_000));
    place.backup().finish().assert_code(0);
    fs::remove_file(&photo).unwrap();
    place.backup().finish().assert_code(0);
    fs::remove_file(place.vault.join(JULY)).unwrap();
    for call in [place.verify(), place.verify().arg("--deep")] {
        call.finish().assert_code(2).assert_says(&format!("missing: {JULY}"));
    }
}
