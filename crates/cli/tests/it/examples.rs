//! The examples of each `--help`, typed into a shell as a reader would.
//!
//! A shell, since the examples have pipes, variables and `~`, which runners that split a line into
//! words themselves, such as `trycmd`, do not know. Each command has to succeed, in the order of the
//! page, in an empty folder with an empty home that has a few files and, of a small cast, the
//! memories that the examples speak of and do not make themselves.

use std::{fs, os::unix::fs::PermissionsExt, panic};

use engines::Sqld;

use crate::{
    shell::Shell,
    world::{Ran, World},
};

/// The primary that the examples speak of.
const PRIMARY: &str = "http://127.0.0.1:8080";

/// What there is: id, type, title and content.
const CAST: [[&str; 4]; 4] = [
    [
        "redis-timeout",
        "error",
        "Redis times out",
        "Reads take longer than 2 s.",
    ],
    [
        "pool-fix",
        "fix",
        "Larger pool",
        "The pool had 4 connections; now 32.",
    ],
    [
        "slow-checkout",
        "problem",
        "Checkout is slow",
        "It takes 9 s at peak load.",
    ],
    [
        "retry-storm",
        "problem",
        "Retry storm",
        "Clients retry at once and together.",
    ],
];

#[test]
fn the_examples_of_every_help_do_what_they_show() {
    let world = World::new();
    let first = world.succeeds(&["--help"]);
    let commands = commands(&first);
    assert!(commands.len() > 15, "{commands:?}");
    let mut pages = vec![(String::new(), first)];
    for command in &commands {
        let help = world.succeeds(&[command, "--help"]);
        assert!(
            !examples(&help).is_empty(),
            "{command} --help has no example"
        );
        for nested in self::commands(&help) {
            let help = world.succeeds(&[command, &nested, "--help"]);
            pages.push((format!("{command} {nested}"), help));
        }
        pages.push((command.clone(), help));
    }
    // Each page is followed, so that one run tells all that is wrong.
    pages.retain(|(command, help)| panic::catch_unwind(|| follow(command, help)).is_err());
    let wrong: Vec<_> = pages.iter().map(|(command, _)| command).collect();
    assert!(wrong.is_empty(), "not as shown: the help of {wrong:?}");
}

#[test]
fn examples_are_found_in_a_help() {
    let help = "Usage: a [COMMAND]\n\nCommands:\n  one   First\n  two   Second, which\n        \
                goes on\n  help  Print this\n\nOptions:\n  -h  Help\n\nWords.\n\nExamples:\n  \
                memorygraph a \\\n    --b\n  echo c\n\nMore words:\n  memorygraph d\n";
    assert_eq!(commands(help), ["one", "two"]);
    assert_eq!(examples(help), ["memorygraph a \\\n    --b", "echo c"]);
}

/// Types what a page says.
fn follow(command: &str, help: &str) {
    let wide = help.lines().find(|line| line.chars().count() > 100);
    assert_eq!(wide, None, "{command} --help is wider than a page");
    let examples = examples(help);
    // Nobody lends a test a database in the cloud.
    let (elsewhere, here): (Vec<_>, Vec<_>) = examples
        .iter()
        .partition(|example| example.contains("libsql://"));
    assert!(elsewhere.len() <= here.len());
    if here.is_empty() {
        return;
    }
    let mut text = here
        .iter()
        .map(|line| line.as_str())
        .collect::<Vec<_>>()
        .join("\n");
    let primary = text.contains(PRIMARY).then(Sqld::start);
    if let Some(primary) = &primary {
        text = text.replace(PRIMARY, &primary.url());
    }
    let world = World::new();
    furnish(&world, &text);
    let mut shell = Shell::new(&world);
    for example in text.replace("\\\n", "").lines() {
        let written = shell.run(0, example, &world.file("written"));
        assert!(!written.contains("error:"), "{example}\n{written}");
    }
}

/// Puts into the world what examples speak of.
fn furnish(world: &World, text: &str) {
    let here = world.file("here");
    fs::create_dir(&here).unwrap();
    for name in ["export.json", "memory.jsonl", "old.db"] {
        World::bring(&here, name);
    }
    fs::write(here.join("notes.txt"), "What the meeting said.\n").unwrap();
    let editor = here.join("editor");
    fs::write(&editor, "#!/bin/sh\necho 'One more line.' >> \"$1\"\n").unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
    let words: Vec<_> = text.split_whitespace().collect();
    let is_made = |id: &str| words.windows(2).any(|pair| pair == ["--id", id]);
    let in_place = |arguments: &[&str]| {
        let mut program = world.program();
        program
            .args(arguments)
            .env_remove("MEMORY_SQLITE_PATH")
            .env_remove("MEMORY_TURSO_PATH")
            .current_dir(&here);
        let ran = Ran::of(&program.output().unwrap());
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
    };
    for [id, kind, title, content] in CAST {
        if words.contains(&id) && !is_made(id) {
            let options = ["--id", id, "--type", kind];
            in_place(&[&["store", title, content], &options[..]].concat());
        }
    }
    in_place(&["store", "A title", "Some content"]);
    if text.contains("memories.jsonl") {
        let path = here.join("elsewhere.db");
        let elsewhere = ["--path", path.to_str().unwrap()];
        in_place(&[&["store", "A title", "Some content"], &elsewhere[..]].concat());
        in_place(&[&["export", "memories.jsonl"], &elsewhere[..]].concat());
        if text.contains("export memories.jsonl") {
            fs::remove_file(here.join("memories.jsonl")).unwrap();
        }
    }
}

/// The names under `Commands:`.
fn commands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| {
        let name = line.strip_prefix("  ")?.split(' ').next()?;
        (!name.is_empty() && name != "help").then(|| name.to_owned())
    });
    names.collect()
}

/// The commands under `Example:` or `Examples:`, with the lines on which they go on.
fn examples(help: &str) -> Vec<String> {
    let lines = help
        .lines()
        .skip_while(|line| !matches!(*line, "Example:" | "Examples:"))
        .skip(1)
        .take_while(|line| line.starts_with("  "));
    let mut examples: Vec<String> = Vec::new();
    for line in lines {
        match examples.last_mut().filter(|last| last.ends_with('\\')) {
            Some(last) => {
                last.push('\n');
                last.push_str(line);
            }
            None => examples.push(line.trim().to_owned()),
        }
    }
    examples
}
