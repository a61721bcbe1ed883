//! A libSQL primary of one's own.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Process, STEP};
use crate::{fetch, http, ports};

/// How often a start is looked at until it counts as failed: half a minute, for a machine that is
/// busy with other tests. Usually the twelfth look sees it.
const LOOKS: u32 = 7500;

/// How often a start is tried when somebody else has taken a port.
const TRIES: u32 = 50;

/// What the log says when both ports are bound. Another server may answer on a port that ours failed
/// to get; only ours writes here.
const BOUND: &str = "listening for incoming gRPC connection";
const TAKEN: &str = "Address already in use";

/// How a primary is started; the default is an empty one that lets everybody in.
#[derive(Clone, Debug, Default)]
pub struct SqldOptions {
    /// Where it keeps its data and its log, and whatever is there already; else a temporary folder,
    /// removed with the [`Sqld`].
    pub folder: Option<PathBuf>,
    /// Where it listens; else a free port.
    pub port: Option<u16>,
    /// The key that tokens must be signed with, as [`Tokens`](crate::Tokens) give it; else nobody
    /// needs one.
    pub jwt_key: Option<String>,
}

/// A libSQL primary on a loopback port. It ends with the value, and with this process however that
/// dies.
#[derive(Debug)]
pub struct Sqld {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    with_tokens: bool,
    process: Option<Process>,
    /// Is the folder, unless the test brought one.
    temporary: Option<TempDir>,
}

/// The data of a primary as they once were.
#[derive(Debug)]
pub struct SavedData {
    folder: TempDir,
}

impl Sqld {
    /// Starts an empty primary, and returns when it answers.
    pub fn start() -> Self {
        Self::start_with(&SqldOptions::default())
    }

    /// Starts a primary, and returns when it answers.
    pub fn start_with(options: &SqldOptions) -> Self {
        let program = fetch::sqld().unwrap_or_else(|err| panic!("{err}"));
        let (folder, temporary) = if let Some(folder) = &options.folder {
            (folder.clone(), None)
        } else {
            let folder = tempfile::tempdir().expect("a temporary folder can be made");
            (folder.path().to_owned(), Some(folder))
        };
        fs::create_dir_all(&folder)
            .unwrap_or_else(|err| panic!("create {}: {err}", folder.display()));
        let mut sqld = Self {
            program,
            folder,
            port: 0,
            with_tokens: options.jwt_key.is_some(),
            process: None,
            temporary,
        };
        if let Some(key) = &options.jwt_key {
            fs::write(sqld.key_file(), key).expect("the folder can be written");
        }
        let started = (0..TRIES).any(|_| {
            sqld.port = options.port.unwrap_or_else(ports::closed_port);
            sqld.try_to_run()
        });
        assert!(started, "sqld found no free port in {TRIES} tries");
        sqld
    }

    /// Returns its address, as a client would be told it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the port that it listens on, or will again.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the folder with its data (`data`) and its log (`sqld.log`).
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the number of its process, or `None` while it is down.
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// Ends it with SIGKILL: at once, and without a chance to finish anything.
    pub fn kill(&mut self) {
        drop(self.process.take());
    }

    /// Ends it in order.
    pub fn stop(&mut self) {
        if let Some(process) = self.process.take() {
            process.stop();
        }
    }

    /// Starts it with the same data on the same port; one that still runs is stopped first.
    pub fn restart(&mut self) {
        self.stop();
        let started = (0..TRIES).any(|_| {
            let runs = self.try_to_run();
            if !runs {
                thread::sleep(STEP);
            }
            runs
        });
        assert!(started, "somebody took port {} in between", self.port);
    }

    /// Starts it on the same port with nothing in it, as a primary that lost all.
    pub fn restart_empty(&mut self) {
        self.stop();
        self.remove_data();
        self.restart();
    }

    /// Starts it on the same port with data from before, as a primary that was restored from a
    /// backup.
    pub fn restart_with(&mut self, saved: &SavedData) {
        self.stop();
        self.remove_data();
        copy_folder(saved.folder.path(), &self.data()).expect("saved data can be copied");
        self.restart();
    }

    /// Takes a copy of its data for [`restart_with`](Self::restart_with). It is stopped for that, and
    /// runs afterwards if it did before.
    pub fn save_data(&mut self) -> SavedData {
        let ran = self.process.is_some();
        self.stop();
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        copy_folder(&self.data(), folder.path()).expect("the data can be copied");
        if ran {
            self.restart();
        }
        SavedData { folder }
    }

    /// Runs one statement on a primary without tokens, past any client, and returns the rows: each
    /// value as text, `NULL` as `None`.
    ///
    /// # Panics
    ///
    /// When the primary refuses the statement.
    pub fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let answer = http::pipeline(self.port, None, &[sql])
            .unwrap_or_else(|err| panic!("{sql}: {err}\n{}", self.log()));
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let rows = &body["results"][0]["response"]["result"]["rows"];
        let Some(rows) = rows.as_array() else {
            panic!("{sql}: {} {}", answer.status, answer.body);
        };
        let text = |cell: &Value| match &cell["value"] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        let row = |row: &Value| row.as_array().into_iter().flatten().map(text).collect();
        rows.iter().map(row).collect()
    }

    /// Returns what it has written to its log.
    pub fn log(&self) -> String {
        fs::read(self.log_file())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Starts the process and waits until it answers. `false` when somebody else has a port.
    fn try_to_run(&mut self) -> bool {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_file())
            .expect("the folder can be written");
        let before = self.log().len();
        let mut arguments = vec!["--no-welcome".into()];
        let mut option = |name: &str, value: PathBuf| arguments.extend([name.into(), value]);
        let address = |port: u16| PathBuf::from(format!("127.0.0.1:{port}"));
        option("--http-listen-addr", address(self.port));
        option("--grpc-listen-addr", address(ports::closed_port()));
        option("--db-path", self.data());
        // Without it, a client that keeps its connection would be waited for.
        option("--shutdown-timeout", "0".into());
        if self.with_tokens {
            option("--auth-jwt-key-file", self.key_file());
        }
        let temporary = self.temporary.as_ref().map(TempDir::path);
        let mut process = Process::start(&self.program, &arguments, &log, temporary)
            .unwrap_or_else(|err| panic!("start {}: {err}", self.program.display()));
        for _ in 0..LOOKS {
            let ended = process.ended();
            let log = self.log();
            let said = &log[before.min(log.len())..];
            if let Some(status) = ended {
                assert!(said.contains(TAKEN), "sqld did not start: {status}\n{said}");
                return false;
            }
            if said.contains(BOUND) && self.is_healthy() {
                self.process = Some(process);
                return true;
            }
            thread::sleep(STEP);
        }
        panic!("sqld does not get ready\n{}", self.log());
    }

    fn is_healthy(&self) -> bool {
        let answer = http::request(self.port, "GET", "/health", None, "");
        answer.is_ok_and(|answer| answer.status == 200)
    }

    fn remove_data(&self) {
        fs::remove_dir_all(self.data()).expect("the data of a stopped server can be removed");
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("sqld.log")
    }

    fn key_file(&self) -> PathBuf {
        self.folder.join("jwt.key")
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let destination = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &destination)?;
        } else {
            fs::copy(entry.path(), &destination)?;
        }
    }
    Ok(())
}
