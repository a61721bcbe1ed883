//! Everything comes along, once.

use std::sync::{Arc, Mutex};

use contract::corpus::Corpus;
use memorygraph::domain::{PageRequest, SearchQuery};
use memorygraph::migrate::{Options, Progress, Route, Stage, Verified, migrate};
use memorygraph::ports::{Access, Batch, GraphBackend, SqlParameters};

use super::stores::{
    Contents, SCHEMES, file, go, memory, plain, put, put_everything, set_schema_version, url,
};

const SEED: u64 = 20_261_124;

#[tokio::test]
async fn everything_comes_along_both_ways() {
    let [one, other] = SCHEMES;
    for (from, to) in [(one, other), (other, one)] {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
        let store = file(from, &old).await;
        put_everything(&*store).await;
        let before = Contents::of(&*store).await;
        store.close().await.unwrap();
        let bytes = std::fs::read(&old).unwrap();

        let (from, to) = (url(from, &old), url(to, &new));
        let migrated = go(&from, &to, &plain(), false).await.unwrap();
        assert_eq!(
            (migrated.memories.added, migrated.relationships.added),
            (4, 12)
        );
        assert!(migrated.is_complete());
        let verified = migrated.verified.unwrap();
        assert_eq!(
            (verified.memories, verified.relationships, verified.searches),
            (4, 12, 4)
        );
        assert_eq!(Contents::at(one, &new).await, before);

        // The source is the same to the byte, and nothing is left beside it.
        assert!(std::fs::read(&old).unwrap() == bytes);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);

        let again = go(&from, &to, &plain(), false).await.unwrap();
        for tally in [again.memories, again.relationships] {
            assert_eq!((tally.added, tally.already_there), (0, tally.read));
        }
        let digest = again.verified.unwrap().digest;
        assert_eq!((digest.len(), &digest), (32, &verified.digest));
        assert_eq!(Contents::at(one, &new).await, before);
    }
}

#[tokio::test]
async fn many_pages_are_carried_with_progress() {
    let [from, to] = SCHEMES;
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    let corpus = Corpus::new(SEED);
    let store = file(from, &old).await;
    put(
        &*store,
        corpus.memories(1_700),
        corpus.relationships(1_700, 2_600),
    )
    .await;
    let before = Contents::of(&*store).await;
    store.close().await.unwrap();

    let options = Options::default();
    let route = Route::new(&url(from, &old), &url(to, &new), &plain(), &|_| None).unwrap();
    let ends = route.open(&options).await.unwrap();
    let mut steps: Vec<Progress> = Vec::new();
    let migrated = migrate(&*ends.from, &*ends.to, &options, &mut |step| {
        steps.push(step);
    })
    .await
    .unwrap();
    assert_eq!(
        (migrated.memories.added, migrated.relationships.added),
        (1_700, 2_600)
    );
    let verified = Verified {
        memories: 1_700,
        relationships: 2_600,
        quarantined: 0,
        searches: 20,
        digest: migrated.verified.clone().unwrap().digest,
    };
    assert_eq!(migrated.verified, Some(verified));
    assert!(Contents::of(&*ends.to).await == before);
    ends.close().await.unwrap();
    for (stage, pages, total) in [
        (Stage::Memories, 4, 1_700),
        (Stage::Relationships, 6, 2_600),
        (Stage::Verify, 11, 4_300),
    ] {
        let of_stage: Vec<_> = steps.iter().filter(|step| step.stage == stage).collect();
        assert_eq!(of_stage.len(), pages);
        assert!(of_stage.is_sorted_by_key(|step| step.done));
        let last = of_stage.last().unwrap();
        assert_eq!((last.done, last.total), (total, total));
    }
}

#[tokio::test]
async fn a_dry_run_tells_what_it_would_do_and_makes_nothing() {
    let [from, to] = SCHEMES;
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (
        folder.path().join("old.db"),
        folder.path().join("in/new.db"),
    );
    let store = file(from, &old).await;
    put_everything(&*store).await;
    store.close().await.unwrap();
    let (source, target) = (url(from, &old), url(to, &new));

    let would = go(&source, &target, &plain(), true).await.unwrap();
    assert!(would.dry_run);
    assert_eq!((would.memories.added, would.relationships.added), (4, 12));
    assert_eq!(would.verified, None);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

    // An empty file is no graph, and stays empty.
    std::fs::create_dir(folder.path().join("in")).unwrap();
    std::fs::write(&new, "").unwrap();
    let would = go(&source, &target, &plain(), true).await.unwrap();
    assert_eq!(would.memories.added, 4);
    assert_eq!(std::fs::metadata(&new).unwrap().len(), 0);

    let store = file(to, &new).await;
    put(&*store, ["a", "z"].map(memory), []).await;
    let before = Contents::of(&*store).await;
    store.close().await.unwrap();
    let would = go(&source, &target, &plain(), true).await.unwrap();
    assert_eq!((would.memories.added, would.memories.already_there), (3, 1));
    assert_eq!(Contents::at(to, &new).await, before);
}

