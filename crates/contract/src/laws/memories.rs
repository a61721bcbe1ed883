use domain::{Memory, MemoryContext, MemoryType, RelationshipType, Timestamp, Visibility};
use ports::{GraphBackendExt, Receipt};
use serde_json::json;

use crate::{
    Harness, LawResult,
    samples::{
        added, at, batch, contents, full_context, full_memory, id, link, memory, memory_names,
        open, put_memories, put_names, relationship_id, remove_memory, removed, score, touch,
    },
};

/// Puts the memories in one batch and finds each of them unchanged.
async fn survive(h: &dyn Harness, memories: Vec<Memory>) -> LawResult {
    let store = open(h).await?;
    let receipt = store.apply(put_memories(memories.clone())).await?;
    assert_eq!(receipt, added(memories.len() as u64, 0));
    for memory in memories {
        assert_eq!(store.memory(&memory.id).await?, Some(memory));
    }
    Ok(())
}

/// A memory comes back with every field as it was put.
pub async fn every_field_survives(h: &dyn Harness) -> LawResult {
    survive(h, vec![full_memory("full")]).await
}

/// A memory without anything optional comes back without it.
pub async fn what_was_not_said_stays_unsaid(h: &dyn Harness) -> LawResult {
    survive(h, vec![memory("bare")]).await
}

/// Nothing and something empty are not the same.
pub async fn nothing_and_empty_stay_apart(h: &dyn Harness) -> LawResult {
    let nothing = memory("nothing");
    let empty = Memory {
        context: Some(MemoryContext::default()),
        updated_by: Some(String::new()),
        ..memory("empty")
    };
    let empty_texts = Memory {
        context: Some(MemoryContext {
            project_path: Some(String::new()),
            files_involved: vec![String::new()],
            ..MemoryContext::default()
        }),
        ..memory("empty texts")
    };
    survive(h, vec![nothing, empty, empty_texts]).await
}

/// Each of the types comes back.
pub async fn every_type_survives(h: &dyn Harness) -> LawResult {
    let typed = |memory_type: MemoryType| Memory {
        memory_type,
        ..memory(memory_type.as_str())
    };
    survive(h, MemoryType::ALL.into_iter().map(typed).collect()).await
}

/// The longest texts come back whole, counted in characters, also where each takes four bytes.
pub async fn the_longest_texts_survive(h: &dyn Harness) -> LawResult {
    let clefs = |length| "𝄞".repeat(length);
    let tag = |n: usize| format!("{n:02}{}", "字".repeat(Memory::LONGEST_TAG - 2));
    let longest = Memory {
        title: clefs(Memory::LONGEST_TITLE),
        content: clefs(Memory::LONGEST_CONTENT),
        summary: Some(clefs(Memory::LONGEST_SUMMARY)),
        tags: (0..Memory::MOST_TAGS).map(tag).collect(),
        updated_by: Some(clefs(Memory::LONGEST_AUTHOR)),
        ..memory("longest")
    };
    let words = Memory {
        content: "word ".repeat(Memory::LONGEST_CONTENT / 5),
        ..memory("words")
    };
    survive(h, vec![longest, words]).await
}

/// Texts that look like quotes, JSON, SQL or nothing at all come back as they are.
pub async fn texts_of_any_kind_survive(h: &dyn Harness) -> LawResult {
    let texts = [
        "it's \"quoted\" `thrice`",
        r"back\slash \u0041 \n \\",
        "line\nline\r\nline\ttab",
        r#"{"type": "fix", "title": null}"#,
        r#"["a", {"b": 1}]"#,
        "null",
        "12345678901234567890",
        "1e400",
        "true",
        "'); DROP TABLE nodes; --",
        "?1 :name @name $name",
        "%s %_ *",
        "control \u{1}\u{7}\u{1b}\u{7f}\u{85} characters",
        "\u{200b}zero\u{200d}width\u{feff}",
        "مرحبا بالعالم \u{202e}reversed\u{202c}",
        "e\u{301} is not \u{e9}",
        "👩‍👩‍👧‍👦 🇩🇪 🚀",
        "  spaces around  ",
        "\u{10ffff}\u{e000}\u{fffd}",
        "line\u{2028}separator\u{2029}paragraph",
    ];
    let memories = texts.iter().enumerate().map(|(n, text)| Memory {
        title: (*text).to_owned(),
        content: (*text).to_owned(),
        summary: Some((*text).to_owned()),
        tags: vec![text.trim().to_lowercase()],
        updated_by: Some((*text).to_owned()),
        context: Some(MemoryContext {
            project_path: Some((*text).to_owned()),
            files_involved: vec![(*text).to_owned()],
            additional_metadata: serde_json::Map::from_iter([((*text).to_owned(), json!(*text))]),
            ..MemoryContext::default()
        }),
        ..memory(&format!("text {n}"))
    });
    survive(h, memories.collect()).await
}

