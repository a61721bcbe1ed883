//! How the syncing of a replica looks to a person.

use std::time::Duration;

use memorygraph::Freshness;
use memorygraph::ports::{Latency, SyncStatus, Synced};

use super::{Facts, count, counted, time};

/// How many intervals a copy may be old before that is worth a warning: a sync, and a failed one.
const LATE: u32 = 3;

/// Returns how old an answer may be; without `freshness` it is not of a replica.
pub(crate) fn freshness(freshness: Option<&Freshness>) -> String {
    match freshness.map(|freshness| freshness.age) {
        None => "as of now: this store is no replica".to_owned(),
        Some(None) => "as of an unknown time: this replica was never synced".to_owned(),
        Some(Some(age)) => format!("as of the last sync {}", ago(age)),
    }
}

/// Returns what a person should know about the copy from which answers come.
pub(crate) fn warnings(status: &SyncStatus) -> Vec<String> {
    let mut lines: Vec<String> = status
        .notices
        .iter()
        .map(|notice| format!("Note: {notice}"))
        .collect();
    if let Some(error) = &status.last_error {
        let age = status.age.map_or("of no sync yet".to_owned(), |age| {
            format!("of the last sync {}", ago(age))
        });
        lines.push(format!(
            "Warning: the last sync failed, and this replica is as {age}: {}",
            error.message
        ));
    }
    lines
}

/// Returns what a sync brought, and how fresh the copy is now.
pub(crate) fn synced(synced: &Synced, status: &SyncStatus) -> Vec<String> {
    let mut lines = vec![format!("Synced {}.", brought(synced))];
    if let Some(moment) = status.last_success {
        lines.push(format!(
            "This replica has what its primary had at {}.",
            time(moment)
        ));
    }
    lines.extend(
        status
            .notices
            .iter()
            .map(|notice| format!("Note: {notice}")),
    );
    lines
}

/// Returns what a sync brought, on a line of its own in a log.
pub(crate) fn logged(synced: &Synced, status: &SyncStatus) -> String {
    let moment = status.last_success.map(time).unwrap_or_default();
    format!("{moment}  synced {}", brought(synced))
}

/// Returns why the last sync failed, on a line of its own in a log.
pub(crate) fn logged_failure(status: &SyncStatus) -> Option<String> {
    let error = status.last_error.as_ref()?;
    let (moment, kind, message) = (time(error.at), error.kind, &error.message);
    Some(format!(
        "{moment}  failed, will try again: {kind}: {message}"
    ))
}

/// Returns all that a status says.
pub(crate) fn status(status: &SyncStatus) -> Vec<String> {
    let mut facts = Facts::default();
    facts.add("state", status.state);
    facts.add("last sync", last_success(status));
    if let Some(error) = &status.last_error {
        facts.add("last error", format!("{}: {}", error.kind, error.message));
        facts.add("failed at", time(error.at));
    }
    facts.add("since opening", counts(status));
    facts.add("latency", latency(&status.latency));
    for notice in &status.notices {
        facts.add("note", notice);
    }
    facts.lines()
}

/// Says when the copy was last up to date.
pub(crate) fn last_success(status: &SyncStatus) -> String {
    match (status.last_success, status.age) {
        (Some(moment), Some(age)) => format!("{} ({})", ago(age), time(moment)),
        (Some(moment), None) => time(moment),
        (None, _) => "never".to_owned(),
    }
}

/// Returns a warning when a replica that is to sync every `interval`, if at all, is older than that
/// lets one expect.
pub(crate) fn staleness(status: &SyncStatus, interval: Option<Duration>) -> Option<String> {
    let Some(age) = status.age else {
        return Some("this replica was never synced: memorygraph sync brings what there is".into());
    };
    let is_stale = interval.is_some_and(|interval| age > interval * LATE);
    is_stale.then(|| {
        format!(
            "this replica was last synced {}: it may lack what its primary learned since, and \
             memorygraph sync brings that",
            ago(age)
        )
    })
}

fn counts(status: &SyncStatus) -> String {
    format!(
        "{}, {} failed, {}",
        counted(status.successes, "sync", "syncs"),
        count(status.failures),
        counted(status.frames, "frame", "frames")
    )
}

/// Writes the mean, and the bound below which nearly all of them were.
fn latency(latency: &Latency) -> String {
    let number = latency.count();
    if number == 0 {
        return String::new();
    }
    let mean = latency.sum / u32::try_from(number).unwrap_or(u32::MAX);
    let mut below = 0;
    let place = latency.counts.iter().position(|count| {
        below += count;
        // At least 95 of 100.
        below * 20 >= number * 19
    });
    match place.and_then(|place| Latency::BOUNDS.get(place)) {
        Some(bound) => {
            let bound = took(Duration::from_millis(*bound));
            format!("{} on average, 95 % within {bound}", took(mean))
        }
        None => format!("{} on average", took(mean)),
    }
}

