//! Every command as a person types it: what it says, and the exit code.

use keepsake_tests::photos::{jpeg, roll, write};
use keepsake_tests::{Call, Place, program, records, tree};
use rustix::process::Signal;
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

fn backed_up() -> Place {
    let place = Place::new();
    roll(&place.source, 1, 12, 5_000);
    write(&place.source, "trip/beach.heic", &jpeg(99, 5_000, Some("2024:08:01 12:00:00")));
    place.backed_up();
    place
}

fn logs(place: &Place) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.state.join("logs")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn the_two_commands_of_a_new_user_work_without_anything_set_up() {
    let place = Place::new();
    roll(&place.source, 1, 3, 5_000);
    let home = |call: Call| call.env("HOME", place.root()).env("XDG_STATE_HOME", "");
    let first = home(Call::new("backup").path(&place.source).arg("--to").path(&place.vault));
    let first = first.args(&["--reserve", "0"]).finish();
    first.assert_code(0).assert_says("Everything is safe: 3 files");
    tree::assert_holds_exactly(&place.vault, &place.source);
    // With only one source, it need not be named.
    home(Call::new("status")).finish().assert_code(0).assert_says("3 of 3 files");
    home(Call::new("verify").arg("--deep")).finish().assert_code(0).assert_says("3 files");
    assert!(place.root().join(".local/state/keepsake").is_dir());
    // With two, it must be.
    let second = place.root().join("Second");
    write(&second, "a.jpg", &jpeg(5, 2_000, None));
    let call = Call::new("backup").path(&second).arg("--to").path(&place.vault);
    home(call.args(&["--reserve", "0"])).finish().assert_code(0);
    let which = home(Call::new("status")).finish();
    which.assert_code(1).assert_says("which source?").assert_says("Second");
}

#[test]
fn wrong_use_is_told_and_does_nothing() {
    let place = Place::new();
    for words in [
        &["backup"][..],
        &["backup", "somewhere"],
        &["nonsense"],
        &["backup", "/nowhere/at/all", "--to", "v"],
        &["backup", ".", "--to", "v", "--reserve", "lots"],
        &["backup", ".", "--to", "v", "--exclude", "[unclosed"],
        &["status", "/nowhere/at/all"],
        &["restore", "/nowhere/at/all", "dest"],
        &["replay", "/nowhere/at/all"],
        &["forget", "."],
        &["library", "--only", "beautiful"],
    ] {
        let call = words[1..].iter().fold(Call::new(words[0]), |call, word| call.arg(word));
        let state = place.root().join("no state");
        let wrong = call.env("XDG_STATE_HOME", &state).env("HOME", place.root()).finish();
        wrong.assert_code(1);
        assert!(wrong.out.is_empty() && !wrong.err.is_empty(), "{wrong:#?}");
    }
    assert_eq!(tree::paths(place.root()).len(), 0, "something was made");
}

#[test]
fn help_tells_the_first_steps_and_the_exit_codes() {
    let help = Call::new("--help").finish();
    help.assert_code(0).assert_says("keepsake backup ~/Pictures --to").assert_says("Exit codes:");
    for command in ["status", "verify", "restore", "retry", "forget", "library", "report", "replay"]
    {
        help.assert_says(&format!("\n  {command} "));
        Call::new(command).arg("--help").finish().assert_code(0).assert_says("Usage:");
    }
    Call::new("backup").arg("--help").finish().assert_code(0).assert_says("Symbolic links");
    Call::new("--version").finish().assert_code(0).assert_says("keepsake ");
    for shell in ["bash", "zsh", "fish"] {
        let done = Call::new("completions").arg(shell).finish();
        done.assert_code(0).assert_says("keepsake").assert_says("library");
    }
}

#[test]
fn status_says_where_everything_is() {
    let place = backed_up();
    let status = place.status().finish();
    status.assert_code(0).assert_says("13 of 13 files");
    status.assert_says(&format!("Vault   {}", place.vault.display()));
    let lines = place.status().arg("--json").finish().lines();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(line["running"], false);
    assert_eq!(line["status"]["counts"]["classes"][0][0], "BackedUp");
    assert_eq!(line["vault"], place.vault.to_str().unwrap());
    let nobody = Place::new();
    nobody.status().finish().assert_code(1).assert_says("nothing is known of");
}

