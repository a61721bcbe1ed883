//! The store that the transcript was recorded with, at each of its lines.
//!
//! The sample was copied when the recording was over, and the transcript is a selection of what was
//! called. So what its lines store is taken out of the imported store before they are replayed; and
//! what was stored between them comes back at the line where the Python system had it.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use super::{
    client::{Answer, Client},
    graph::{Graph, text},
    transcript::{Call, Ids, calls, ids_after},
};
use crate::world::{FIXTURES, World};

/// Memories that later lines made, or that were made beside them: lines 79 and 93, and two of
/// [`EDGE_CASES`].
const LEFT_OVER: [&str; 4] = [
    "743976b6-0e3f-4957-b903-101a1b0b17fb",
    "162e58f5-390d-4df1-9f8e-4ff6036cb93a",
    "26a2ac52-828c-416c-bc3b-3e64b7d56912",
    "7980868f-18b9-4341-b05b-a1e6be1aa4f9",
];

/// Memories that were stored after line 93 and that the lines after it are about.
const EDGE_CASES: [(&str, &str); 5] = [
    ("26a2ac52-828c-416c-bc3b-3e64b7d56912", "cycA"),
    ("fe872f13-cb8e-44bb-aac0-8f76cda4d1cb", "cycB"),
    ("7980868f-18b9-4341-b05b-a1e6be1aa4f9", "cycC"),
    ("619a1b86-c2c0-4817-9c4b-087f764eff33", "will vanish"),
    ("b9c71b07-e088-40e6-ba73-b437f1d33e10", "empty title"),
];

/// The project that line 69 asks about.
pub(super) const INFRA: &str = "/srv/infra";

pub(super) struct Stage {
    pub(super) world: World,
    pub(super) client: Client,
    pub(super) ids: Ids,
    /// What joins the memories of the first lines with each other and with the rest.
    joined: Value,
}

impl Stage {
    pub(super) fn new() -> Self {
        let world = imported();
        let imported = Graph::of(&world);
        let calls = calls();
        let made: BTreeSet<String> = calls[..27]
            .iter()
            .flat_map(|call| [ids_after("ID: ", &call.text), made_by(call)].concat())
            .collect();
        let among = |value: &Value| made.contains(value.as_str().unwrap());

        let (mine, others): (Vec<_>, Vec<_>) = imported
            .relationships
            .iter()
            .partition(|joins| among(&joins["id"]));
        let joined: Vec<&Value> = others
            .into_iter()
            .filter(|joins| among(&joins["from_memory_id"]) || among(&joins["to_memory_id"]))
            .collect();
        let joined = document(&imported, &joined);

        for joins in mine {
            world.succeeds(&["unlink", joins["id"].as_str().unwrap(), "--remove"]);
        }
        let mut client = Client::of(&world);
        for memory in &imported.memories {
            let id = memory["id"].as_str().unwrap();
            if among(&memory["id"]) || LEFT_OVER.contains(&id) {
                client.gets("delete_memory", &json!({ "memory_id": id }));
            } else if memory["context"]["project_path"] == INFRA {
                // Changed and changed back: lately, whenever the test runs.
                for importance in [json!(0), memory["importance"].clone()] {
                    let change = json!({ "memory_id": id, "importance": importance });
                    client.gets("update_memory", &change);
                }
            }
        }
        Self {
            world,
            client,
            ids: Ids::default(),
            joined,
        }
    }

    /// Stores what was stored outside of the transcript since the line before, if anything was.
    pub(super) fn bring_what_was_stored_before(&mut self, line: u32) -> bool {
        match line {
            16 => {
                let document = self.ids.ours(&self.joined.to_string());
                fs::write(self.world.file("joined.json"), document).unwrap();
                let report = self.world.json(&["import", "joined.json"]);
                let added = &report["files"][0]["relationships"]["added"];
                let expected = self.joined["relationships"].as_array().unwrap().len();
                assert_eq!(*added, expected, "{report}");
            }
            94 => {
                for (theirs, title) in EDGE_CASES {
                    // Ids that are alike, whatever is drawn: which come nearest is told.
                    let id = format!("edge case {title}");
                    let store = ["store", title, "c", "--type", "task", "--id", &id];
                    self.world
                        .succeeds(&[&store[..], &["--allow-duplicate"]].concat());
                    self.ids.add(theirs, &id);
                }
            }
            _ => return false,
        }
        true
    }

    /// Makes a call with our ids.
    pub(super) fn replay(&mut self, call: &Call) -> Answer {
        let answer = self.client.calls(&call.tool, &call.arguments);
        let (theirs, ours) = match call.tool.as_str() {
            "store_memory" => (ids_after("ID: ", &call.text), &answer.json["memory"]),
            "create_relationship" => (made_by(call), &answer.json["relationship"]),
            _ => return answer,
        };
        if let (Some(theirs), Some(ours)) = (theirs.first(), ours["id"].as_str()) {
            self.ids.add(theirs, ours);
        }
        answer
    }
}

/// A store that was imported from the sample.
pub(super) fn imported() -> World {
    let world = World::new();
    let sample = format!("{FIXTURES}/python-0.12.db");
    let said = world.succeeds(&["import", &sample]);
    assert!(
        said.ends_with("Imported 204 memories and 290 relationships.\n"),
        "{said}"
    );
    world
}

/// Returns the ids of the relationship that a call made.
pub(super) fn made_by(call: &Call) -> Vec<String> {
    ids_after("created successfully: ", &call.text)
}

/// Writes relationships, and the memories that they join, as the Python system exports them.
fn document(graph: &Graph, relationships: &[&Value]) -> Value {
    let mut ends = BTreeSet::new();
    let mut rows = Vec::new();
    for joins in relationships {
        let (from, to) = (&joins["from_memory_id"], &joins["to_memory_id"]);
        ends.extend([text(from), text(to)]);
        rows.push(json!({
            "id": joins["id"],
            "from_memory_id": from,
            "to_memory_id": to,
            "type": joins["type"],
            "properties": {
                "strength": joins["strength"],
                "confidence": joins["confidence"],
                "context": joins["context"],
                "evidence_count": joins["evidence_count"],
            },
        }));
    }
    let memories = graph.memories.iter();
    let memories: Vec<_> = memories
        .filter(|memory| ends.contains(memory["id"].as_str().unwrap()))
        .collect();
    json!({
        "format_version": "2.0",
        "export_version": "1.0",
        "memories": memories,
        "relationships": rows,
    })
}
