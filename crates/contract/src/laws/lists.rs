use domain::{
    AsOf, ListQuery, Memory, MemoryContext, MemoryFilter, MemoryId, MemoryType, Sort, Timestamp,
};
use ports::{GraphBackend, GraphBackendExt};

use crate::{
    Harness, LawResult,
    chance::Chance,
    samples::{
        SORTS, at, ever, first, full_memory, list_all, memory, memory_names, open, put_memories,
        score,
    },
};

/// Checks which memories a filter admits.
async fn assert_admits(
    store: &dyn GraphBackend,
    filter: MemoryFilter,
    expected: &[&str],
) -> LawResult {
    let found = list_all(store, filter.clone(), Sort::Oldest).await?;
    assert_eq!(memory_names(&found), expected, "{filter:?}");
    Ok(())
}

/// Each sort has its order, and ids in ascending order decide where it leaves two equal.
pub async fn each_sort_has_its_order(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let sorted = |name, created, updated, importance| Memory {
        created_at: at(created),
        updated_at: at(updated),
        importance: score(importance),
        ..memory(name)
    };
    let put = put_memories([
        sorted("a", 1, 9, 0.5),
        sorted("b", 2, 8, 0.9),
        sorted("c", 3, 9, 0.9),
        sorted("d", 3, 7, 0.5),
        sorted("e", 2, 9, 0.5),
    ]);
    store.apply(put).await?;
    let expected = [
        ["e", "c", "a", "b", "d"],
        ["d", "c", "e", "b", "a"],
        ["a", "b", "e", "c", "d"],
        ["c", "b", "e", "a", "d"],
    ];
    for (sort, expected) in SORTS.into_iter().zip(expected) {
        let found = list_all(&*store, MemoryFilter::default(), sort).await?;
        assert_eq!(memory_names(&found), expected, "{sort:?}");
    }
    Ok(())
}

/// Equal memories are listed by the bytes of their ids, whatever the script, the greatest first
/// unless the list begins with the oldest.
pub async fn equal_memories_are_listed_by_their_ids(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let mut names = [
        "Z", "a", "A", "z", "é", "e\u{301}", "\u{ffff}", "😀", "10", "9", " ", "~", "ж", "字", "a ",
    ];
    store.apply(put_memories(names.map(memory))).await?;
    names.sort_unstable();
    for sort in SORTS {
        let mut found = list_all(&*store, MemoryFilter::default(), sort).await?;
        if sort != Sort::Oldest {
            found.reverse();
        }
        assert_eq!(memory_names(&found), names, "{sort:?}");
    }
    Ok(())
}

/// Times sort as moments do, from the year 0 to the year 9999, to the microsecond.
pub async fn times_sort_as_moments(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let moments = [
        -62_167_219_200_000_000,
        -62_167_219_199_999_999,
        -1_000_000,
        -1,
        0,
        1,
        999_999,
        1_000_000,
        1_767_225_600_000_001,
        253_402_207_199_999_999,
    ];
    let timed = |microsecond: i64| {
        let time = Timestamp::from_microsecond(microsecond).expect("laws write valid times");
        Memory {
            created_at: time,
            updated_at: time,
            ..memory(&microsecond.to_string())
        }
    };
    store.apply(put_memories(moments.map(timed))).await?;
    let oldest_first = moments.map(|moment| moment.to_string());
    for sort in SORTS {
        let mut found = list_all(&*store, MemoryFilter::default(), sort).await?;
        if sort != Sort::Oldest {
            found.reverse();
        }
        assert_eq!(memory_names(&found), oldest_first, "{sort:?}");
    }
    Ok(())
}

/// Scores sort as numbers, to the last bit.
pub async fn scores_sort_as_numbers(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let values = [
        1.0,
        1.0 - f64::EPSILON / 2.0,
        0.1 + 0.2,
        0.3,
        0.1,
        1e-5,
        5e-324,
        0.0,
    ];
    let scored = values.iter().enumerate().map(|(n, &value)| Memory {
        importance: score(value),
        ..memory(&format!("{}", 9 - n))
    });
    store.apply(put_memories(scored)).await?;
    let found = list_all(&*store, MemoryFilter::default(), Sort::MostImportant).await?;
    let importances: Vec<f64> = found.iter().map(|memory| memory.importance.get()).collect();
    assert_eq!(importances, values);
    Ok(())
}

/// A list gives whole memories.
pub async fn a_list_gives_whole_memories(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(full_memory("a")).await?;
    let query = ListQuery {
        filter: ever(),
        sort: Sort::Newest,
    };
    let page = store.list(&query, &first(10)).await?;
    assert_eq!(page.items, [full_memory("a")]);
    assert_eq!(page.next, None);
    Ok(())
}

/// An empty filter admits every memory that has no end.
pub async fn an_empty_filter_admits_what_has_no_end(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store
        .apply(put_memories([
            memory("a"),
            full_memory("ended"),
            memory("b"),
        ]))
        .await?;
    assert_admits(&*store, MemoryFilter::default(), &["a", "b"]).await?;
    assert_admits(&*store, ever(), &["a", "b", "ended"]).await
}

