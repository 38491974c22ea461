//! Every scenario, played.
//!
//! `KEEPSAKE_WRITE_TRACES=1 cargo test -p keepsake-scenarios` writes what was seen into the files: read
//! the difference before it is committed.

use keepsake_scenarios::{Scenario, play};
use std::path::PathBuf;

fn stories() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap();
    let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

#[test]
fn every_story_is_lived_through_as_it_is_told() {
    let write = std::env::var_os("KEEPSAKE_WRITE_TRACES").is_some();
    let mut wrong = Vec::new();
    for file in stories() {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let mut scenario: Scenario =
            serde_json::from_str(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
        let played = play(&scenario).unwrap_or_else(|why| panic!("{name}: {why}"));
        wrong.extend(played.wrong.iter().map(|what| format!("{name}: {what}")));
        if write {
            (scenario.trace, scenario.ends) = (played.trace, played.ends);
            std::fs::write(&file, serde_json::to_string_pretty(&scenario).unwrap() + "\n").unwrap();
            continue;
        }
        if played.ends != scenario.ends {
            wrong.push(format!("{name}: ends {:?}, not {:?}", played.ends, scenario.ends));
        }
        let differs =
            played.trace.iter().zip(&scenario.trace).position(|(seen, told)| seen != told);
        let differs = differs.or_else(|| {
            let (seen, told) = (played.trace.len(), scenario.trace.len());
            (seen != told).then_some(seen.min(told))
        });
        if let Some(line) = differs {
            let (seen, told) = (played.trace.get(line), scenario.trace.get(line));
            wrong.push(format!("{name}: line {line} of the trace: {seen:?}, not {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(stories().len() >= 20, "the mission's own story");
}

#[test]
fn a_story_told_twice_is_the_same() {
    for file in stories() {
        let scenario: Scenario =
            serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let [one, other] = [play(&scenario).unwrap(), play(&scenario).unwrap()];
        assert_eq!(one.trace, other.trace, "{}", file.display());
    }
}

#[test]
fn a_word_that_nobody_knows_is_an_error() {
    let told = |happening: &str, photo: &str| {
        let text = format!(
            r#"{{"title":"","story":"","library":[{photo}],"happens":[{happening}],
            "ends":{{"after":"1s","safe":0,"in_the_vault":0}}}}"#
        );
        serde_json::from_str::<Scenario>(&text).map(|_| ()).map_err(|why| why.to_string())
    };
    let photo = r#"{"name":"A.JPG","size":"3 kB"}"#;
    told(r#"{"after":"1s","network":"wifi"}"#, photo).unwrap();
    told(r#"{"after":"1s","netwrok":"wifi"}"#, photo).unwrap_err();
    assert!(told(r#"{"after":"1s","network":"wify"}"#, photo).unwrap_err().contains("wify"));
    let colour = told("", r#"{"name":"A.JPG","size":"3 kB","colour":"red"}"#).unwrap_err();
    assert!(colour.contains("colour"), "{colour}");
}

#[test]
fn stories_of_seeds_end_well() {
    let mut random = keepsake_tests::random::Random::from_environment();
    let today = (0..20).map(|_| random.number());
    for seed in (0..60).chain(today) {
        if let Some(why) = keepsake_scenarios::shrink::wrong(&keepsake_scenarios::seed::drawn(seed))
        {
            let again = "cargo run --release -p keepsake-scenarios -- --seeds 1 --from";
            panic!("seed {seed}: {why}\n  {again} {seed}");
        }
    }
}
