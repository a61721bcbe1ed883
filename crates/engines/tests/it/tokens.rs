//! A primary that asks for tokens takes the right ones.

use memorygraph_engines::http::{self, Answer};
use memorygraph_engines::{Sqld, SqldOptions, Tokens};

fn with_tokens(tokens: &Tokens) -> Sqld {
    Sqld::start_with(&SqldOptions {
        jwt_key: Some(tokens.key_file_content()),
        ..SqldOptions::default()
    })
}

fn run(sqld: &Sqld, token: Option<&str>, sql: &str) -> Answer {
    http::pipeline(sqld.port(), token, &[sql]).expect("an answer")
}

#[test]
fn a_token_that_may_write_writes_and_one_that_may_read_reads() {
    let tokens = Tokens::new();
    let sqld = with_tokens(&tokens);
    let written = run(&sqld, Some(&tokens.read_write()), "CREATE TABLE t (a)");
    assert_eq!(written.status, 200);
    assert!(!written.body.contains("error"), "{written:?}");
    let read = run(&sqld, Some(&tokens.read_only()), "SELECT count(*) FROM t");
    assert_eq!(read.status, 200);
    assert!(!read.body.contains("error"), "{read:?}");
    let refused = run(&sqld, Some(&tokens.read_only()), "INSERT INTO t VALUES (1)");
    assert_eq!(refused.status, 403, "{refused:?}");
}

#[test]
fn without_a_valid_token_nobody_gets_in() {
    let tokens = Tokens::new();
    let sqld = with_tokens(&tokens);
    let (expired, foreign) = (tokens.expired(), tokens.of_another_key());
    for (token, reason) in [
        (None, "Expected authorization header but none given"),
        (Some("nonsense"), "The JWT is invalid"),
        (Some(expired.as_str()), "The JWT has expired"),
        (Some(foreign.as_str()), "The JWT is invalid"),
    ] {
        let answer = run(&sqld, token, "SELECT 1");
        assert_eq!(answer.status, 401, "{reason}: {answer:?}");
        assert!(answer.body.contains(reason), "{reason}: {answer:?}");
    }
}

#[test]
fn tokens_are_asked_for_again_after_a_restart() {
    let tokens = Tokens::new();
    let mut sqld = with_tokens(&tokens);
    sqld.kill();
    sqld.restart();
    assert_eq!(run(&sqld, None, "SELECT 1").status, 401);
    let token = tokens.read_write_for(60);
    assert_eq!(run(&sqld, Some(&token), "SELECT 1").status, 200);
}