/// A filter with several types admits any of them.
pub async fn types_are_filtered(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let typed = |memory_type: MemoryType| Memory {
        memory_type,
        ..memory(memory_type.as_str())
    };
    store
        .apply(put_memories(MemoryType::ALL.map(typed)))
        .await?;
    for memory_type in MemoryType::ALL {
        let filter = MemoryFilter {
            types: vec![memory_type],
            ..MemoryFilter::default()
        };
        assert_admits(&*store, filter, &[memory_type.as_str()]).await?;
    }
    let filter = MemoryFilter {
        types: vec![MemoryType::Task, MemoryType::Fix, MemoryType::Task],
        ..MemoryFilter::default()
    };
    assert_admits(&*store, filter, &["fix", "task"]).await
}

/// A filter with several tags admits any of them, in whatever case they are written; a tag is a
/// whole one.
pub async fn tags_are_filtered_in_any_case(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let tagged = |name: &str, tags: &[&str]| Memory {
        tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
        ..memory(name)
    };
    let put = put_memories([
        tagged("a", &["rust", "back end"]),
        tagged("b", &["übung"]),
        tagged("c", &["rusty", "50%"]),
        tagged("d", &["it's \"quoted\"", "a,b", "500"]),
        tagged("e", &[]),
    ]);
    store.apply(put).await?;
    let cases: [(&[&str], &[&str]); 11] = [
        (&["rust"], &["a"]),
        (&[" RUST "], &["a"]),
        (&["Back End"], &["a"]),
        (&["ÜBUNG", "rusty"], &["b", "c"]),
        (&["rust", "rust", "back end"], &["a"]),
        (&["50%"], &["c"]),
        (&["It's \"Quoted\""], &["d"]),
        (&["a,b"], &["d"]),
        (&["a"], &[]),
        (&["rust,back end"], &[]),
        (&["ubung"], &[]),
    ];
    for (tags, expected) in cases {
        let filter = MemoryFilter {
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            ..MemoryFilter::default()
        };
        assert_admits(&*store, filter, expected).await?;
    }
    Ok(())
}

/// A filter by project admits exactly that one: no prefix, no pattern, no other case.
pub async fn projects_are_filtered_exactly(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let projects = [
        "/app",
        "/app/",
        "/App",
        "/app/sub",
        "",
        "it's",
        "%",
        "проект",
    ];
    let of_project = projects.map(|project| Memory {
        context: Some(MemoryContext {
            project_path: Some(project.to_owned()),
            ..MemoryContext::default()
        }),
        ..memory(&format!("<{project}>"))
    });
    store
        .apply(put_memories(of_project).put_memory(memory("none")))
        .await?;
    for project in projects {
        let filter = MemoryFilter {
            project_path: Some(project.to_owned()),
            ..MemoryFilter::default()
        };
        assert_admits(&*store, filter, &[&format!("<{project}>")]).await?;
    }
    let filter = MemoryFilter {
        project_path: Some("/other".to_owned()),
        ..MemoryFilter::default()
    };
    assert_admits(&*store, filter, &[]).await
}

/// Least importance and least confidence admit what is equal or greater.
pub async fn scores_are_filtered_from_their_least(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let scored = |name: &str, importance, confidence| Memory {
        importance: score(importance),
        confidence: score(confidence),
        ..memory(name)
    };
    let put = put_memories([
        scored("a", 0.3, 0.9),
        scored("b", 0.1 + 0.2, 0.5),
        scored("c", 1.0, 0.0),
    ]);
    store.apply(put).await?;
    let least = |importance: Option<f64>, confidence: Option<f64>| MemoryFilter {
        min_importance: importance.map(score),
        min_confidence: confidence.map(score),
        ..MemoryFilter::default()
    };
    assert_admits(&*store, least(Some(0.0), Some(0.0)), &["a", "b", "c"]).await?;
    assert_admits(&*store, least(Some(0.3), None), &["a", "b", "c"]).await?;
    assert_admits(&*store, least(Some(0.1 + 0.2), None), &["b", "c"]).await?;
    assert_admits(&*store, least(Some(1.0), None), &["c"]).await?;
    assert_admits(&*store, least(None, Some(0.5)), &["a", "b"]).await?;
    assert_admits(&*store, least(None, Some(0.500_001)), &["a"]).await?;
    assert_admits(&*store, least(Some(0.31), Some(0.1)), &[]).await
}

