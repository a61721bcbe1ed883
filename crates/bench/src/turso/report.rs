//! The tables, on the terminal and in the documentation.

use std::{fmt::Write as _, time::Duration};

/// The most that local mode may take of what the SQLite backend takes.
const MOST: f64 = 1.5;

/// All that was measured.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) ratios: Vec<Ratio>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) remote: Vec<Call>,
}

/// What a call needs of the processors, in both backends.
pub(crate) struct Ratio {
    pub(crate) name: String,
    pub(crate) memories: usize,
    /// For each round, the time of a call in Turso's local mode and in SQLite.
    pub(crate) rounds: Vec<(Duration, Duration)>,
}

/// One number, with the most or the least that it may be.
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) goal: Option<Goal>,
    /// What else is known of it.
    pub(crate) note: String,
}

/// What a number should be.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    Below(f64),
    AtMost(f64),
}

/// What a call in remote mode takes.
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) median: Duration,
    pub(crate) p95: Duration,
    pub(crate) requests: f64,
}

impl Ratio {
    /// Returns the least, the middle and the greatest of the ratios of the rounds.
    fn spread(&self) -> (f64, f64, f64) {
        let ratios = self.rounds.iter();
        let mut ratios: Vec<f64> = ratios
            .map(|(turso, sqlite)| turso.as_secs_f64() / sqlite.as_secs_f64())
            .collect();
        ratios.sort_by(f64::total_cmp);
        let at = |place: usize| ratios.get(place).copied().unwrap_or_default();
        (
            at(0),
            at(ratios.len() / 2),
            at(ratios.len().saturating_sub(1)),
        )
    }

    /// Returns the median of what one of the two took.
    fn median(&self, of: impl Fn(&(Duration, Duration)) -> Duration) -> f64 {
        let mut times: Vec<Duration> = self.rounds.iter().map(of).collect();
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        median.as_secs_f64() * 1_000_000.0
    }

    pub(crate) fn line(&self) -> String {
        let (least, ratio, greatest) = self.spread();
        format!(
            "| {} | {} | {:.0} | {:.0} | {ratio:.2} | {least:.2} to {greatest:.2} | {} |",
            self.name,
            self.memories,
            self.median(|round| round.0),
            self.median(|round| round.1),
            verdict(ratio <= MOST),
        )
    }
}

impl Figure {
    pub(crate) fn line(&self) -> String {
        let unit = self.unit;
        let (goal, verdict) = match self.goal {
            None => (String::new(), ""),
            Some(Goal::Below(goal)) => (format!("< {goal} {unit}"), verdict(self.value < goal)),
            Some(Goal::AtMost(goal)) => (format!("≤ {goal} {unit}"), verdict(self.value <= goal)),
        };
        format!(
            "| {} | {:.2} {unit} | {goal} | {verdict} | {} |",
            self.name, self.value, self.note
        )
    }
}

impl Call {
    pub(crate) fn line(&self) -> String {
        format!(
            "| {} | {:.2} | {:.2} | {:.1} |",
            self.name,
            millis(self.median),
            millis(self.p95),
            self.requests
        )
    }
}

impl Report {
    /// Adds a figure, and shows it.
    pub(crate) fn figure(&mut self, figure: Figure) {
        eprintln!("{}", figure.line());
        self.figures.push(figure);
    }

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
            "| local mode, CPU time of a call in µs | memories | turso | sqlite | ratio | spread | ≤ 1.5 x |",
            self.ratios.iter().map(Ratio::line).collect(),
        );
        table(
            "| with a primary | | goal | | |",
            self.figures.iter().map(Figure::line).collect(),
        );
        table(
            "| remote mode, in ms | median | p95 | requests |",
            self.remote.iter().map(Call::line).collect(),
        );
        text
    }
}

pub(crate) fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "**missed**" }
}
