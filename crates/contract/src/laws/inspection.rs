use adapter_memory::MemoryBackend;
use domain::{RelationshipType, SearchMode};
use ports::{
    Access, Batch, Cycles, Finding, GraphBackend, GraphBackendExt, Quarantined, SqlParameters,
    Trouble,
};

use crate::{
    Harness, LawResult,
    chance::Chance,
    laws::random_walk::batches::random_batch,
    samples::{
        batch, caught_up, contents, erase, ever, found_as, full_memory, full_relationship, id,
        in_quarantine, link, list_all, memory, memory_names, memory_states, open, put_names,
        quarantine, record, remove_memory, titled,
    },
};

async fn assert_sound(store: &dyn GraphBackend, place: &str) -> LawResult {
    assert_eq!(store.inspect().await?, [], "{place}");
    Ok(())
}

/// In a store that was only used through this port there is no trouble, whatever it was used for.
pub async fn a_sound_store_has_no_findings(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    assert_sound(&*store, "empty").await?;
    let put = put_names(["b", "c"])
        .put_memory(full_memory("a"))
        .put_relationship(full_relationship("r", "a", "b"))
        .put_relationship(link("s", "b", RelationshipType::DependsOn, "c"))
        .then(quarantine(record("q", &["a"])));
    store.apply(put).await?;
    assert_sound(&*store, "full").await?;
    store.put_memory(memory("a")).await?;
    store.apply(batch().then(remove_memory("b"))).await?;
    store.apply(batch().then(erase("a"))).await?;
    assert_sound(&*store, "after removals").await
}

/// After any batches there is no trouble either.
pub async fn random_batches_make_no_trouble(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let oracle = MemoryBackend::new();
    let mut chance = Chance::new(7);
    for step in 0..40 {
        let batch = random_batch(&oracle, step, &mut chance).await?;
        let answers = (oracle.apply(batch.clone()).await, store.apply(batch).await);
        assert_eq!(answers.0.is_ok(), answers.1.is_ok(), "step {step}");
        if step % 10 == 9 {
            assert_sound(&*store, &format!("step {step}")).await?;
        }
    }
    Ok(())
}

/// Cycles that were allowed, and memories that name what is not there, are no trouble.
pub async fn what_is_allowed_is_no_trouble(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let cycle = Batch {
        cycles: Cycles::Allow,
        ..put_names(["a", "b"])
            .put_relationship(link("r", "a", RelationshipType::DependsOn, "b"))
            .put_relationship(link("s", "b", RelationshipType::DependsOn, "a"))
    };
    store.apply(cycle).await?;
    let superseded = domain::Memory {
        superseded_by: Some(id("nobody")),
        ..memory("c")
    };
    store.put_memory(superseded).await?;
    assert_sound(&*store, "cycles").await
}

/// Repairing a sound store mends nothing and changes nothing, histories and quarantine included.
pub async fn repairing_a_sound_store_changes_nothing(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["b"])
        .put_memory(full_memory("a"))
        .put_relationship(full_relationship("r", "a", "b"))
        .then(quarantine(record("q", &["a"])));
    store.apply(put).await?;
    store.put_memory(memory("a")).await?;
    let before = (contents(&*store).await?, memory_states(&*store, "a").await?);
    assert_eq!(store.repair().await?, []);
    let after = (contents(&*store).await?, memory_states(&*store, "a").await?);
    assert_eq!(after, before);
    assert_eq!(in_quarantine(&*store).await?, [record("q", &["a"])]);
    assert_sound(&*store, "repaired").await
}

/// Writes by SQL what this port would refuse.
async fn spoil(store: &dyn GraphBackend, statements: &[&str]) -> LawResult {
    let sql = store.sql_access()?;
    for statement in statements {
        sql.execute_query(statement, SqlParameters::NONE, Access::Write)
            .await?;
    }
    Ok(())
}

fn troubles(findings: &[Finding]) -> Vec<(Trouble, u64)> {
    let mut troubles: Vec<_> = findings
        .iter()
        .map(|finding| (finding.trouble, finding.count))
        .collect();
    troubles.sort_unstable();
    troubles
}

