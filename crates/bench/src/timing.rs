//! How long calls take.

use std::time::{Duration, Instant};

/// How long the calls of one kind took.
#[derive(Clone, Debug, Default)]
pub struct Timings(Vec<Duration>);

impl Timings {
    /// Adds one call.
    pub fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// Adds the calls of another list.
    pub fn extend(&mut self, others: &Self) {
        self.0.extend_from_slice(&others.0);
    }

    /// Returns what a share of the calls stayed within, from 0 to 1: half of them for 0.5.
    pub fn quantile(&self, share: f64) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a place in a list of a few thousand"
        )]
        let place = (sorted.len() as f64 * share).ceil() as usize;
        let last = sorted.len().saturating_sub(1);
        sorted
            .get(place.saturating_sub(1).min(last))
            .copied()
            .unwrap_or_default()
    }

    /// Returns what half of the calls stayed within.
    pub fn median(&self) -> Duration {
        self.quantile(0.5)
    }
}

/// Returns how long `work` took, and what it gave.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begun = Instant::now();
    let result = work();
    (begun.elapsed(), result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_calls() {
        let mut timings = Timings::default();
        for millis in (1..=100).rev() {
            timings.add(Duration::from_millis(millis));
        }
        assert_eq!(timings.median(), Duration::from_millis(50));
        assert_eq!(timings.quantile(0.95), Duration::from_millis(95));
        assert_eq!(timings.quantile(1.0), Duration::from_millis(100));
        assert_eq!(Timings::default().median(), Duration::ZERO);
    }
}
