use std::num::NonZeroU32;

use domain::{
    AsOf, Direction, MAX_DEPTH, Memory, Relationship, RelationshipType, Step, Walk, Walked,
};
use ports::{Batch, ErrorKind, GraphBackendExt};

use crate::{
    Harness, LawResult,
    samples::{
        assert_fails, assert_names, at, full_memory, full_relationship, id, invalidate, link,
        memory, open, put_memories, put_names, score,
    },
};

const SOLVES: RelationshipType = RelationshipType::Solves;
const SIMILAR: RelationshipType = RelationshipType::SimilarTo;

/// A walk from these memories, this deep, either way.
fn walk(from: &[&str], depth: u8) -> Walk {
    Walk {
        from: from.iter().copied().map(id).collect(),
        depth,
        ..Walk::new(id("start"))
    }
}

/// The steps in short: name, depth, and the relationship that leads there.
fn short(walked: &Walked) -> Vec<(&str, u8, &str)> {
    let steps = walked.steps.iter();
    steps
        .map(|step| (step.memory.id.as_str(), step.depth, step.via.id.as_str()))
        .collect()
}

fn strong(strength: f64, relationship: Relationship) -> Relationship {
    Relationship {
        strength: score(strength),
        ..relationship
    }
}

fn with(relationships: impl IntoIterator<Item = Relationship>, put: Batch) -> Batch {
    relationships.into_iter().fold(put, Batch::put_relationship)
}

/// A walk follows relationships in the direction that it was asked for.
pub async fn a_walk_has_a_direction(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [link("1", "a", SOLVES, "b"), link("2", "c", SOLVES, "a")];
    store.apply(with(links, put_names(["a", "b", "c"]))).await?;
    let cases = [
        (Direction::Outgoing, vec![("b", 1, "1")]),
        (Direction::Incoming, vec![("c", 1, "2")]),
        (Direction::Both, vec![("b", 1, "1"), ("c", 1, "2")]),
    ];
    for (direction, expected) in cases {
        let walked = store
            .walk(&Walk {
                direction,
                ..walk(&["a"], 1)
            })
            .await?;
        assert_eq!(short(&walked), expected, "{direction:?}");
        assert!(!walked.truncated);
    }
    Ok(())
}

/// A symmetric relationship is followed from both ends, in every direction.
pub async fn symmetric_relationships_have_no_direction(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store
        .apply(with([link("1", "a", SIMILAR, "b")], put_names(["a", "b"])))
        .await?;
    for direction in [Direction::Outgoing, Direction::Incoming, Direction::Both] {
        let walked = store
            .walk(&Walk {
                direction,
                ..walk(&["a"], 1)
            })
            .await?;
        assert_eq!(short(&walked), [("b", 1, "1")], "{direction:?}");
        let walked = store
            .walk(&Walk {
                direction,
                ..walk(&["b"], 1)
            })
            .await?;
        assert_eq!(short(&walked), [("a", 1, "1")], "{direction:?}");
    }
    Ok(())
}

/// A walk keeps to the types that it was asked for, on its whole way.
pub async fn a_walk_keeps_to_its_types(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [
        link("1", "a", SOLVES, "b"),
        link("2", "b", SIMILAR, "c"),
        link("3", "c", SOLVES, "d"),
        link("4", "a", RelationshipType::Causes, "e"),
    ];
    store
        .apply(with(links, put_names(["a", "b", "c", "d", "e"])))
        .await?;
    let along = |types: &[RelationshipType]| Walk {
        types: types.to_vec(),
        ..walk(&["a"], 5)
    };
    let walked = store.walk(&along(&[SOLVES])).await?;
    assert_eq!(short(&walked), [("b", 1, "1")]);
    let walked = store.walk(&along(&[SIMILAR, SOLVES])).await?;
    assert_eq!(
        short(&walked),
        [("b", 1, "1"), ("c", 2, "2"), ("d", 3, "3")]
    );
    let walked = store.walk(&along(&[RelationshipType::Blocks])).await?;
    assert_eq!(walked, Walked::default());
    Ok(())
}

