//! A shell as a newcomer has it, and whether it wrote what a page shows.

use std::{
    fs,
    io::{BufRead, BufReader, Lines, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crate::world::World;

#[test]
fn a_difference_is_seen() {
    for (expected, written) in [
        ("one\ntwo", "one\ntwo\n"),
        ("one … three", "one 2 three\n"),
        ("…\nlast", "first\nsecond\nlast\n"),
        ("…\nlast", "last\n"),
        ("first\n…", "first\n"),
    ] {
        assert!(is_as_shown(expected, written), "{expected:?} {written:?}");
    }
    for (expected, written) in [
        ("one", "one\ntwo\n"),
        ("one\ntwo", "one\n"),
        ("one … three", "one 2 four\n"),
        ("a … b … a", "a b a\n"),
        ("…\nlast", "last\nfirst\n"),
        ("one", ""),
    ] {
        assert!(!is_as_shown(expected, written), "{expected:?} {written:?}");
    }
}

/// A shell as a newcomer has it: with an empty home, in an empty folder.
pub(crate) struct Shell {
    process: Child,
    typed: ChildStdin,
    done: Lines<BufReader<ChildStdout>>,
}

impl Shell {
    pub(crate) fn new(world: &World) -> Self {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_memorygraph"));
        let folder = program.parent().unwrap().display();
        let mut process = Command::new("sh")
            .env_clear()
            .env("HOME", world.home())
            .env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin"))
            .env("EDITOR", world.file("here/editor"))
            .current_dir(world.file("here"))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut typed = process.stdin.take().unwrap();
        let done = BufReader::new(process.stdout.take().unwrap()).lines();
        writeln!(typed, "set -eu").unwrap();
        Self {
            process,
            typed,
            done,
        }
    }

    /// Runs commands that have to succeed, and returns what they wrote.
    pub(crate) fn run(&mut self, line: usize, commands: &str, written: &Path) -> String {
        let file = written.display();
        let typed = format!("{{\n{commands}\n}} > '{file}' 2>&1 < /dev/null\necho done");
        writeln!(self.typed, "{typed}").unwrap();
        let is_done = self.done.next().is_some();
        let written = fs::read_to_string(written).unwrap_or_default();
        // A shell that has seen a failure ends.
        assert!(is_done, "line {line} failed:\n{commands}\n{written}");
        written
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // Also what still runs in its background.
        let group = format!("-{}", self.process.id());
        let ended = Command::new("kill").args(["-KILL", "--", &group]).status();
        drop((ended, self.process.wait()));
    }
}

/// Whether what was written is what a page shows.
pub(crate) fn is_as_shown(expected: &str, written: &str) -> bool {
    let expected: Vec<_> = expected.lines().collect();
    let written: Vec<_> = written.lines().collect();
    lines_are_as_shown(&expected, &written)
}

fn lines_are_as_shown(expected: &[&str], written: &[&str]) -> bool {
    match (expected, written) {
        ([], []) => true,
        (["…", rest @ ..], _) => {
            (0..=written.len()).any(|skipped| lines_are_as_shown(rest, &written[skipped..]))
        }
        ([first, expected @ ..], [line, written @ ..]) => {
            line_is_as_shown(first, line) && lines_are_as_shown(expected, written)
        }
        _ => false,
    }
}

fn line_is_as_shown(expected: &str, line: &str) -> bool {
    let Some((first, rest)) = expected.split_once('…') else {
        return expected.trim_end() == line.trim_end();
    };
    let Some(mut line) = line.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<_> = rest.split('…').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match line.split_once(part) {
            Some((_, rest)) => line = rest,
            None => return false,
        }
    }
    line.ends_with(last)
}
