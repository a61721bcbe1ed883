//! Resources and prompts.

use memorygraph::{
    Draft, Link,
    domain::{MemoryId, MemoryType, RelationshipType},
};
use serde_json::{Value, json};

use crate::client::Client;

async fn read(client: &mut Client, uri: &str) -> Value {
    let answer = client.asks("resources/read", json!({ "uri": uri })).await;
    let contents = &answer["result"]["contents"][0];
    assert_eq!(contents["uri"], uri, "{answer}");
    serde_json::from_str(contents["text"].as_str().unwrap()).unwrap()
}

async fn remember(client: &Client, id: &str) -> MemoryId {
    let draft = Draft {
        id: Some(MemoryId::new(id).unwrap()),
        ..Draft::new(
            MemoryType::Fix,
            format!("About {id}"),
            format!("All of {id}."),
        )
    };
    client.graph.remember(draft).await.unwrap().id
}

#[tokio::test]
async fn a_memory_its_surroundings_and_the_whole_can_be_read() {
    let mut client = Client::greeted().await;
    let (pool, load) = (
        remember(&client, "pool").await,
        remember(&client, "the load").await,
    );
    let link = Link::new(load, RelationshipType::Causes, pool);
    client.graph.relate(link).await.unwrap();

    let memory = read(&mut client, "memory://the%20load").await;
    assert_eq!(memory["title"], "About the load");
    let around = read(&mut client, "graph://pool?depth=2").await;
    assert_eq!(around["steps"][0]["memory"]["id"], "the load");
    let recent = read(&mut client, "memory://recent").await;
    assert_eq!(recent.as_array().unwrap().len(), 2);
    let stats = read(&mut client, "memory://stats").await;
    assert_eq!(stats["memories"], 2);
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let mut client = Client::greeted().await;
    for uri in ["memory://nobody", "graph://nobody", "file:///etc/passwd"] {
        let answer = client.asks("resources/read", json!({ "uri": uri })).await;
        assert_eq!(answer["error"]["code"], -32002, "{answer}");
    }
}

#[tokio::test]
async fn every_resource_that_is_listed_can_be_read() {
    let mut client = Client::greeted().await;
    let list = client.asks("resources/list", json!({})).await;
    let list = list["result"]["resources"].as_array().unwrap().clone();
    assert_eq!(list.len(), 2);
    for resource in list {
        read(&mut client, resource["uri"].as_str().unwrap()).await;
    }
    let templates = client.asks("resources/templates/list", json!({})).await;
    assert_eq!(
        templates["result"]["resourceTemplates"][0]["uriTemplate"],
        "memory://{id}"
    );
}

#[tokio::test]
async fn every_prompt_that_is_listed_says_what_it_was_given() {
    let mut client = Client::greeted().await;
    let list = client.asks("prompts/list", json!({})).await;
    let list = list["result"]["prompts"].as_array().unwrap().clone();
    assert_eq!(list.len(), 4);
    for prompt in list {
        let mut asked = json!({ "name": prompt["name"], "arguments": {} });
        for argument in prompt["arguments"].as_array().unwrap() {
            let name = argument["name"].as_str().unwrap();
            let said = format!("all of {{}} {name}");
            let answer = client.asks("prompts/get", asked.clone()).await;
            if argument["required"] == true {
                let message = answer["error"]["message"].as_str().unwrap();
                assert!(message.contains(name), "{message}");
            } else {
                let text = &answer["result"]["messages"][0]["content"]["text"];
                assert!(!text.as_str().unwrap().contains(&said), "{answer}");
            }
            asked["arguments"][name] = json!(said);
        }
        let answer = client.asks("prompts/get", asked).await;
        let text = &answer["result"]["messages"][0]["content"]["text"];
        let text = text.as_str().unwrap();
        for argument in prompt["arguments"].as_array().unwrap() {
            let said = format!("all of {{}} {}", argument["name"].as_str().unwrap());
            assert!(text.contains(&said), "{text}");
        }
        assert!(!text.contains("{task}") && !text.contains(" {}."), "{text}");
    }
}
