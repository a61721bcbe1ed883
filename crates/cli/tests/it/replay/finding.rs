//! What is found, and in which order.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    client::{Client, ids},
    graph::says,
    judge::{Seen, Verdict, same},
};

/// What the memories have to be that a line finds.
struct Expected {
    /// The words that a line looks for: one of them at least.
    words: &'static [&'static str],
    /// What the filters of the line let through.
    filter: fn(&Seen, &Value) -> bool,
}

fn all(_: &Seen, _: &Value) -> bool {
    true
}

fn nothing(_: &Seen, _: &Value) -> bool {
    false
}

fn tagged(memory: &Value, tag: &str) -> bool {
    let tags = memory["tags"].as_array();
    tags.is_some_and(|tags| tags.iter().any(|it| it == tag))
}

/// Whether a memory is at an end of a relationship of the type SOLVES.
fn solves(seen: &Seen, memory: &Value) -> bool {
    let touching = seen.before.touching(memory["id"].as_str().unwrap());
    touching.iter().any(|joins| joins["type"] == "SOLVES")
}

fn expected(line: u32) -> Expected {
    let words: &[&str] = match line {
        32 | 56 => &["timeout"],
        33 => &["retry", "retries", "retried"],
        34 => &["deadlock", "latency"],
        36 => &["redis", "deadlock"],
        41 => &["redis"],
        47 => &["100"],
        48 => &["世界"],
        54 => &["jwt"],
        55 => &["redis", "timeout"],
        109 => &["vanish"],
        _ => &[],
    };
    let filter: fn(&Seen, &Value) -> bool = match line {
        35 => |_, memory| says(memory, "redis") && says(memory, "deadlock"),
        37 => |_, memory| tagged(memory, "redis"),
        38 => |_, memory| tagged(memory, "ünïcode-tag"),
        39 => |_, memory| {
            let important = memory["importance"].as_f64().unwrap() >= 0.8;
            important && (memory["type"] == "solution" || memory["type"] == "fix")
        },
        40 => |_, memory| memory["context"]["project_path"] == "/srv/infra",
        43 => solves,
        44 => |seen, memory| says(memory, "redis") && solves(seen, memory),
        59 => nothing,
        _ => all,
    };
    Expected { words, filter }
}

/// Finds exactly what the words and the filters ask for, page by page and none of it twice; without
/// words the most important first, with words first those that say all of them.
pub(super) fn found(seen: &Seen, client: &mut Client) -> Verdict {
    readable(seen)?;
    match seen.call.line {
        42 => return misspelt(seen),
        53 => return question(seen),
        _ => {}
    }
    let Expected { words, filter } = expected(seen.call.line);
    let graph = seen.before;
    let offset = seen.call.arguments["offset"].as_u64().unwrap_or_default();
    let offset = usize::try_from(offset).unwrap();
    let default = if seen.call.tool == "recall_memories" {
        20
    } else {
        50
    };
    let limit = seen.call.arguments["limit"].as_u64().unwrap_or(default);
    let limit = usize::try_from(limit).unwrap();

    let page = seen.answer.ids();
    let found = ids(&seen.pages(client));
    if words.is_empty() {
        let ordered = graph.most_important(|memory| filter(seen, memory));
        let ordered = ordered[offset.min(ordered.len())..].to_vec();
        let first = ordered.iter().take(limit).cloned().collect();
        same(&page, &first, "the most important are on the page")?;
        return same(&found, &ordered, "all of them are on the pages");
    }
    let any = |memory: &Value| words.iter().any(|word| says(memory, word));
    let every = |memory: &Value| words.iter().all(|word| says(memory, word));
    let expected = graph.ids_where(|memory| any(memory) && filter(seen, memory));
    same(
        &found.len(),
        &expected.len(),
        "as many are found as there are",
    )?;
    let set: BTreeSet<String> = found.iter().cloned().collect();
    same(&set, &expected, "those that say it are found")?;
    same(&page.len(), &limit.min(expected.len()), "the page is full")?;
    let best = graph.ids_where(every);
    let first: BTreeSet<String> = page.iter().take(best.len()).cloned().collect();
    seen.ensure(
        first.is_subset(&best),
        "those that say all of it come first",
    )?;
    in_titles_first(seen, words)
}

/// What says a word in its title comes before what says it in its content alone.
fn in_titles_first(seen: &Seen, words: &[&str]) -> Verdict {
    let titled = |item: &Value| {
        let title = item["memory"]["title"].as_str().unwrap().to_lowercase();
        words.iter().any(|word| title.contains(word))
    };
    let anywhere = seen.before.memories.iter();
    let anywhere = anywhere.filter(|memory| {
        let title = memory["title"].as_str().unwrap().to_lowercase();
        words.iter().any(|word| title.contains(word))
    });
    let first = seen.answer.items().first();
    let none = anywhere.count() == 0;
    seen.ensure(
        none || first.is_some_and(titled),
        "the first has it in its title",
    )
}

/// Finds what was meant before what is spelt alike.
fn misspelt(seen: &Seen) -> Verdict {
    let meant = seen
        .before
        .ids_where(|memory| says(memory, "redis") && says(memory, "timeout"));
    let first: BTreeSet<String> = seen.answer.ids().into_iter().take(meant.len()).collect();
    same(&first, &meant, "what was meant comes first")
}

/// A question in plain words finds what it is about: here `OAuth2`.
fn question(seen: &Seen) -> Verdict {
    let page = seen.answer.items();
    same(&page.len(), &3, "as many as were asked for")?;
    let about = |item: &Value| says(&item["memory"], "auth");
    seen.ensure(page.iter().all(about), "all are about auth")
}

/// Every entry can be read, and says which words were found where words were given.
fn readable(seen: &Seen) -> Verdict {
    let given = |name: &str| !seen.call.arguments[name].is_null();
    let asked = given("query") || given("terms");
    let mut place = 0;
    for item in seen.answer.items() {
        let id = item["memory"]["id"].as_str().unwrap();
        let found = seen.answer.text[place..].find(id);
        seen.ensure(found.is_some(), "the text has all ids in order")?;
        place += found.unwrap_or_default();
        let words = item["words"].as_array();
        let told = words.is_some_and(|words| !words.is_empty());
        seen.ensure(told == asked, "it says which words were found")?;
    }
    if seen.answer.items().is_empty() {
        seen.ensure(
            seen.answer.text.starts_with("No memories found"),
            "nothing is told as nothing",
        )?;
    }
    Ok(())
}

/// Finds what says the words among the memories within two relationships; without words all.
pub(super) fn found_nearby(seen: &Seen, client: &mut Client) -> Verdict {
    let start = seen.given("memory_id");
    let query = seen.given("query");
    let near: BTreeSet<String> = seen
        .before
        .around(&start, 2)
        .into_iter()
        .map(|reached| reached.id)
        .collect();
    let fits = |memory: &Value| {
        let id = memory["id"].as_str().unwrap();
        near.contains(id) && says(memory, &query)
    };
    let found = ids(&seen.pages(client));
    if query.is_empty() {
        let ordered = seen.before.most_important(fits);
        return same(&found, &ordered, "all that is near is found");
    }
    let expected = seen.before.ids_where(fits);
    same(
        &found.len(),
        &expected.len(),
        "as many are found as there are",
    )?;
    let set: BTreeSet<String> = found.into_iter().collect();
    same(&set, &expected, "what is near and says it is found")
}
