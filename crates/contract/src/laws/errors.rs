use domain::{
    ListQuery, Memory, MemoryContext, MemoryId, PathQuery, Relationship, RelationshipQuery,
    RelationshipType, SearchQuery, Timestamp, Walk,
};
use ports::{Batch, Change, ErrorKind, Expect, GraphBackendExt};

use crate::{
    Harness, LawResult,
    samples::{
        assert_fails, assert_names, at, batch, contents, first, id, invalidate, link, memory, open,
        put_memories, put_names, relationship_id, touch,
    },
};

/// A nanosecond after the laws' beginning, which no graph keeps.
fn too_fine() -> Timestamp {
    Timestamp::from_nanosecond(at(0).as_nanosecond() + 1).expect("laws write valid times")
}

/// A microsecond before the year 0.
fn too_early() -> Timestamp {
    Timestamp::from_microsecond(-62_167_219_200_000_001).expect("laws write valid times")
}

/// Memories that break a limit each, with the words that tell which.
fn broken_memories() -> Vec<(&'static str, Memory)> {
    let m = || memory("m");
    let text = |text: &str| text.to_owned();
    let title = |title| Memory { title, ..m() };
    let content = |content| Memory { content, ..m() };
    let summary = |summary| Memory {
        summary: Some(summary),
        ..m()
    };
    let tags = |tags| Memory { tags, ..m() };
    let project = MemoryContext {
        project_path: Some("x".repeat(4_097)),
        ..MemoryContext::default()
    };
    vec![
        ("title has 1 to 200", title(String::new())),
        ("title has 1 to 200", title("ж".repeat(201))),
        ("title is not blank", title(text(" \t\n"))),
        ("title must not hold the NUL", title(text("a\0b"))),
        ("content has 1 to 50000", content(String::new())),
        ("content has 1 to 50000", content("x".repeat(50_001))),
        ("content must not hold the NUL", content(text("\0"))),
        ("summary has 1 to 500", summary(String::new())),
        ("summary has 1 to 500", summary("x".repeat(501))),
        (
            "tags has at most 50",
            tags((0..51).map(|n| n.to_string()).collect()),
        ),
        ("tag has 1 to 100", tags(vec![String::new()])),
        ("tag is in lower case", tags(vec![text("Rust")])),
        ("tag stands once", tags(vec![text("a"), text("a")])),
        ("version counts from 1", Memory { version: 0, ..m() }),
        (
            "updated_by",
            Memory {
                updated_by: Some("x".repeat(129)),
                ..m()
            },
        ),
        (
            "created_at has whole microseconds",
            Memory {
                created_at: too_fine(),
                ..m()
            },
        ),
        (
            "updated_at is not before the year 0",
            Memory {
                updated_at: too_early(),
                ..m()
            },
        ),
        (
            "last_accessed has whole",
            Memory {
                last_accessed: Some(too_fine()),
                ..m()
            },
        ),
        (
            "valid_from has whole microseconds",
            Memory {
                valid_from: too_fine(),
                ..m()
            },
        ),
        (
            "valid_until is not before valid_from",
            Memory {
                valid_until: Some(at(-1)),
                ..m()
            },
        ),
        (
            "context.project_path",
            Memory {
                context: Some(project),
                ..m()
            },
        ),
    ]
}

/// Each limit of a memory is kept, and its error names the field and the rule.
pub async fn each_limit_of_a_memory_is_kept(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let before = contents(&*store).await?;
    for (rule, broken) in broken_memories() {
        let refused = store.put_memory(broken).await;
        assert_names(&assert_fails(refused, ErrorKind::InvalidArgument), &[rule]);
    }
    assert_eq!(contents(&*store).await?, before);
    Ok(())
}

