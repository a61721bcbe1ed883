//! A command that is stopped before its end.

use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
};

use crate::world::{Ran, World, names};

#[test]
fn an_import_that_is_stopped_says_how_it_goes_on_and_leaves_nothing_behind() {
    let world = World::new();
    let temporary = world.file("temporary");
    fs::create_dir(&temporary).unwrap();
    for signal in ["-INT", "-TERM"] {
        let mut child = world
            .program()
            .args(["import", "-"])
            .env("TMPDIR", &temporary)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // More than a pipe holds: when all of it is written, somebody reads.
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&vec![b' '; 1 << 20]).unwrap();
        let process = child.id().to_string();
        let killed = Command::new("kill").args([signal, &process]).status();
        assert!(killed.unwrap().success());
        let ran = Ran::of(&child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.stdout.as_str()), (130, ""), "{ran:?}");
        assert!(
            ran.stderr.starts_with("error: stopped: ")
                && ran.stderr.contains("the same command completes it"),
            "{ran:?}"
        );
        assert_eq!(names(&temporary), [""; 0]);
        drop(stdin);
    }
    assert_eq!(world.json(&["stats"])["memories"], 0);
}