#[tokio::test]
async fn a_source_of_the_first_schema_is_read_as_it_is() {
    let [from, to] = SCHEMES;
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    let store = file(from, &old).await;
    put_everything(&*store).await;
    let before = Contents::of(&*store).await;
    for sql in [
        "DROP TABLE graph",
        "DROP TABLE batches",
        "DELETE FROM schema_steps WHERE version > 1",
    ] {
        let sql_access = store.sql_access().unwrap();
        let ran = sql_access.execute_query(sql, SqlParameters::NONE, Access::Write);
        ran.await.unwrap();
    }
    store.close().await.unwrap();
    set_schema_version(&old, 1);
    let bytes = std::fs::read(&old).unwrap();

    let migrated = go(&url(from, &old), &url(to, &new), &plain(), false)
        .await
        .unwrap();
    assert_eq!(migrated.memories.added, 4);
    assert_eq!(Contents::at(to, &new).await, before);
    assert!(std::fs::read(&old).unwrap() == bytes);
}

#[tokio::test]
async fn what_a_program_put_by_sql_is_carried_and_found() {
    let [from, to] = SCHEMES;
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    let store = file(from, &old).await;
    let sql = "INSERT INTO nodes (id, label, properties)
               VALUES ('n', 'Memory', '{\"title\": \"数据库连接\", \"content\": \"parseUserId\"}')";
    let sql_access = store.sql_access().unwrap();
    let ran = sql_access.execute_query(sql, SqlParameters::NONE, Access::Write);
    ran.await.unwrap();
    store.close().await.unwrap();

    let migrated = go(&url(from, &old), &url(to, &new), &plain(), false)
        .await
        .unwrap();
    assert_eq!(migrated.verified.unwrap().searches, 1);
    let store = file(to, &new).await;
    let query = SearchQuery {
        text: "user".to_owned(),
        ..SearchQuery::default()
    };
    let page = PageRequest::first(3).unwrap();
    assert_eq!(store.search(&query, &page).await.unwrap().items.len(), 1);
    store.close().await.unwrap();
}

/// Runs a migration, and changes a store behind its back when it first says `when`.
async fn with_somebody(
    when: Stage,
    changes: Batch,
    of_target: bool,
) -> memorygraph::Result<memorygraph::migrate::Migrated> {
    let [from, to] = SCHEMES;
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    let corpus = Corpus::new(SEED);
    let store = file(from, &old).await;
    put(
        &*store,
        corpus.memories(1_200),
        corpus.relationships(1_200, 100),
    )
    .await;
    store.close().await.unwrap();
    let options = Options::default();
    let route = Route::new(&url(from, &old), &url(to, &new), &plain(), &|_| None).unwrap();
    let ends = route.open(&options).await.unwrap();
    // On the same connections: another engine on the file would drop this one's locks.
    let store = Arc::clone(if of_target { &ends.to } else { &ends.from });
    let changes = Mutex::new(Some(changes));
    let mut step = |step: Progress| {
        if step.stage == when
            && let Some(changes) = changes.lock().unwrap().take()
        {
            apply_elsewhere(&store, changes);
        }
    };
    let result = migrate(&*ends.from, &*ends.to, &options, &mut step).await;
    let statistics = ends.to.statistics().await.unwrap();
    assert!(statistics.memories >= 1_199, "nothing is taken back");
    ends.close().await.unwrap();
    result
}

/// Applies a batch on a thread of its own, and waits for it.
fn apply_elsewhere(store: &Arc<dyn GraphBackend>, batch: Batch) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            runtime.block_on(store.apply(batch)).unwrap();
        });
    });
}

#[tokio::test]
async fn what_somebody_adds_in_between_is_not_overwritten() {
    let taken = Corpus::new(SEED).memory(1_100);
    let mut theirs = memory(taken.id.as_str());
    theirs.version = 3;
    let migrated = with_somebody(Stage::Memories, Batch::default().put_memory(theirs), true)
        .await
        .unwrap();
    assert_eq!(
        (migrated.memories.added, migrated.memories.differing),
        (1_199, 1)
    );
    assert_eq!(migrated.differing[0].id, taken.id.as_str());
    assert_eq!(migrated.verified.unwrap().memories, 1_199);
}

#[tokio::test]
async fn a_verification_names_what_is_missing_and_what_has_changed() {
    use memorygraph::ports::Change;

    let corpus = Corpus::new(SEED);
    let (gone, changed) = (corpus.memory(3), corpus.memory(4));
    let mut batch = Batch::default().then(Change::RemoveMemory(gone.id.clone()));
    let reworded = memory(changed.id.as_str());
    batch = batch.put_memory(reworded);
    let error = with_somebody(Stage::Verify, batch, true)
        .await
        .unwrap_err()
        .to_string();
    let (gone, changed) = (gone.id, changed.id);
    assert!(
        error.contains(&format!("it lacks memory {gone}")),
        "{error}"
    );
    let expected = format!("it has another content for memory {changed}");
    assert!(error.contains(&expected), "{error}");
}

#[tokio::test]
async fn a_source_that_changes_in_between_is_told() {
    let batch = Batch::default().put_memory(memory("late"));
    let error = with_somebody(Stage::Verify, batch, false)
        .await
        .unwrap_err();
    let expected = "the source was changed while it was migrated: run the same command again, which \
                    goes on from here";
    assert_eq!(error.to_string(), expected);
}
