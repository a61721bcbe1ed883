//! A process that is killed while it keeps a replica aside, since the primary is another one.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use contract::chance::Chance;
use memorygraph_adapter_turso::{Mode, TursoBackend, TursoOptions};
use ports::{GraphBackend, Replica};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{Killed, Role, SEED, assert_killed, some_lines};
use crate::{
    contents::{Contents, assert_equals_primary, assert_sound},
    graph::chain,
    rerun::{Other, end_with_parent, role, say},
    world::{Hands, PATIENCE, opened},
};

const KILLS: usize = 20;

#[test]
fn what_is_kept_aside_survives_20_kills() {
    const TEST: &str = "kills::aside::what_is_kept_aside_survives_20_kills";
    if let Some(role) = role() {
        return sync_once(&Role::parse(&role));
    }
    let mut world = Killed::new();
    let runtime = Runtime::new().unwrap();
    let old = runtime.block_on(replaced(&mut world));
    let left = TempDir::new().unwrap();
    copy(world.folder.path(), left.path());

    let mut chance = Chance::new(SEED);
    let mut kept_before = 0;
    for round in 0..KILLS {
        world.forget();
        copy(left.path(), world.folder.path());
        let mut syncer = Other::start(TEST, &world.role(round));
        assert_eq!(syncer.lines.recv().as_deref(), Ok("opened"));
        let time = if chance.one_in(4) {
            PATIENCE
        } else {
            Duration::from_micros(chance.below(40_000) as u64)
        };
        some_lines(&syncer, 1, time);
        assert_killed(&mut syncer, round);
        kept_before += usize::from(!asides(&world).is_empty());
        runtime.block_on(check(&world, &old, round));
    }
    assert!(kept_before > 0, "each was killed too early");
}

/// Lets a replica come to 20 batches, of which the primary loses 10 and gets 10 others.
async fn replaced(world: &mut Killed) -> Contents {
    let replica = opened(world.options()).await;
    for number in 0..20 {
        if number == 10 {
            world.saved = Some(world.primary.save_data());
        }
        let batch = chain(&format!("old{number}"), 10);
        replica.apply(batch).await.unwrap();
    }
    let old = Contents::of(&replica).await;
    replica.close().await.unwrap();
    world.primary.restart_with(world.saved.as_ref().unwrap());
    let remote = TursoOptions {
        mode: Some(Mode::Remote),
        ..world.options()
    };
    let other = opened(remote).await;
    for number in 0..10 {
        let batch = chain(&format!("new{number}"), 10);
        other.apply(batch).await.unwrap();
    }
    old
}

/// Fails unless the replica has what the primary has, and each file aside all that the replica had.
async fn check(world: &Killed, old: &Contents, round: usize) {
    let replica = TursoBackend::create(world.options()).await.unwrap();
    Replica::sync(&replica).await.unwrap();
    assert_equals_primary(&replica, &world.primary).await;
    let warnings = replica.health().await.unwrap().warnings;
    replica.close().await.unwrap();
    let files = asides(world);
    assert!(!files.is_empty(), "round {round}, seed {SEED}: it is lost");
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(
            warnings.iter().any(|warning| warning.contains(name)),
            "{name}: {warnings:?}"
        );
        let options = TursoOptions {
            db_path: file.clone(),
            sync_url: None,
            ..world.options()
        };
        let kept = TursoBackend::create(options).await.unwrap();
        assert_sound(&kept).await;
        assert_eq!(&Contents::of(&kept).await, old, "round {round}, {name}");
        kept.close().await.unwrap();
    }
}

fn asides(world: &Killed) -> Vec<PathBuf> {
    let entries = world.folder.path().read_dir().unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "aside"))
        .collect()
}

fn copy(from: &Path, to: &Path) {
    for entry in from.read_dir().unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

fn sync_once(role: &Role) {
    end_with_parent();
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let clock = Hands::new();
        clock.set(1);
        let options = TursoOptions {
            clock,
            ..role.options.clone()
        };
        let backend = TursoBackend::create(options).await.unwrap();
        say("opened");
        Replica::sync(&backend).await.unwrap();
        say("synced");
        std::future::pending::<()>().await;
    });
}
