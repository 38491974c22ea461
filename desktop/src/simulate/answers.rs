//! What people ask of a month, answered.

use crate::size;
use keepsake_simulator::month::{Mark, Month, Wish};

/// The setting of iCloud Photos, as iOS calls it.
pub fn setting(optimised: bool) -> &'static str {
    if optimised { "Optimise iPhone Storage" } else { "Download and Keep Originals" }
}

/// Whose month it is.
pub fn title(wish: &Wish) -> String {
    format!(
        "A phone of {}, a library of {}, {}, {}",
        size::bytes(wish.phone),
        size::bytes(wish.library),
        setting(wish.optimised),
        if wish.mobile { "Wi-Fi at night, mobile data by day" } else { "Wi-Fi at night" },
    )
}

/// That the originals have no room on the phone, and why.
pub fn no_room(wish: &Wish) -> String {
    format!(
        "{} of originals do not fit on a phone of {}, where the system and apps take {} and {} stay free",
        size::bytes(wish.library),
        size::bytes(wish.phone),
        size::bytes(wish.others()),
        size::bytes(wish.reserve()),
    )
}

/// What people ask.
pub fn answers(wish: &Wish, month: &Month) -> Vec<String> {
    let mut lines = Vec::new();
    if wish.optimised {
        let all = month.before.all();
        lines.push(format!(
            "At the start {} lie on the phone, {} only in iCloud.",
            size::bytes(all - month.in_cloud),
            size::bytes(month.in_cloud)
        ));
    } else {
        lines.push(
            "At the start all of it lies on the phone. (Whoever changes to this setting first waits until iOS \
             has downloaded what is only in iCloud: that is not drawn.)"
                .to_owned(),
        );
    }
    match (month.safe_after, month.hours.last()) {
        (Some(hours), _) => lines.push(format!("Everything is safe after {}.", span(hours))),
        (None, Some(last)) => lines.push(format!(
            "Not everything is safe after {}: {} of {} are.",
            size::counted(wish.days.into(), "day"),
            size::bytes(last.safe()),
            size::bytes(last.all())
        )),
        (None, None) => {}
    }
    if month.freed > 0 {
        let times = match month.freed {
            1 => "once, and to empty Recently Deleted then".to_owned(),
            times => format!("{times} times, and to empty Recently Deleted each time"),
        };
        lines.push(format!(
            "You are asked to free space {times}. On a real \
             iPhone it may be less often, or never: there iOS takes originals back when space is short, here only \
             when the camera has no room."
        ));
    }
    if let Some((hours, _)) = month.marks.iter().find(|(_, mark)| *mark == Mark::Full) {
        lines.push(format!("After {} the phone is full: no more pictures.", span(*hours)));
    }
    let moved = month.moved;
    for (what, wifi, mobile) in [
        ("Downloaded from iCloud", moved.down_wifi, moved.down_mobile),
        ("Uploaded", moved.up_wifi, moved.up_mobile),
    ] {
        let (wifi, mobile) = (size::bytes(wifi), size::bytes(mobile));
        let days = size::counted(wish.days.into(), "day");
        lines.push(format!("{what} in {days}: {wifi} over Wi-Fi, {mobile} over mobile data."));
    }
    lines
}

/// `7 days and 1 hour`.
fn span(hours: usize) -> String {
    let (days, hours) = (hours as u64 / 24, hours as u64 % 24);
    match (days, hours) {
        (0, hours) => size::counted(hours, "hour"),
        (days, 0) => size::counted(days, "day"),
        (days, hours) => {
            format!("{} and {}", size::counted(days, "day"), size::counted(hours, "hour"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_what_the_mark_shows() {
        assert_eq!(span(1), "1 hour");
        assert_eq!(span(24), "1 day");
        assert_eq!(span(169), "7 days and 1 hour");
    }

    #[test]
    fn a_library_without_room_is_told_what_takes_it() {
        let (phone, library) = (256_000_000_000, 200_000_000_000);
        let wish = Wish { phone, library, optimised: false, mobile: false, days: 1, seed: 1 };
        assert_eq!(
            no_room(&wish),
            "200 GB of originals do not fit on a phone of 256 GB, where the system and apps take 64 GB and \
             13 GB stay free"
        );
    }
}
