//! The calls that agents made of the Python server, made of ours.
//!
//! The store is imported from the sample that the Python server left. For each of the calls of the
//! transcript there is a promise that our answer has to keep, checked against the rows of an
//! export; and where our answer differs from the one that was recorded, [a row](differences) says
//! why.

mod agreement;
mod client;
mod differences;
mod finding;
mod graph;
mod judge;
mod keeping;
mod past;
mod refused;
mod relating;
mod stage;
mod transcript;

use std::collections::{BTreeMap, BTreeSet};

use self::{
    agreement::agrees,
    client::Client,
    differences::DIFFERENCES,
    graph::Graph,
    judge::{Seen, judge},
    stage::{Stage, made_by},
    transcript::{calls, ids_after},
};

/// The tools after which the store is looked at.
const WRITING: [&str; 5] = [
    "store_memory",
    "update_memory",
    "delete_memory",
    "create_relationship",
    "reinforce_relationship",
];

#[test]
fn every_call_of_the_transcript_is_answered_as_its_tool_promises() {
    let calls = calls();
    assert_eq!(calls.len(), 126);
    let mut stage = Stage::new();
    let mut graph = Graph::of(&stage.world);
    let mut broken = Vec::new();
    let mut differing = BTreeSet::new();
    for mut call in calls {
        if stage.bring_what_was_stored_before(call.line) {
            graph = Graph::of(&stage.world);
        }
        call.arguments = stage.ids.ours_in(&call.arguments);
        let answer = stage.replay(&call);
        let before = graph.clone();
        if WRITING.contains(&call.tool.as_str()) {
            graph = Graph::of(&stage.world);
        }
        let seen = Seen {
            call: &call,
            answer: &answer,
            before: &before,
            after: &graph,
        };
        if let Err(error) = judge(&seen, &mut stage.client) {
            broken.push(format!("line {} ({}): {error}", call.line, call.tool));
        }
        if !agrees(&seen, &stage.ids, &mut stage.client) {
            differing.insert(call.line);
        }
    }
    let mut expected = BTreeMap::new();
    for row in DIFFERENCES {
        for line in row.lines {
            let told = expected.insert(*line, (row.theirs, row.ours, row.why));
            assert_eq!(told, None, "line {line} has two rows");
        }
    }
    for (line, row) in &expected {
        if !differing.contains(line) {
            broken.push(format!("line {line} agrees, but has a row: {row:?}"));
        }
    }
    for line in differing {
        if !expected.contains_key(&line) {
            broken.push(format!("line {line} differs, but has no row"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}

#[test]
fn what_was_imported_is_known_when_it_is_stored_again() {
    let world = stage::imported();
    let mut client = Client::of(&world);
    for call in &calls()[..27] {
        let answer = client.calls(&call.tool, &call.arguments);
        let shown = format!("line {}: {}", call.line, answer.text);
        if call.tool == "store_memory" {
            let id = &ids_after("ID: ", &call.text)[0];
            assert!(answer.refused, "{shown}");
            assert_eq!(answer.json["error"]["kind"], "conflict", "{shown}");
            assert!(answer.text.contains(id), "{shown}");
        } else {
            let joins = &answer.json["relationship"];
            assert_eq!(answer.json["reinforced"], true, "{shown}");
            assert_eq!(joins["id"], made_by(call)[0].as_str(), "{shown}");
        }
    }
    let graph = Graph::of(&world);
    assert_eq!(
        (graph.memories.len(), graph.relationships.len()),
        (204, 290)
    );
}
