//! Primaries that die, come back, and come back as others.

mod killed;
mod replaced;
mod restored;
mod uninitialised;

use std::path::PathBuf;

use memorygraph_adapter_turso::{Mode, TursoBackend, TursoOptions};
use ports::{BackendError, ErrorKind, GraphBackend, Replica};

use crate::{
    contents::{Contents, assert_equals_primary, assert_sound},
    world::World,
};

/// A replica whose way to the primary leads past the proxy.
fn direct(world: &World, name: &str) -> TursoOptions {
    TursoOptions {
        sync_url: Some(world.primary.url()),
        ..world.replica(name)
    }
}

/// What a failed write says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    /// Nothing was changed.
    NotWritten,
    /// The primary may have it.
    Unknown,
}

/// Fails unless the error says whether the write may have happened.
#[track_caller]
fn claim(err: &BackendError) -> Claim {
    assert_eq!(err.kind(), ErrorKind::Unreachable, "{err}");
    let words = err.to_string();
    match (
        words.contains("nothing was changed"),
        words.contains("is not known"),
    ) {
        (true, false) => Claim::NotWritten,
        (false, true) => Claim::Unknown,
        _ => panic!("it does not say whether the write may have happened: {words}"),
    }
}

/// Returns the files in which something is kept aside, those kept first at the beginning.
fn asides(world: &World) -> Vec<PathBuf> {
    let entries = world.folder.path().read_dir().unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "aside"))
        .collect();
    files.sort();
    files
}

/// Fails unless the replica has what the primary has now, and has kept `old` in the only file
/// beside it, which it tells.
async fn assert_kept_aside(world: &World, replica: &TursoBackend, old: &Contents) {
    let files = asides(world);
    let [aside] = &files[..] else {
        panic!("one file is kept aside, not {files:?}");
    };
    let notices = Replica::sync_status(replica).notices;
    let warnings = replica.health().await.unwrap().warnings;
    let path = aside.to_str().unwrap();
    let [notice] = &notices[..] else {
        panic!("the status has one notice, not {notices:?}");
    };
    assert!(notice.contains(path), "{notice}");
    assert!(warnings.contains(notice), "{warnings:?}");
    assert_holds(world, aside.clone(), old).await;
    assert_equals_primary(replica, &world.primary).await;
}

/// Fails unless the file is a graph of its own with these contents.
async fn assert_holds(world: &World, path: PathBuf, contents: &Contents) {
    let options = TursoOptions {
        db_path: path,
        mode: Some(Mode::Local),
        ..world.local("unused.db")
    };
    let kept = TursoBackend::create(options).await.unwrap();
    assert_eq!(&Contents::of(&kept).await, contents);
    assert_sound(&kept).await;
    kept.close().await.unwrap();
}