/// A walk goes as deep as it was asked to and no deeper, up to the deepest.
pub async fn a_walk_ends_at_its_depth(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let names: Vec<String> = (0..=11).map(|n| format!("m{n:02}")).collect();
    let links = names
        .windows(2)
        .map(|ends| link(&ends[1], &ends[0], SOLVES, &ends[1]));
    let put = put_names(names.iter().map(String::as_str));
    store.apply(with(links, put)).await?;
    for depth in 1..=MAX_DEPTH {
        let walked = store.walk(&walk(&["m00"], depth)).await?;
        let expected: Vec<_> = (1..=depth).map(|n| (n, &*names[usize::from(n)])).collect();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(n, name)| (name, n, name))
            .collect();
        assert_eq!(short(&walked), expected);
    }
    Ok(())
}

/// The nearest come first, among equals by the strongest relationship, then by id.
pub async fn a_walk_has_an_order(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [
        strong(0.5, link("1", "start", SOLVES, "d")),
        strong(0.9, link("2", "start", SOLVES, "c")),
        strong(0.5, link("3", "start", SOLVES, "b")),
        strong(1.0, link("4", "d", SOLVES, "a")),
        strong(0.1, link("5", "c", SOLVES, "e")),
        strong(0.2, link("6", "b", SOLVES, "f")),
    ];
    let names = ["start", "a", "b", "c", "d", "e", "f"];
    store.apply(with(links, put_names(names))).await?;
    let expected = [
        ("c", 1, "2"),
        ("b", 1, "3"),
        ("d", 1, "1"),
        ("a", 2, "4"),
        ("f", 2, "6"),
        ("e", 2, "5"),
    ];
    assert_eq!(short(&store.walk(&walk(&["start"], 2)).await?), expected);
    Ok(())
}

/// Of several ways of the same length the strongest last relationship is told, then the one with
/// the least id.
pub async fn a_diamond_tells_the_strongest_way(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [
        strong(0.9, link("1", "a", SOLVES, "left")),
        strong(0.1, link("2", "a", SOLVES, "right")),
        strong(0.3, link("3", "left", SOLVES, "end")),
        strong(0.8, link("5", "right", SOLVES, "end")),
        strong(0.8, link("4", "right", RelationshipType::Addresses, "end")),
        strong(0.8, link("6", "left", RelationshipType::Addresses, "end")),
    ];
    store
        .apply(with(links, put_names(["a", "left", "right", "end"])))
        .await?;
    let expected = [("left", 1, "1"), ("right", 1, "2"), ("end", 2, "4")];
    assert_eq!(short(&store.walk(&walk(&["a"], 3)).await?), expected);
    Ok(())
}

/// A memory has its least depth, however strong a longer way is.
pub async fn a_memory_has_its_least_depth(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [
        strong(0.1, link("weak", "a", SOLVES, "end")),
        strong(1.0, link("1", "a", SOLVES, "b")),
        strong(1.0, link("2", "b", SOLVES, "end")),
        strong(1.0, link("3", "end", SOLVES, "b")),
    ];
    store
        .apply(with(links, put_names(["a", "b", "end"])))
        .await?;
    let expected = [("b", 1, "1"), ("end", 1, "weak")];
    assert_eq!(short(&store.walk(&walk(&["a"], 5)).await?), expected);
    Ok(())
}

/// A walk around a cycle ends, and does not come back to where it began.
pub async fn a_walk_around_a_cycle_ends(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [
        link("1", "a", SOLVES, "b"),
        link("2", "b", SOLVES, "c"),
        link("3", "c", SOLVES, "a"),
        link("4", "b", SOLVES, "a"),
        link("5", "a", SIMILAR, "c"),
    ];
    store.apply(with(links, put_names(["a", "b", "c"]))).await?;
    let expected = [("b", 1, "1"), ("c", 1, "5")];
    let outgoing = Walk {
        direction: Direction::Outgoing,
        ..walk(&["a"], MAX_DEPTH)
    };
    assert_eq!(short(&store.walk(&outgoing).await?), expected);
    Ok(())
}

