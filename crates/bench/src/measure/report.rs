//! The table, on the terminal and in the documentation.

use std::{fmt::Write as _, time::Duration};

/// All that was measured.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) rates: Vec<RateRow>,
    pub(crate) reads: Vec<ReadRow>,
    pub(crate) figures: Vec<Figure>,
}

/// How many things a second are stored.
pub(crate) struct RateRow {
    pub(crate) name: String,
    pub(crate) rate: f64,
    pub(crate) limit_name: String,
    pub(crate) limit_rate: f64,
    /// The least ratio to the limit.
    pub(crate) goal: Option<f64>,
}

/// How long a kind of question takes.
pub(crate) struct ReadRow {
    pub(crate) name: String,
    pub(crate) median: Duration,
    pub(crate) p95: Duration,
    pub(crate) slowest: Duration,
    pub(crate) limit_median: Duration,
    pub(crate) limit_p95: Duration,
    /// The most milliseconds at 95 of 100.
    pub(crate) goal_millis: Option<f64>,
    pub(crate) agreement: String,
}

/// One number.
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// The most that it may be.
    pub(crate) goal: Option<f64>,
    pub(crate) limit: Option<f64>,
}

impl RateRow {
    fn ratio(&self) -> f64 {
        self.rate / self.limit_rate
    }

    pub(crate) fn line(&self) -> String {
        let goal = self
            .goal
            .map_or_else(String::new, |goal| format!("≥ {goal} x"));
        format!(
            "| {} | {:.0} | {:.0} | {:.2} | {goal} | {} | {} |",
            self.name,
            self.rate,
            self.limit_rate,
            self.ratio(),
            verdict(self.goal.map(|goal| self.ratio() >= goal)),
            self.limit_name,
        )
    }
}

impl ReadRow {
    fn ratio(&self) -> f64 {
        self.median.as_secs_f64() / self.limit_median.as_secs_f64()
    }

    pub(crate) fn line(&self) -> String {
        let goal = self
            .goal_millis
            .map_or_else(String::new, |goal| format!("< {goal} ms"));
        let met = self.goal_millis.map(|goal| millis(self.p95) < goal);
        format!(
            "| {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.1} | {goal} | {} | {} |",
            self.name,
            millis(self.median),
            millis(self.p95),
            millis(self.slowest),
            millis(self.limit_median),
            millis(self.limit_p95),
            self.ratio(),
            verdict(met),
            self.agreement,
        )
    }
}

impl Figure {
    pub(crate) fn line(&self) -> String {
        let unit = self.unit;
        let limit = self
            .limit
            .map_or_else(String::new, |limit| format!("{limit:.1} {unit}"));
        let goal = self
            .goal
            .map_or_else(String::new, |goal| format!("< {goal} {unit}"));
        format!(
            "| {} | {:.1} {unit} | {limit} | {goal} | {} |",
            self.name,
            self.value,
            verdict(self.goal.map(|goal| self.value < goal)),
        )
    }
}

impl Report {
    /// Returns the tables as Markdown.
    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        let mut table = |head: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                let columns = head.matches('|').count() - 1;
                let rule = format!("|---{}|", "|--:".repeat(columns - 1));
                writeln!(text, "{head}\n{rule}\n{}\n", lines.join("\n"))
                    .expect("writing to a string does not fail");
            }
        };
        table(
            "| storing | a second | limit, a second | ratio | goal | | the limit |",
            self.rates.iter().map(RateRow::line).collect(),
        );
        table(
            "| reading, in ms | median | p95 | slowest | limit, median | limit, p95 | ratio of medians | goal for p95 | | answers |",
            self.reads.iter().map(ReadRow::line).collect(),
        );
        table(
            "| process and file | | limit | goal | |",
            self.figures.iter().map(Figure::line).collect(),
        );
        text
    }
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}

fn verdict(met: Option<bool>) -> &'static str {
    match met {
        None => "",
        Some(true) => "met",
        Some(false) => "**missed**",
    }
}
