use std::time::Duration;

use memorygraph::ToolProfile;
use serde_json::{Value, json};

use crate::client::{Client, meta};

#[tokio::test]
async fn every_version_with_a_handshake_is_spoken() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut client = Client::new(ToolProfile::Core);
        let server = client.greets(version).await;
        assert_eq!(server["protocolVersion"], version);
        assert_eq!(server["serverInfo"]["name"], "memorygraph");
        assert!(server["capabilities"]["tools"].is_object(), "{server}");
        let tools = client.asks("tools/list", json!({})).await;
        assert!(tools["result"]["tools"].is_array(), "{tools}");
        assert_eq!(client.leaves().await, [Value::Null; 0]);
    }
}

#[tokio::test]
async fn the_version_without_a_handshake_is_spoken() {
    let mut client = Client::new(ToolProfile::Core);
    let found = client
        .asks("server/discover", json!({ "_meta": meta() }))
        .await;
    assert_eq!(
        found["result"]["supportedVersions"]
            .as_array()
            .unwrap()
            .len(),
        5,
        "{found}"
    );
    let tools = client.asks("tools/list", json!({ "_meta": meta() })).await;
    assert_eq!(tools["result"]["resultType"], "complete", "{tools}");
}

#[tokio::test]
async fn whoever_leaves_without_a_word_ends_the_server() {
    let client = Client::new(ToolProfile::Core);
    assert_eq!(client.leaves().await, [Value::Null; 0]);
}

#[tokio::test]
async fn a_server_that_is_asked_to_end_ends_though_the_client_stays() {
    Client::new(ToolProfile::Core).stops().await;
    Client::greeted().await.stops().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_does_not_hold_up_the_end() {
    let mut client = Client::greeted().await;
    for id in 0..50 {
        client
            .says(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/list"}))
            .await;
    }
    let ended = tokio::time::timeout(Duration::from_mins(1), client.turns_away()).await;
    assert!(ended.is_ok(), "the server waits for its client");
}

#[tokio::test]
async fn what_was_asked_before_the_end_is_answered_also_without_a_last_newline() {
    let mut client = Client::greeted().await;
    client
        .writes(br#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#)
        .await;
    let rest = client.leaves().await;
    assert_eq!(rest.len(), 1, "{rest:?}");
    assert_eq!(rest[0]["id"], 7);
}

#[tokio::test]
async fn an_unknown_tool_is_told_with_those_there_are() {
    let mut client = Client::greeted().await;
    let answer = client.asks("tools/call", json!({"name": "guess"})).await;
    assert_eq!(answer["error"]["code"], -32602);
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("\"guess\""), "{message}");
    assert!(!message.contains("MEMORY_TOOL_PROFILE"), "{message}");
    let tools = client.asks("tools/list", json!({})).await;
    for tool in tools["result"]["tools"].as_array().unwrap() {
        assert!(message.contains(tool["name"].as_str().unwrap()));
    }
}

#[tokio::test]
async fn a_tool_of_the_other_profile_is_told_with_how_to_have_it() {
    let mut client = Client::greeted().await;
    let answer = client
        .asks("tools/call", json!({"name": "memory_history"}))
        .await;
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(
        message.ends_with("MEMORY_TOOL_PROFILE=extended has it"),
        "{message}"
    );
}
