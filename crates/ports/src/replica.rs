use std::{
    fmt::{self, Write as _},
    time::Duration,
};

use async_trait::async_trait;
use domain::Timestamp;
use serde::{Serialize, Serializer};

use crate::{ErrorKind, Result};

/// A backend that keeps a copy of a primary and reads from the copy.
///
/// Reads never wait for the primary. Syncs run in the background, one at a time: after opening,
/// at an interval, after each write, and when somebody asks.
#[async_trait]
pub trait Replica: Send + Sync {
    /// Brings the copy up to date. When this returns, the copy has all that the primary had when
    /// this was called. Callers that wait at the same time share one sync.
    ///
    /// # Errors
    ///
    /// - [`Unreachable`](ErrorKind::Unreachable) when the primary does not answer
    /// - [`Unauthorized`](ErrorKind::Unauthorized) when it does not take the token
    /// - [`Conflict`](ErrorKind::Conflict) when it holds no graph any more, while the copy does
    /// - [`Busy`](ErrorKind::Busy) when another process keeps the copy up to date, and the primary
    ///   did not answer when this one was opened
    /// - [`Closed`](ErrorKind::Closed) after closing
    async fn sync(&self) -> Result<Synced>;

    /// Says how the syncing goes. Asks nobody, so it answers offline.
    fn sync_status(&self) -> SyncStatus;
}

/// What a sync brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Synced {
    /// How many frames of the primary's log, a page of the file each.
    pub frames: u64,
    /// How long it took, waiting for an earlier sync included.
    #[serde(rename = "took_seconds", serialize_with = "seconds")]
    pub took: Duration,
}

/// How the syncing of a replica goes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SyncStatus {
    /// What is being done.
    pub state: SyncState,
    /// When the copy was last up to date, also before this process.
    pub last_success: Option<Timestamp>,
    /// How long ago that was: the copy may lack what the primary learned since.
    #[serde(rename = "age_seconds", serialize_with = "optional_seconds")]
    pub age: Option<Duration>,
    /// The time between two syncs that nobody asks for; none where each has to be asked for.
    #[serde(rename = "interval_seconds", serialize_with = "optional_seconds")]
    pub interval: Option<Duration>,
    /// Why the last sync failed, unless one has succeeded since.
    pub last_error: Option<SyncError>,
    /// What a person should know, such as where an earlier copy was kept when the primary turned
    /// out to be another one.
    pub notices: Vec<String>,
    /// How many syncs succeeded since opening.
    pub successes: u64,
    /// How many syncs failed since opening.
    pub failures: u64,
    /// How many frames came since opening.
    pub frames: u64,
    /// How long the successful syncs took.
    pub latency: Latency,
}

/// What a replica is doing about its copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// Nothing, until it is time or somebody asks.
    Idle,
    /// A sync is under way.
    Syncing,
    /// The last sync failed; the next one is tried later, after a pause that grows.
    Retrying,
    /// Nothing any more.
    Closed,
}

/// Why a sync failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SyncError {
    /// The kind of the error, as a word.
    #[serde(serialize_with = "word")]
    pub kind: ErrorKind,
    /// What was in the way, and what to do.
    pub message: String,
    /// When.
    pub at: Timestamp,
}

/// A histogram of how long something took.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    /// How many took at most the bound of the same place in [`Latency::BOUNDS`], and more than the
    /// one before; the last number counts those beyond.
    pub counts: [u64; Self::BOUNDS.len() + 1],
    /// The sum.
    #[serde(rename = "sum_seconds", serialize_with = "seconds")]
    pub sum: Duration,
}

