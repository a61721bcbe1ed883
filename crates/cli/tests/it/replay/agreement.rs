//! Whether our answer says in substance what the Python server answered.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    client::{Client, ids},
    judge::Seen,
    relating::relationship_id,
    transcript::Ids,
};

/// How many related memories the Python server shows at most.
const MOST_RELATED: usize = 20;

/// Says the same: whether it was refused, which memories and relationships it is about, which
/// numbers it tells. Words and order are free.
pub(super) fn agrees(seen: &Seen, ids_of: &Ids, client: &mut Client) -> bool {
    let (call, answer) = (seen.call, seen.answer);
    if call.refused || answer.refused {
        return call.refused && answer.refused;
    }
    let theirs = |word: &str| ids_of.named(word, &call.text);
    let json = &answer.json;
    match call.tool.as_str() {
        "store_memory" => theirs("ID: ") == [json["memory"]["id"].as_str().unwrap()],
        "update_memory" | "delete_memory" => {
            theirs("successfully: ") == [json["memory"]["id"].as_str().unwrap()]
        }
        "create_relationship" => json["reinforced"] == false,
        "get_memory" => shows_the_same(&json["memory"], &call.text),
        "search_memories" | "recall_memories" | "contextual_search" => {
            set(theirs("(ID: ")) == set(answer.ids())
        }
        "get_related_memories" => {
            let theirs = set(theirs("(ID: "));
            let items = seen.pages(client);
            let more: Vec<&Value> = items
                .iter()
                .filter(|item| !theirs.contains(item["memory"]["id"].as_str().unwrap()))
                .collect();
            let cut = theirs.len() == MOST_RELATED;
            let neighbours = more.iter().all(|item| item["depth"] == 1);
            theirs.is_subset(&set(ids(&items))) && (more.is_empty() || cut && neighbours)
        }
        "get_memory_statistics" => counts_the_same(json, &call.text),
        "get_recent_activity" => {
            let unresolved = json["unresolved"].as_array().unwrap();
            let told = |title: &str| call.text.contains(&format!("- **{title}**"));
            let theirs = call.text.matches("\n- **").count();
            number_after("**Total Memories**: ", &call.text) == json["total"].as_f64()
                && theirs == unresolved.len()
                && unresolved
                    .iter()
                    .all(|memory| told(memory["title"].as_str().unwrap()))
        }
        "search_relationships_by_context" => {
            let theirs = set(theirs("- ID: "));
            let all: BTreeSet<String> = seen.pages(client).iter().map(relationship_id).collect();
            let cut = call.arguments["limit"] == theirs.len();
            theirs == all || cut && theirs.is_subset(&all)
        }
        "find_memory_path" => {
            let told: Value = serde_json::from_str(&call.text).unwrap();
            told["found"] == json["found"] && told["hops"] == json["hops"]
        }
        "suggest_relationship_type" => {
            let told: Value = serde_json::from_str(&call.text).unwrap();
            let shown = |fits: &Value| {
                let fits = fits.as_array().unwrap().iter();
                let pairs = fits.map(|fit| (fit["type"].clone(), fit["confidence"].clone()));
                pairs.collect::<Vec<_>>()
            };
            shown(&told["suggestions"]) == shown(&json["items"])
        }
        _ => false,
    }
}

fn set(ids: Vec<String>) -> BTreeSet<String> {
    ids.into_iter().collect()
}

fn shows_the_same(memory: &Value, text: &str) -> bool {
    let word = |name: &str| memory[name].as_str().unwrap_or_default();
    let tags = memory["tags"].as_array().into_iter().flatten();
    let tags: Vec<&str> = tags.map(|tag| tag.as_str().unwrap()).collect();
    let told = [
        format!("**Memory: {}**", word("title")),
        format!("Type: {}", word("type")),
        format!("Importance: {}", memory["importance"]),
        format!("Tags: {}", tags.join(", ")),
        word("summary").to_owned(),
        word("content").to_owned(),
        memory["context"]["project_path"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    ];
    told.iter().all(|told| text.contains(told))
}

fn counts_the_same(json: &Value, text: &str) -> bool {
    let close = |name: &str, word: &str| {
        let (ours, theirs) = (json[name].as_f64(), number_after(word, text));
        // They tell two digits.
        (ours.unwrap() - theirs.unwrap()).abs() <= 0.005
    };
    let types = json["memories_by_type"].as_object().unwrap();
    close("memories", "Total Memories: ")
        && close("relationships", "Total Relationships: ")
        && close("mean_importance", "Average Importance: ")
        && close("mean_confidence", "Average Confidence: ")
        && types
            .iter()
            .all(|(name, count)| text.contains(&format!("- {name}: {count}\n")))
}

fn number_after(word: &str, text: &str) -> Option<f64> {
    let rest = text.split_once(word)?.1;
    rest.split_whitespace().next()?.parse().ok()
}
