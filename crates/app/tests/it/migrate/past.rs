//! What is no part of the graph as it is: the quarantine comes along, the histories do not.

use adapter_memory::MemoryBackend;
use memorygraph::domain::{Memory, PageRequest};
use memorygraph::migrate::{KeptAside, Options, migrate};
use memorygraph::ports::{Batch, Change, GraphBackend, GraphBackendExt, Quarantined, RecordKind};

use super::stores::{SCHEMES, at, file, go, memory, plain, url};
use crate::world::id;

fn aside(number: usize) -> Quarantined {
    Quarantined {
        id: format!("record/{number:04}"),
        kind: RecordKind::Memory,
        memories: vec![id("a")],
        reason: "it has no content".to_owned(),
        source: "a test".to_owned(),
        document: format!("{{\"title\": {number}}}"),
        at: at(7),
    }
}

fn quarantine(numbers: impl IntoIterator<Item = usize>) -> Batch {
    let put = |number| Change::Quarantine(Box::new(aside(number)));
    Batch {
        changes: numbers.into_iter().map(put).collect(),
        ..Batch::default()
    }
}

async fn kept(store: &dyn GraphBackend) -> Vec<Quarantined> {
    let mut found = Vec::new();
    let mut page = PageRequest::first(300).unwrap();
    loop {
        let part = store.quarantine(&page).await.unwrap();
        found.extend(part.items);
        match part.next {
            Some(next) => page = page.after(next),
            None => return found,
        }
    }
}

/// More than a page of it.
#[tokio::test]
async fn what_is_in_quarantine_comes_along_once() {
    let [from, to] = SCHEMES;
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    let source = file(from, &old).await;
    source.apply(quarantine(0..700)).await.unwrap();
    source.close().await.unwrap();
    let target = file(to, &new).await;
    target.apply(quarantine([3, 650, 999])).await.unwrap();
    target.close().await.unwrap();
    let (source, target) = (url(from, &old), url(to, &new));
    for (dry_run, added) in [(true, 698), (false, 698), (false, 0), (true, 0)] {
        let migrated = go(&source, &target, &plain(), dry_run).await.unwrap();
        let expected = KeptAside {
            read: 700,
            added,
            already_there: 700 - added,
        };
        assert_eq!(migrated.quarantined, expected);
        assert_eq!(migrated.notices, [""; 0]);
        let verified = migrated.verified.map(|verified| verified.quarantined);
        assert_eq!(verified, (!dry_run).then_some(700));
        let there = file(to, &new).await;
        let count = if dry_run && added > 0 { 3 } else { 701 };
        assert_eq!(there.statistics().await.unwrap().quarantined, count);
        there.close().await.unwrap();
    }
    let there = file(to, &new).await;
    let expected: Vec<_> = (0..700).chain([999]).map(aside).collect();
    assert_eq!(kept(&*there).await, expected);
}

#[tokio::test]
async fn a_report_says_how_many_earlier_states_stay() {
    let [from, to] = SCHEMES;
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    let source = file(from, &old).await;
    for content in ["first", "second", "third"] {
        let state = Memory {
            content: content.to_owned(),
            ..memory("a")
        };
        source.put_memory(state).await.unwrap();
    }
    // Of what is gone, too.
    source.put_memory(memory("b")).await.unwrap();
    let removed = Batch::default().then(Change::RemoveMemory(id("b")));
    source.apply(removed).await.unwrap();
    source.close().await.unwrap();
    for dry_run in [true, false] {
        let migrated = go(&url(from, &old), &url(to, &new), &plain(), dry_run).await;
        let migrated = migrated.unwrap();
        assert_eq!(migrated.notices.len(), 1);
        let notice = &migrated.notices[0];
        assert!(notice.starts_with("3 earlier states "), "{notice}");
        assert!(notice.contains("keep the source"), "{notice}");
    }
    // The target has no past of its own, so nothing stays behind.
    let back = folder.path().join("back.db");
    let migrated = go(&url(to, &new), &url(from, &back), &plain(), false).await;
    assert_eq!(migrated.unwrap().notices, [""; 0]);
}

#[tokio::test]
async fn records_that_are_too_large_for_one_batch_come_along() {
    let (source, target) = (MemoryBackend::new(), MemoryBackend::new());
    let large = |number| Quarantined {
        document: "x".repeat(3 << 20),
        ..aside(number)
    };
    for number in 0..3 {
        let put = Change::Quarantine(Box::new(large(number)));
        source.apply(Batch::default().then(put)).await.unwrap();
    }
    let nothing = &mut |_| {};
    let migrated = migrate(&source, &target, &Options::default(), nothing).await;
    assert_eq!(migrated.unwrap().quarantined.added, 3);
    assert_eq!(kept(&target).await, [0, 1, 2].map(large));
}
