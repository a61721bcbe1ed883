use std::fs;

use crate::world::{SAMPLE, World, names};

#[test]
fn the_sample_is_imported_and_nothing_else_is_touched() {
    let world = World::new();
    let said = world.succeeds(&["import", SAMPLE]);
    assert_eq!(said, "Imported 203 memories and 290 relationships.\n");
    let again = world.succeeds(&["import", SAMPLE]);
    assert_eq!(
        again,
        "Imported 0 memories and 0 relationships.\n\
         Already there: 203 memories and 290 relationships.\n"
    );
    let report = world.json(&["import", SAMPLE]);
    assert_eq!(report["memories"]["already_there"], 203);
    let statistics = world.json(&["stats"]);
    assert_eq!(
        (&statistics["memories"], &statistics["relationships"]),
        (&203.into(), &290.into())
    );
    assert_eq!(names(&world.home()), [""; 0]);
}

#[test]
fn what_was_imported_is_found_and_walked() {
    let world = World::with_sample();
    let found = world.json(&["search", "redis", "timeout", "--mode", "strict", "-n", "3"]);
    let hits = found["items"].as_array().unwrap();
    assert_eq!(hits.len(), 3);
    assert!(hits.iter().all(|hit| {
        hit["memory"]["title"]
            .as_str()
            .unwrap()
            .contains("Redis timeout")
    }));
    let cursor = found["next"].as_str().unwrap();
    let more = world.json(&[
        "search",
        "redis timeout",
        "--mode",
        "strict",
        "-n",
        "3",
        "--after",
        cursor,
    ]);
    assert_ne!(more["items"][0], found["items"][0]);

    let table = world.succeeds(&["recall", "kafka", "lag", "--type", "fix,solution,error"]);
    assert!(table.starts_with("ID"), "{table}");
    assert!(
        table
            .lines()
            .skip(1)
            .all(|line| line.contains("Kafka consumer lag")),
        "{table}"
    );
    assert_eq!(world.succeeds(&["search", "???"]), "Nothing found.\n");

    let root = "0dea178f-0075-43e9-aff1-d436bd984ac6";
    let walked = world.json(&["related", root, "--depth", "1", "--type", "related_to"]);
    let steps = walked["steps"].as_array().unwrap();
    assert!(steps.len() > 5);
    assert!(steps.iter().all(|step| step["via"]["type"] == "RELATED_TO"));
    let tree = world.succeeds(&["related", root, "--limit", "4"]);
    assert_eq!(tree.lines().count(), 6, "{tree}");
    assert!(
        tree.ends_with("There is more: --limit 4 is reached.\n"),
        "{tree}"
    );

    let other = steps[0]["memory"]["id"].as_str().unwrap();
    let way = world.json(&["path", root, other]);
    assert_eq!(way["steps"].as_array().unwrap().len(), 1);
    let way = world.succeeds(&["path", root, other]);
    assert!(way.contains("\n  ↕ RELATED_TO 0.50\n"), "{way}");
    let memory = world.json(&["get", root]);
    assert_eq!(memory["id"], root);
    assert!(world.succeeds(&["stats"]).contains("relationships  290"));
    assert_eq!(world.json(&["health"])["memories"], 203);
}

#[test]
fn a_file_may_come_through_the_standard_input() {
    let world = World::new();
    let text = fs::read_to_string(SAMPLE).unwrap();
    let ran = world.run_with_input(&["import", "-"], &text);
    assert_eq!(ran.stdout, "Imported 203 memories and 290 relationships.\n");
}

#[test]
fn a_record_that_cannot_be_kept_is_told() {
    let world = World::new();
    let long = "x".repeat(250);
    let file = format!(
        r#"{{"format_version": "2.0", "memories": [
            {{"id": "a", "type": "fix", "title": "t", "content": "c"}},
            {{"id": "b", "type": "fix", "title": "{long}", "content": "c"}}],
            "relationships": [{{"from_memory_id": "a", "to_memory_id": "b", "type": "SOLVES"}}]}}"#
    );
    fs::write(world.file("export.json"), file).unwrap();
    let (code, error) = world.fails(&["import", "export.json"]);
    assert_eq!(code, 1);
    let lines: Vec<_> = error.lines().collect();
    assert!(
        lines[0].starts_with(
            "error: 2 records cannot be kept, the first is memory 2 (b): title has 1 to 200"
        ),
        "{error}"
    );
    assert_eq!(
        lines[1],
        "  relationship 1 (a SOLVES b): no memory has the id \"b\""
    );
    assert_eq!(
        lines[2],
        "hint: nothing was written; --skip-invalid leaves them out and lists them"
    );
    assert_eq!(world.json(&["stats"])["memories"], 0);

    let said = world.succeeds(&["import", "export.json", "--skip-invalid"]);
    assert!(
        said.starts_with("Imported 1 memory and 0 relationships.\n"),
        "{said}"
    );
    assert!(
        said.contains("Left out: 2 records\n  memory 2 (b): title"),
        "{said}"
    );
}

#[test]
fn a_file_that_is_no_export_is_told() {
    let world = World::new();
    fs::write(world.file("cut.json"), &fs::read(SAMPLE).unwrap()[..1_000]).unwrap();
    fs::write(world.file("text.json"), "hello").unwrap();
    for (file, expected) in [
        ("cut.json", "error: the file ends in the middle, at line "),
        (
            "text.json",
            "error: the file is not JSON: expected value at line 1 column 1",
        ),
        ("home", "error: read home: it is a folder"),
        ("nothing.json", "error: read nothing.json: No such file"),
    ] {
        let (code, error) = world.fails(&["import", file]);
        assert_eq!(code, 1, "{error}");
        assert!(error.starts_with(expected), "{error}");
    }
}
