//! Processes that are killed while they write to a replica, and while they sync it.

mod aside;

use std::{
    collections::BTreeSet,
    num::NonZeroUsize,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    sync::{Arc, mpsc::RecvTimeoutError},
    time::{Duration, Instant},
};

use contract::chance::Chance;
use domain::Memory;
use engines::{SavedData, Sqld};
use memorygraph_adapter_turso::{Mode, TursoBackend, TursoOptions};
use ports::{GraphBackend, Replica, SyncStatus};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{
    contents::{assert_equals_primary, whole_chains, whole_chains_at},
    graph::{ask, chain, memory},
    rerun::{Other, end_with_parent, role, say},
    world::{Hands, opened},
};

const SEED: u64 = 20_261_124;
const KILLS: usize = 50;
const TASKS: usize = 4;

#[test]
fn what_a_replica_acknowledged_survives_50_kills() {
    const TEST: &str = "kills::what_a_replica_acknowledged_survives_50_kills";
    if let Some(role) = role() {
        return write_until_killed(&Role::parse(&role));
    }
    let world = Killed::new();
    let mut chance = Chance::new(SEED);
    let mut acknowledged = BTreeSet::new();
    for round in 0..KILLS {
        let mut writer = Other::start(TEST, &world.role(round));
        let (most, time) = match chance.below(3) {
            0 => (usize::MAX, Duration::from_millis(chance.below(150) as u64)),
            _ => (chance.below(25), Duration::from_mins(1)),
        };
        acknowledged.extend(some_lines(&writer, most, time));
        assert_killed(&mut writer, round);
        acknowledged.extend(writer.lines.iter());
        // Most of the time the next writer is the first to open what the last one left.
        if chance.one_in(5) || round + 1 == KILLS {
            let there = world.check(round);
            let lost: Vec<_> = acknowledged.difference(&there).collect();
            assert!(lost.is_empty(), "round {round}, seed {SEED}: lost {lost:?}");
        }
    }
    assert!(acknowledged.len() > KILLS, "{}", acknowledged.len());
}

#[test]
fn a_replica_survives_50_kills_while_it_syncs() {
    const TEST: &str = "kills::a_replica_survives_50_kills_while_it_syncs";
    if let Some(role) = role() {
        return sync_until_killed(&Role::parse(&role));
    }
    let world = Killed::new();
    let mut chance = Chance::new(SEED);
    // Another device, which gives the killed one something to sync.
    let runtime = Runtime::new().unwrap();
    let remote = TursoOptions {
        mode: Some(Mode::Remote),
        ..world.options()
    };
    let other = runtime.block_on(opened(remote));
    let mut syncs = 0;
    for round in 0..KILLS {
        let mut syncer = Other::start(TEST, &world.role(round));
        assert_eq!(syncer.lines.recv().as_deref(), Ok("opened"));
        // Changes come, a few or many, while the syncs follow each other without a pause.
        let batch = chain(&round.to_string(), 5);
        let batch = (0..chance.below(300)).fold(batch, |batch, number| {
            batch.put_memory(Memory {
                content: format!("changed in round {round}"),
                ..memory(&format!("m{number}"))
            })
        });
        runtime.block_on(other.apply(batch)).unwrap();
        let time = Duration::from_micros(chance.below(30_000) as u64);
        syncs += some_lines(&syncer, usize::MAX, time).len();
        assert_killed(&mut syncer, round);
        syncs += syncer.lines.iter().count();
        if chance.one_in(5) || round + 1 == KILLS {
            world.check(round);
        }
    }
    assert!(syncs > 0, "each was killed before it had synced");
}

#[test]
fn a_replica_survives_50_kills_while_it_first_syncs() {
    const TEST: &str = "kills::a_replica_survives_50_kills_while_it_first_syncs";
    if let Some(role) = role() {
        return sync_until_killed(&Role::parse(&role));
    }
    let world = Killed::new();
    let mut chance = Chance::new(SEED);
    let runtime = Runtime::new().unwrap();
    let remote = TursoOptions {
        mode: Some(Mode::Remote),
        ..world.options()
    };
    let other = runtime.block_on(opened(remote));
    for number in 0..40 {
        let batch = chain(&format!("first-{number}"), 5);
        runtime.block_on(other.apply(batch)).unwrap();
    }
    let mut opened_at_all = 0;
    for round in 0..KILLS {
        let mut syncer = Other::start(TEST, &world.role(round));
        let time = Duration::from_micros(20_000 + chance.below(120_000) as u64);
        opened_at_all += some_lines(&syncer, 1, time).len();
        assert_killed(&mut syncer, round);
        if chance.one_in(5) || round + 1 == KILLS {
            world.check(round);
        }
        if chance.one_in(2) {
            // Begin with nothing, or with what the killed one left.
            world.forget();
        }
    }
    assert!(
        opened_at_all < KILLS,
        "each was opened before it was killed"
    );
}