/// A walk from several memories reaches each other memory once, and none of those.
pub async fn a_walk_may_have_several_beginnings(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [
        link("1", "a", SOLVES, "b"),
        link("2", "b", SOLVES, "c"),
        link("3", "c", SOLVES, "d"),
        link("4", "a", SOLVES, "c"),
        link("5", "d", SOLVES, "e"),
    ];
    store
        .apply(with(links, put_names(["a", "b", "c", "d", "e"])))
        .await?;
    let walked = store.walk(&walk(&["d", "a", "a"], 2)).await?;
    assert_eq!(
        short(&walked),
        [("b", 1, "1"), ("c", 1, "3"), ("e", 1, "5")]
    );
    let walked = store.walk(&walk(&["a", "b", "c", "d", "e"], 2)).await?;
    assert_eq!(walked, Walked::default());
    Ok(())
}

/// A walk that begins nowhere reaches nothing.
pub async fn a_walk_from_nowhere_reaches_nothing(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store
        .apply(with(
            [link("1", "a", SOLVES, "b")],
            put_names(["a", "b", "alone"]),
        ))
        .await?;
    assert_eq!(store.walk(&walk(&[], 3)).await?, Walked::default());
    assert_eq!(store.walk(&walk(&["alone"], 3)).await?, Walked::default());
    Ok(())
}

/// A walk from a memory that is not there fails and names it, also where others are there.
pub async fn an_unknown_beginning_is_not_found(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("a")).await?;
    for from in [vec!["ghost"], vec!["a", "ghost"], vec!["ghost", "a"]] {
        let error = assert_fails(store.walk(&walk(&from, 1)).await, ErrorKind::NotFound);
        assert_names(&error, &["ghost"]);
    }
    Ok(())
}

/// A walk gives the first memories of its order up to its limit, and says whether there are more.
pub async fn a_walk_ends_at_its_limit(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [
        strong(0.1, link("1", "start", SOLVES, "a")),
        strong(0.9, link("2", "start", SOLVES, "b")),
        strong(0.5, link("3", "start", SOLVES, "c")),
        strong(1.0, link("4", "a", SOLVES, "d")),
        strong(0.2, link("5", "b", SOLVES, "e")),
    ];
    store
        .apply(with(links, put_names(["start", "a", "b", "c", "d", "e"])))
        .await?;
    let order = [
        ("b", 1, "2"),
        ("c", 1, "3"),
        ("a", 1, "1"),
        ("d", 2, "4"),
        ("e", 2, "5"),
    ];
    for limit in 1..=6 {
        let limited = Walk {
            limit: limit.try_into()?,
            ..walk(&["start"], 2)
        };
        let walked = store.walk(&limited).await?;
        let expected = &order[..order.len().min(limit as usize)];
        assert_eq!(short(&walked), expected);
        assert_eq!(walked.truncated, limit < 5, "{limit}");
    }
    let nearest = Walk {
        limit: 3.try_into()?,
        ..walk(&["start"], 1)
    };
    assert!(!store.walk(&nearest).await?.truncated);
    Ok(())
}

/// A memory with 500 neighbours is walked from, to and through.
pub async fn a_hub_is_walked_through(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let names: Vec<String> = (0..500).map(|n| format!("m{n:03}")).collect();
    let links = names.iter().map(|name| link(name, "hub", SOLVES, name));
    let put = put_names(names.iter().map(String::as_str).chain(["hub", "far"]));
    store
        .apply(with(links, put).put_relationship(link("last", "m499", SOLVES, "far")))
        .await?;
    let wide = |from, depth, limit: u32| Walk {
        limit: NonZeroU32::new(limit).expect("limits are not zero"),
        ..walk(&[from], depth)
    };
    let walked = store.walk(&wide("hub", 1, 1_000)).await?;
    let expected: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), 1, name.as_str()))
        .collect();
    assert_eq!(short(&walked), expected);
    assert!(!walked.truncated);
    let walked = store.walk(&wide("hub", 1, 499)).await?;
    assert_eq!(short(&walked), expected[..499]);
    assert!(walked.truncated);
    let walked = store.walk(&wide("m000", 3, 10_000)).await?;
    assert_eq!(walked.steps.len(), 501);
    assert_eq!(short(&walked)[500], ("far", 3, "last"));
    Ok(())
}

