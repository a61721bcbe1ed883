//! What the store is made of, and what went on lately.

use serde_json::{Value, json};

use super::{
    client::ids,
    graph::text,
    judge::{Seen, Verdict, same},
    stage::INFRA,
};

/// Counts what is in the store.
pub(super) fn counted(seen: &Seen) -> Verdict {
    let (graph, answer) = (seen.before, &seen.answer.json);
    let memories = graph.memories.len();
    seen.ensure(answer["memories"] == memories, "memories")?;
    seen.ensure(
        answer["relationships"] == graph.relationships.len(),
        "relationships",
    )?;
    let rows = [
        ("memories_by_type", &graph.memories),
        ("relationships_by_type", &graph.relationships),
    ];
    for (name, rows) in rows {
        let mut counts = json!({});
        for row in rows {
            let count = &mut counts[row["type"].as_str().unwrap()];
            *count = json!(count.as_u64().unwrap_or_default() + 1);
        }
        seen.ensure(answer[name] == counts, name)?;
    }
    for (name, field) in [
        ("mean_importance", "importance"),
        ("mean_confidence", "confidence"),
    ] {
        let sum: f64 = graph
            .memories
            .iter()
            .map(|memory| memory[field].as_f64().unwrap())
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "a few hundred memories")]
        let mean = sum / memories as f64;
        let told = answer[name].as_f64().unwrap();
        seen.ensure((told - mean).abs() < 1e-9, &format!("{name} is {mean}"))?;
    }
    Ok(())
}

/// Shows what was changed last, and the problems and errors that nothing solves or addresses.
pub(super) fn recent(seen: &Seen) -> Verdict {
    let graph = seen.before;
    let project = &seen.call.arguments["project"];
    let mut within: Vec<&Value> = graph
        .memories
        .iter()
        .filter(|memory| project.is_null() || memory["context"]["project_path"] == *project)
        .collect();
    within.sort_by_key(|memory| text(&memory["updated_at"]));
    within.reverse();
    let recent = ids(seen.answer.json["recent"].as_array().unwrap());
    // The days of the sample are long ago one day: what this test changed itself is recent always.
    let fresh = if *project == INFRA { within.len() } else { 15 };
    let fresh: Vec<String> = within[..fresh].iter().map(|it| text(&it["id"])).collect();
    let first: Vec<String> = recent.iter().take(fresh.len()).cloned().collect();
    same(&first, &fresh, "the last changed are shown first")?;
    let total = seen.answer.json["total"].as_u64().unwrap();
    let total = usize::try_from(total).unwrap();
    seen.ensure(
        (fresh.len()..=within.len()).contains(&total),
        "they are counted",
    )?;

    let solved = |memory: &Value| {
        graph.relationships.iter().any(|joins| {
            let solves = joins["type"] == "SOLVES" || joins["type"] == "ADDRESSES";
            solves && joins["to_memory_id"] == memory["id"]
        })
    };
    let mut open: Vec<&Value> = within
        .into_iter()
        .filter(|memory| memory["type"] == "problem" || memory["type"] == "error")
        .filter(|memory| !solved(memory))
        .collect();
    open.sort_by_key(|memory| text(&memory["created_at"]));
    let open = open.into_iter().rev().take(20);
    let open: Vec<String> = open.map(|memory| text(&memory["id"])).collect();
    let told = ids(seen.answer.json["unresolved"].as_array().unwrap());
    same(&told, &open, "what is unresolved is shown")
}