impl Latency {
    /// The upper bounds, in milliseconds.
    pub const BOUNDS: [u64; 12] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 30_000];

    /// Counts one more.
    pub fn record(&mut self, took: Duration) {
        let place = Self::BOUNDS.partition_point(|bound| Duration::from_millis(*bound) < took);
        self.counts[place] += 1;
        self.sum += took;
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

impl SyncState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Syncing => "syncing",
            Self::Retrying => "retrying",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for SyncState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl SyncStatus {
    /// Writes the numbers in the text format of Prometheus
    /// (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
    pub fn to_prometheus(&self) -> String {
        let mut text = String::new();
        let mut family = |name: &str, kind: &str, help: &str, samples: &[(String, f64)]| {
            let name = format!("memorygraph_sync_{name}");
            _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (suffix, value) in samples {
                _ = writeln!(text, "{name}{suffix} {value}");
            }
        };
        let one = |value: f64| [(String::new(), value)];
        family(
            "success_total",
            "counter",
            "Syncs that succeeded.",
            &one(count(self.successes)),
        );
        family(
            "failure_total",
            "counter",
            "Syncs that failed.",
            &one(count(self.failures)),
        );
        family(
            "frames_total",
            "counter",
            "Frames that came from the primary.",
            &one(count(self.frames)),
        );
        let states = [
            SyncState::Idle,
            SyncState::Syncing,
            SyncState::Retrying,
            SyncState::Closed,
        ];
        let states = states.map(|state| {
            let is = f64::from(u8::from(self.state == state));
            (format!("{{state=\"{state}\"}}"), is)
        });
        family("state", "gauge", "What the replica is doing.", &states);
        if let Some(age) = self.age {
            family(
                "age_seconds",
                "gauge",
                "How long ago the copy was last up to date.",
                &one(age.as_secs_f64()),
            );
        }
        let mut below = 0;
        let mut buckets: Vec<(String, f64)> = Vec::new();
        for (bound, number) in Latency::BOUNDS.iter().zip(self.latency.counts) {
            below += number;
            let bound = Duration::from_millis(*bound).as_secs_f64();
            buckets.push((format!("_bucket{{le=\"{bound}\"}}"), count(below)));
        }
        let all = count(self.latency.count());
        buckets.push(("_bucket{le=\"+Inf\"}".to_owned(), all));
        buckets.push(("_sum".to_owned(), self.latency.sum.as_secs_f64()));
        buckets.push(("_count".to_owned(), all));
        family(
            "duration_seconds",
            "histogram",
            "How long syncs took.",
            &buckets,
        );
        text
    }
}

type Serialized<S> = std::result::Result<<S as Serializer>::Ok, <S as Serializer>::Error>;

#[expect(clippy::cast_precision_loss, reason = "Prometheus counts in doubles")]
fn count(number: u64) -> f64 {
    number as f64
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Serialized<S> {
    serializer.serialize_f64(duration.as_secs_f64())
}

#[expect(clippy::ref_option, reason = "serde gives it so")]
fn optional_seconds<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Serialized<S> {
    duration.map(|age| age.as_secs_f64()).serialize(serializer)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives it so")]
fn word<S: Serializer>(kind: &ErrorKind, serializer: S) -> Serialized<S> {
    serializer.collect_str(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> SyncStatus {
        let mut latency = Latency::default();
        for millis in [1, 3, 40_000] {
            latency.record(Duration::from_millis(millis));
        }
        SyncStatus {
            state: SyncState::Retrying,
            last_success: None,
            age: Some(Duration::from_secs(90)),
            interval: None,
            last_error: Some(SyncError {
                kind: ErrorKind::Unreachable,
                message: "gone".to_owned(),
                at: Timestamp::UNIX_EPOCH,
            }),
            notices: Vec::new(),
            successes: 3,
            failures: 2,
            frames: 12,
            latency,
        }
    }

    #[test]
    fn a_duration_is_counted_below_the_bound_that_it_reaches() {
        let latency = status().latency;
        assert_eq!(latency.counts, [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(latency.count(), 3);
    }

    #[test]
    fn the_prometheus_text_counts_up_to_each_bound() {
        let text = status().to_prometheus();
        for line in [
            "# TYPE memorygraph_sync_duration_seconds histogram",
            "memorygraph_sync_success_total 3",
            "memorygraph_sync_failure_total 2",
            "memorygraph_sync_state{state=\"retrying\"} 1",
            "memorygraph_sync_state{state=\"idle\"} 0",
            "memorygraph_sync_age_seconds 90",
            "memorygraph_sync_duration_seconds_bucket{le=\"0.001\"} 1",
            "memorygraph_sync_duration_seconds_bucket{le=\"0.005\"} 2",
            "memorygraph_sync_duration_seconds_bucket{le=\"30\"} 2",
            "memorygraph_sync_duration_seconds_bucket{le=\"+Inf\"} 3",
            "memorygraph_sync_duration_seconds_sum 40.004",
            "memorygraph_sync_duration_seconds_count 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_status_is_plain_json() {
        let json = serde_json::to_value(status()).expect("plain data");
        assert_eq!(json["state"], "retrying");
        assert_eq!(json["age_seconds"], 90.0);
        assert_eq!(json["last_error"]["kind"], "unreachable");
    }
}