/// Depth and limit out of range are refused.
pub async fn depth_and_limit_have_a_range(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("a")).await?;
    for depth in [0, MAX_DEPTH + 1, u8::MAX] {
        let refused = store.walk(&walk(&["a"], depth)).await;
        assert_names(
            &assert_fails(refused, ErrorKind::InvalidArgument),
            &["depth"],
        );
    }
    for limit in [Walk::LARGEST + 1, u32::MAX] {
        let limit = limit.try_into()?;
        let refused = store
            .walk(&Walk {
                limit,
                ..walk(&["a"], 1)
            })
            .await;
        assert_names(
            &assert_fails(refused, ErrorKind::InvalidArgument),
            &["limit"],
        );
    }
    let limit = Walk::LARGEST.try_into()?;
    assert_eq!(
        store
            .walk(&Walk {
                limit,
                ..walk(&["a"], 1)
            })
            .await?,
        Walked::default()
    );
    Ok(())
}

/// A walk follows no relationship that has ended, unless it asks for what ever held.
pub async fn ended_relationships_are_not_followed(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [
        link("1", "a", SOLVES, "b"),
        link("2", "b", SOLVES, "c"),
        link("3", "a", SOLVES, "d"),
    ];
    let put = with(links, put_names(["a", "b", "c", "d"])).then(invalidate("1", at(10), None));
    store.apply(put).await?;
    assert_eq!(short(&store.walk(&walk(&["a"], 3)).await?), [("d", 1, "3")]);
    let ever = Walk {
        as_of: AsOf::Ever,
        ..walk(&["a"], 3)
    };
    let expected = [("b", 1, "1"), ("d", 1, "3"), ("c", 2, "2")];
    assert_eq!(short(&store.walk(&ever).await?), expected);
    Ok(())
}

/// A walk as of a moment follows what held then: from the first moment until just before the end.
pub async fn a_walk_goes_back_in_time(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let held = Relationship {
        valid_from: at(10),
        valid_until: Some(at(20)),
        ..link("1", "a", SOLVES, "b")
    };
    store.apply(with([held], put_names(["a", "b"]))).await?;
    for (moment, holds) in [(9, false), (10, true), (19, true), (20, false), (21, false)] {
        let then = Walk {
            as_of: AsOf::At(at(moment)),
            ..walk(&["a"], 1)
        };
        let walked = store.walk(&then).await?;
        assert_eq!(walked.steps.len(), usize::from(holds), "at {moment}");
    }
    Ok(())
}

/// A walk asks only whether relationships hold: it reaches and passes memories that have ended.
pub async fn ended_memories_are_reached(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let ended = Memory {
        valid_until: Some(at(1)),
        ..memory("b")
    };
    let links = [link("1", "a", SOLVES, "b"), link("2", "b", SOLVES, "c")];
    let put = put_memories([memory("a"), ended, memory("c")]);
    store.apply(with(links, put)).await?;
    let expected = [("b", 1, "1"), ("c", 2, "2")];
    assert_eq!(short(&store.walk(&walk(&["a"], 2)).await?), expected);
    Ok(())
}

/// A step carries the whole memory and the whole relationship.
pub async fn a_step_carries_everything(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let via = Relationship {
        valid_until: None,
        ..full_relationship("1", "a", "b")
    };
    let put = put_memories([memory("a"), full_memory("b")]);
    store.apply(with([via.clone()], put)).await?;
    let step = Step {
        memory: full_memory("b"),
        depth: 1,
        via,
    };
    let expected = Walked {
        steps: vec![step],
        truncated: false,
    };
    assert_eq!(store.walk(&walk(&["a"], 1)).await?, expected);
    Ok(())
}
