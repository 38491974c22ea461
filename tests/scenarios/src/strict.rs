//! A word of a scenario that nobody knows is an error that names it: also where the type that it is read
//! into is the product's own, which leaves alone what it does not know.

use crate::format::{Happening, What};
use keepsake_machine::settings::Settings;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// Something that happens, as a file has it: when, and one word.
#[derive(Deserialize)]
pub(crate) struct OneWord {
    after: Value,
    #[serde(flatten)]
    what: Map<String, Value>,
}

impl TryFrom<OneWord> for Happening {
    type Error = String;

    fn try_from(OneWord { after, what }: OneWord) -> Result<Happening, String> {
        if what.len() != 1 {
            let words: Vec<_> = what.keys().map(String::as_str).collect();
            return Err(format!("one thing happens at a time, not `{}`", words.join("`, `")));
        }
        let said = |why: serde_json::Error| why.to_string();
        Ok(Happening {
            after: humantime_serde::deserialize(&after).map_err(said)?,
            what: What::deserialize(Value::Object(what)).map_err(said)?,
        })
    }
}

/// Settings of which every word is known.
pub(crate) fn settings<'de, D: Deserializer<'de>>(from: D) -> Result<Settings, D::Error> {
    let told = Map::deserialize(from)?;
    for (word, value) in &told {
        let alone = Map::from_iter([(word.clone(), value.clone())]);
        let read = serde_json::from_value::<Settings>(Value::Object(alone));
        let settings = read.map_err(|why| D::Error::custom(format!("setting `{word}`: {why}")))?;
        let known = serde_json::to_value(settings).map_err(D::Error::custom)?;
        if let Some(word) = unknown(word, value, known.get(word)) {
            return Err(D::Error::custom(format!("there is no setting `{word}`")));
        }
    }
    serde_json::from_value(Value::Object(told)).map_err(D::Error::custom)
}

/// What is not known of what is told under this word.
fn unknown(word: &str, told: &Value, known: Option<&Value>) -> Option<String> {
    match (told, known) {
        (_, None) => Some(word.to_owned()),
        (Value::Object(told), Some(known)) => told.iter().find_map(|(inner, value)| {
            unknown(&format!("{word}.{inner}"), value, known.get(inner))
        }),
        _ => None,
    }
}
