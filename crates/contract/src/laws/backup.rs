use std::{fs, path::Path, sync::Arc};

use domain::RelationshipType;
use ports::{Backup, ErrorKind, GraphBackend, GraphBackendExt, Result};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::{
    Harness, LawResult,
    samples::{assert_fails, assert_names, contents, link, memory, open, put_names},
};

/// Backs up; where the backend says that it cannot, it refuses, and makes nothing.
async fn backed_up(store: &dyn GraphBackend, file: &Path) -> Result<Option<Backup>> {
    let before = names_in(file.parent().expect("it is in a folder"));
    let answer = store.backup(file).await;
    if store.capabilities().backup {
        return answer.map(Some);
    }
    assert_fails(answer, ErrorKind::Unsupported);
    assert_eq!(names_in(file.parent().expect("it is in a folder")), before);
    Ok(None)
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("it can be read").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// A backend backs up exactly when it says so: then there is a file, and it alone, and the report
/// says what it keeps.
pub async fn a_backend_backs_up_when_it_says_so(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b"]);
    let put = put.put_relationship(link("r", "a", RelationshipType::Solves, "b"));
    store.apply(put).await?;
    let folder = TempDir::new()?;
    let file = folder.path().join("copy it's ж.db");
    let Some(made) = backed_up(&*store, &file).await? else {
        return Ok(());
    };
    assert_eq!((made.memories, made.relationships), (2, 1));
    assert_eq!(made.size_bytes, fs::metadata(&file)?.len());
    assert!(made.file.contains("copy it's ж.db"), "{made:?}");
    assert_eq!(names_in(folder.path()), ["copy it's ж.db"]);
    Ok(())
}

/// An empty store is backed up too.
pub async fn an_empty_store_is_backed_up(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let folder = TempDir::new()?;
    let file = folder.path().join("empty.db");
    if let Some(made) = backed_up(&*store, &file).await? {
        assert_eq!((made.memories, made.relationships), (0, 0));
        assert_ne!(fs::metadata(&file)?.len(), 0);
    }
    Ok(())
}

/// What is at the place already is refused, and stays as it is.
pub async fn nothing_is_overwritten(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("a")).await?;
    let folder = TempDir::new()?;
    let file = folder.path().join("taken.db");
    let within = folder.path().join("taken");
    fs::write(&file, "what was there")?;
    fs::create_dir(&within)?;
    let kind = if store.capabilities().backup {
        ErrorKind::InvalidArgument
    } else {
        ErrorKind::Unsupported
    };
    let refused = assert_fails(store.backup(&file).await, kind);
    if store.capabilities().backup {
        assert_names(&refused, &["taken.db"]);
    }
    assert_fails(store.backup(&within).await, kind);
    assert_eq!(fs::read_to_string(&file)?, "what was there");
    assert_eq!(names_in(folder.path()), ["taken", "taken.db"]);
    assert_eq!(names_in(&within), Vec::<String>::new());
    Ok(())
}

/// Where no file can be made, the backup fails and leaves nothing, and the store works on.
pub async fn a_failed_backup_leaves_nothing(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("a")).await?;
    let folder = TempDir::new()?;
    let nowhere = folder.path().join("no such folder").join("copy.db");
    assert!(store.backup(&nowhere).await.is_err());
    assert_eq!(names_in(folder.path()), Vec::<String>::new());
    store.put_memory(memory("b")).await?;
    assert_eq!(contents(&*store).await?.memories.len(), 2);
    Ok(())
}

/// A backup changes nothing, and others go on writing meanwhile: it holds whole batches only.
pub async fn a_backup_is_one_state_among_writes(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["hub"])).await?;
    let mut tasks = JoinSet::new();
    for writer in 0..4 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for n in 0..6 {
                let name = format!("m{writer}{n}");
                let put = put_names([name.as_str()]);
                let put = put.put_relationship(link(&name, "hub", RelationshipType::Solves, &name));
                store.apply(put).await?;
            }
            Ok::<_, ports::BackendError>(())
        });
    }
    let folder = TempDir::new()?;
    for n in 0..3 {
        let file = folder.path().join(format!("copy {n}.db"));
        if let Some(made) = backed_up(&*store, &file).await? {
            assert_eq!(made.memories, made.relationships + 1, "copy {n}");
        }
    }
    while let Some(answer) = tasks.join_next().await {
        answer??;
    }
    let now = contents(&*store).await?;
    assert_eq!((now.memories.len(), now.relationships.len()), (25, 24));
    Ok(())
}
