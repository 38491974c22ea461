//! Every scenario, played: each a test of its own, named by its file.
//!
//! `KEEPSAKE_WRITE_TRACES=1 cargo test -p keepsake-scenarios` writes what was seen into the files: read
//! the difference before it is committed.

use keepsake_scenarios::seed::drawn;
use keepsake_scenarios::shrink::judged;
use keepsake_scenarios::{Scenario, play};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials: Vec<_> = stories().iter().map(|file| of(file)).collect();
    trials.push(test(
        "acts_fall_into_the_stage_that_they_are_named_after",
        acts_fall_into_their_stage,
    ));
    trials.push(test("stories_of_seeds_end_well", stories_of_seeds_end_well));
    trials.push(test("a_word_that_nobody_knows_is_an_error", a_word_that_nobody_knows_is_an_error));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn test(name: &str, run: fn()) -> Trial {
    Trial::test(name, move || {
        run();
        Ok(())
    })
}

fn stories() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap();
    let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

fn of(file: &Path) -> Trial {
    let name = file.file_stem().unwrap().to_string_lossy().into_owned();
    let file = file.to_owned();
    Trial::test(name, move || is_lived_through_as_it_is_told(&file)).with_kind("story")
}

fn is_lived_through_as_it_is_told(file: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(file)?;
    let mut scenario: Scenario = serde_json::from_str(&text)?;
    let [played, again] = [play(&scenario)?, play(&scenario)?];
    if played.trace != again.trace {
        return Err("told twice, it is not the same".into());
    }
    if let Some(broken) = played.broken.first() {
        return Err(broken.to_string().into());
    }
    if std::env::var_os("KEEPSAKE_WRITE_TRACES").is_some() {
        (scenario.trace, scenario.ends) = (played.trace, played.ends);
        std::fs::write(file, serde_json::to_string_pretty(&scenario)? + "\n")?;
        return Ok(());
    }
    if played.ends != scenario.ends {
        return Err(format!("ends {:?}, not {:?}", played.ends, scenario.ends).into());
    }
    let differs = played.trace.iter().zip(&scenario.trace).position(|(seen, told)| seen != told);
    let differs = differs.or_else(|| {
        let (seen, told) = (played.trace.len(), scenario.trace.len());
        (seen != told).then_some(seen.min(told))
    });
    match differs {
        None => Ok(()),
        Some(line) => {
            let (seen, told) = (played.trace.get(line), scenario.trace.get(line));
            Err(format!("line {line} of the trace: {seen:?}, not {told:?}").into())
        }
    }
}

fn a_word_that_nobody_knows_is_an_error() {
    let chosen = |settings: &str, happening: &str, photo: &str| {
        let text = format!(
            r#"{{"title":"","story":"","library":[{photo}],"happens":[{happening}],
            "settings":{settings},"ends":{{"after":"1s","safe":0,"in_the_vault":0}}}}"#
        );
        serde_json::from_str::<Scenario>(&text).map(|_| ()).map_err(|why| why.to_string())
    };
    let told = |happening: &str, photo: &str| chosen("{}", happening, photo);
    let photo = r#"{"name":"A.JPG","size":"3 kB"}"#;
    told(r#"{"after":"1s","network":"wifi"}"#, photo).unwrap();
    told(r#"{"after":"1s","netwrok":"wifi"}"#, photo).unwrap_err();
    assert!(told(r#"{"after":"1s","network":"wify"}"#, photo).unwrap_err().contains("wify"));
    let colour = told("", r#"{"name":"A.JPG","size":"3 kB","colour":"red"}"#).unwrap_err();
    assert!(colour.contains("colour"), "{colour}");
    let two = told(r#"{"after":"1s","network":"wifi","locked":true}"#, photo).unwrap_err();
    assert!(two.contains("`locked`, `network`"), "{two}");
    told(r#"{"after":"1s"}"#, photo).unwrap_err();

    let metered = |other: &str| {
        let four = r#""download_photos":true,"download_videos":true,"upload_videos":true"#;
        format!(r#"{{"reserve":1000,"metered":{{{four},"upload_photos":false{other}}}}}"#)
    };
    chosen(&metered(""), "", photo).unwrap();
    for (settings, named) in [
        (r#"{"resrve":1000}"#, "`resrve`"),
        (&metered(r#","upload_fotos":true"#), "`metered.upload_fotos`"),
        (r#"{"reserve":"1 MB"}"#, "`reserve`"),
        (r#"{"metered":true}"#, "`metered`"),
        (r#"{"lowest_battery":300}"#, "`lowest_battery`"),
    ] {
        let why = chosen(settings, "", photo).unwrap_err();
        assert!(why.contains(named), "{why}");
        let change = format!(r#"{{"after":"1s","settings":{settings}}}"#);
        let why = chosen("{}", &change, photo).unwrap_err();
        assert!(why.contains(named), "{why}");
    }
}

/// Of the stories named `X-while-STAGE`: at the moment of the act nothing of that stage has ended, and what
/// comes before it has. (From outside nothing tells checking from sending.)
fn acts_fall_into_their_stage() {
    for file in stories() {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let Some((before, stage)) = name.split_once("-while-") else { continue };
        let act = match before {
            "killed" => 0,
            "window-ends" => 1,
            _ => continue,
        };
        let text = std::fs::read_to_string(&file).unwrap();
        let story: Scenario = serde_json::from_str(&text).unwrap();
        // How far it is at the act: originals asked for, files in the vault, files safe.
        let mut cut = story.clone();
        let at = cut.happens[act].after;
        cut.happens.truncate(act);
        cut.ends.after = at;
        let played = play(&cut).unwrap();
        let calls = |word: &str| played.trace.iter().filter(|line| line.contains(word)).count();
        let asked = (calls(" call fetch "), calls(" call open "));
        let far = (asked.0 > 0, asked.1 > 0, played.ends.in_the_vault > 0, played.ends.safe > 0);
        let scanned = calls(" scan finished") > 0 || calls(" scanned ") > 0;
        let right = match stage {
            "fetching" => scanned && !far.0 && !far.2,
            "checksumming" => scanned && !far.1 && !far.2,
            "checking" | "sending" => (far.0 || far.1) && !far.2,
            "verifying" => far.2 && !far.3,
            _ => panic!("{name}: which stage is that?"),
        };
        assert!(right, "{name}, {at:?}: {:?} {:?}", played.trace, played.ends);
    }
}

fn stories_of_seeds_end_well() {
    let mut random = keepsake_tests::random::Random::from_environment();
    let today = (0..20).map(|_| random.number());
    for seed in (0..60).chain(today) {
        if let Some(why) = judged(&drawn(seed)).wrong {
            let again = "cargo run --release -p keepsake-scenarios -- --seeds 1 --from";
            panic!("seed {seed}: {why}\n  {again} {seed}");
        }
    }
}