/// Any text of 1 to 128 characters names a memory.
pub async fn ids_of_any_kind_survive(h: &dyn Harness) -> LawResult {
    let longest = "🧠".repeat(128);
    let names = [
        "x",
        " ",
        "it's",
        "\"quoted\"",
        "100%",
        "a_b",
        "a b",
        "a\nb",
        "a\\b",
        "[1]",
        "null",
        "0",
        "00",
        "1.0",
        "1e0",
        "ж",
        "\u{1}",
        "{}",
        "a,b",
        "--",
        "?",
        &longest,
    ];
    survive(h, names.into_iter().map(memory).collect()).await
}

/// Ids are compared to the letter: case, accents and spaces make a difference.
pub async fn ids_are_compared_to_the_letter(h: &dyn Harness) -> LawResult {
    let names = [
        "id",
        "ID",
        "Id",
        "id ",
        " id",
        "íd",
        "i\u{301}d",
        "İd",
        "ıd",
    ];
    survive(h, names.into_iter().map(memory).collect()).await
}

/// Counts come back up to the largest.
pub async fn the_largest_counts_survive(h: &dyn Harness) -> LawResult {
    let counted = |count: u32| Memory {
        usage_count: count,
        version: count.max(1),
        ..memory(&format!("count {count}"))
    };
    let counts = [0, 1, i32::MAX as u32, i32::MAX as u32 + 1, u32::MAX];
    survive(h, counts.into_iter().map(counted).collect()).await
}

/// Scores come back bit for bit.
pub async fn scores_survive_bit_for_bit(h: &dyn Harness) -> LawResult {
    let values = [
        0.0,
        1.0,
        0.1 + 0.2,
        1.0 / 3.0,
        f64::MIN_POSITIVE,
        5e-324,
        1.0 - f64::EPSILON / 2.0,
        0.123_456_789_012_345_68,
    ];
    let scored = |value: f64| Memory {
        importance: score(value),
        confidence: score(value),
        effectiveness: Some(score(value)),
        ..memory(&format!("score {value:e}"))
    };
    survive(h, values.into_iter().map(scored).collect()).await
}

/// Times come back to the microsecond, from the year 0 to the year 9999.
pub async fn times_survive_to_the_microsecond(h: &dyn Harness) -> LawResult {
    let microseconds = [
        -62_167_219_200_000_000, // the first of the year 0
        -62_167_219_199_999_999,
        -1,
        0,
        1,
        1_767_225_600_000_001,
        1_767_225_600_100_000,
        253_402_207_199_999_999, // near the end of the year 9999
    ];
    let timed = |microsecond: i64| {
        let time = Timestamp::from_microsecond(microsecond).expect("laws write valid times");
        Memory {
            created_at: time,
            updated_at: time,
            last_accessed: Some(time),
            valid_from: time,
            valid_until: Some(time),
            context: Some(MemoryContext {
                timestamp: Some(time),
                ..MemoryContext::default()
            }),
            ..memory(&format!("time {microsecond}"))
        }
    };
    survive(h, microseconds.into_iter().map(timed).collect()).await
}

