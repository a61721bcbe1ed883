use std::fs;

use crate::world::{FIXTURES, MCP_MEMORY, SAMPLE, World, names};

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
    let answer = world.json(&["import", SAMPLE]);
    assert_eq!(answer["files"][0]["file"], SAMPLE);
    assert_eq!(answer["files"][0]["memories"]["already_there"], 203);
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
            "error: 2 records cannot be kept, the first is memory 2 on line 3 (b): title has 1 to"
        ),
        "{error}"
    );
    assert_eq!(
        lines[1],
        "  relationship 1 on line 4 (a SOLVES b): no memory has the id \"b\""
    );
    assert_eq!(
        lines[2],
        "hint: nothing was written; --skip-invalid keeps them in quarantine and lists them"
    );
    assert_eq!(world.json(&["stats"])["memories"], 0);

    let said = world.succeeds(&["import", "export.json", "--skip-invalid"]);
    assert!(
        said.starts_with("Imported 1 memory and 0 relationships.\n"),
        "{said}"
    );
    assert!(
        said.contains(
            "Kept aside: 2 records; memorygraph quarantine shows them\n  memory 2 on line 3 (b"
        ),
        "{said}"
    );
}

#[test]
fn a_file_that_is_no_export_is_told() {
    let world = World::new();
    fs::write(world.file("cut.json"), &fs::read(SAMPLE).unwrap()[..1_000]).unwrap();
    fs::write(world.file("text.json"), "hello").unwrap();
    fs::write(world.file("packed.jsonl.gz"), [0x1f, 0x8b, 8, 0, 0]).unwrap();
    fs::write(world.file("empty"), "").unwrap();
    for (file, expected) in [
        (
            "cut.json",
            "error: cut.json: the file ends in the middle, at line ",
        ),
        (
            "text.json",
            "error: text.json: the file is not JSON: expected value at line 1 column 1\nhint: what \
             is read: JSON Lines of this program, ",
        ),
        (
            "packed.jsonl.gz",
            "error: packed.jsonl.gz is compressed\nhint: gunzip -c packed.jsonl.gz | memorygraph \
             import -\n",
        ),
        ("empty", "error: empty is empty\nhint: what is read: "),
        ("home", "error: read home: it is a folder"),
        ("nothing.json", "error: read nothing.json: No such file"),
    ] {
        let (code, error) = world.fails(&["import", file]);
        assert_eq!(code, 1, "{error}");
        assert!(error.starts_with(expected), "{error}");
    }
    for file in ["text.json", "packed.jsonl.gz", "empty"] {
        let (code, error) = world.fails(&["import", file, "--json"]);
        assert_eq!(code, 1, "{error}");
        assert!(error.contains(r#""kind":"invalid_file""#), "{error}");
    }
}

#[test]
fn what_is_missing_in_a_file_or_was_changed_in_it_is_told_also_when_the_rest_is_imported() {
    let world = World::new();
    for id in ["a", "b", "c"] {
        world.succeeds(&["store", id, id, "--id", id]);
    }
    let whole = world.succeeds(&["export"]);
    let lines: Vec<_> = whole.lines().collect();
    fs::write(world.file("cut.jsonl"), lines[..3].join("\n") + "\n").unwrap();
    let tampered = whole.replace("\"title\":\"a\"", "\"title\":\"z\"");
    fs::write(world.file("tampered.jsonl"), tampered).unwrap();
    for (file, imported, damage) in [
        (
            "cut.jsonl",
            "Imported 2 memories",
            "it was cut off, 1 memory is missing",
        ),
        (
            "tampered.jsonl",
            "Imported 3 memories",
            "the file was changed after it was written",
        ),
    ] {
        let elsewhere = ["--path", &format!("{file}.db")];
        let import = [&["import", file, "--skip-invalid"][..], &elsewhere].concat();
        let ran = world.run(&import);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stdout.starts_with(imported), "{ran:?}");
        assert!(ran.stdout.contains(damage), "{ran:?}");
        let warning = format!("warning: {file}: the file ");
        assert!(ran.stderr.starts_with(&warning), "{ran:?}");
        assert!(ran.stderr.contains(damage), "{ran:?}");
        let failure = format!("\nerror: {file} is not as it was written\nhint: ");
        assert!(ran.stderr.contains(&failure), "{ran:?}");

        let ran = world.run(&[&import[..], &["--json"]].concat());
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stdout.contains("\"damage\":[\"the file "), "{ran:?}");
        assert!(ran.stderr.contains(r#""kind":"invalid_file""#), "{ran:?}");
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    }
}

#[test]
fn several_files_of_several_kinds_are_imported_at_once() {
    let world = World::new();
    fs::write(world.file("memory.jsonl"), MCP_MEMORY).unwrap();
    let said = world.succeeds(&["import", SAMPLE, "memory.jsonl"]);
    assert_eq!(
        said,
        format!(
            "{SAMPLE}:\nImported 203 memories and 290 relationships.\n\
             memory.jsonl:\nImported 2 memories and 1 relationship.\n"
        )
    );
    let answer = world.json(&["import", SAMPLE, "memory.jsonl"]);
    let files = answer["files"].as_array().unwrap();
    assert_eq!(files.len(), 2);
    assert_eq!(files[1]["file"], "memory.jsonl");
    assert_eq!(files[1]["memories"]["already_there"], 2);
    let found = world.json(&["search", "analytical"]);
    assert_eq!(found["items"][0]["memory"]["title"], "Engine");
}

#[test]
fn the_first_file_that_fails_is_named_and_those_before_it_are_kept() {
    let world = World::new();
    fs::write(world.file("memory.jsonl"), MCP_MEMORY).unwrap();
    fs::write(world.file("text.json"), "hello").unwrap();
    let ran = world.run(&["import", "memory.jsonl", "text.json", SAMPLE]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(
        ran.stdout,
        "memory.jsonl:\nImported 2 memories and 1 relationship.\n"
    );
    assert!(
        ran.stderr.starts_with("error: text.json: the file "),
        "{ran:?}"
    );
    assert_eq!(world.json(&["stats"])["memories"], 2);

    let ran = world.run(&["import", "memory.jsonl", "text.json", "--json"]);
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
    assert!(
        ran.stdout
            .starts_with("{\"files\":[{\"file\":\"memory.jsonl\""),
        "{ran:?}"
    );
    assert!(ran.stderr.starts_with("{\"error\""), "{ran:?}");
}

#[test]
fn a_database_of_a_predecessor_is_imported_and_left_as_it_is() {
    let world = World::new();
    let source = world.file("old.db");
    fs::copy(format!("{FIXTURES}/python-0.12.db"), &source).unwrap();
    let before = fs::read(&source).unwrap();
    let said = world.succeeds(&["import", "old.db"]);
    assert!(
        said.starts_with("The file is a store of Python MemoryGraph"),
        "{said}"
    );
    assert!(said.contains("\nRepaired: 1 row"), "{said}");
    assert!(
        said.ends_with("Imported 204 memories and 290 relationships.\n"),
        "{said}"
    );
    assert_eq!(fs::read(&source).unwrap(), before);
    let files = names(source.parent().unwrap());
    assert!(
        !files.iter().any(|name| name.starts_with("old.db-")),
        "{files:?}"
    );

    let answer = world.json(&["import", "old.db"]);
    let report = &answer["files"][0];
    assert_eq!(
        report["carried"]["memories"]["already_there"], 204,
        "{report}"
    );
    assert_eq!(report["carried"]["relationships"]["already_there"], 290);
    assert_eq!(world.json(&["stats"])["memories"], 204);
}

#[test]
fn a_database_may_come_through_the_standard_input() {
    use std::process::Stdio;

    let world = World::new();
    let source = fs::File::open(format!("{FIXTURES}/typescript-0.13.db")).unwrap();
    let output = world
        .program()
        .args(["import", "-"])
        .stdin(Stdio::from(source))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("\nImported "), "{said}");
}
