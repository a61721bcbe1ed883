use std::time::Duration;

use domain::RelationshipType;
use ports::{Conflict, ErrorKind, Expect, GraphBackend, GraphBackendExt, Replica, SyncState};

use crate::{
    Harness, LawResult,
    samples::{assert_fails, batch, contents, id, link, memory, open},
};

/// Returns the door for syncing; where there is none, the backend refuses as it says.
fn replica(store: &dyn GraphBackend) -> Option<&dyn Replica> {
    match (store.capabilities().replica, store.replica()) {
        (true, Ok(replica)) => Some(replica),
        (true, Err(error)) => panic!("the backend says that it is a replica, and not: {error}"),
        (false, Ok(_)) => panic!("the backend says that it is no replica, and syncs"),
        (false, Err(error)) => {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            None
        }
    }
}

/// A backend syncs exactly when it says so, and its health tells of it then.
pub async fn a_backend_syncs_when_it_says_so(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let syncs = replica(&*store).is_some();
    assert_eq!(store.health().await?.sync.is_some(), syncs);
    Ok(())
}

/// A sync changes nothing of what a replica wrote itself, and its status tells that it succeeded.
pub async fn a_sync_succeeds_and_is_counted(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let Some(replica) = replica(&*store) else {
        return Ok(());
    };
    store.put_memory(memory("a")).await?;
    let before = contents(&*store).await?;
    let status = replica.sync_status();
    replica.sync().await?;
    assert_eq!(contents(&*store).await?, before);
    let after = replica.sync_status();
    assert_eq!(after.successes, status.successes + 1);
    assert_eq!(after.latency.count(), after.successes);
    assert_eq!((after.failures, after.last_error), (0, None));
    assert_eq!(after.state, SyncState::Idle);
    assert!(after.last_success.is_some() && after.age >= Some(Duration::ZERO));
    Ok(())
}

/// A sync that begins after another opening was told of its write brings that write.
pub async fn a_sync_brings_what_others_wrote(h: &dyn Harness) -> LawResult {
    let [one, other] = [open(h).await?, open(h).await?];
    let Some(replica) = replica(&*other) else {
        return Ok(());
    };
    for n in 0..5 {
        let name = format!("m{n}");
        one.put_memory(memory(&name)).await?;
        replica.sync().await?;
        assert_eq!(other.memory(&id(&name)).await?, Some(memory(&name)));
    }
    Ok(())
}

/// What a replica does not know yet is no reason to refuse a write: of two versions the primary's
/// counts, and a conflict shows it.
pub async fn an_outdated_replica_hears_of_the_present_version(h: &dyn Harness) -> LawResult {
    let [one, other] = [open(h).await?, open(h).await?];
    if replica(&*one).is_none() {
        return Ok(());
    }
    one.put_memory(memory("m")).await?;
    let expected = batch().expect(Expect::Absent(id("m")));
    let refused = other.apply(expected.put_memory(memory("m"))).await;
    let error = refused.expect_err("the other one is there");
    let found = Conflict::Memory {
        id: id("m"),
        found: Some(Box::new(memory("m"))),
    };
    assert_eq!(error.found(), Some(&found));
    let linked = link("1", "m", RelationshipType::Solves, "m2");
    one.put_memory(memory("m2")).await?;
    other.put_relationship(linked).await?;
    Ok(())
}

/// A closed replica syncs no more, and says so.
pub async fn a_closed_replica_does_not_sync(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    if replica(&*store).is_none() {
        return Ok(());
    }
    store.close().await?;
    let replica = store.replica()?;
    assert_fails(replica.sync().await, ErrorKind::Closed);
    assert_eq!(replica.sync_status().state, SyncState::Closed);
    Ok(())
}