/// Metadata comes back as the same JSON: nested, with any number, and with nulls.
pub async fn metadata_survives(h: &dyn Harness) -> LawResult {
    let metadata = json!({
        "": "an empty key",
        "null": null,
        "nested": { "list": [1, [2.5, []], {}, null, true, "text"], "deep": { "er": { "": {} } } },
        "integers": [0, -1, i64::MIN, i64::MAX, u64::MAX, 9_007_199_254_740_993_i64],
        "floats": [0.1, 1e300, -2.5e-300, 1.0, 0.1 + 0.2, 5e-324],
        "texts": ["\u{1}", "\"", "\\", "ж", "\u{10ffff}", "$.path"],
        "a.b": 1, "a[0]": 2, "$": 3, "a\"b": 4,
    });
    let context = MemoryContext {
        additional_metadata: metadata.as_object().cloned().unwrap_or_default(),
        ..MemoryContext::default()
    };
    let memory = Memory {
        context: Some(context),
        ..memory("metadata")
    };
    survive(h, vec![memory]).await
}

/// A context comes back with every field, whatever its visibility.
pub async fn every_field_of_a_context_survives(h: &dyn Harness) -> LawResult {
    let visible = |visibility: Visibility| Memory {
        context: Some(MemoryContext {
            visibility: Some(visibility),
            ..full_context()
        }),
        ..memory(visibility.as_str())
    };
    survive(h, Visibility::ALL.into_iter().map(visible).collect()).await
}

/// A memory that is not there is left out of the answer.
pub async fn an_unknown_memory_is_left_out(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("known")).await?;
    assert_eq!(store.memory(&id("unknown")).await?, None);
    let found = store.memories(&[id("unknown"), id("known")]).await?;
    assert_eq!(found, [memory("known")]);
    assert_eq!(store.memories(&[]).await?, []);
    Ok(())
}

/// Memories come in the order in which one asks for them, each once.
pub async fn memories_come_in_the_order_of_the_ids(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["a", "b", "c", "d"])).await?;
    let asked = ["c", "a", "?", "d", "a", "c", "b"].map(id);
    let found = store.memories(&asked).await?;
    assert_eq!(found, ["c", "a", "d", "b"].map(memory));
    Ok(())
}

/// Thousands of ids are one question.
pub async fn thousands_of_ids_are_one_question(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let names: Vec<String> = (0..1_000).map(|n| format!("m{n:04}")).collect();
    store
        .apply(put_names(names.iter().map(String::as_str)))
        .await?;
    let asked: Vec<_> = (0..5_000).rev().map(|n| id(&format!("m{n:04}"))).collect();
    let found = store.memories(&asked).await?;
    let expected: Vec<&str> = names.iter().rev().map(String::as_str).collect();
    assert_eq!(memory_names(&found), expected);
    Ok(())
}

/// Putting a memory again replaces every field, also by nothing.
pub async fn putting_again_replaces_every_field(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(full_memory("m")).await?;
    let receipt = store.put_memory(memory("m")).await?;
    assert_eq!(receipt, Receipt::default());
    assert_eq!(store.memory(&id("m")).await?, Some(memory("m")));
    store.put_memory(full_memory("m")).await?;
    assert_eq!(contents(&*store).await?.memories, [full_memory("m")]);
    Ok(())
}

/// Putting a memory again keeps its relationships.
pub async fn putting_again_keeps_the_relationships(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [
        link("1", "a", RelationshipType::Solves, "b"),
        link("2", "b", RelationshipType::SimilarTo, "a"),
    ];
    let put = put_names(["a", "b"])
        .put_relationship(links[0].clone())
        .put_relationship(links[1].clone());
    store.apply(put).await?;
    store.put_memory(full_memory("a")).await?;
    assert_eq!(contents(&*store).await?.relationships, links);
    Ok(())
}

/// Removing a memory removes all relationships that touch it, ended ones too, and no others.
pub async fn removing_a_memory_removes_its_relationships(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let stays = link("4", "b", RelationshipType::Solves, "c");
    let mut ended = link("3", "a", RelationshipType::Solves, "c");
    ended.valid_until = Some(at(1));
    let put = put_names(["a", "b", "c"])
        .put_relationship(link("1", "a", RelationshipType::Solves, "b"))
        .put_relationship(link("2", "c", RelationshipType::SimilarTo, "a"))
        .put_relationship(ended)
        .put_relationship(stays.clone());
    store.apply(put).await?;
    let receipt = store.apply(batch().then(remove_memory("a"))).await?;
    assert_eq!(receipt, removed(1, 3));
    let left = contents(&*store).await?;
    assert_eq!(left.memories, ["b", "c"].map(memory));
    assert_eq!(left.relationships, [stays]);
    assert_eq!(store.relationship(&relationship_id("1")).await?, None);
    Ok(())
}