/// A primary, and a replica whose processes are killed.
struct Killed {
    folder: TempDir,
    primary: Sqld,
    /// What the primary had before.
    saved: Option<SavedData>,
}

impl Killed {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            primary: Sqld::start(),
            saved: None,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("replica.db")
    }

    fn role(&self, round: usize) -> String {
        format!("{round} {} {}", self.primary.url(), self.path().display())
    }

    fn options(&self) -> TursoOptions {
        options(&self.primary.url(), &self.path())
    }

    /// Opens what a killed process left, fails unless it is whole, and returns the names of what
    /// is there.
    fn check(&self, round: usize) -> BTreeSet<String> {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let replica = TursoBackend::create(self.options()).await.unwrap();
            // As it was left, and then as it becomes.
            whole_chains_if_any(&replica).await;
            Replica::sync(&replica).await.unwrap();
            let status: SyncStatus = Replica::sync_status(&replica);
            assert!(status.notices.is_empty(), "round {round}: {status:?}");
            let here = whole_chains(&replica).await;
            assert_eq!(here, whole_chains_at(&self.primary), "round {round}");
            assert_equals_primary(&replica, &self.primary).await;
            replica.close().await.unwrap();
            here
        })
    }

    fn forget(&self) {
        for entry in self.folder.path().read_dir().unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
    }
}

/// A process that was killed before the tables came left a replica without them.
async fn whole_chains_if_any(replica: &TursoBackend) {
    let tables = ask(replica, "SELECT name FROM sqlite_schema").await;
    if !tables.is_empty() {
        whole_chains(replica).await;
    }
}

fn options(url: &str, path: &Path) -> TursoOptions {
    TursoOptions {
        sync_url: Some(url.to_owned()),
        auto_sync: false,
        readers: NonZeroUsize::MIN,
        ..TursoOptions::new(path, Hands::new())
    }
}

/// Returns the lines that come within this time, up to so many.
fn some_lines(other: &Other, most: usize, time: Duration) -> Vec<String> {
    let until = Instant::now() + time;
    let mut lines = Vec::new();
    while lines.len() < most {
        let left = until.saturating_duration_since(Instant::now());
        match other.lines.recv_timeout(left) {
            Ok(line) => lines.push(line),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    lines
}

fn assert_killed(other: &mut Other, round: usize) {
    let status = other.kill();
    assert_eq!(
        status.signal(),
        Some(9),
        "round {round}, seed {SEED}: the child failed by itself"
    );
}

/// What a child is to do.
struct Role {
    round: String,
    options: TursoOptions,
}

impl Role {
    fn parse(role: &str) -> Self {
        let mut words = role.splitn(3, ' ');
        let mut word = || words.next().unwrap();
        let (round, url, path) = (word(), word(), word());
        Self {
            round: round.to_owned(),
            options: options(url, Path::new(path)),
        }
    }
}

/// Writes batches in several tasks, and says which were acknowledged.
fn write_until_killed(role: &Role) {
    end_with_parent();
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let backend = Arc::new(opened(role.options.clone()).await);
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                tokio::spawn(write(
                    Arc::clone(&backend),
                    format!("{}-{task}", role.round),
                ))
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

async fn write(backend: Arc<TursoBackend>, name: String) {
    for number in 0_u64.. {
        let name = format!("{name}-{number}");
        backend.apply(chain(&name, 5)).await.unwrap();
        say(&name);
    }
}

/// Syncs without a pause, and says each time that it did.
fn sync_until_killed(role: &Role) {
    end_with_parent();
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let backend = TursoBackend::create(role.options.clone()).await.unwrap();
        say("opened");
        loop {
            Replica::sync(&backend).await.unwrap();
            say("synced");
        }
    });
}