fn brought(synced: &Synced) -> String {
    let frames = counted(synced.frames, "frame", "frames");
    format!("{frames} in {}", took(synced.took))
}

/// Writes how long something took.
fn took(took: Duration) -> String {
    match took.as_millis() {
        0..10 => format!("{:.1} ms", took.as_secs_f64() * 1_000.0),
        millis @ 10..10_000 => format!("{millis} ms"),
        _ => format!("{} s", count(took.as_secs())),
    }
}

/// Writes how long ago something was, in the greatest unit of which there are two.
fn ago(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0 => "less than 1 s ago".to_owned(),
        1..120 => format!("{seconds} s ago"),
        120..7_200 => format!("{} min ago", seconds / 60),
        7_200..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", count(seconds / 86_400)),
    }
}

#[cfg(test)]
mod tests {
    use memorygraph::domain::Timestamp;
    use memorygraph::ports::{ErrorKind, SyncError, SyncState};

    use super::*;

    const INTERVAL: Duration = Duration::from_mins(5);

    fn status_of(age: Option<u64>) -> SyncStatus {
        SyncStatus {
            state: SyncState::Idle,
            last_success: age.map(|_| Timestamp::UNIX_EPOCH),
            age: age.map(Duration::from_secs),
            interval: None,
            last_error: None,
            notices: Vec::new(),
            successes: 2,
            failures: 1,
            frames: 1_200,
            latency: Latency::default(),
        }
    }

    fn failing() -> SyncStatus {
        SyncStatus {
            state: SyncState::Retrying,
            last_error: Some(SyncError {
                kind: ErrorKind::Unreachable,
                message: "no answer".to_owned(),
                at: Timestamp::UNIX_EPOCH,
            }),
            ..status_of(Some(400))
        }
    }

    #[test]
    fn an_age_is_told_in_the_greatest_unit_of_which_there_are_two() {
        for (seconds, text) in [
            (0, "less than 1 s ago"),
            (119, "119 s ago"),
            (120, "2 min ago"),
            (7_199, "119 min ago"),
            (7_200, "2 h ago"),
            (172_800, "2 days ago"),
        ] {
            assert_eq!(ago(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn an_answer_is_dated_by_the_last_sync() {
        let of = |age| Freshness {
            last_synced_at: None,
            age,
        };
        let dated = of(Some(Duration::from_secs(12)));
        assert_eq!(freshness(Some(&dated)), "as of the last sync 12 s ago");
        assert!(freshness(Some(&of(None))).contains("never"));
        assert!(freshness(None).contains("no replica"));
    }

    #[test]
    fn a_replica_is_stale_when_it_missed_its_syncs() {
        assert_eq!(staleness(&status_of(Some(900)), Some(INTERVAL)), None);
        let stale = staleness(&status_of(Some(7_200)), Some(INTERVAL)).unwrap();
        assert!(stale.starts_with("this replica was last synced 2 h ago"));
        // Nobody expects one.
        assert_eq!(staleness(&status_of(Some(90_000)), None), None);
        let never = staleness(&status_of(None), None).unwrap();
        assert!(never.starts_with("this replica was never synced"));
    }

    #[test]
    fn a_status_names_what_there_is() {
        let mut given = failing();
        given.notices.push("moved".to_owned());
        for millis in [1, 3] {
            given.latency.record(Duration::from_millis(millis));
        }
        assert_eq!(
            crate::style::plain(&status(&given)),
            [
                "state          retrying",
                "last sync      6 min ago (1970-01-01 00:00:00 UTC)",
                "last error     unreachable: no answer",
                "failed at      1970-01-01 00:00:00 UTC",
                "since opening  2 syncs, 1 failed, 1,200 frames",
                "latency        2.0 ms on average, 95 % within 5.0 ms",
                "note           moved",
            ]
        );
        assert_eq!(last_success(&status_of(None)), "never");
    }

    #[test]
    fn a_log_has_a_line_for_each_sync() {
        let brought = Synced {
            frames: 1,
            took: Duration::from_micros(4_210),
        };
        assert_eq!(
            logged(&brought, &status_of(Some(1))),
            "1970-01-01 00:00:00 UTC  synced 1 frame in 4.2 ms"
        );
        assert_eq!(
            logged_failure(&failing()).as_deref(),
            Some("1970-01-01 00:00:00 UTC  failed, will try again: unreachable: no answer")
        );
        assert_eq!(logged_failure(&status_of(None)), None);
    }
}
