//! The page about the answers for programs says what they are.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::world::World;

const PAGE: &str = include_str!("../../../../docs/json-output.md");

/// The names in the paragraph that begins with `heading`.
fn named(heading: &str) -> BTreeSet<&'static str> {
    let begin = PAGE.find(heading).unwrap();
    let paragraph = PAGE[begin..].split("\n\n").next().unwrap();
    paragraph.split('`').skip(1).step_by(2).collect()
}

/// What the page says that `command` answers.
fn answer(command: &str) -> &'static str {
    let named = |line: &&str| {
        let first = line.split(" | ").next().unwrap();
        first.contains(&format!("`{command}`"))
    };
    let mut rows = PAGE.lines().filter(|line| line.starts_with("| `"));
    rows.find(named)
        .unwrap_or_else(|| panic!("{command} is not on the page"))
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn every_command_is_on_the_page() {
    let help = World::new().succeeds(&["--help"]);
    let list = help.split("Commands:\n").nth(1).unwrap();
    let list = list.split("\n\n").next().unwrap();
    let names = list
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split(' ').next().unwrap());
    for name in names.filter(|name| !["completions", "man", "help"].contains(name)) {
        answer(name);
    }
}

#[test]
fn every_field_of_an_answer_is_on_the_page() {
    let world = World::new();
    let store = [
        "store",
        "Pool",
        "It had 4.",
        "--id",
        "pool",
        "--summary",
        "s",
        "--tag",
        "t",
        "--project",
        "p",
        "--author",
        "Anna",
    ];
    world.succeeds(&store);
    world.succeeds(&[
        "store",
        "Slow",
        "It times out.",
        "--id",
        "slow",
        "--type",
        "error",
    ]);
    let link = ["link", "pool", "solves", "slow", "--context", "c"];
    let linked = world.json(&link);
    world.succeeds(&["reinforce", "pool", "solves", "slow"]);
    world.succeeds(&["recall"]);
    world.succeeds(&["update", "pool", "--effectiveness", "1"]);
    world.succeeds(&[
        "supersede",
        "pool",
        "Larger",
        "It has 32.",
        "--id",
        "larger",
    ]);

    let mut memory = world.json(&["get", "pool"]);
    let relationships = memory
        .as_object_mut()
        .unwrap()
        .remove("relationships")
        .unwrap();
    assert_eq!(keys(&memory), named("**A memory**"));
    assert_eq!(keys(&relationships), named_in("**A page**"));
    world.succeeds(&["unlink", "pool", "solves", "slow"]);
    let ended = world.json(&["links", "slow", "--ever"])["items"][0].clone();
    let by = BTreeSet::from(["invalidated_by"]);
    assert_eq!(&keys(&ended) | &by, named("**A relationship**"));

    for (command, value) in [
        ("link", linked),
        ("recent", world.json(&["recent"])),
        ("clusters", world.json(&["clusters"])),
        ("bridges", world.json(&["bridges"])),
        ("related", world.json(&["related", "larger"])),
        ("path", world.json(&["path", "larger", "pool"])),
        ("stats", world.json(&["stats"])),
        ("health", world.json(&["health"])),
        ("config", world.json(&["config"])),
        ("demo", world.json(&["demo"])),
        (
            "update",
            world.json(&["update", "larger", "--importance", "1"]),
        ),
        ("delete", world.json(&["delete", "slow"])),
        (
            "delete --erase",
            world.json(&["delete", "slow", "--erase", "--yes"]),
        ),
    ] {
        for key in keys(&value) {
            let row = answer(command);
            let is_named = [format!("\"{key}\""), format!("`{key}`")];
            assert!(
                is_named.iter().any(|name| row.contains(name)),
                "{command}: {key}"
            );
        }
    }
}

/// The names in the JSON of the paragraph that begins with `heading`.
fn named_in(heading: &str) -> BTreeSet<&'static str> {
    let begin = PAGE.find(heading).unwrap();
    let json = PAGE[begin..].split('`').nth(1).unwrap();
    json.split('"').skip(1).step_by(2).collect()
}
