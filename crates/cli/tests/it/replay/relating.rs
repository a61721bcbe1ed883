//! How memories are joined, and what is around them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    client::Client,
    graph::{Reached, text},
    judge::{Seen, Verdict, same},
};

/// The strength and the confidence of a relationship whose type alone is given.
const OF_TYPES: &[(&str, f64, f64)] = &[
    ("CAUSES", 0.8, 0.7),
    ("TRIGGERS", 0.7, 0.7),
    ("LEADS_TO", 0.6, 0.6),
    ("PREVENTS", 0.7, 0.7),
    ("BREAKS", 0.8, 0.7),
    ("SOLVES", 0.9, 0.8),
    ("ADDRESSES", 0.7, 0.7),
    ("ALTERNATIVE_TO", 0.6, 0.7),
    ("IMPROVES", 0.7, 0.7),
    ("REPLACES", 0.8, 0.8),
    ("OCCURS_IN", 0.6, 0.8),
    ("APPLIES_TO", 0.6, 0.7),
    ("DEPENDS_ON", 0.8, 0.8),
    ("SIMILAR_TO", 0.6, 0.7),
];

/// Keeps the relationship as it was given, and what is not given as its type has it.
pub(super) fn joined(seen: &Seen) -> Verdict {
    let given = &seen.call.arguments;
    let joins = &seen.answer.json["relationship"];
    seen.ensure(!seen.answer.refused, "it is stored")?;
    seen.ensure(seen.answer.json["reinforced"] == false, "it is new")?;
    for name in ["from_memory_id", "to_memory_id", "context"] {
        let kept = joins.get(name).unwrap_or(&Value::Null);
        seen.ensure(*kept == given[name], &format!("{name} is as given"))?;
    }
    seen.ensure(joins["type"] == given["relationship_type"], "its type too")?;
    let of_type = OF_TYPES.iter().find(|row| joins["type"] == row.0);
    let (_, strength, confidence) = of_type.unwrap();
    for (name, usual) in [("strength", strength), ("confidence", confidence)] {
        let expected = given[name].as_f64().unwrap_or(*usual);
        seen.ensure(joins[name] == expected, &format!("{name} is {expected}"))?;
    }
    let row = seen.after.relationship(&joins["id"]);
    seen.ensure(
        row == Some(joins),
        "it is in the store as the answer has it",
    )?;
    let more = seen.before.relationships.len() + 1;
    seen.ensure(seen.after.relationships.len() == more, "it is one more")
}

/// Counts what is said again, instead of keeping it twice.
pub(super) fn reinforced(seen: &Seen) -> Verdict {
    let joins = &seen.answer.json["relationship"];
    seen.ensure(seen.answer.json["reinforced"] == true, "it is said again")?;
    let before = seen.before.relationship(&joins["id"]);
    let Some(before) = before else {
        return Err("it was not there before".to_owned());
    };
    let count = before["evidence_count"].as_u64().unwrap() + 1;
    seen.ensure(joins["evidence_count"] == count, "it counts once more")?;
    let (before, after) = (&seen.before.relationships, &seen.after.relationships);
    seen.ensure(before.len() == after.len(), "there are no more than before")
}

/// Reaches all that is within the depth, the nearest first, and shows by which relationship.
pub(super) fn walked(seen: &Seen, client: &mut Client) -> Verdict {
    let start = seen.given("memory_id");
    let depth = seen.call.arguments["max_depth"].as_u64().unwrap_or(1);
    let mut expected = seen.before.around(&start, depth);
    if seen.call.line == 64 {
        let touching = seen.before.touching(&start);
        assert!(touching.iter().all(|joins| joins["type"] != "SOLVES"));
        expected.clear();
    }
    let first = expected.len().min(20);
    same(&seen.answer.items().len(), &first, "the page is full")?;
    let items = seen.pages(client);
    let reached: Vec<Reached> = items
        .iter()
        .map(|item| Reached {
            id: text(&item["memory"]["id"]),
            depth: item["depth"].as_u64().unwrap(),
        })
        .collect();
    same(&reached, &expected, "all of it is reached, in order")?;
    for item in &items {
        let via = &item["via"];
        let row = seen.before.relationship(&via["id"]);
        seen.ensure(row == Some(via), "each by a relationship of the store")?;
        let ends = [&via["from_memory_id"], &via["to_memory_id"]];
        seen.ensure(
            ends.contains(&&item["memory"]["id"]),
            "which leads to the memory",
        )?;
    }
    for item in seen.answer.items() {
        let via = &item["via"];
        let (from, to) = (text(&via["from_memory_id"]), text(&via["to_memory_id"]));
        let arrow = format!("{from} -{}-> {to}", via["type"].as_str().unwrap());
        seen.ensure(seen.answer.text.contains(&arrow), "the direction is shown")?;
    }
    Ok(())
}