#[test]
fn the_library_is_listed_newest_first_each_item_with_its_stage() {
    let place = backed_up();
    let listed = place.ask("library").finish();
    listed.assert_code(0).assert_says("trip/beach.heic");
    assert_eq!(listed.out.lines().count(), 13);
    assert!(listed.out.lines().all(|line| line.contains("  safe")), "{listed:#?}");
    let lines = place.ask("library").arg("--json").finish().lines();
    assert_eq!(lines.len(), 13);
    let taken: Vec<i64> = lines.iter().map(|line| line["taken"].as_i64().unwrap()).collect();
    assert!(taken.is_sorted_by(|a, b| a >= b), "{taken:?}");
    let few = place.ask("library").args(&["--most", "5"]).finish();
    few.assert_code(0).assert_says("and more");
    assert_eq!(few.out.lines().count(), 6);
    let none = place.ask("library").args(&["--only", "pending"]).finish();
    none.assert_code(0);
    assert!(none.out.is_empty(), "{none:#?}");
}

#[test]
fn what_is_no_photo_is_counted_and_listed_and_taken_when_asked_for() {
    let place = backed_up();
    write(&place.source, "notes.txt", b"words");
    write(&place.source, "trip/track.doc", b"more words");
    let done = place.backup().finish();
    done.assert_code(0).assert_says("Skipped 2: no photo or video (--all-files takes them too)");
    let skipped = place.ask("library").arg("--skipped").finish();
    skipped.assert_code(0).assert_says("not-media\tnotes.txt").assert_says("trip/track.doc");
    place.backup().arg("--all-files").finish().assert_code(0).assert_says("15 files");
    tree::assert_holds_exactly(&place.vault, &place.source);
}

#[test]
fn what_is_excluded_is_left_out_and_counted() {
    let place = Place::new();
    roll(&place.source, 1, 3, 5_000);
    let wanted = tree::files(&place.source);
    write(&place.source, "Rejected/a.jpg", &jpeg(50, 5_000, None));
    write(&place.source, "deep/Rejected/b.jpg", &jpeg(51, 5_000, None));
    write(&place.source, "x.tmp.jpg", &jpeg(52, 5_000, None));
    let globs = ["--exclude", "**/Rejected/**", "--exclude", "*.tmp.jpg"];
    let done = place.backup().args(&globs).finish();
    done.assert_code(0).assert_says("excluded").assert_says("Everything is safe: 3 files");
    tree::assert_holds(&place.vault, &wanted);
    // What is excluded later stays in the vault.
    place.backed_up();
    let before = tree::identities(&place.vault);
    place.backup().args(&globs).finish().assert_code(0);
    assert_eq!(tree::identities(&place.vault), before);
}

#[test]
fn json_is_one_object_a_line_and_ends_with_the_summary() {
    let place = Place::new();
    roll(&place.source, 1, 30, 5_000);
    write(&place.source, "notes.txt", b"words");
    let done = place.backup().arg("--json").finish();
    done.assert_code(0);
    assert!(done.err.is_empty(), "{done:#?}");
    let lines = done.lines();
    assert!(lines.iter().all(|line| line["type"].is_string()), "{lines:?}");
    assert_eq!(lines[0]["type"], "started");
    let ended = lines.last().unwrap();
    assert_eq!(ended["type"], "ended");
    assert_eq!((&ended["exit"], &ended["complete"]), (&0.into(), &true.into()));
    assert_eq!(ended["total"]["items"], 30);
    assert_eq!(ended["backed_up"]["items"], 30);
    assert_eq!(ended["skipped"]["NotMedia"], 1);
    let again = place.backup().arg("--json").finish().lines();
    assert_eq!(again.last().unwrap()["backed_up"]["items"], 30);
}

#[test]
fn a_report_names_no_photo_and_no_place() {
    let place = backed_up();
    let out = place.root().join("report");
    place.ask("report").arg("--out").path(&out).finish().assert_code(0).assert_says("No names");
    let written = tree::paths(&out);
    assert!(written.len() >= 2, "{written:?}");
    let root = place.root().file_name().unwrap().to_str().unwrap();
    for path in written {
        let text = fs::read_to_string(out.join(&path)).unwrap();
        for word in ["IMG_", "beach", "trip", "Pictures", root] {
            assert!(!text.contains(word), "{word} is in {}", path.display());
        }
    }
    // Nothing is overwritten.
    place.ask("report").arg("--out").path(&out).finish().assert_code(1);
}

#[test]
fn a_recorded_log_gives_the_same_effects_again() {
    let place = backed_up();
    write(&place.source, "gone soon.jpg", &jpeg(5, 3_000, None));
    place.backup().finish().assert_code(0);
    fs::remove_file(place.source.join("gone soon.jpg")).unwrap();
    place.backup().finish().assert_code(0);
    let mut events = 0;
    for log in logs(&place) {
        let done = Call::new("replay").path(&log).finish();
        done.assert_code(0).assert_says("The same effects as recorded");
        let count = done.out.split(" event").next().unwrap().replace(',', "");
        events += count.parse::<u64>().unwrap();
        let effects = Call::new("replay").path(&log).arg("--effects").finish();
        effects.assert_code(0);
        assert!(effects.out.lines().count() >= 2, "{effects:#?}");
    }
    assert!(events > 20, "{events} events were recorded");
}

