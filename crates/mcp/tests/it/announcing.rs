//! What clients hear of changes. Time stands still in these tests unless everybody waits.

use std::{collections::BTreeSet, time::Duration};

use memorygraph::{
    Draft, Link, MemoryGraph, ToolProfile, Update,
    domain::{MemoryId, MemoryType, RelationshipType},
};
use memorygraph_mcp::{Options, Server};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::client::{Client, beside, graph, meta};

const CHANGED: &str = "notifications/resources/updated";

fn id(text: &str) -> MemoryId {
    MemoryId::new(text).unwrap()
}

async fn remember(graph: &MemoryGraph, name: &str) {
    let draft = Draft {
        id: Some(id(name)),
        ..Draft::new(MemoryType::Fix, format!("About {name}"), name)
    };
    graph.remember(draft).await.unwrap();
}

async fn retitle(graph: &MemoryGraph, name: &str, title: &str) {
    let update = Update {
        title: Some(title.to_owned()),
        ..Update::default()
    };
    graph.update(&id(name), &update).await.unwrap();
}

async fn subscribe(client: &mut Client, uri: &str) {
    let answer = client
        .asks("resources/subscribe", json!({ "uri": uri }))
        .await;
    assert_eq!(answer["result"], json!({}), "{answer}");
}

/// Returns the addresses that are announced next.
async fn announced(client: &mut Client, how_many: usize) -> BTreeSet<String> {
    let mut uris = BTreeSet::new();
    for _ in 0..how_many {
        let message = client.hears().await;
        assert_eq!(message["method"], CHANGED, "{message}");
        let uri = message["params"]["uri"].as_str().unwrap().to_owned();
        assert!(uris.insert(uri), "twice: {message}");
    }
    uris
}

fn set(uris: &[&str]) -> BTreeSet<String> {
    uris.iter().map(|uri| (*uri).to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_change_by_oneself_is_told_at_once() {
    let mut client = Client::greeted().await;
    remember(&client.graph, "pool").await;
    subscribe(&mut client, "memory://pool").await;
    let began = Instant::now();
    let arguments = json!({"memory_id": "pool", "title": "Pools"});
    client
        .says(&json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "update_memory", "arguments": arguments},
        }))
        .await;
    let said = [client.hears().await, client.hears().await];
    let told = said.iter().find(|said| said["method"] == CHANGED).unwrap();
    assert_eq!(told["params"]["uri"], "memory://pool");
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_change_by_another_process_is_told_to_whoever_it_concerns() {
    let mut client = Client::greeted().await;
    let other = beside(&client.graph);
    for name in ["far", "load", "pool"] {
        remember(&other, name).await;
    }
    for uri in [
        "memory://far",
        "memory://load",
        "memory://recent",
        "memory://stats",
        "graph://pool?depth=2",
    ] {
        subscribe(&mut client, uri).await;
    }

    let link = Link::new(id("load"), RelationshipType::Causes, id("pool"));
    other.relate(link).await.unwrap();
    let around = ["graph://pool?depth=2", "memory://stats"];
    assert_eq!(announced(&mut client, 2).await, set(&around));

    retitle(&other, "load", "Load").await;
    let all = [
        "graph://pool?depth=2",
        "memory://load",
        "memory://recent",
        "memory://stats",
    ];
    assert_eq!(announced(&mut client, 4).await, set(&all));

    other.erase(&id("load")).await.unwrap();
    assert_eq!(announced(&mut client, 4).await, set(&all));

    remember(&other, "load").await;
    let without = ["memory://load", "memory://recent", "memory://stats"];
    assert_eq!(announced(&mut client, 3).await, set(&without));
}

#[tokio::test(start_paused = true)]
async fn whoever_unsubscribes_hears_no_more_of_it() {
    let mut client = Client::greeted().await;
    let other = beside(&client.graph);
    for name in ["a", "b"] {
        remember(&other, name).await;
        subscribe(&mut client, &format!("memory://{name}")).await;
    }
    for uri in ["memory://a", "memory://a", "memory://never"] {
        let answer = client
            .asks("resources/unsubscribe", json!({ "uri": uri }))
            .await;
        assert_eq!(answer["result"], json!({}), "{answer}");
    }
    for title in ["once", "twice"] {
        retitle(&other, "a", title).await;
        retitle(&other, "b", title).await;
        assert_eq!(announced(&mut client, 1).await, set(&["memory://b"]));
    }
}

