use serde_json::{Value, json};

use super::client::{Request, Service, hello, store};

const LARGEST: usize = 4 * 1024 * 1024;

#[tokio::test]
async fn what_is_no_message_is_answered_as_the_protocol_has_it() {
    let service = Service::new().await;
    for (body, code, id) in [
        ("{\"jsonrpc\":", -32700, Value::Null),
        ("", -32700, Value::Null),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"\\ud800\"}",
            -32700,
            json!(7),
        ),
        ("[]", -32600, Value::Null),
        (
            "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]",
            -32600,
            Value::Null,
        ),
        ("17", -32600, Value::Null),
        ("{\"id\":3}", -32600, json!(3)),
    ] {
        for request in [
            Request::new("POST", "/mcp").saying(body),
            service
                .session("2025-06-18")
                .await
                .request("POST")
                .saying(body),
        ] {
            let answer = request.to(&service).await;
            assert_eq!(answer.status, 400, "{body}");
            let answer = answer.json().await;
            assert_eq!(answer["jsonrpc"], "2.0");
            assert_eq!(
                (&answer["error"]["code"], &answer["id"]),
                (&json!(code), &id),
                "{answer}"
            );
        }
    }
    let bytes = Request::new("POST", "/mcp").saying(b"\xff\xfe".to_vec());
    let answer = bytes.to(&service).await.json().await;
    assert_eq!(answer["error"]["code"], -32700);
    let text = Request::post(&hello("2025-06-18")).with("Content-Type", "text/plain");
    assert_eq!(text.to(&service).await.status, 415);
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_and_the_largest_is_not() {
    let service = Service::new().await;
    let mut hello = hello("2025-06-18");
    hello["params"]["padding"] = json!("");
    let padding = LARGEST - hello.to_string().len();
    hello["params"]["padding"] = json!("x".repeat(padding));
    let answer = Request::post(&hello).to(&service).await;
    assert_eq!(answer.status, 200);
    hello["params"]["padding"] = json!("x".repeat(padding + 1));
    let answer = Request::post(&hello).to(&service).await;
    assert_eq!(answer.status, 413);
    let answer = answer.json().await;
    assert_eq!(answer["error"]["code"], -32600, "{answer}");
}

#[tokio::test]
async fn whatever_a_client_accepts_it_gets_what_there_is() {
    let service = Service::new().await;
    for accept in ["", "*/*", "application/json", "text/event-stream"] {
        let request = Request::post(&hello("2025-06-18")).with("Accept", accept);
        assert_eq!(request.to(&service).await.status, 200, "{accept}");
    }
}

#[tokio::test]
async fn a_version_without_sessions_is_answered_at_once() {
    let service = Service::new().await;
    let stored = Request::alone(store(1)).to(&service).await;
    assert_eq!(stored.status, 200);
    assert_eq!(stored.headers.get("mcp-session-id"), None);
    let stored = stored.json().await;
    assert_eq!(stored["result"]["isError"], false, "{stored}");
    assert_eq!(service.count().await, 1);
    let discover = json!({"jsonrpc": "2.0", "id": 2, "method": "server/discover", "params": {}});
    let found = Request::alone(discover).to(&service).await.json().await;
    let versions = found["result"]["supportedVersions"].as_array().unwrap();
    assert_eq!(versions.len(), 5, "{found}");
}
