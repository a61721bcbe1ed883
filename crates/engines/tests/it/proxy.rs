//! The proxy counts what passes, and delays, cuts, holds up and loses it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use memorygraph_engines::http::{self, Answer};
use memorygraph_engines::{Proxy, Sqld, closed_port, serve_not_libsql};

const PATIENCE: Duration = Duration::from_secs(30);

fn health(port: u16) -> std::io::Result<Answer> {
    http::request(port, "GET", "/health", None, "")
}

/// Reads an answer without a body.
fn read_head(client: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).expect("an answer");
        head.extend(byte);
    }
}

#[test]
fn requests_are_counted_also_on_one_connection() {
    let sqld = Sqld::start();
    let proxy = Proxy::start(sqld.port());
    let mut client = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    for path in ["/health", "/health?again", "/health"] {
        // In two parts, as a big request comes.
        write!(client, "GET {path} HTTP/1.1\r\n").unwrap();
        write!(client, "host: sqld\r\n\r\n").unwrap();
        read_head(&mut client);
    }
    assert_eq!(proxy.requests(), 3);
    assert_eq!(proxy.request_lines()[1], "GET /health?again HTTP/1.1");
    proxy.reset_requests();
    assert_eq!(proxy.requests(), 0);
    assert_eq!(health(proxy.port()).unwrap().status, 200);
    proxy.wait_for_requests(1, PATIENCE);
    assert_eq!(proxy.requests(), 1);
}

#[test]
fn a_big_request_and_its_big_answer_are_one_request() {
    let sqld = Sqld::start();
    let proxy = Proxy::start(sqld.port());
    let sql = format!("SELECT '{}'", "word ".repeat(200_000));
    let answer = http::pipeline(proxy.port(), None, &[&sql]).unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.body.len() > 1_000_000, "{}", answer.body.len());
    assert_eq!(proxy.requests(), 1);
}

#[test]
fn latency_is_added_to_each_round_trip() {
    let server = serve_not_libsql();
    let proxy = Proxy::start(server.port());
    let latency = Duration::from_millis(40);
    proxy.set_latency(latency);
    let started = Instant::now();
    health(proxy.port()).unwrap();
    health(proxy.port()).unwrap();
    assert!(started.elapsed() >= 2 * latency);
}

#[test]
fn a_cut_closes_what_is_open_and_refuses_what_is_new() {
    let server = serve_not_libsql();
    let proxy = Proxy::start(server.port());
    let mut open = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    proxy.cut();
    assert!(!matches!(open.read(&mut [0]), Ok(1..)));
    let refused = health(proxy.port()).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    proxy.cut();
    proxy.mend();
    proxy.mend();
    assert_eq!(health(proxy.port()).unwrap().status, 200);
}

#[test]
fn what_is_held_up_goes_on_when_it_is_released() {
    let server = serve_not_libsql();
    let proxy = Proxy::start(server.port());
    let port = proxy.port();
    proxy.hold();
    let (answers, answer) = mpsc::channel();
    thread::spawn(move || answers.send(health(port)));
    proxy.wait_until_held(PATIENCE);
    assert_eq!(proxy.requests(), 0);
    assert!(answer.try_recv().is_err());
    proxy.release();
    let answer = answer.recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!(answer.body, "hello");
}

#[test]
fn requests_to_one_path_are_held_up_and_others_pass() {
    let server = serve_not_libsql();
    let proxy = Proxy::start(server.port());
    let port = proxy.port();
    proxy.hold_requests_to("/v3/pipeline");
    let held = thread::spawn(move || http::pipeline(port, None, &["SELECT 1"]));
    proxy.wait_until_held(PATIENCE);
    assert_eq!(health(port).unwrap().status, 200);
    assert_eq!(proxy.request_lines(), ["GET /health HTTP/1.1"]);
    proxy.release();
    assert_eq!(held.join().unwrap().unwrap().status, 200);
}

#[test]
fn a_cut_also_ends_what_is_held_up() {
    let server = serve_not_libsql();
    let proxy = Proxy::start(server.port());
    let port = proxy.port();
    proxy.hold();
    let held = thread::spawn(move || health(port));
    proxy.wait_until_held(PATIENCE);
    proxy.cut();
    assert!(held.join().unwrap().is_err());
    assert_eq!(proxy.requests(), 0);
}

#[test]
fn a_lost_answer_is_one_to_a_request_that_was_carried_out() {
    let sqld = Sqld::start();
    let proxy = Proxy::start(sqld.port());
    sqld.rows("CREATE TABLE t (a)");
    proxy.swallow_answers(true);
    let insert = ["INSERT INTO t VALUES (1)"];
    assert!(http::pipeline(proxy.port(), None, &insert).is_err());
    proxy.wait_until_swallowed(PATIENCE);
    assert_eq!(sqld.rows("SELECT * FROM t").len(), 1);
    proxy.swallow_answers(false);
    assert_eq!(
        http::pipeline(proxy.port(), None, &insert).unwrap().status,
        200
    );
    assert_eq!(sqld.rows("SELECT * FROM t").len(), 2);
    assert_eq!((proxy.swallowed(), proxy.requests()), (1, 2));
}

#[test]
fn the_answer_to_the_next_request_of_a_kind_is_lost_once() {
    let sqld = Sqld::start();
    let proxy = Proxy::start(sqld.port());
    proxy.swallow_next_answer_to("/v3/pipeline");
    assert_eq!(health(proxy.port()).unwrap().status, 200);
    let create =
        |name: &str| http::pipeline(proxy.port(), None, &[&format!("CREATE TABLE {name} (a)")]);
    assert!(create("lost").is_err());
    assert_eq!(create("told").unwrap().status, 200);
    assert_eq!(sqld.rows("SELECT name FROM sqlite_schema").len(), 2);
}

#[test]
fn a_server_that_is_down_closes_the_connection_and_may_come_back() {
    let mut sqld = Sqld::start();
    let proxy = Proxy::start(sqld.port());
    sqld.kill();
    assert!(health(proxy.port()).is_err());
    sqld.restart();
    assert_eq!(health(proxy.port()).unwrap().status, 200);
}

#[test]
fn a_dropped_proxy_leaves_nothing_open() {
    let proxy = Proxy::start(closed_port());
    let port = proxy.port();
    drop(proxy);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
#[should_panic(expected = "waited 1ms for 1 requests")]
fn waiting_for_what_does_not_happen_says_what_was_missing() {
    Proxy::start(closed_port()).wait_for_requests(1, Duration::from_millis(1));
}