#[test]
fn a_recorded_log_is_shrunk_to_what_leads_to_an_effect() {
    let place = backed_up();
    let (log, short) = (logs(&place).remove(0), place.root().join("short.jsonl"));
    let shrink = |wanted: &str| {
        let call = Call::new("replay").path(&log).arg("--shrink").arg(wanted);
        call.arg("--to").path(&short).finish()
    };
    shrink("nothing says so").assert_code(2);
    assert!(!short.exists());
    shrink("\"stage\":\"BackedUp\"").assert_code(0);
    let lines = |path: &PathBuf| fs::read_to_string(path).unwrap().lines().count();
    assert!(lines(&short) < lines(&log));
    Call::new("replay").path(&short).finish().assert_code(0).assert_says("The same effects");
    shrink("BackedUp").assert_code(1).assert_says("short.jsonl");
}

#[test]
fn a_log_that_was_changed_is_not_the_same() {
    let place = backed_up();
    let log = logs(&place).into_iter().max().unwrap();
    let text = fs::read_to_string(&log).unwrap();
    // The whole of its middle is gone: events whose effects are still recorded.
    let lines: Vec<&str> = text.lines().collect();
    let third = lines.len() / 3;
    let cut = [&lines[..third], &lines[2 * third..]].concat().join("\n");
    fs::write(&log, cut + "\n").unwrap();
    let done = Call::new("replay").path(&log).finish();
    assert!(matches!(done.status.code(), Some(1 | 2)), "{done:#?}");
    done.assert_no_panic().assert_does_not_say("The same effects");
}

#[test]
fn ctrl_c_pauses_and_says_the_command_that_goes_on() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut place = Place::new();
        place.source = place.root().join("My Pictures'");
        roll(&place.source, 1, 800, 30_000);
        let mut running = place.backup().start();
        assert!(running.stop_when(|_| tree::paths_seen(&place.vault) >= 10), "it was too quick");
        running.signal(signal);
        running.go_on();
        let paused = running.finish();
        paused.assert_code(3).assert_says("Paused: ");
        let wanted = tree::files(&place.source);
        for (path, sum) in tree::files(&place.vault) {
            assert!(wanted.values().any(|one| *one == sum), "{} is not whole", path.display());
        }
        let command = paused.out.lines().find_map(|line| line.strip_prefix("To go on: ")).unwrap();
        let said = Command::new("sh").args(["-c", command]).output().unwrap();
        assert_eq!(said.status.code(), Some(0), "{said:?}");
        tree::assert_holds_exactly(&place.vault, &place.source);
    }
}

#[test]
fn a_backup_that_watches_takes_what_arrives() {
    let place = Place::new();
    roll(&place.source, 1, 5, 5_000);
    let mut running = place.backup().arg("--watch").start();
    let mut until = |count| {
        assert!(running.stop_when(|_| tree::paths_seen(&place.vault) == count), "it ended");
        running.go_on();
    };
    until(5);
    write(&place.source, "new.jpg", &jpeg(50, 5_000, None));
    until(6);
    // In a folder that was not there, moved in as a whole.
    let card = place.root().join("card");
    roll(&card, 2, 10, 5_000);
    fs::rename(&card, place.source.join("card")).unwrap();
    until(16);
    running.signal(Signal::INT);
    running.finish().assert_no_panic();
    place.backed_up();
}

#[test]
fn a_backup_that_watches_takes_a_file_once_it_is_written_to_its_end() {
    let place = Place::new();
    roll(&place.source, 1, 2, 5_000);
    let film = place.source.join("film.mp4");
    let grows = |bytes: usize| {
        let mut open = File::options().create(true).append(true).open(&film).unwrap();
        open.write_all(&vec![7; bytes]).unwrap();
        // Ahead of the clock, so that it is not at rest before it has been looked at twice.
        open.set_modified(SystemTime::now() + Duration::from_secs(5)).unwrap();
    };
    grows(1_000);
    let mut running = place.backup().arg("--watch").start();
    let mut until = |so: &dyn Fn() -> bool| {
        assert!(running.stop_when(|_| so()), "it ended");
        running.go_on();
    };
    until(&|| tree::paths_seen(&place.vault) == 2 && records::all(&place.vault).len() == 2);
    grows(2_000);
    write(&place.source, "last.jpg", &jpeg(50, 5_000, None));
    until(&|| tree::paths_seen(&place.vault) == 4);
    running.signal(Signal::INT);
    running.finish().assert_no_panic();
    place.backed_up();
    tree::assert_holds_exactly(&place.vault, &place.source);
}

