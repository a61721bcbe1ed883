use domain::{Cursor, PageRequest, SearchMode, Timestamp};
use ports::{ErrorKind, GraphBackendExt, Quarantined, Receipt, RecordKind};

use crate::{
    Harness, LawResult,
    samples::{
        after, assert_fails, assert_names, at, batch, caught_up, contents, erase, first, found_as,
        in_quarantine, memory, open, put_names, quarantine, record, remove_memory,
    },
};

fn release(name: &str) -> ports::Change {
    ports::Change::ReleaseQuarantined(name.to_owned())
}

/// What a batch returns that puts so many records into quarantine and takes so many out.
fn moved(added: u64, removed: u64) -> Receipt {
    Receipt {
        quarantined_added: added,
        quarantined_removed: removed,
        ..Receipt::default()
    }
}

/// A record of which every field says something unusual.
fn full_record() -> Quarantined {
    Quarantined {
        kind: RecordKind::Relationship,
        reason: "\"quoted\", it's 100 %\n\u{1}😀".to_owned(),
        source: "/home/ada/старый.db, table nodes".to_owned(),
        document: "not JSON: {\"title\": \"\\ud800\", ".to_owned(),
        at: Timestamp::from_microsecond(-62_135_596_799_999_999).expect("it is of the year 1"),
        ..record("nodes:ж 'a' \"b\"", &["a", "ж", "it's", "\"q\"", "никто"])
    }
}

/// Every field of a record survives, whatever it says, and so does what it is about, there or not.
pub async fn every_field_survives(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let empty = Quarantined {
        reason: String::new(),
        source: String::new(),
        document: String::new(),
        ..record("~", &[])
    };
    let put = batch()
        .then(quarantine(full_record()))
        .then(quarantine(empty.clone()));
    assert_eq!(store.apply(put).await?, moved(2, 0));
    assert_eq!(in_quarantine(&*store).await?, [full_record(), empty]);
    Ok(())
}

/// A record may have a million characters, and an id of 500.
pub async fn the_longest_records_survive(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let long = Quarantined {
        document: "ж".repeat(1_000_000),
        ..record(&"字".repeat(Quarantined::LONGEST_ID), &["a"])
    };
    store.apply(batch().then(quarantine(long.clone()))).await?;
    assert!(in_quarantine(&*store).await? == [long]);
    Ok(())
}

/// A record with the id of another takes its place, and adds none.
pub async fn putting_again_replaces_every_field(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let same = Quarantined {
        id: "r".to_owned(),
        ..full_record()
    };
    store
        .apply(batch().then(quarantine(record("r", &["x"]))))
        .await?;
    let again = batch().then(quarantine(same.clone()));
    assert_eq!(store.apply(again).await?, moved(0, 0));
    assert_eq!(in_quarantine(&*store).await?, [same]);
    // What the first one was about is no longer what it is about.
    let receipt = store.apply(batch().then(erase("x"))).await?;
    assert_eq!(receipt, moved(0, 0));
    let receipt = store.apply(batch().then(erase("ж"))).await?;
    assert_eq!(receipt, moved(0, 1));
    Ok(())
}

/// Ids of records are compared to the letter.
pub async fn ids_are_compared_to_the_letter(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let mut names = [
        "a", "A", "a ", "é", "e\u{301}", "1", "1.0", "\u{ffff}", "😀",
    ];
    let put = names.iter().map(|name| quarantine(record(name, &[])));
    let receipt = store.apply(put.fold(batch(), ports::Batch::then)).await?;
    assert_eq!(receipt, moved(9, 0));
    names.sort_unstable();
    let found = in_quarantine(&*store).await?;
    let found: Vec<&str> = found.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(found, names);
    Ok(())
}

/// A released record is gone; releasing what is not there succeeds.
pub async fn a_released_record_is_gone(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = batch()
        .then(quarantine(record("r", &[])))
        .then(quarantine(record("s", &[])));
    store.apply(put).await?;
    let releasing = batch().then(release("r")).then(release("R"));
    assert_eq!(store.apply(releasing).await?, moved(0, 1));
    assert_eq!(in_quarantine(&*store).await?, [record("s", &[])]);
    assert_eq!(store.apply(batch().then(release("r"))).await?, moved(0, 0));
    Ok(())
}

/// A receipt counts the difference that a batch makes, and changes happen in their order.
pub async fn records_change_in_order(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let other = Quarantined {
        at: at(5),
        ..record("r", &[])
    };
    let there_and_gone = batch()
        .then(quarantine(record("r", &[])))
        .then(release("r"));
    assert_eq!(store.apply(there_and_gone).await?, moved(0, 0));
    assert_eq!(in_quarantine(&*store).await?, []);
    let twice = batch()
        .then(release("r"))
        .then(quarantine(record("r", &[])))
        .then(quarantine(other.clone()));
    assert_eq!(store.apply(twice).await?, moved(1, 0));
    assert_eq!(in_quarantine(&*store).await?, std::slice::from_ref(&other));
    let gone_and_there = batch().then(release("r")).then(quarantine(other.clone()));
    assert_eq!(store.apply(gone_and_there).await?, moved(0, 0));
    assert_eq!(in_quarantine(&*store).await?, [other]);
    let mixed = put_names(["a"])
        .then(quarantine(record("s", &[])))
        .then(release("r"));
    let receipt = store.apply(mixed).await?;
    let expected = Receipt {
        memories_added: 1,
        ..moved(1, 1)
    };
    assert_eq!(receipt, expected);
    Ok(())
}