/// Removing a memory that is not there succeeds and changes nothing.
pub async fn removing_what_is_not_there_succeeds(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("a")).await?;
    let before = contents(&*store).await?;
    let receipt = store.apply(batch().then(remove_memory("b"))).await?;
    assert_eq!(receipt, Receipt::default());
    assert_eq!(contents(&*store).await?, before);
    Ok(())
}

/// A memory that was removed can be put again, and starts without relationships.
pub async fn a_removed_memory_can_be_put_again(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b"]).put_relationship(link("1", "a", RelationshipType::Solves, "b"));
    store.apply(put).await?;
    store.apply(batch().then(remove_memory("a"))).await?;
    assert_eq!(store.put_memory(full_memory("a")).await?, added(1, 0));
    let left = contents(&*store).await?;
    assert_eq!(left.memories, [memory("b"), full_memory("a")]);
    assert_eq!(left.relationships, []);
    Ok(())
}

/// Touching counts uses and says when the last was; nothing else changes.
pub async fn touching_counts_uses_and_nothing_else(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store
        .apply(put_memories([full_memory("m"), memory("n")]))
        .await?;
    let touches = batch()
        .then(touch("m", 2, at(100)))
        .then(touch("n", 1, at(101)))
        .then(touch("m", 3, at(102)));
    assert_eq!(store.apply(touches).await?, Receipt::default());
    let m = Memory {
        usage_count: 12,
        last_accessed: Some(at(102)),
        ..full_memory("m")
    };
    let n = Memory {
        usage_count: 1,
        last_accessed: Some(at(101)),
        ..memory("n")
    };
    assert_eq!(contents(&*store).await?.memories, [n, m]);
    Ok(())
}

/// Touching stops at the largest count.
pub async fn touching_stops_at_the_largest_count(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let often = Memory {
        usage_count: u32::MAX - 2,
        ..memory("m")
    };
    store.put_memory(often).await?;
    store.apply(batch().then(touch("m", 1, at(1)))).await?;
    let used = |memory: Option<Memory>| memory.map(|memory| memory.usage_count);
    assert_eq!(used(store.memory(&id("m")).await?), Some(u32::MAX - 1));
    store
        .apply(batch().then(touch("m", u32::MAX, at(1))))
        .await?;
    assert_eq!(used(store.memory(&id("m")).await?), Some(u32::MAX));
    Ok(())
}

/// A use that becomes known late does not move the last use back.
pub async fn a_late_touch_does_not_move_the_last_use_back(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("m")).await?;
    store.apply(batch().then(touch("m", 1, at(9)))).await?;
    store.apply(batch().then(touch("m", 1, at(5)))).await?;
    let touched = Memory {
        usage_count: 2,
        last_accessed: Some(at(9)),
        ..memory("m")
    };
    assert_eq!(store.memory(&id("m")).await?, Some(touched));
    Ok(())
}

/// Touching a memory that is not there succeeds and makes none.
pub async fn touching_what_is_not_there_makes_nothing(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("a")).await?;
    let before = contents(&*store).await?;
    let receipt = store.apply(batch().then(touch("b", 1, at(1)))).await?;
    assert_eq!(receipt, Receipt::default());
    assert_eq!(contents(&*store).await?, before);
    Ok(())
}

/// A memory may name one that took its place, whether that is there or not.
pub async fn what_took_its_place_need_not_be_there(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let superseded = Memory {
        superseded_by: Some(id("new")),
        valid_until: Some(at(1)),
        ..memory("old")
    };
    store.put_memory(superseded.clone()).await?;
    store.put_memory(memory("new")).await?;
    store.apply(batch().then(remove_memory("new"))).await?;
    assert_eq!(contents(&*store).await?.memories, [superseded]);
    Ok(())
}