#[test]
fn a_backup_that_watches_takes_what_belongs_to_a_photo_with_it() {
    let place = Place::new();
    let photo = jpeg(1, 50_000, Some("2019:07:14 09:30:00"));
    let copies = |bytes: &[u8]| {
        let path = write(&place.source, "IMG_1.JPG", bytes);
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() + Duration::from_secs(5)).unwrap();
    };
    copies(&photo[..100]); // before it says when it was taken
    write(&place.source, "IMG_1.AAE", b"<plist/>");
    roll(&place.source, 1, 2, 5_000);
    let mut running = place.backup().arg("--watch").start();
    let mut until = |count| {
        assert!(running.stop_when(|_| records::all(&place.vault).len() == count), "it ended");
        running.go_on();
    };
    until(2);
    copies(&photo);
    until(4);
    running.signal(Signal::INT);
    running.finish().assert_no_panic();
    place.backed_up();
    for name in ["IMG_1.JPG", "IMG_1.AAE"] {
        assert!(place.vault.join("2019/07").join(name).exists(), "{name}");
    }
    assert_eq!(tree::paths_seen(&place.vault), 4);
}

#[test]
fn a_backup_that_watches_says_when_its_source_is_away_and_goes_on_when_it_is_back() {
    let place = Place::new();
    roll(&place.source, 1, 5, 5_000);
    let mut running = place.backup().arg("--watch").start();
    let unseen = || place.status().arg("--json").finish().lines()[0]["unseen"] == true;
    let recorded = || records::all(&place.vault).len();
    assert!(running.stop_when(|_| recorded() == 5 && !unseen()), "it ended");
    running.go_on();
    let away = place.root().join("away");
    fs::rename(&place.source, &away).unwrap();
    fs::create_dir(&place.source).unwrap(); // as a mount point is
    assert!(running.stop_when(|_| unseen()), "it ended");
    running.go_on();
    fs::remove_dir(&place.source).unwrap();
    write(&away, "new.jpg", &jpeg(50, 5_000, None));
    fs::rename(&away, &place.source).unwrap();
    assert!(running.stop_when(|_| recorded() == 6 && !unseen()), "it ended");
    running.go_on();
    running.signal(Signal::INT);
    // Who only watched is not interrupted.
    let ended = running.finish();
    ended.assert_code(0).assert_says("Everything is safe: 6 files").assert_does_not_say("Pausing");
    ended.assert_says("the source has no photo or video any more").assert_says("is there again");
    place.backed_up();
}

#[test]
fn a_reader_that_goes_away_ends_no_backup() {
    let place = Place::new();
    roll(&place.source, 1, 50, 5_000);
    let words = [program::program().as_os_str(), "backup".as_ref(), place.source.as_os_str()];
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "\"$@\" --to \"$VAULT\" --state \"$STATE\" --reserve 0 --json | true",
        "sh",
    ]);
    command.args(words).env("VAULT", &place.vault).env("STATE", &place.state);
    assert!(command.status().unwrap().success());
    tree::assert_holds_exactly(&place.vault, &place.source);
}

#[test]
fn an_empty_source_is_not_a_success_to_be_proud_of() {
    let place = Place::new();
    place.backup().finish().assert_code(0).assert_says("Nothing to back up");
    let ended = place.backup().arg("--json").finish().lines().pop();
    assert_eq!(ended.as_ref().map(|line: &Value| &line["total"]["items"]), Some(&0.into()));
}

#[test]
fn a_month_is_simulated_and_drawn() {
    let place = Place::new();
    for name in ["month.html", "month.svg"] {
        let out = place.root().join(name);
        let call =
            Call::new("simulate").args(&["--phone", "32GB", "--library", "10GB", "--days", "2"]);
        let ended = call.arg("--out").path(&out).finish();
        ended.assert_code(0).assert_says("Uploaded in 2 days: 9.9 GB").assert_says("Drawn: ");
        let drawn = fs::read_to_string(&out).unwrap();
        assert!(drawn.contains("<svg") && drawn.contains("What it waited for"));
        assert_eq!(drawn.contains("<html"), name == "month.html");
    }
    let never = Call::new("simulate").args(&["--phone", "32GB", "--library", "200GB"]).finish();
    never.assert_code(1).assert_says("add --optimised");
}

#[test]
fn a_verification_does_not_call_safe_what_no_backup_has_looked_through() {
    let place = Place::new();
    roll(&place.source, 1, 3, 3_000);
    let mut killed = place.backup().start();
    let known = place.state.join("source.json");
    if killed.stop_when(|_| known.exists()) {
        killed.signal(Signal::KILL);
        killed.go_on();
    }
    killed.finish();
    let verified = place.verify().finish();
    let safe = place.status().finish().status.code() == Some(0);
    assert_eq!(verified.status.code() == Some(0), safe);
}
