use std::{collections::BTreeSet, sync::Arc};

use domain::{Memory, Relationship};
use ports::{ErrorKind, Expect, GraphBackend, GraphBackendExt, Result};
use tokio::task::JoinSet;

use crate::{
    Harness, LawResult,
    laws::history::{SIMILAR_TO, SOLVES, put_states, state, strengths},
    samples::{
        assert_fails, at, batch, id, link, memory, memory_states, open, put_names,
        relationship_states, remove_memory, score, touch,
    },
};

/// Reads the memory and changes it as one who expects its version; again when another was faster.
async fn change_once(store: &dyn GraphBackend) -> Result<()> {
    for _ in 0..1_000 {
        let found = store.memory(&id("m")).await?.expect("it is never removed");
        let put = batch()
            .expect(Expect::Version(id("m"), found.version))
            .put_memory(state(found.version + 1));
        match store.apply(put).await {
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            answer => return answer.map(drop),
        }
    }
    panic!("a thousand times another writer was faster");
}

async fn all<T: 'static>(mut tasks: JoinSet<Result<T>>) -> LawResult {
    while let Some(answer) = tasks.join_next().await {
        answer??;
    }
    Ok(())
}

/// Changes that come at once, each of the version that it expects, leave all states in the order of
/// their versions, while others count uses.
pub async fn changes_at_once_leave_all_states(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    put_states(&*store, [1]).await?;
    let mut tasks = JoinSet::new();
    for n in 0..12 {
        let changing = Arc::clone(&store);
        tasks.spawn(async move {
            change_once(&*changing).await?;
            change_once(&*changing).await
        });
        let using = Arc::clone(&store);
        tasks.spawn(async move {
            using.apply(batch().then(touch("m", 1, at(n)))).await?;
            Ok(())
        });
    }
    all(tasks).await?;
    let found: Vec<Memory> = memory_states(&*store, "m").await?;
    let unused: Vec<Memory> = found.iter().map(Memory::unused).collect();
    let expected: Vec<Memory> = (1..=25).rev().map(state).collect();
    assert_eq!(unused, expected);
    assert_eq!(found[1..], expected[1..]);
    Ok(())
}

/// Changes that come at once and expect nothing leave each state once, and the last one is there.
pub async fn changes_without_expectations_leave_all_states(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let mut tasks = JoinSet::new();
    for n in 1..=32 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { store.put_memory(state(n)).await });
    }
    all(tasks).await?;
    let found = memory_states(&*store, "m").await?;
    assert_eq!(found.len(), 32);
    let seen: BTreeSet<u32> = found.iter().map(|state| state.version).collect();
    assert_eq!(seen, (1..=32).collect());
    assert!(found.iter().all(|found| *found == state(found.version)));
    assert_eq!(store.memory(&id("m")).await?.as_ref(), found.first());
    Ok(())
}

/// Of batches that come at once, one that is refused adds no state, and removals keep theirs.
pub async fn removals_and_refusals_at_once_leave_the_right_states(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["a", "b"])).await?;
    let mut tasks = JoinSet::new();
    for n in 0..24 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let name = format!("m{n:02}");
            let put = |title: &str| Memory {
                title: title.to_owned(),
                ..memory(&name)
            };
            let tie = |strength| Relationship {
                strength: score(strength),
                ..link(&name, "a", SOLVES, &name)
            };
            let new = batch().put_memory(put("1")).put_relationship(tie(0.25));
            let refused = batch()
                .put_memory(put("2"))
                .put_relationship(link("x", &name, SOLVES, "nobody"));
            let changed = batch().put_memory(put("3")).put_relationship(tie(0.5));
            let removed = batch().then(remove_memory(&name));
            let again = batch().put_memory(put("4")).put_relationship(tie(0.75));
            let calls = [new, refused, changed, removed, again].map(|batch| store.apply(batch));
            let [new, refused, changed, removed, again] = calls;
            // In one lane they stay in this order; in any order the states add up.
            new.await?;
            let (refused, changed) = tokio::join!(refused, changed);
            assert_fails(refused, ErrorKind::NotFound);
            changed?;
            removed.await?;
            again.await?;
            let found = memory_states(&*store, &name).await?;
            let titles: Vec<&str> = found.iter().map(|state| state.title.as_str()).collect();
            assert_eq!(titles, ["4", "3", "1"], "{name}");
            let found = relationship_states(&*store, &name).await?;
            assert_eq!(strengths(&found), [0.75, 0.5, 0.25], "{name}");
            Ok(())
        });
    }
    all(tasks).await
}

/// The same stated at once leaves a state for each piece of evidence.
pub async fn statements_at_once_leave_all_states(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b"]).put_relationship(link("r", "a", SIMILAR_TO, "b"));
    store.apply(put).await?;
    let mut tasks = JoinSet::new();
    for n in 0..16 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let (from, to) = if n % 2 == 0 { ("a", "b") } else { ("b", "a") };
            let again = link(&format!("again {n}"), from, SIMILAR_TO, to);
            store.put_relationship(again).await
        });
    }
    all(tasks).await?;
    let found = relationship_states(&*store, "r").await?;
    let evidence: Vec<u32> = found.iter().map(|state| state.evidence_count).collect();
    assert_eq!(evidence, (1..=17).rev().collect::<Vec<u32>>());
    Ok(())
}