/// Page by page the records come by their ids; a foreign cursor and too large a page are refused.
pub async fn pages_together_are_the_quarantine(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let empty = store.quarantine(&first(1)).await?;
    assert_eq!((empty.items, empty.next), (vec![], None));
    let names: Vec<String> = (0..11).map(|n| format!("r{:02}", n * 7 % 11)).collect();
    let put = names.iter().map(|name| quarantine(record(name, &[])));
    store.apply(put.fold(batch(), ports::Batch::then)).await?;
    let all = in_quarantine(&*store).await?;
    assert!(all.is_sorted_by_key(|record| &record.id));
    assert_eq!(all.len(), 11);
    for limit in [1, 2, 5, 10, 11, 12] {
        let mut found = Vec::new();
        let mut page = first(limit);
        loop {
            let part = store.quarantine(&page).await?;
            assert!((1..=limit as usize).contains(&part.items.len()));
            found.extend(part.items);
            let Some(next) = part.next else { break };
            page = after(limit, &next);
        }
        assert_eq!(found, all, "{limit}");
    }
    store.apply(put_names(["a", "b"])).await?;
    let of_list = store.list(&domain::ListQuery::default(), &first(1)).await?;
    let of_list = of_list.next.expect("there is another page");
    let made_up = Cursor::from("r05".to_owned());
    let too_large = PageRequest {
        limit: (PageRequest::LARGEST + 1).try_into()?,
        after: None,
    };
    for page in [after(1, &of_list), after(1, &made_up), too_large] {
        let refused = store.quarantine(&page).await;
        let refused = assert_fails(refused, ErrorKind::InvalidArgument);
        assert_names(&refused, &["quarantine"]);
    }
    Ok(())
}

/// A page goes on after its cursor when the record where it stood was released.
pub async fn a_page_goes_on_after_what_was_released(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = ["a", "b", "c"].map(|name| quarantine(record(name, &[])));
    store
        .apply(put.into_iter().fold(batch(), ports::Batch::then))
        .await?;
    let page = store.quarantine(&first(2)).await?;
    let next = page.next.expect("there is another page");
    let change = batch()
        .then(release("b"))
        .then(quarantine(record("aa", &[])));
    store.apply(change).await?;
    let page = store.quarantine(&after(2, &next)).await?;
    assert_eq!((page.items, page.next), (vec![record("c", &[])], None));
    Ok(())
}

/// A record that breaks a limit is refused, and nothing of its batch is kept.
pub async fn an_invalid_record_is_refused(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let kept = Quarantined {
        document: "first".to_owned(),
        ..record("r", &[])
    };
    store.apply(batch().then(quarantine(kept.clone()))).await?;
    let nul = || "a\0b".to_owned();
    let invalid = [
        record("", &[]),
        record(&"字".repeat(Quarantined::LONGEST_ID + 1), &[]),
        record("a\0b", &[]),
        Quarantined {
            reason: nul(),
            ..record("r", &[])
        },
        Quarantined {
            source: nul(),
            ..record("r", &[])
        },
        Quarantined {
            document: nul(),
            ..record("r", &[])
        },
        Quarantined {
            at: Timestamp::MIN,
            ..record("r", &[])
        },
    ];
    for invalid in invalid {
        let put = put_names(["a"])
            .then(release("r"))
            .then(quarantine(record("s", &[])))
            .then(quarantine(invalid.clone()));
        let refused = store.apply(put).await;
        assert_fails(refused, ErrorKind::InvalidArgument);
        assert_eq!(
            in_quarantine(&*store).await?,
            std::slice::from_ref(&kept),
            "{invalid:?}"
        );
        assert_eq!(store.statistics().await?.memories, 0);
    }
    Ok(())
}

/// A batch that fails for another reason keeps no record either.
pub async fn a_refused_batch_keeps_no_record(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let refused =
        batch()
            .then(quarantine(record("r", &[])))
            .put_relationship(crate::samples::link(
                "x",
                "a",
                domain::RelationshipType::Solves,
                "b",
            ));
    assert_fails(store.apply(refused).await, ErrorKind::NotFound);
    assert_eq!(in_quarantine(&*store).await?, []);
    Ok(())
}

/// What is in quarantine is no part of the graph: no other question shows it.
pub async fn quarantine_shows_nowhere_else(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("a")).await?;
    let before = contents(&*store).await?;
    let hidden = Quarantined {
        document: "{\"title\": \"walrus\"}".to_owned(),
        reason: "walrus".to_owned(),
        ..record("walrus", &["a"])
    };
    store.apply(batch().then(quarantine(hidden))).await?;
    assert_eq!(contents(&*store).await?, before);
    let health = store.health().await?;
    assert_eq!((health.memories, health.relationships), (1, 0));
    for mode in [SearchMode::Strict, SearchMode::Normal, SearchMode::Fuzzy] {
        assert!(
            found_as(&*store, "walrus", mode).await?.is_empty(),
            "{mode:?}"
        );
    }
    Ok(())
}

/// Removing a memory, other than erasing it, keeps the records that are about it.
pub async fn removing_a_memory_keeps_its_records(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a"]).then(quarantine(record("r", &["a"])));
    store.apply(put).await?;
    store.apply(batch().then(remove_memory("a"))).await?;
    assert_eq!(in_quarantine(&*store).await?, [record("r", &["a"])]);
    Ok(())
}

/// A durable store has its records after it was opened again.
pub async fn records_are_there_after_reopening(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let durable = store.capabilities().durable;
    store.apply(batch().then(quarantine(full_record()))).await?;
    store.close().await?;
    let store = open(h).await?;
    caught_up(&*store).await?;
    let expected = if durable { vec![full_record()] } else { vec![] };
    assert_eq!(in_quarantine(&*store).await?, expected);
    Ok(())
}