/// Rows that are no memories and no relationships are found by name, and a repair puts them and
/// what hangs on them into quarantine; all else stays as it was.
pub async fn what_is_unreadable_is_kept_aside(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b"])
        .put_relationship(link("r", "a", RelationshipType::Solves, "b"))
        .then(quarantine(record("q", &["a"])));
    store.apply(put).await?;
    if !store.capabilities().sql_access {
        return assert_sound(&*store, "nobody can spoil it").await;
    }
    let before = contents(&*store).await?;
    let statements = [
        r#"INSERT INTO nodes (id, label, properties) VALUES ('spoilt', 'Memory', '{"odd": "walrus"}')"#,
        r#"INSERT INTO relationships (id, from_id, to_id, rel_type, properties) VALUES ('strange', 'a', 'a', 'SOLVES', '{"context": "NARWHAL"}')"#,
        "INSERT INTO relationships (id, from_id, to_id, rel_type) VALUES ('hanging', 'a', 'spoilt', 'SOLVES')",
    ];
    spoil(&*store, &statements).await?;
    caught_up(&*store).await?;
    let found = store.inspect().await?;
    let expected = [
        (Trouble::UnreadableMemories, 1),
        (Trouble::UnreadableRelationships, 1),
    ];
    assert_eq!(troubles(&found), expected, "{found:#?}");
    for (finding, name) in found.iter().zip(["spoilt", "strange"]) {
        assert!(finding.can_repair && finding.examples.len() == 1);
        assert!(finding.examples[0].contains(name), "{finding:?}");
        assert!(!finding.detail.is_empty());
    }
    assert_ne!(store.repair().await?, []);
    assert_sound(&*store, "repaired").await?;
    assert_eq!(store.repair().await?, []);
    assert_eq!(contents(&*store).await?, before);
    let kept = in_quarantine(&*store).await?;
    assert!(kept.contains(&record("q", &["a"])), "{kept:#?}");
    for trace in ["walrus", "NARWHAL", "hanging"] {
        let has = |record: &Quarantined| record.document.contains(trace);
        assert_eq!(
            kept.iter().filter(|record| has(record)).count(),
            1,
            "{trace}: {kept:#?}"
        );
    }
    assert_eq!(kept.len(), 4);
    let about: Vec<_> = kept
        .iter()
        .filter(|it| it.document.contains("hanging"))
        .collect();
    assert_eq!(about[0].memories, [id("a"), id("spoilt")]);
    Ok(())
}

/// Indexes that say something else than the rows are found, and made anew by a repair.
pub async fn indexes_out_of_step_are_mended(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let tagged = domain::Memory {
        tags: vec!["red".to_owned()],
        ..titled("a", "walrus")
    };
    let put = put_names(["b"]).put_memory(tagged);
    store.apply(put).await?;
    if !store.capabilities().sql_access {
        return assert_sound(&*store, "nobody can spoil it").await;
    }
    let before = contents(&*store).await?;
    let statements = [
        "DELETE FROM node_tags",
        "INSERT INTO nodes_fts (nodes_fts) VALUES ('delete-all')",
    ];
    spoil(&*store, &statements).await?;
    caught_up(&*store).await?;
    assert!(
        found_as(&*store, "walrus", SearchMode::Normal)
            .await?
            .is_empty()
    );
    let found = store.inspect().await?;
    let found: Vec<Trouble> = found.iter().map(|finding| finding.trouble).collect();
    assert!(found.contains(&Trouble::TextIndexOutOfStep), "{found:?}");
    assert!(found.contains(&Trouble::TagIndexOutOfStep), "{found:?}");
    assert_ne!(store.repair().await?, []);
    assert_sound(&*store, "repaired").await?;
    assert_eq!(
        found_as(&*store, "walrus", SearchMode::Normal).await?.len(),
        1
    );
    let red = domain::MemoryFilter {
        tags: vec!["red".to_owned()],
        ..ever()
    };
    let red = list_all(&*store, red, domain::Sort::Oldest).await?;
    assert_eq!(memory_names(&red), ["a"]);
    assert_eq!(contents(&*store).await?, before);
    Ok(())
}