/// The contexts of the sample that a line finds.
fn contexts(line: u32) -> &'static [&'static str] {
    match line {
        70 => &["partially implements auth module, verified by integration tests"],
        71 => &[
            "partially implements auth module, verified by integration tests",
            "observed in payment service after 2024-06-01, without retries",
            "tested by load test in staging environment; requires PostgreSQL 15",
        ],
        72 => &["only works in production environment"],
        73 => &["conditional: when Redis enabled, except legacy clients"],
        74 => &["fully solves the problem since v2.1.0"],
        _ => &[],
    }
}

/// Finds every relationship whose context says what is asked for.
pub(super) fn circumstances(seen: &Seen, client: &mut Client) -> Verdict {
    let contexts = contexts(seen.call.line);
    let says = |joins: &&Value| {
        let context = joins["context"].as_str();
        context.is_some_and(|context| contexts.contains(&context))
    };
    let rows = seen.before.relationships.iter();
    let expected: BTreeSet<String> = rows.filter(says).map(|row| text(&row["id"])).collect();
    seen.ensure(!seen.answer.refused, "it is answered")?;
    same(&seen.answer.items().len(), &3, "as many as were asked for")?;
    let items = seen.pages(client);
    let found: BTreeSet<String> = items.iter().map(relationship_id).collect();
    same(
        &items.len(),
        &expected.len(),
        "as many are found as there are",
    )?;
    same(&found, &expected, "all that say it are found")
}

/// Returns the id of the relationship that an entry is, or that it has.
pub(super) fn relationship_id(item: &Value) -> String {
    text(&item.get("relationship").unwrap_or(item)["id"])
}

/// Shows a shortest path with its steps.
pub(super) fn path(seen: &Seen) -> Verdict {
    let (from, to) = (seen.given("from_memory_id"), seen.given("to_memory_id"));
    let mut around = seen.before.around(&from, 5).into_iter();
    let hops = around.find(|reached| reached.id == to).unwrap().depth;
    let answer = &seen.answer.json;
    seen.ensure(answer["found"] == true, "there is a path")?;
    seen.ensure(answer["hops"] == hops, &format!("of {hops}"))?;
    let steps = answer["path"]["steps"].as_array().unwrap();
    same(&(steps.len() as u64), &hops, "with as many steps")?;
    seen.ensure(
        answer["path"]["start"]["id"] == *from,
        "it starts where it was asked to",
    )?;
    let mut at = json!(from);
    for step in steps {
        let (via, next) = (&step["via"], &step["memory"]["id"]);
        let ends = [&via["from_memory_id"], &via["to_memory_id"]];
        seen.ensure(
            ends.contains(&&at) && ends.contains(&next),
            "each step leads on",
        )?;
        at = next.clone();
    }
    seen.ensure(at == *to, "the last one to the end")
}

/// Suggests for a solution and a problem what joins such two.
pub(super) fn suggested(seen: &Seen) -> Verdict {
    let expected = json!([
        { "confidence": 0.8, "type": "SOLVES" },
        { "confidence": 0.7, "type": "ADDRESSES" },
    ]);
    same(
        &seen.answer.json["items"],
        &expected,
        "it solves or addresses",
    )
}

/// Finds the only relationship between two memories, and counts that it proved right.
pub(super) fn tried(seen: &Seen) -> Verdict {
    let (from, to) = (seen.given("from_memory_id"), seen.given("to_memory_id"));
    let between = seen.before.touching(&from);
    let between: Vec<&Value> = between
        .into_iter()
        .filter(|joins| joins["to_memory_id"] == *to)
        .collect();
    let [before] = between[..] else {
        return Err(format!("{} relationships lead there", between.len()));
    };
    let after = &seen.answer.json["relationship"];
    seen.ensure(after["id"] == before["id"], "it is that one")?;
    seen.ensure(
        seen.after.relationship(&before["id"]) == Some(after),
        "it is kept so",
    )?;
    for (name, more) in [("strength", 0.05), ("confidence", 0.03)] {
        let gained = after[name].as_f64().unwrap() - before[name].as_f64().unwrap();
        let near = (gained - more).abs() < 1e-9;
        seen.ensure(near, &format!("{name} gains {more}"))?;
    }
    seen.ensure(after["success_rate"] == 1.0, "it succeeded each time")
}