/// Times are filtered from a moment on, and until just before one, to the microsecond.
pub async fn times_are_filtered_to_the_microsecond(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let moment = |microsecond: i64| {
        Timestamp::from_microsecond(at(0).as_microsecond() + microsecond)
            .expect("laws write valid times")
    };
    let timed = |name: &str, created, updated| Memory {
        created_at: moment(created),
        updated_at: moment(updated),
        ..memory(name)
    };
    store
        .apply(put_memories([
            timed("a", 0, 9),
            timed("b", 1, 7),
            timed("c", 2, 8),
        ]))
        .await?;
    let filter =
        |created_since: Option<i64>, created_before: Option<i64>, updated_since: Option<i64>| {
            MemoryFilter {
                created_since: created_since.map(moment),
                created_before: created_before.map(moment),
                updated_since: updated_since.map(moment),
                ..MemoryFilter::default()
            }
        };
    assert_admits(&*store, filter(Some(1), None, None), &["b", "c"]).await?;
    assert_admits(&*store, filter(Some(3), None, None), &[]).await?;
    assert_admits(&*store, filter(None, Some(2), None), &["a", "b"]).await?;
    assert_admits(&*store, filter(None, Some(0), None), &[]).await?;
    assert_admits(&*store, filter(Some(1), Some(2), None), &["b"]).await?;
    assert_admits(&*store, filter(None, None, Some(8)), &["a", "c"]).await?;
    assert_admits(&*store, filter(Some(1), None, Some(8)), &["c"]).await
}

/// Filters together admit what each of them admits: every pair of them, in every order.
pub async fn filters_hold_in_pairs(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let mut chance = Chance::new(7);
    let memories: Vec<Memory> = (0..80).map(|n| varied(n, &mut chance)).collect();
    store.apply(put_memories(memories.clone())).await?;
    let filters = single_filters();
    for (n, one) in filters.iter().enumerate() {
        for (m, other) in filters.iter().enumerate().skip(n) {
            if one.as_of != AsOf::Ever && other.as_of != AsOf::Ever && n != m {
                continue; // one question has one moment
            }
            let filter = together(one, other);
            let mut expected: Vec<&Memory> = memories.iter().collect();
            expected.retain(|memory| one.admits(memory) && other.admits(memory));
            expected.sort_by_key(|memory| (memory.created_at, memory.id.clone()));
            let mut expected: Vec<&MemoryId> = expected.iter().map(|memory| &memory.id).collect();
            for sort in [Sort::Oldest, SORTS[(n + m) % 4]] {
                let mut found = list_all(&*store, filter.clone(), sort).await?;
                if sort != Sort::Oldest {
                    found.sort_by(|a, b| a.id.cmp(&b.id));
                    expected.sort();
                }
                let found: Vec<&MemoryId> = found.iter().map(|memory| &memory.id).collect();
                assert_eq!(found, expected, "{sort:?} {filter:?}");
            }
        }
    }
    Ok(())
}

fn varied(n: usize, chance: &mut Chance) -> Memory {
    let tags = ["red", "green", "blue"]
        .into_iter()
        .filter(|_| chance.one_in(2));
    let tags = tags.map(str::to_owned).collect();
    let project = chance.pick(&[None, Some("/one"), Some("/two")]);
    let tenths = [0.0, 0.25, 0.5, 0.75, 1.0];
    let from = i64::try_from(chance.below(10)).unwrap_or_default();
    let until = i64::try_from(chance.below(10)).unwrap_or_default();
    Memory {
        memory_type: chance.pick(&[MemoryType::Task, MemoryType::Fix, MemoryType::Error]),
        tags,
        context: project.map(|project| MemoryContext {
            project_path: Some(project.to_owned()),
            ..MemoryContext::default()
        }),
        importance: score(chance.pick(&tenths)),
        confidence: score(chance.pick(&tenths)),
        created_at: at(until),
        updated_at: at(from + until),
        valid_from: at(from),
        valid_until: chance.one_in(2).then(|| at(from + until)),
        ..memory(&format!("m{n:02}"))
    }
}

/// A filter of each kind, and one that only asks for what ever held.
fn single_filters() -> Vec<MemoryFilter> {
    let mut filters = vec![ever(); 10];
    filters[1].types = vec![MemoryType::Task, MemoryType::Error];
    filters[2].tags = vec!["Red".to_owned(), "blue".to_owned()];
    filters[3].project_path = Some("/one".to_owned());
    filters[4].min_importance = Some(score(0.5));
    filters[5].min_confidence = Some(score(0.75));
    filters[6].created_since = Some(at(4));
    filters[7].created_before = Some(at(6));
    filters[8].updated_since = Some(at(9));
    filters[9].as_of = AsOf::At(at(6));
    filters.push(MemoryFilter::default());
    filters
}

fn together(one: &MemoryFilter, other: &MemoryFilter) -> MemoryFilter {
    let types = if one.types.is_empty() {
        &other.types
    } else {
        &one.types
    };
    let tags = if one.tags.is_empty() {
        &other.tags
    } else {
        &one.tags
    };
    MemoryFilter {
        types: types.clone(),
        tags: tags.clone(),
        project_path: one
            .project_path
            .clone()
            .or_else(|| other.project_path.clone()),
        contents: [one.contents.as_slice(), &other.contents].concat(),
        min_importance: one.min_importance.or(other.min_importance),
        min_confidence: one.min_confidence.or(other.min_confidence),
        created_since: one.created_since.or(other.created_since),
        created_before: one.created_before.or(other.created_before),
        updated_since: one.updated_since.or(other.updated_since),
        as_of: if one.as_of == AsOf::Ever {
            other.as_of
        } else {
            one.as_of
        },
    }
}
