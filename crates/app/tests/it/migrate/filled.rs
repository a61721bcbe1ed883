//! A target that has something already.

use memorygraph::domain::{Memory, Relationship, RelationshipType};
use memorygraph::migrate::{Differing, Kind};
use memorygraph::ports::Reinforced;

use super::stores::{
    Contents, SCHEMES, at, ended, file, go, link, memory, plain, put, relationship_id, url,
};

#[tokio::test]
async fn what_is_there_stays_as_it_is() {
    use RelationshipType::{RelatedTo, Solves};

    let [from, to] = SCHEMES;
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    let source = file(from, &old).await;
    let relationships = [
        link("same", "a", Solves, "b"),
        link("differs", "b", Solves, "c"),
        // The target states it from the other end, under another id.
        link("stated", "a", RelatedTo, "c"),
        ended(link("replaced-twice", "a", Solves, "c"), Some("replaced")),
        ended(link("replaced", "a", Solves, "c"), Some("stated")),
        link("new", "c", Solves, "d"),
    ];
    put(&*source, ["a", "b", "c", "d"].map(memory), relationships).await;
    source.close().await.unwrap();

    let target = file(to, &new).await;
    let used = Memory {
        usage_count: 9,
        last_accessed: Some(at(90)),
        ..memory("a")
    };
    let reworded = Memory {
        content: "It has 64.".to_owned(),
        ..memory("b")
    };
    let ours = [
        link("same", "a", Solves, "b"),
        Relationship {
            evidence_count: 2,
            ..link("differs", "b", Solves, "c")
        },
        link("ours", "c", RelatedTo, "a"),
    ];
    put(
        &*target,
        [used, reworded, memory("c"), memory("only-here")],
        ours,
    )
    .await;
    let before = Contents::of(&*target).await;
    target.close().await.unwrap();

    let stated = vec![Reinforced {
        given: relationship_id("stated"),
        kept: relationship_id("ours"),
    }];
    let differing =
        [(Kind::Memory, "b"), (Kind::Relationship, "differs")].map(|(kind, id)| Differing {
            kind,
            id: id.to_owned(),
        });
    let (source, target) = (url(from, &old), url(to, &new));
    for (round, dry_run) in [true, false, false].into_iter().enumerate() {
        let migrated = go(&source, &target, &plain(), dry_run).await.unwrap();
        assert!(!migrated.is_complete());
        assert_eq!(migrated.differing, differing);
        assert_eq!(migrated.stated_already, stated);
        let (memories, relationships) = (migrated.memories, migrated.relationships);
        let added = if round == 2 { (0, 0) } else { (1, 3) };
        assert_eq!(
            (memories.added, relationships.added),
            added,
            "round {round}"
        );
        assert_eq!((memories.read, memories.differing), (4, 1));
        assert_eq!(memories.already_there, 3 - added.0);
        let tally = relationships;
        assert_eq!(
            (tally.read, tally.differing, tally.stated_already),
            (6, 1, 1)
        );
        assert_eq!(tally.already_there, 4 - added.1);
        if let Some(verified) = migrated.verified {
            assert_eq!((verified.memories, verified.relationships), (3, 4));
        }

        let mut now = Contents::at(to, &new).await;
        if dry_run {
            assert_eq!(now, before);
            continue;
        }
        let last = now.relationships.remove("replaced").unwrap();
        // What was left out cannot be named; what states the same is.
        assert_eq!(last.invalidated_by, Some(relationship_id("ours")));
        let first = now.relationships.remove("replaced-twice").unwrap();
        assert_eq!(first.invalidated_by, Some(relationship_id("replaced")));
        assert!(now.relationships.remove("new").is_some());
        assert_eq!(now.memories.remove("d"), Some(memory("d")));
        assert_eq!(now, before);
    }
}

#[tokio::test]
async fn two_of_the_source_that_state_the_same_become_one() {
    use memorygraph::ports::{Access, SqlParameters};

    let [from, to] = SCHEMES;
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    let source = file(from, &old).await;
    put(
        &*source,
        ["a", "b"].map(memory),
        [link("one", "a", RelationshipType::Solves, "b")],
    )
    .await;
    // Only by SQL can there be two.
    let sql = "INSERT INTO relationships (id, from_id, to_id, rel_type) VALUES ('two', 'a', 'b', 'SOLVES')";
    let door = source.sql_access().unwrap();
    door.execute_query(sql, SqlParameters::NONE, Access::Write)
        .await
        .unwrap();
    source.close().await.unwrap();

    let (source, target) = (url(from, &old), url(to, &new));
    for added in [1, 0] {
        let migrated = go(&source, &target, &plain(), false).await.unwrap();
        let tally = migrated.relationships;
        assert_eq!((tally.added, tally.stated_already), (added, 1));
        assert_eq!(migrated.stated_already[0].kept, relationship_id("one"));
        let now = Contents::at(to, &new).await;
        let kept: Vec<_> = now.relationships.values().collect();
        assert_eq!(kept, [&link("one", "a", RelationshipType::Solves, "b")]);
    }
}

#[tokio::test]
async fn a_memory_with_very_many_relationships_is_no_trouble() {
    let [from, to] = SCHEMES;
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    let source = file(from, &old).await;
    let leaves: Vec<_> = (0..3_000).map(|n| format!("leaf-{n:04}")).collect();
    let star = leaves.iter().enumerate().map(|(number, leaf)| {
        let ends = if number % 2 == 0 {
            ("hub", leaf.as_str())
        } else {
            (leaf.as_str(), "hub")
        };
        link(
            &format!("r-{number:04}"),
            ends.0,
            RelationshipType::Solves,
            ends.1,
        )
    });
    let memories = leaves.iter().map(String::as_str).chain(["hub"]).map(memory);
    put(&*source, memories, star.collect::<Vec<_>>()).await;
    source.close().await.unwrap();
    let migrated = go(&url(from, &old), &url(to, &new), &plain(), false)
        .await
        .unwrap();
    assert_eq!(migrated.relationships.added, 3_000);
    assert_eq!(migrated.verified.unwrap().searches, 20);
}
