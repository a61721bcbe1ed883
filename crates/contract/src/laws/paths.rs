use domain::{AsOf, Direction, MAX_DEPTH, Path, PathQuery, Relationship, RelationshipType, Step};
use ports::{Batch, ErrorKind, GraphBackendExt};

use crate::{
    Harness, LawResult,
    samples::{
        assert_fails, assert_names, at, full_memory, full_relationship, id, invalidate, link,
        memory, open, put_memories, put_names, score,
    },
};

const SOLVES: RelationshipType = RelationshipType::Solves;

fn between(from: &str, to: &str) -> PathQuery {
    PathQuery::new(id(from), id(to))
}

fn with(relationships: impl IntoIterator<Item = Relationship>, put: Batch) -> Batch {
    relationships.into_iter().fold(put, Batch::put_relationship)
}

fn strong(strength: f64, relationship: Relationship) -> Relationship {
    Relationship {
        strength: score(strength),
        ..relationship
    }
}

/// The path in short: the relationships along it.
fn short(path: Option<&Path>) -> Option<Vec<&str>> {
    let steps = path?.steps.iter();
    Some(steps.map(|step| step.via.id.as_str()).collect())
}

/// A path carries every memory and every relationship along it.
pub async fn a_path_carries_everything(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let first = Relationship {
        valid_until: None,
        ..full_relationship("1", "a", "b")
    };
    let second = link("2", "c", SOLVES, "b");
    let put = put_memories([memory("a"), full_memory("b"), memory("c")]);
    store
        .apply(with([first.clone(), second.clone()], put))
        .await?;
    let steps = vec![
        Step {
            memory: full_memory("b"),
            depth: 1,
            via: first,
        },
        Step {
            memory: memory("c"),
            depth: 2,
            via: second,
        },
    ];
    let start = memory("a");
    let path = store.shortest_path(&between("a", "c")).await?;
    assert_eq!(path, Some(Path { start, steps }));
    Ok(())
}

/// The path from a memory to itself has no steps, also where it lies on a cycle.
pub async fn the_path_to_itself_is_empty(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [link("1", "a", SOLVES, "b"), link("2", "b", SOLVES, "a")];
    store.apply(with(links, put_names(["a", "b"]))).await?;
    let path = Path {
        start: memory("a"),
        steps: vec![],
    };
    assert_eq!(store.shortest_path(&between("a", "a")).await?, Some(path));
    Ok(())
}

/// There is no path where nothing leads.
pub async fn there_is_no_path_where_nothing_leads(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [link("1", "a", SOLVES, "b"), link("2", "c", SOLVES, "d")];
    store
        .apply(with(links, put_names(["a", "b", "c", "d"])))
        .await?;
    assert_eq!(store.shortest_path(&between("a", "d")).await?, None);
    assert_eq!(store.shortest_path(&between("d", "a")).await?, None);
    Ok(())
}

/// Of several paths the one with the fewest relationships is found, however weak it is.
pub async fn the_shortest_path_is_found(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [
        strong(1.0, link("1", "a", SOLVES, "b")),
        strong(1.0, link("2", "b", SOLVES, "c")),
        strong(1.0, link("3", "c", SOLVES, "end")),
        strong(0.1, link("4", "a", SOLVES, "d")),
        strong(0.1, link("5", "d", SOLVES, "end")),
        strong(1.0, link("6", "b", SOLVES, "d")),
    ];
    store
        .apply(with(links, put_names(["a", "b", "c", "d", "end"])))
        .await?;
    let path = store.shortest_path(&between("a", "end")).await?;
    assert_eq!(short(path.as_ref()), Some(vec!["4", "5"]));
    Ok(())
}

/// Of several shortest paths the strongest last relationship decides, then the least id, and so
/// on backwards.
pub async fn equal_paths_are_decided_as_in_a_walk(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [
        strong(0.9, link("1", "a", SOLVES, "left")),
        strong(0.1, link("2", "a", SOLVES, "right")),
        strong(0.1, link("9", "a", RelationshipType::Addresses, "right")),
        strong(0.3, link("3", "left", SOLVES, "end")),
        strong(0.8, link("5", "right", SOLVES, "end")),
        strong(0.8, link("4", "right", RelationshipType::Addresses, "end")),
        strong(0.8, link("6", "left", RelationshipType::Addresses, "end")),
    ];
    store
        .apply(with(links, put_names(["a", "left", "right", "end"])))
        .await?;
    let path = store.shortest_path(&between("a", "end")).await?;
    assert_eq!(short(path.as_ref()), Some(vec!["2", "4"]));
    Ok(())
}

