use serde_json::json;

use crate::world::World;

/// A world with three memories: a fix, an error and a problem.
fn world() -> World {
    let world = World::new();
    for (id, kind) in [("fix", "fix"), ("error", "error"), ("slow", "problem")] {
        let content = format!("Content of {id}.");
        world.succeeds(&["store", id, &content, "--id", id, "--type", kind]);
    }
    world
}

#[test]
fn links_reinforce_and_contradictions_are_told() {
    let world = World::new();
    for (id, title) in [("a", "A"), ("b", "B")] {
        world.succeeds(&["store", title, &format!("Content of {id}."), "--id", id]);
    }
    let said = world.succeeds(&["link", "a", "solves", "b", "--strength", "0.4"]);
    assert_eq!(said, "Linked a SOLVES b, strength 0.40\n");
    let linked = world.json(&["link", "a", "SOLVES", "b"]);
    assert_eq!(
        (
            &linked["reinforced"],
            &linked["relationship"]["evidence_count"]
        ),
        (&true.into(), &2.into())
    );
    let said = world.succeeds(&["link", "a", "ineffective_for", "b"]);
    assert!(
        said.ends_with("This contradicts a SOLVES b, which is kept too.\n"),
        "{said}"
    );
    let tree = world.succeeds(&["related", "b", "--direction", "outgoing"]);
    assert_eq!(tree, "B  (general, b)\nNothing is related to it.\n");
}

#[test]
fn a_relationship_ends_and_is_still_there_for_its_time() {
    let world = world();
    let link = ["link", "fix", "solves", "error", "--valid-from"];
    world.succeeds(&[&link[..], &["2020-01-01"]].concat());
    let said = world.succeeds(&["unlink", "fix", "SOLVES", "error", "--at", "2021-01-01"]);
    assert_eq!(
        said,
        "fix SOLVES error held until 2021-01-01 00:00:00 UTC\n"
    );

    let steps = |options: &[&str]| {
        let walked = world.json(&[&["related", "error"], options].concat());
        walked["steps"].as_array().unwrap().len()
    };
    assert_eq!(steps(&[]), 0);
    assert_eq!(steps(&["--as-of", "2020-06-01"]), 1);
    assert_eq!(steps(&["--as-of", "2022-01-01"]), 0);
    assert_eq!(steps(&["--ever"]), 1);
    assert_eq!(world.fails(&["path", "fix", "error"]).0, 3);
    let way = world.succeeds(&["path", "fix", "error", "--as-of", "2020-06-01T12:00:00Z"]);
    assert!(way.contains("↓ SOLVES"), "{way}");
    let table = world.succeeds(&["links", "--ever"]);
    let id = world.json(&["links", "--ever"])["items"][0]["id"].clone();
    let id = id.as_str().unwrap();
    assert_eq!(
        table,
        format!(
            "FROM  RELATIONSHIP  TO     STRENGTH  CONTEXT  HELD UNTIL               ID\n\
             fix   SOLVES        error  0.90               2021-01-01 00:00:00 UTC  {id}\n"
        )
    );
    let ended = format!(
        "error: \"fix\" SOLVES \"error\" held until 2021-01-01 00:00:00 UTC\n\
         hint: memorygraph unlink {id} --remove removes it\n"
    );
    for command in ["unlink", "reinforce"] {
        let (code, error) = world.fails(&[command, "fix", "solves", "error"]);
        assert_eq!((code, error.as_str()), (3, ended.as_str()), "{command}");
    }
    assert_eq!(world.fails(&["unlink", "fix", "solves", "error"]).0, 3);
    assert_eq!(
        world.fails(&["links", "--ever", "--as-of", "2020-01-01"]).0,
        2
    );
}

#[test]
fn a_relationship_that_was_never_true_is_removed() {
    let world = world();
    let id = world.json(&["link", "fix", "causes", "slow"])["relationship"]["id"].clone();
    let said = world.succeeds(&["unlink", id.as_str().unwrap(), "--remove"]);
    assert_eq!(said, "Removed fix CAUSES slow\n");
    assert_eq!(
        world.json(&["links", "--ever"]),
        json!({"items": [], "next": null})
    );
    for (command, code) in [
        (&["unlink", id.as_str().unwrap()][..], 3),
        (&["unlink", "fix", "causes"], 2),
        (&["unlink", "fix", "caused", "slow"], 2),
        (
            &[
                "unlink",
                "fix",
                "causes",
                "slow",
                "--remove",
                "--at",
                "2020-01-01",
            ],
            2,
        ),
    ] {
        let (got, error) = world.fails(command);
        assert_eq!(got, code, "{command:?}: {error}");
    }
}

#[test]
fn a_relationship_that_has_ended_is_removed_by_what_it_said() {
    let world = world();
    world.succeeds(&["link", "fix", "solves", "error"]);
    world.succeeds(&["unlink", "fix", "solves", "error"]);
    let said = world.succeeds(&["unlink", "fix", "solves", "error", "--remove"]);
    assert_eq!(said, "Removed fix SOLVES error\n");
    assert_eq!(world.json(&["links", "--ever"])["items"], json!([]));
}

