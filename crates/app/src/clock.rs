use std::sync::atomic::{AtomicI64, Ordering};

use domain::Timestamp;
use ports::Clock;

/// The clock of the machine, in whole microseconds.
///
/// It never goes back: while the machine's clock does, this one stands still.
#[derive(Debug)]
pub struct SystemClock {
    last: AtomicI64,
}

impl SystemClock {
    /// Makes a clock.
    pub const fn new() -> Self {
        Self {
            last: AtomicI64::new(i64::MIN),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else asks"
    )]
    fn now(&self) -> Timestamp {
        let machine = Timestamp::now().as_microsecond();
        let last = self.last.fetch_max(machine, Ordering::Relaxed);
        Timestamp::from_microsecond(machine.max(last))
            .expect("a timestamp without its nanoseconds is in range")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_has_whole_microseconds_and_never_goes_back() {
        let clock = SystemClock::new();
        let times: Vec<_> = (0..1_000).map(|_| clock.now()).collect();
        assert!(times.is_sorted());
        assert!(times.iter().all(|t| t.subsec_nanosecond() % 1_000 == 0));
        clock.last.store(4_102_444_800_000_000, Ordering::Relaxed);
        assert_eq!(clock.now().to_string(), "2100-01-01T00:00:00Z");
    }
}