/// A path follows relationships in its direction; symmetric ones have none.
pub async fn a_path_has_a_direction(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [
        link("1", "a", SOLVES, "b"),
        link("2", "c", RelationshipType::SimilarTo, "b"),
    ];
    store.apply(with(links, put_names(["a", "b", "c"]))).await?;
    let cases = [
        ("a", "c", Direction::Outgoing, Some(vec!["1", "2"])),
        ("a", "c", Direction::Incoming, None),
        ("c", "a", Direction::Incoming, Some(vec!["2", "1"])),
        ("c", "a", Direction::Outgoing, None),
        ("c", "a", Direction::Both, Some(vec!["2", "1"])),
    ];
    for (from, to, direction, expected) in cases {
        let query = PathQuery {
            direction,
            ..between(from, to)
        };
        let path = store.shortest_path(&query).await?;
        assert_eq!(short(path.as_ref()), expected, "{query:?}");
    }
    Ok(())
}

/// A path keeps to its types, though another type were shorter.
pub async fn a_path_keeps_to_its_types(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [
        link("1", "a", SOLVES, "b"),
        link("2", "b", RelationshipType::Addresses, "c"),
        link("3", "a", RelationshipType::Causes, "c"),
    ];
    store.apply(with(links, put_names(["a", "b", "c"]))).await?;
    let along = |types: &[RelationshipType]| PathQuery {
        types: types.to_vec(),
        ..between("a", "c")
    };
    let path = store.shortest_path(&along(&[])).await?;
    assert_eq!(short(path.as_ref()), Some(vec!["3"]));
    let path = store
        .shortest_path(&along(&[RelationshipType::Addresses, SOLVES]))
        .await?;
    assert_eq!(short(path.as_ref()), Some(vec!["1", "2"]));
    assert_eq!(store.shortest_path(&along(&[SOLVES])).await?, None);
    Ok(())
}

/// A path has at most the relationships that it may have, up to the most.
pub async fn a_path_ends_at_its_depth(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let names: Vec<String> = (0..=11).map(|n| format!("m{n:02}")).collect();
    let links = names
        .windows(2)
        .map(|ends| link(&ends[1], &ends[0], SOLVES, &ends[1]));
    store
        .apply(with(links, put_names(names.iter().map(String::as_str))))
        .await?;
    for length in 1..=11_u8 {
        let to = &names[usize::from(length)];
        for max_depth in 1..=MAX_DEPTH {
            let query = PathQuery {
                max_depth,
                ..between("m00", to)
            };
            let path = store.shortest_path(&query).await?;
            let found = path.map(|path| path.steps.len());
            let expected = (length <= max_depth).then_some(usize::from(length));
            assert_eq!(found, expected, "{query:?}");
        }
    }
    Ok(())
}

/// A depth out of range is refused.
pub async fn the_depth_has_a_range(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["a", "b"])).await?;
    for max_depth in [0, MAX_DEPTH + 1, u8::MAX] {
        let query = PathQuery {
            max_depth,
            ..between("a", "b")
        };
        let refused = store.shortest_path(&query).await;
        assert_names(
            &assert_fails(refused, ErrorKind::InvalidArgument),
            &["depth"],
        );
    }
    Ok(())
}

/// A path from or to a memory that is not there fails and names it.
pub async fn unknown_ends_are_not_found(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("a")).await?;
    for (from, to) in [("a", "ghost"), ("ghost", "a"), ("ghost", "ghost")] {
        let missing = store.shortest_path(&between(from, to)).await;
        assert_names(&assert_fails(missing, ErrorKind::NotFound), &["ghost"]);
    }
    Ok(())
}

/// A path goes along what holds at its moment.
pub async fn a_path_goes_back_in_time(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [
        link("direct", "a", SOLVES, "c"),
        link("1", "a", SOLVES, "b"),
        link("2", "b", SOLVES, "c"),
    ];
    let put = with(links, put_names(["a", "b", "c"])).then(invalidate("direct", at(10), None));
    store.apply(put).await?;
    let as_of = |as_of| PathQuery {
        as_of,
        ..between("a", "c")
    };
    let cases = [
        (AsOf::Latest, Some(vec!["1", "2"])),
        (AsOf::At(at(-1)), None),
        (AsOf::At(at(0)), Some(vec!["direct"])),
        (AsOf::At(at(9)), Some(vec!["direct"])),
        (AsOf::At(at(10)), Some(vec!["1", "2"])),
        (AsOf::Ever, Some(vec!["direct"])),
    ];
    for (moment, expected) in cases {
        let path = store.shortest_path(&as_of(moment)).await?;
        assert_eq!(short(path.as_ref()), expected, "{moment:?}");
    }
    Ok(())
}

/// A path is found through a memory with hundreds of neighbours.
pub async fn a_path_leads_through_a_hub(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let names: Vec<String> = (0..300).map(|n| format!("m{n:03}")).collect();
    let links = names.iter().map(|name| link(name, "hub", SOLVES, name));
    let put = put_names(names.iter().map(String::as_str).chain(["hub"]));
    store.apply(with(links, put)).await?;
    let path = store.shortest_path(&between("m000", "m299")).await?;
    assert_eq!(short(path.as_ref()), Some(vec!["m000", "m299"]));
    Ok(())
}
