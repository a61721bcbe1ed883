//! What a client hears beside the answers: logs and progress.

use memorygraph::ToolProfile;
use serde_json::{Value, json};

use crate::client::{Client, meta};

/// Calls a tool on a store that is closed, and returns what is logged.
async fn failing(client: &mut Client, meta: Value) -> Vec<Value> {
    client.graph.close().await.unwrap();
    let mut said = client
        .calls("get_memory", json!({"memory_id": "pool"}), meta)
        .await;
    let answer = said.pop().unwrap();
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    said
}

#[tokio::test]
async fn a_call_that_fails_inside_is_logged_to_whoever_set_a_level() {
    for (level, is_told) in [("debug", true), ("error", true), ("emergency", false)] {
        let mut client = Client::greeted().await;
        let answer = client
            .asks("logging/setLevel", json!({ "level": level }))
            .await;
        assert_eq!(answer["result"], json!({}), "{answer}");
        let said = failing(&mut client, json!({})).await;
        assert_eq!(said.len(), usize::from(is_told), "{level}: {said:?}");
        for message in said {
            assert_eq!(message["method"], "notifications/message");
            assert_eq!(message["params"]["level"], "error");
            assert_eq!(message["params"]["data"]["kind"], "closed", "{message}");
        }
    }
}

#[tokio::test]
async fn without_a_level_nothing_is_logged() {
    let mut client = Client::greeted().await;
    assert_eq!(failing(&mut client, json!({})).await, [Value::Null; 0]);
    let answer = client
        .asks("logging/setLevel", json!({"level": "loud"}))
        .await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
}

#[tokio::test]
async fn what_the_caller_can_mend_is_not_logged() {
    let mut client = Client::greeted().await;
    client
        .asks("logging/setLevel", json!({"level": "debug"}))
        .await;
    let said = client
        .calls("get_memory", json!({"memory_id": "nobody"}), json!({}))
        .await;
    assert_eq!(said.len(), 1, "{said:?}");
}

#[tokio::test]
async fn a_request_without_a_handshake_says_itself_what_is_logged() {
    let mut client = Client::new(ToolProfile::Core);
    let answer = client
        .asks(
            "logging/setLevel",
            json!({"_meta": meta(), "level": "debug"}),
        )
        .await;
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
    assert_eq!(failing(&mut client, meta()).await, [Value::Null; 0]);
    let mut wants = meta();
    wants["io.modelcontextprotocol/logLevel"] = json!("warning");
    let said = failing(&mut client, wants).await;
    assert_eq!(said.len(), 1);
    assert_eq!(said[0]["params"]["level"], "error", "{said:?}");
}

#[tokio::test]
async fn a_resource_that_cannot_be_read_is_logged() {
    let mut client = Client::greeted().await;
    client
        .asks("logging/setLevel", json!({"level": "error"}))
        .await;
    client.graph.close().await.unwrap();
    client
        .says(&json!({
            "jsonrpc": "2.0", "id": 1, "method": "resources/read",
            "params": {"uri": "memory://stats"},
        }))
        .await;
    let logged = client.hears().await;
    assert_eq!(logged["method"], "notifications/message", "{logged}");
    assert_eq!(client.hears().await["error"]["code"], -32603);
}

#[tokio::test]
async fn a_call_with_nothing_to_report_reports_nothing() {
    let mut client = Client::new(ToolProfile::Extended);
    client.greets("2025-11-25").await;
    let said = client
        .calls("sync_now", json!({}), json!({"progressToken": "p"}))
        .await;
    assert_eq!(said.len(), 1, "{said:?}");
}

#[tokio::test]
async fn the_server_says_what_it_can_do_and_no_more() {
    let mut client = Client::new(ToolProfile::Core);
    let server = client.greets("2025-11-25").await;
    assert_eq!(
        server["capabilities"],
        json!({
            "completions": {}, "logging": {}, "prompts": {}, "resources": {"subscribe": true},
            "tools": {},
        })
    );
}