#[test]
fn an_id_of_something_else_is_told() {
    let world = world();
    let linked = world.json(&["link", "fix", "solves", "error"]);
    let id = linked["relationship"]["id"].as_str().unwrap();
    for (command, expected) in [
        (
            &["unlink", "none"][..],
            "hint: memorygraph links shows the ids",
        ),
        (
            &["reinforce", "none"],
            "hint: memorygraph links shows the ids",
        ),
        (&["unlink", "fix"], "\"fix\" is a memory"),
        (&["history", id], "--relationship shows the history"),
        (
            &["history", "--relationship", "none"],
            "memorygraph links --ever",
        ),
    ] {
        let (code, error) = world.fails(command);
        assert_eq!(code, 3, "{command:?}: {error}");
        assert!(error.contains(expected), "{command:?}: {error}");
    }
}

#[test]
fn a_type_may_be_typed_as_it_is_said() {
    let world = world();
    for kind in [
        "RELATED_TO",
        "related_to",
        "related-to",
        "related to",
        "Related-To",
    ] {
        let said = world.succeeds(&["link", "fix", kind, "error"]);
        assert!(said.contains("RELATED_TO"), "{kind}: {said}");
    }
    let listed = world.json(&["links", "--type", "solves,related-to"]);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let script = world.succeeds(&["completions", "bash"]);
    assert!(script.contains("depends_on") && !script.contains("DEPENDS_ON"));
}

#[test]
fn trials_move_what_a_relationship_weighs() {
    let world = world();
    world.succeeds(&["link", "fix", "solves", "error", "--strength", "0.5"]);
    let said = world.succeeds(&["reinforce", "fix", "solves", "error"]);
    assert_eq!(
        said,
        "fix SOLVES error: strength 0.55, confidence 0.83, right in 1 of 1 trials\n"
    );
    let tried = world.json(&["reinforce", "fix", "solves", "error", "--failed"]);
    assert_eq!(tried["success_rate"], 0.5);
    let history = world.succeeds(&["history", "fix", "solves", "error"]);
    assert!(history.contains("  strength: 0.5 → 0.55\n"), "{history}");
    assert!(history.ends_with("  fix SOLVES error\n"), "{history}");
    let states = world.json(&["history", "--relationship", tried["id"].as_str().unwrap()]);
    assert_eq!(states["items"].as_array().unwrap().len(), 3);
    assert_eq!(world.fails(&["reinforce", "slow", "solves", "error"]).0, 3);
}

#[test]
fn a_symmetric_relationship_is_named_from_either_end() {
    let world = world();
    world.succeeds(&["link", "error", "similar_to", "slow"]);
    let said = world.succeeds(&["unlink", "slow", "similar_to", "error", "--remove"]);
    assert_eq!(said, "Removed error SIMILAR_TO slow\n");
}

#[test]
fn relationships_are_listed_by_memory_type_and_context() {
    let world = world();
    world.succeeds(&[
        "link",
        "fix",
        "solves",
        "error",
        "--context",
        "verified by a load test",
    ]);
    world.succeeds(&[
        "link",
        "error",
        "causes",
        "slow",
        "--context",
        "when traffic is high",
    ]);
    let incoming = ["links", "error", "--direction", "incoming"];
    let id = world.json(&incoming)["items"][0]["id"].clone();
    assert_eq!(
        world.succeeds(&incoming),
        format!(
            "FROM  RELATIONSHIP  TO     STRENGTH  CONTEXT                  ID\n\
             fix   SOLVES        error  0.90      verified by a load test  {}\n",
            id.as_str().unwrap()
        )
    );
    let found = |options: &[&str]| {
        let listed = world.json(&[&["links"], options].concat());
        let items = listed["items"].as_array().unwrap().iter();
        items
            .map(|item| item["type"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&["--context", "load test"]), ["SOLVES"]);
    assert_eq!(found(&["--type", "causes"]), ["CAUSES"]);
    assert_eq!(found(&["error"]).len(), 2);
    assert_eq!(
        world.succeeds(&["links", "fix", "--type", "causes"]),
        "Nothing found.\n"
    );
    assert_eq!(world.fails(&["links", "none"]).0, 3);

    let first = world.json(&["links", "-n", "1"]);
    let next = first["next"].as_str().unwrap();
    let second = world.json(&["links", "-n", "1", "--after", next]);
    assert_ne!(first["items"], second["items"]);
    assert!(second["next"].is_null());
}

#[test]
fn get_shows_what_a_memory_is_joined_with() {
    let world = world();
    world.succeeds(&["link", "fix", "solves", "error"]);
    world.succeeds(&["link", "error", "causes", "slow"]);
    let shown = world.succeeds(&["get", "error"]);
    assert!(shown.contains("\nJoined with\n"), "{shown}");
    assert!(
        shown.contains("\n← SOLVES 0.90  fix  (fix, fix)\n"),
        "{shown}"
    );
    assert!(
        shown.contains("\n→ CAUSES 0.80  slow  (problem, slow)\n"),
        "{shown}"
    );
    let relationships = &world.json(&["get", "error"])["relationships"];
    assert_eq!(relationships["items"].as_array().unwrap().len(), 2);
    assert!(relationships["next"].is_null());
}

#[test]
fn a_type_is_suggested() {
    let world = world();
    let said = world.succeeds(&["suggest", "fix", "error"]);
    assert_eq!(said, "SOLVES     0.90\nADDRESSES  0.70\n");
    let items = world.json(&["suggest", "fix", "error"]);
    assert_eq!(
        items["items"][0],
        json!({"type": "SOLVES", "confidence": 0.9})
    );
    assert_eq!(world.fails(&["suggest", "fix", "none"]).0, 3);
}
