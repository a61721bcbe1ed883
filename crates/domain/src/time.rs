use serde::{Deserialize, Serialize};

use crate::Invalid;

/// A moment in UTC; the graph keeps whole microseconds.
pub use jiff::Timestamp;

/// Writes a moment as `2026-11-24T05:32:05.123456Z`.
///
/// The width is fixed, so the texts of moments from the year 0 on sort as the moments do.
pub fn time_text(time: Timestamp) -> String {
    format!("{time:.6}")
}

/// Reads an RFC 3339 time, or `2026-11-24 05:32:05` as UTC, and drops what is finer than a
/// microsecond.
pub fn parse_time(field: &'static str, text: &str) -> Result<Timestamp, Invalid> {
    let time: Timestamp = text
        .parse()
        .or_else(|_| {
            text.parse::<jiff::civil::DateTime>()
                .and_then(|time| jiff::tz::TimeZone::UTC.to_timestamp(time))
        })
        .map_err(|_| {
            Invalid::new(
                field,
                "is a time such as 2026-11-24T05:32:05Z",
                format_args!("{text:?}"),
            )
        })?;
    Ok(whole_microseconds(time))
}

/// How times are written in documents: as [`time_text`] does, so that engines can compare them.
pub(crate) mod document {
    use serde::Serializer;

    use super::{Timestamp, time_text};

    /// Writes a time.
    pub(crate) fn time<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time_text(*time))
    }

    /// Writes a time that may be absent.
    #[expect(clippy::ref_option, reason = "serde calls it with the field")]
    pub(crate) fn optional<S: Serializer>(
        time: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => self::time(time, serializer),
            None => serializer.serialize_none(),
        }
    }
}

/// Drops what is finer than a microsecond, towards the past.
fn whole_microseconds(time: Timestamp) -> Timestamp {
    let finer = time.as_nanosecond().rem_euclid(1_000);
    Timestamp::from_nanosecond(time.as_nanosecond() - finer)
        .expect("the first timestamp is a whole microsecond")
}

/// Returns the first whole microsecond that is not before `time`: what the graph keeps is at or
/// after the one when it is at or after the other.
pub fn next_microsecond(time: Timestamp) -> Timestamp {
    let whole = whole_microseconds(time);
    if whole == time {
        return whole;
    }
    Timestamp::from_nanosecond(whole.as_nanosecond() + 1_000).unwrap_or(whole)
}

/// Fails unless the graph can keep `time` and give it back unchanged.
pub fn check_time(field: &'static str, time: Timestamp) -> Result<(), Invalid> {
    if time.subsec_nanosecond() % 1_000 != 0 {
        return Err(Invalid::new(field, "has whole microseconds", time));
    }
    if time < Timestamp::from_second(-62_167_219_200).expect("the year 0 is in range") {
        return Err(Invalid::new(field, "is not before the year 0", time));
    }
    Ok(())
}

/// When something held true in the world: from `from`, until just before `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after; none while it still holds.
    pub until: Option<Timestamp>,
}

impl Validity {
    /// Says whether `time` lies in it.
    pub fn holds_at(self, time: Timestamp) -> bool {
        self.from <= time && self.until.is_none_or(|until| time < until)
    }

    /// Says whether it has no end.
    pub fn is_open(self) -> bool {
        self.until.is_none()
    }

    /// Fails when it ends before it begins.
    pub(crate) fn check(self) -> Result<(), Invalid> {
        check_time("valid_from", self.from)?;
        if let Some(until) = self.until {
            check_time("valid_until", until)?;
            if until < self.from {
                return Err(Invalid::new(
                    "valid_until",
                    format!("is not before valid_from ({})", self.from),
                    until,
                ));
            }
        }
        Ok(())
    }
}

/// Which state of the world a question is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AsOf {
    /// What has no end. Needs no clock, and does not hide what another device, whose clock runs
    /// ahead, has just recorded.
    #[default]
    Latest,
    /// What held at this moment.
    At(Timestamp),
    /// What ever held.
    Ever,
}

impl AsOf {
    /// Says whether something of this validity belongs to the answer.
    pub fn admits(self, validity: Validity) -> bool {
        match self {
            Self::Latest => validity.is_open(),
            Self::At(time) => validity.holds_at(time),
            Self::Ever => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn time() -> impl Strategy<Value = Timestamp> {
        (-62_167_219_200_000_000_i64..253_402_207_200_000_000)
            .prop_map(|us| Timestamp::from_microsecond(us).unwrap())
    }

    proptest! {
        #[test]
        fn a_time_survives_its_text(time in time()) {
            prop_assert_eq!(parse_time("t", &time_text(time)).unwrap(), time);
            prop_assert!(check_time("t", time).is_ok());
        }

        #[test]
        fn texts_sort_as_times_do(a in time(), b in time()) {
            prop_assert_eq!(time_text(a).cmp(&time_text(b)), a.cmp(&b));
        }

        #[test]
        fn a_text_never_panics_the_parser(text in ".*") {
            drop(parse_time("t", &text));
        }

        #[test]
        fn a_moment_is_inside_until_the_end(from in time(), until in time(), at in time()) {
            let validity = Validity { from, until: Some(until) };
            prop_assert_eq!(validity.holds_at(at), from <= at && at < until);
            prop_assert_eq!(AsOf::At(at).admits(validity), validity.holds_at(at));
            prop_assert!(!AsOf::Latest.admits(validity));
            prop_assert!(AsOf::Ever.admits(validity));
        }
    }

    #[test]
    fn the_predecessors_forms_are_read() {
        let expected = parse_time("t", "2026-11-23T13:56:16Z").unwrap();
        for text in [
            "2026-11-23 13:56:16",
            "2026-11-23T13:56:16+00:00",
            "2026-11-23T14:56:16.000+01:00",
        ] {
            assert_eq!(parse_time("t", text).unwrap(), expected, "{text}");
        }
        assert!(
            parse_time("since", "yesterday")
                .unwrap_err()
                .to_string()
                .starts_with("since is a time")
        );
    }

    #[test]
    fn the_next_microsecond_is_not_before() {
        let whole = parse_time("t", "2026-11-24T00:00:00.000001Z").unwrap();
        assert_eq!(next_microsecond(whole), whole);
        let finer = Timestamp::from_nanosecond(whole.as_nanosecond() - 1).unwrap();
        assert_eq!(next_microsecond(finer), whole);
        assert_eq!(
            next_microsecond(Timestamp::MAX),
            whole_microseconds(Timestamp::MAX)
        );
    }

    #[test]
    fn finer_than_a_microsecond_is_dropped_towards_the_past() {
        let time = parse_time("t", "1969-12-31T23:59:59.9999995Z").unwrap();
        assert_eq!(time_text(time), "1969-12-31T23:59:59.999999Z");
    }
}
