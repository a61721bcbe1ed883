//! How values look to a person.

pub(crate) mod health;
pub(crate) mod import;
pub(crate) mod memory;
pub(crate) mod past;
pub(crate) mod relationship;
pub(crate) mod statistics;
pub(crate) mod structure;
pub(crate) mod sync;
pub(crate) mod upgrade;

use std::fmt::Display;

use memorygraph::domain::Timestamp;

use crate::{
    style::{QUIET, paint},
    table::on_one_line,
};

/// Names with values, the values in one column; what is empty is left out.
#[derive(Default)]
pub(crate) struct Facts(Vec<(String, String)>);

impl Facts {
    pub(crate) fn add(&mut self, name: impl Display, value: impl Display) {
        let value = on_one_line(&value.to_string());
        if !value.is_empty() {
            self.0.push((on_one_line(&name.to_string()), value));
        }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let names = self.0.iter().map(|(name, _)| name.chars().count());
        let width = names.max().unwrap_or_default();
        let line = |(name, value): &(String, String)| {
            let name = paint(QUIET, format_args!("{name:<width$}"));
            format!("{name}  {value}")
        };
        self.0.iter().map(line).collect()
    }
}

/// Writes a moment for people, to the second.
pub(crate) fn time(time: Timestamp) -> String {
    time.to_string()
        .chars()
        .take(19)
        .collect::<String>()
        .replace('T', " ")
        + " UTC"
}

/// Writes a number with its thousands apart.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes how much room something takes.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..10_240 => format!("{} bytes", count(bytes)),
        10_240..10_485_760 => format!("{} KiB", count(bytes / 1_024)),
        _ => format!("{} MiB", count(bytes / 1_048_576)),
    }
}

/// Writes a number with what is counted: "1 memory", "2 memories".
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_thousands_apart() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ];
        for (number, text) in cases {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "memory", "memories"), "1 memory");
        assert_eq!(size(20_480), "20 KiB");
    }

    #[test]
    fn a_moment_is_shown_to_the_second() {
        let moment = Timestamp::from_microsecond(1_767_225_600_123_456).unwrap();
        assert_eq!(time(moment), "2026-01-01 00:00:00 UTC");
    }
}
