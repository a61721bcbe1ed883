//! A home folder of its own, and the program in it.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// The export of the Python `MemoryGraph`: 203 memories and 290 relationships.
pub(crate) const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../app/tests/fixtures/python-0.12-export.json"
);

/// The folder with the database files of the Python and TypeScript systems.
pub(crate) const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../contract/fixtures");

/// A file of the MCP memory server: two entities and a relation.
pub(crate) const MCP_MEMORY: &str = r#"{"type":"entity","name":"Ada","entityType":"person","observations":["Likes proofs.","Writes notes."]}
{"type":"entity","name":"Engine","entityType":"project","observations":["Analytical."]}
{"type":"relation","from":"Ada","to":"Engine","relationType":"works on"}
"#;

/// The names of the backends that the program has; the first is the default.
pub(crate) const BACKENDS: &[&str] = &[
    #[cfg(feature = "sqlite")]
    "sqlite",
    #[cfg(feature = "turso")]
    "turso",
];

/// A folder with a graph in `graph.db`, and an empty home.
pub(crate) struct World(TempDir);

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        Self(folder)
    }

    pub(crate) fn with_sample() -> Self {
        let world = Self::new();
        world.succeeds(&["import", SAMPLE]);
        world
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.file("home")
    }

    /// Puts a file into a folder: `export.json` and `old.db` of the Python system, or
    /// `memory.jsonl` of the MCP memory server.
    pub(crate) fn bring(folder: &Path, name: &str) {
        let to = folder.join(name);
        match name {
            "export.json" => {
                std::fs::copy(SAMPLE, to).unwrap();
            }
            "old.db" => {
                std::fs::copy(format!("{FIXTURES}/python-0.12.db"), to).unwrap();
            }
            "memory.jsonl" => std::fs::write(to, MCP_MEMORY).unwrap(),
            _ => panic!("nobody has a file {name}"),
        }
    }

    /// The program, without any variable of whoever runs the tests.
    pub(crate) fn program(&self) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_memorygraph"));
        program
            .env_clear()
            .env("HOME", self.home())
            .env("MEMORY_SQLITE_PATH", self.file("graph.db"))
            .env("MEMORY_TURSO_PATH", self.file("graph.db"))
            .current_dir(self.0.path());
        program
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.program().args(arguments).output().unwrap())
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut child = self
            .program()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        Ran::of(&child.wait_with_output().unwrap())
    }

    /// Runs what must succeed without a word on stderr, and returns its stdout.
    pub(crate) fn succeeds(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}");
        ran.stdout
    }

    /// Runs what must succeed with `--json`, and returns the one line.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let text = self.succeeds(&[arguments, &["--json"]].concat());
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Runs what must fail with nothing on stdout, and returns its code and stderr.
    pub(crate) fn fails(&self, arguments: &[&str]) -> (i32, String) {
        let ran = self.run(arguments);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert_ne!(ran.code, 0, "{arguments:?}");
        (ran.code, ran.stderr)
    }
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }
}

/// The names of what is in a folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}
