//! Answers that cross events on their way.

use keepsake_machine::effect::{Effect, Want};
use keepsake_machine::event::Event;
use keepsake_machine::media::{Locality, Media, Run};
use keepsake_machine::settings::Config;
use keepsake_machine::stage::Class;
use keepsake_machine::status::{Activity, Counts, Tally, ToDo};
use keepsake_machine::{Machine, Now};

const NOW: Now = Now { boot: 1, uptime: 1, wall: 0, utc_offset: 0 };

fn refills(machine: &mut Machine, event: Event) -> Vec<Want> {
    machine.handle(event, NOW);
    let effects = std::iter::from_fn(|| machine.poll_effect());
    effects
        .filter_map(|effect| match effect {
            Effect::Refill(want) => Some(want),
            _ => None,
        })
        .collect()
}

fn six() -> Counts {
    let tally = Tally { items: 6, bytes: 60, estimated: 0 };
    let mut counts = Counts::default();
    counts.classes.insert(Class::Pending, tally);
    let (media, locality) = (Media::Photo, Locality::Local);
    counts.to_do.insert(ToDo { media, locality, digest_known: false }, tally);
    counts
}

fn empty(want: &Want) -> Event {
    Event::Refilled { id: want.id, rows: Vec::new(), next_due: None, more: false }
}

/// A first scan stores its first page while the first question is on its way.
#[test]
fn an_empty_answer_from_before_the_first_page_is_not_the_last_word() {
    let mut machine = Machine::new(Config::default(), Vec::new());
    let asked = refills(&mut machine, Event::Started { run: Run(1) });
    assert!(refills(&mut machine, Event::Counted(six())).is_empty(), "one question at a time");
    let again = refills(&mut machine, empty(&asked[0]));
    assert_eq!(again.len(), 1, "six are counted that the answer did not have");
    assert!(refills(&mut machine, empty(&again[0])).is_empty(), "and not asked for ever");
}

#[test]
fn a_scan_that_ends_while_a_question_is_on_its_way_has_it_asked_again() {
    let mut machine = Machine::new(Config::default(), Vec::new());
    let asked = refills(&mut machine, Event::Started { run: Run(1) });
    assert!(refills(&mut machine, Event::Counted(six())).is_empty());
    assert!(refills(&mut machine, Event::ScanFinished { changed: true }).is_empty());
    let again = refills(&mut machine, empty(&asked[0]));
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].below, None, "from the top");
    assert_eq!(machine.status().activity, Activity::Working);
}
