use crate::world::{Ran, World};

fn world() -> World {
    let world = World::new();
    world.succeeds(&[
        "store",
        "Pool",
        "It had 4.",
        "--id",
        "pool",
        "--type",
        "fix",
    ]);
    world
}

fn run(world: &World, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut program = world.program();
    program.args(arguments).envs(variables.iter().copied());
    Ran::of(&program.output().unwrap())
}

#[test]
fn without_a_terminal_there_are_no_colors() {
    let world = world();
    for arguments in [
        &["get", "pool"][..],
        &["recall"],
        &["--help"],
        &["get", "none"],
    ] {
        let ran = run(&world, arguments, &[("TERM", "xterm-256color")]);
        assert!(!ran.stdout.contains('\u{1b}'), "{arguments:?} {ran:?}");
        assert!(!ran.stderr.contains('\u{1b}'), "{arguments:?} {ran:?}");
    }
}

#[test]
fn colors_can_be_asked_for_and_forbidden() {
    let world = world();
    let forced = ("CLICOLOR_FORCE", "1");
    let ran = run(&world, &["recall"], &[forced]);
    assert!(ran.stdout.contains("\u{1b}[36mpool\u{1b}[0m"), "{ran:?}");
    let ran = run(&world, &["get", "none"], &[forced]);
    assert!(ran.stderr.contains('\u{1b}'), "{ran:?}");
    for arguments in [&["recall"][..], &["get", "none"], &["--help"]] {
        let ran = run(&world, arguments, &[("NO_COLOR", "1")]);
        assert!(
            !(ran.stdout + &ran.stderr).contains('\u{1b}'),
            "{arguments:?}"
        );
    }
}

#[test]
fn programs_get_no_colors_whatever_is_forced() {
    let world = world();
    for arguments in [&["get", "pool", "--json"][..], &["get", "none", "--json"]] {
        let ran = run(&world, arguments, &[("CLICOLOR_FORCE", "1")]);
        assert!(
            !(ran.stdout + &ran.stderr).contains('\u{1b}'),
            "{arguments:?}"
        );
    }
}

#[test]
fn colors_change_nothing_but_colors() {
    let world = world();
    world.succeeds(&["store", "Slow", "Requests time out.", "--id", "slow"]);
    world.succeeds(&["link", "pool", "solves", "slow"]);
    for arguments in [
        &["recall"][..],
        &["related", "pool"],
        &["stats"],
        &["links"],
    ] {
        let plain = world.succeeds(arguments);
        let colored = run(&world, arguments, &[("CLICOLOR_FORCE", "1")]).stdout;
        assert_ne!(colored, plain);
        assert_eq!(without_colors(&colored), plain, "{arguments:?}");
    }
}

/// Takes out what is between an escape and its `m`.
fn without_colors(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').unwrap().1)
}
