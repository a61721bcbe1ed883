//! What is no message, or the wrong one.

use memorygraph::ToolProfile;
use serde_json::{Value, json};

use crate::client::Client;

/// Says what is no message, and returns the answer; the server has to go on.
async fn answer_to(client: &mut Client, bytes: &[u8]) -> Value {
    client.writes(bytes).await;
    client.writes(b"\n").await;
    let answer = client.hears().await;
    let pong = client.asks("ping", json!({})).await;
    assert_eq!(pong["result"], json!({}));
    answer
}

#[tokio::test]
async fn a_line_that_is_not_json_is_answered_with_its_id_where_it_can_be_read() {
    let mut client = Client::greeted().await;
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":3,"method":"ping","params":{{"a":{}{}}}}}"#,
        "[".repeat(5_000),
        "]".repeat(5_000)
    );
    for (line, id) in [
        (&b"garbage"[..], Value::Null),
        (br#"{"jsonrpc":"2.0","id":1,"method":"#, Value::Null),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\",\"params\":{\"a\":\"\xff\"}}",
            json!(2),
        ),
        (
            br#"{"jsonrpc":"2.0","id":"s","method":"ping","params":{"a":"\ud800"}}"#,
            json!("s"),
        ),
        (deep.as_bytes(), json!(3)),
    ] {
        let answer = answer_to(&mut client, line).await;
        assert_eq!(answer["error"]["code"], -32700, "{answer}");
        assert_eq!(answer["id"], id, "{answer}");
    }
}

#[tokio::test]
async fn json_that_is_no_message_is_an_invalid_request() {
    let mut client = Client::greeted().await;
    for (line, id) in [
        ("7", Value::Null),
        ("null", Value::Null),
        ("[]", Value::Null),
        (r#"{"id": 4, "method": "ping"}"#, json!(4)),
        (r#"{"jsonrpc": "1.0", "id": 5, "method": "ping"}"#, json!(5)),
    ] {
        let answer = answer_to(&mut client, line.as_bytes()).await;
        assert_eq!(answer["error"]["code"], -32600, "{line}: {answer}");
        assert_eq!(answer["id"], id, "{line}: {answer}");
    }
}

#[tokio::test]
async fn params_that_do_not_fit_are_told() {
    let mut client = Client::greeted().await;
    for (method, params) in [
        ("tools/call", json!({"name": "x", "arguments": [1]})),
        ("tools/call", json!({})),
        ("resources/read", json!({})),
        ("prompts/get", json!({"name": 1})),
        ("tools/list", json!({"cursor": "elsewhere"})),
    ] {
        let answer = client.asks(method, params).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
    let answer = client.asks("nothing/at/all", json!({})).await;
    assert_eq!(answer["error"]["code"], -32601);
}

#[tokio::test]
async fn a_batch_is_answered_message_by_message() {
    let mut client = Client::greeted().await;
    client
        .says(&json!([{"jsonrpc": "2.0", "id": 8, "method": "ping"}, 7]))
        .await;
    let answers = [client.hears().await, client.hears().await];
    assert!(answers.iter().any(|answer| answer["id"] == 8));
    assert!(
        answers
            .iter()
            .any(|answer| answer["error"]["code"] == -32600)
    );
}

#[tokio::test]
async fn a_line_without_an_end_in_sight_is_refused_and_the_next_is_served() {
    let mut client = Client::greeted().await;
    let piece = vec![b' '; 1024 * 1024];
    for _ in 0..17 {
        client.writes(&piece).await;
    }
    let answer = answer_to(&mut client, b"").await;
    assert_eq!(answer["error"]["code"], -32600, "{answer}");
}

#[tokio::test]
async fn what_comes_before_the_handshake_and_needs_no_answer_is_passed_over() {
    let mut client = Client::new(ToolProfile::Core);
    client
        .says(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        .await;
    client
        .says(&json!({"jsonrpc": "2.0", "id": 1, "result": {}}))
        .await;
    client.writes(b"\r\n\xEF\xBB\xBF\n").await;
    let server = client.greets("2025-06-18").await;
    assert_eq!(server["protocolVersion"], "2025-06-18");
}
