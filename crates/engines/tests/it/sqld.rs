//! A primary runs as long as its value, and keeps its data as long as its folder.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use memorygraph_engines::{Sqld, SqldOptions, closed_port, http, serve_not_libsql};

const PATIENCE: Duration = Duration::from_secs(30);

/// A value of a statement with one row.
fn only(sqld: &Sqld, sql: &str) -> Option<String> {
    sqld.rows(sql).swap_remove(0).swap_remove(0)
}

fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

fn with_a_table() -> Sqld {
    let sqld = Sqld::start();
    sqld.rows("CREATE TABLE t (a)");
    sqld.rows("INSERT INTO t VALUES ('kept')");
    sqld
}

#[test]
fn a_primary_answers_and_is_gone_when_dropped() {
    let sqld = Sqld::start();
    let (port, folder) = (sqld.port(), sqld.folder().to_owned());
    assert_eq!(sqld.url(), format!("http://127.0.0.1:{port}"));
    assert_eq!(only(&sqld, "SELECT 1 + 1").as_deref(), Some("2"));
    assert_eq!(only(&sqld, "SELECT NULL"), None);
    drop(sqld);
    assert!(!listens(port));
    assert!(!folder.exists());
}

#[test]
fn two_primaries_know_nothing_of_each_other() {
    let (one, other) = (with_a_table(), Sqld::start());
    assert_eq!(
        only(&other, "SELECT count(*) FROM sqlite_schema").as_deref(),
        Some("0")
    );
    drop(other);
    assert_eq!(only(&one, "SELECT a FROM t").as_deref(), Some("kept"));
}

#[test]
fn a_killed_primary_is_down_and_restarts_with_its_data_on_its_port() {
    let mut sqld = with_a_table();
    let (port, process) = (sqld.port(), sqld.process_id());
    sqld.kill();
    assert!(!listens(port));
    assert_eq!(sqld.process_id(), None);
    sqld.restart();
    assert_eq!(sqld.port(), port);
    assert_ne!(sqld.process_id(), process);
    assert_eq!(only(&sqld, "SELECT a FROM t").as_deref(), Some("kept"));
}

#[test]
fn a_stopped_primary_restarts_with_its_data_although_a_client_stays_connected() {
    let mut sqld = with_a_table();
    let _client = TcpStream::connect(("127.0.0.1", sqld.port())).expect("it listens");
    sqld.stop();
    assert!(!listens(sqld.port()));
    sqld.restart();
    assert_eq!(only(&sqld, "SELECT a FROM t").as_deref(), Some("kept"));
}

#[test]
fn a_primary_can_lose_all_and_be_restored() {
    let mut sqld = with_a_table();
    let saved = sqld.save_data();
    sqld.rows("UPDATE t SET a = 'later'");
    sqld.restart_empty();
    assert_eq!(
        only(&sqld, "SELECT count(*) FROM sqlite_schema").as_deref(),
        Some("0")
    );
    sqld.restart_with(&saved);
    assert_eq!(only(&sqld, "SELECT a FROM t").as_deref(), Some("kept"));
}

#[test]
fn a_folder_of_the_test_outlives_the_primary() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqldOptions {
        folder: Some(folder.path().to_owned()),
        port: Some(closed_port()),
        ..SqldOptions::default()
    };
    let sqld = Sqld::start_with(&options);
    assert_eq!(Some(sqld.port()), options.port);
    sqld.rows("CREATE TABLE t (a)");
    drop(sqld);
    let sqld = Sqld::start_with(&options);
    assert_eq!(only(&sqld, "SELECT count(*) FROM t").as_deref(), Some("0"));
}

#[test]
fn a_primary_and_its_folder_end_when_its_process_is_killed() {
    let folders = tempfile::tempdir().unwrap();
    let is_empty = || folders.path().read_dir().unwrap().next().is_none();
    let mut process = Command::new(env!("CARGO_BIN_EXE_memorygraph-engines"))
        .arg("serve")
        .env("TMPDIR", folders.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    let mut said = BufReader::new(process.stdout.take().unwrap());
    said.read_line(&mut url).unwrap();
    let (_, port) = url.trim().rsplit_once(':').unwrap();
    let port: u16 = port.parse().unwrap();
    assert!(listens(port) && !is_empty());
    process.kill().unwrap();
    process.wait().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while listens(port) || !is_empty() {
        assert!(Instant::now() < deadline, "it has outlived its process");
        thread::yield_now();
    }
}

#[test]
fn nobody_listens_on_a_closed_port() {
    assert!(!listens(closed_port()));
}

#[test]
fn what_is_not_libsql_answers_everything_with_hello() {
    let server = serve_not_libsql();
    let answer = http::pipeline(server.port(), None, &["SELECT 1"]).unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
    let port = server.port();
    drop(server);
    assert!(!listens(port));
}