#[tokio::test(start_paused = true)]
async fn only_what_can_be_a_resource_can_be_subscribed() {
    let mut client = Client::greeted().await;
    for uri in ["file:///etc/passwd", "memory://", "graph://a?depth=99"] {
        let answer = client
            .asks("resources/subscribe", json!({ "uri": uri }))
            .await;
        assert!(answer["error"]["code"].is_number(), "{answer}");
    }
    // What is not there yet can come.
    subscribe(&mut client, "memory://later").await;
    remember(&beside(&client.graph), "later").await;
    assert_eq!(announced(&mut client, 1).await, set(&["memory://later"]));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_or_is_gone_holds_up_nobody() {
    let graph = graph();
    let server = Server::new(graph.clone(), Options::default());
    remember(&graph, "pool").await;
    let mut slow = Client::one_of(&server, &graph).await;
    let mut gone = Client::one_of(&server, &graph).await;
    let mut client = Client::one_of(&server, &graph).await;
    for each in [&mut slow, &mut gone, &mut client] {
        subscribe(each, "memory://pool").await;
    }
    gone.leaves().await;
    for time in 0..100 {
        let arguments = json!({"memory_id": "pool", "title": format!("Pool {time}")});
        let said = client.calls("update_memory", arguments, json!({})).await;
        assert_eq!(said.last().unwrap()["result"]["isError"], false, "{said:?}");
        if said.len() == 1 {
            announced(&mut client, 1).await;
        }
    }
    assert_eq!(announced(&mut slow, 1).await, set(&["memory://pool"]));
}

#[tokio::test(start_paused = true)]
async fn closing_ends_what_is_listened_to() {
    let graph = graph();
    let server = Server::new(graph.clone(), Options::default());
    let mut client = Client::one_of(&server, &graph).await;
    listens(&mut client, "listens", &["memory://recent"]).await;
    server.close().await;
    let ended = client.hears().await;
    assert_eq!(ended["id"], "listens", "{ended}");
}

/// Begins to listen in the version without a handshake, and returns what was accepted.
async fn listens(client: &mut Client, id: &str, uris: &[&str]) -> Value {
    let params = json!({"_meta": meta(), "notifications": {"resourceSubscriptions": uris}});
    let method = "subscriptions/listen";
    client
        .says(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
        .await;
    let accepted = client.hears().await;
    assert_eq!(
        accepted["method"], "notifications/subscriptions/acknowledged",
        "{accepted}"
    );
    accepted["params"]["notifications"]["resourceSubscriptions"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_stream_tells_of_changes_until_the_input_ends() {
    let mut client = Client::new(ToolProfile::Core);
    let other = beside(&client.graph);
    remember(&other, "pool").await;
    let accepted = listens(
        &mut client,
        "listens",
        &["memory://pool", "nothing://", "memory://recent"],
    )
    .await;
    assert_eq!(accepted, json!(["memory://pool", "memory://recent"]));
    // At once: what is written after the answer is heard.
    let arguments = json!({"memory_id": "pool", "title": "Pools"});
    let said = client.calls("update_memory", arguments, meta()).await;
    let so_far = said.iter().filter(|said| said["method"] == CHANGED).count();
    announced(&mut client, 2 - so_far).await;
    retitle(&other, "pool", "The pool").await;
    assert_eq!(
        announced(&mut client, 2).await,
        set(&["memory://pool", "memory://recent"])
    );

    let began = Instant::now();
    let rest = client.leaves().await;
    assert_eq!(rest.len(), 1, "{rest:?}");
    assert_eq!(rest[0]["id"], "listens");
    assert_eq!(rest[0]["result"]["resultType"], "complete", "{rest:?}");
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_when_its_client_cancels_it_or_the_server_stops() {
    let mut client = Client::new(ToolProfile::Core);
    let other = beside(&client.graph);
    listens(&mut client, "listens", &["memory://recent"]).await;
    client
        .says(&json!({
            "jsonrpc": "2.0", "method": "notifications/cancelled",
            "params": {"requestId": "listens", "_meta": meta()},
        }))
        .await;
    let accepted = listens(&mut client, "again", &["memory://stats"]).await;
    assert_eq!(accepted, json!(["memory://stats"]));
    remember(&other, "pool").await;
    assert_eq!(announced(&mut client, 1).await, set(&["memory://stats"]));
    let began = Instant::now();
    client.stops().await;
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_client_has_so_many_subscriptions_and_no_more() {
    let mut client = Client::greeted().await;
    let uris: Vec<_> = (0..1_030)
        .map(|number| format!("memory://m{number}"))
        .collect();
    let uris: Vec<_> = uris.iter().map(String::as_str).collect();
    let accepted = listens(&mut client, "listens", &uris).await;
    assert_eq!(accepted.as_array().unwrap().len(), 1_024);
    let asked = json!({"uri": "memory://recent"});
    let answer = client.asks("resources/subscribe", asked).await;
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("1024"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_has_hardly_begun_ends_at_once_too() {
    for is_stopped in [true, false] {
        let mut client = Client::new(ToolProfile::Core);
        let params = json!({
            "_meta": meta(), "notifications": {"resourceSubscriptions": ["memory://recent"]},
        });
        let method = "subscriptions/listen";
        client
            .says(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
            .await;
        let began = Instant::now();
        if is_stopped {
            client.hears().await;
            client.stops().await;
        } else {
            let rest = client.leaves().await;
            assert_eq!(rest.len(), 2, "{rest:?}");
            assert_eq!(rest[1]["id"], 1);
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