/// Relationships that break a limit each, with the words that tell which.
fn broken_relationships() -> Vec<(&'static str, Relationship)> {
    let r = || link("r", "a", RelationshipType::Solves, "b");
    let context = |context| Relationship {
        context: Some(context),
        ..r()
    };
    vec![
        (
            "to_memory_id is another",
            Relationship { to: id("a"), ..r() },
        ),
        (
            "relationship context has at most 10000",
            context("x".repeat(10_001)),
        ),
        (
            "relationship context must not hold",
            context("\0".to_owned()),
        ),
        (
            "evidence_count counts from 1",
            Relationship {
                evidence_count: 0,
                ..r()
            },
        ),
        (
            "created_at has whole microseconds",
            Relationship {
                created_at: too_fine(),
                ..r()
            },
        ),
        (
            "recorded_at is not before",
            Relationship {
                recorded_at: too_early(),
                ..r()
            },
        ),
        (
            "last_validated has whole",
            Relationship {
                last_validated: Some(too_fine()),
                ..r()
            },
        ),
        (
            "valid_until is not before",
            Relationship {
                valid_until: Some(at(-1)),
                ..r()
            },
        ),
    ]
}

/// Each limit of a relationship is kept, and its error names the field and the rule.
pub async fn each_limit_of_a_relationship_is_kept(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["a", "b"])).await?;
    let before = contents(&*store).await?;
    for (rule, broken) in broken_relationships() {
        let refused = store.put_relationship(broken).await;
        assert_names(&assert_fails(refused, ErrorKind::InvalidArgument), &[rule]);
    }
    assert_eq!(contents(&*store).await?, before);
    Ok(())
}

/// The times of a use and of an invalidation keep the limits of all times.
pub async fn each_time_of_a_batch_is_kept(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b"]);
    let put = put.put_relationship(link("r", "a", RelationshipType::Solves, "b"));
    store.apply(put).await?;
    let before = contents(&*store).await?;
    let end = |until, recorded_at| Change::InvalidateRelationship {
        id: relationship_id("r"),
        until,
        by: None,
        recorded_at,
    };
    let changes = [
        (
            "last_accessed has whole microseconds",
            touch("a", 1, too_fine()),
        ),
        (
            "last_accessed is not before the year 0",
            touch("a", 1, too_early()),
        ),
        ("valid_until has whole microseconds", end(too_fine(), at(9))),
        ("recorded_at has whole microseconds", end(at(9), too_fine())),
        (
            "recorded_at is not before the year 0",
            end(at(9), too_early()),
        ),
    ];
    for (rule, change) in changes {
        let refused = store.apply(batch().then(change)).await;
        assert_names(&assert_fails(refused, ErrorKind::InvalidArgument), &[rule]);
    }
    assert_eq!(contents(&*store).await?, before);
    Ok(())
}

/// A search text has a longest length, counted in characters.
pub async fn a_search_text_has_a_longest_length(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let search = |text: String| SearchQuery {
        text,
        ..SearchQuery::default()
    };
    let longest = search("я".repeat(SearchQuery::LONGEST_TEXT));
    assert_eq!(store.search(&longest, &first(5)).await?.items, []);
    let refused = store.search(&search("x".repeat(1_001)), &first(5)).await;
    assert_names(
        &assert_fails(refused, ErrorKind::InvalidArgument),
        &["query", "1000", "1001"],
    );
    Ok(())
}

/// An invalid value is told before a broken expectation, and that before what is missing.
pub async fn the_first_cause_is_told(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let missing = link("r", "ghost", RelationshipType::Solves, "ghosts");
    let broken = Expect::Present(id("absent"));
    let invalid = Memory {
        title: String::new(),
        ..memory("m")
    };
    let all = batch()
        .expect(broken.clone())
        .put_relationship(missing.clone())
        .put_memory(invalid);
    assert_fails(store.apply(all).await, ErrorKind::InvalidArgument);
    let two = batch().expect(broken).put_relationship(missing.clone());
    assert_fails(store.apply(two).await, ErrorKind::Conflict);
    let one = batch().put_relationship(missing);
    assert_fails(store.apply(one).await, ErrorKind::NotFound);
    Ok(())
}

/// An error begins with what was being done, in the same words for every backend.
pub async fn errors_begin_with_what_was_being_done(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let too_many = domain::PageRequest {
        limit: u32::MAX.try_into()?,
        after: None,
    };
    let ghosts = PathQuery::new(id("ghost"), id("ghosts"));
    let relationships = RelationshipQuery::default();
    let search = SearchQuery::default();
    let refused = [
        (
            "apply a batch: ",
            store.apply(failing(ErrorKind::NotFound)).await.map(drop),
        ),
        (
            "list memories: ",
            store.list(&ListQuery::default(), &too_many).await.map(drop),
        ),
        (
            "list relationships: ",
            store
                .relationships(&relationships, &too_many)
                .await
                .map(drop),
        ),
        (
            "walk: ",
            store.walk(&Walk::new(id("ghost"))).await.map(drop),
        ),
        (
            "find a path: ",
            store.shortest_path(&ghosts).await.map(drop),
        ),
        ("search: ", store.search(&search, &too_many).await.map(drop)),
        (
            "list changes: ",
            store.changes_since(at(0), &too_many).await.map(drop),
        ),
    ];
    for (beginning, refused) in refused {
        let error = refused.expect_err("nothing of this can work");
        let expected = format!("{beginning}{}: ", error.kind());
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
    Ok(())
}

/// A batch that fails with this kind.
fn failing(kind: ErrorKind) -> Batch {
    let invalid = Memory {
        content: String::new(),
        ..memory("never")
    };
    match kind {
        ErrorKind::InvalidArgument => put_memories([memory("never"), invalid]),
        ErrorKind::Conflict => put_names(["never"]).expect(Expect::Present(id("absent"))),
        _ => put_names(["never"]).then(invalidate("ghost", at(1), None)),
    }
}

const KINDS: [ErrorKind; 3] = [
    ErrorKind::InvalidArgument,
    ErrorKind::Conflict,
    ErrorKind::NotFound,
];

/// A store works on after every kind of error.
pub async fn a_store_works_on_after_errors(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    for (n, kind) in KINDS.into_iter().cycle().take(9).enumerate() {
        assert_fails(store.apply(failing(kind)).await, kind);
        assert_fails(
            store.walk(&Walk::new(id("ghost"))).await,
            ErrorKind::NotFound,
        );
        store.put_memory(memory(&n.to_string())).await?;
        assert_eq!(store.statistics().await?.memories, n as u64 + 1);
    }
    Ok(())
}

/// A batch that fails does not harm those that come at the same time.
pub async fn errors_do_not_harm_others(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let mut tasks = Vec::new();
    for n in 0..60_usize {
        let store = std::sync::Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            if n % 4 == 0 {
                let put = put_names([format!("m{n:02}").as_str()]);
                assert_eq!(store.apply(put).await?.memories_added, 1);
            } else {
                let kind = KINDS[n % 4 - 1];
                assert_fails(store.apply(failing(kind)).await, kind);
            }
            Ok::<(), ports::BackendError>(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    let expected: Vec<Memory> = (0..60)
        .step_by(4)
        .map(|n| memory(&format!("m{n:02}")))
        .collect();
    assert_eq!(contents(&*store).await?.memories, expected);
    Ok(())
}

/// An error names an id as it is, with quotes, spaces and other scripts.
pub async fn errors_name_ids_as_they_are(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    for name in ["it's", "100%", "a b", "ждать", "?1", "$id"] {
        let missing: MemoryId = id(name);
        let walked = store.walk(&Walk::new(missing.clone())).await;
        assert_names(&assert_fails(walked, ErrorKind::NotFound), &[name]);
        let expecting = batch().expect(Expect::Present(missing));
        assert_names(
            &assert_fails(store.apply(expecting).await, ErrorKind::Conflict),
            &[name],
        );
        let ending = batch().then(invalidate(name, at(1), None));
        assert_names(
            &assert_fails(store.apply(ending).await, ErrorKind::NotFound),
            &[name],
        );
    }
    Ok(())
}
