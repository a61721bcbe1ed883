use memorygraph::{
    Draft, Duplicates,
    domain::{Memory, MemoryContext, MemoryId, MemoryType, Timestamp},
    ports::Batch,
};
use serde_json::{Value, json};

use crate::client::Client;

async fn remember(client: &Client, id: &str, title: &str, tags: &[&str], project: Option<&str>) {
    let context = MemoryContext {
        project_path: project.map(str::to_owned),
        ..MemoryContext::default()
    };
    let draft = Draft {
        id: Some(MemoryId::new(id).unwrap()),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        context: Some(context),
        duplicates: Duplicates::Keep,
        ..Draft::new(MemoryType::Fix, title, "All of it.")
    };
    client.graph.remember(draft).await.unwrap();
}

async fn complete(client: &mut Client, of: Value, name: &str, value: &str) -> Value {
    let params = json!({"ref": of, "argument": {"name": name, "value": value}});
    client.asks("completion/complete", params).await
}

async fn in_template(client: &mut Client, uri: &str, name: &str, value: &str) -> Value {
    let of = json!({"type": "ref/resource", "uri": uri});
    let answer = complete(client, of, name, value).await;
    answer["result"]["completion"].clone()
}

async fn in_prompt(client: &mut Client, prompt: &str, name: &str, value: &str) -> Value {
    let of = json!({"type": "ref/prompt", "name": prompt});
    let answer = complete(client, of, name, value).await;
    answer["result"]["completion"]["values"].clone()
}

#[tokio::test]
async fn an_id_is_completed_from_its_beginning_and_from_words_of_the_title() {
    let mut client = Client::greeted().await;
    remember(&client, "redis-pool", "Larger connection pool", &[], None).await;
    remember(&client, "redis-load", "Ärger with the load", &[], None).await;
    remember(&client, "other", "Something else", &[], None).await;
    for (typed, expected) in [
        ("redis-p", json!(["redis-pool"])),
        ("redis-", json!(["redis-load", "redis-pool"])),
        ("pool conn", json!(["redis-pool"])),
        ("ÄRG", json!(["redis-load"])),
        ("pool load", json!([])),
    ] {
        for template in ["memory://{id}", "graph://{id}{?depth}"] {
            let found = in_template(&mut client, template, "id", typed).await;
            assert_eq!(found["values"], expected, "{typed}");
            assert_eq!(found["hasMore"], false);
        }
    }
    let depths = in_template(&mut client, "graph://{id}{?depth}", "depth", "1").await;
    assert_eq!(depths["values"], json!(["1", "10"]));
}

#[tokio::test]
async fn of_many_values_the_first_hundred_are_given_and_all_are_counted() {
    let mut client = Client::greeted().await;
    for number in 0..120 {
        remember(&client, &format!("m{number}"), "A memory", &[], None).await;
    }
    let found = in_template(&mut client, "memory://{id}", "id", "m").await;
    assert_eq!(found["values"].as_array().unwrap().len(), 100);
    assert_eq!(
        (&found["total"], &found["hasMore"]),
        (&json!(120), &json!(true))
    );
}

#[tokio::test]
async fn arguments_of_prompts_are_completed_by_what_there_is() {
    let mut client = Client::greeted().await;
    remember(&client, "a", "A", &["redis", "rest"], Some("/shop")).await;
    remember(&client, "b", "B", &["rest"], Some("/ship")).await;
    remember(&client, "c", "C", &["other"], Some("/shop")).await;
    for (prompt, name, typed, expected) in [
        ("recall_before_work", "tag", "RE", json!(["rest", "redis"])),
        ("weekly_digest", "tag", "o", json!(["other"])),
        ("review_project", "project", "/s", json!(["/shop", "/ship"])),
        ("store_after_work", "project", "/sho", json!(["/shop"])),
        ("review_project", "type", "code-p", json!(["code_pattern"])),
        (
            "review_project",
            "type",
            "f",
            json!(["fix", "file_context"]),
        ),
        ("recall_before_work", "task", "mend", json!([])),
    ] {
        let found = in_prompt(&mut client, prompt, name, typed).await;
        assert_eq!(found, expected, "{prompt} {name} {typed}");
    }
}

#[tokio::test]
async fn what_is_not_there_cannot_be_completed() {
    let mut client = Client::greeted().await;
    for (of, name, told) in [
        (
            json!({"type": "ref/prompt", "name": "guess"}),
            "tag",
            "weekly_digest",
        ),
        (
            json!({"type": "ref/prompt", "name": "weekly_digest"}),
            "task",
            "project, tag",
        ),
        (
            json!({"type": "ref/resource", "uri": "memory://a"}),
            "id",
            "memory://{id}",
        ),
        (
            json!({"type": "ref/resource", "uri": "memory://{id}"}),
            "depth",
            "id",
        ),
    ] {
        let answer = complete(&mut client, of, name, "a").await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(told), "{message}");
    }
}

#[tokio::test]
async fn among_many_memories_what_is_typed_to_its_end_is_found() {
    let mut client = Client::greeted().await;
    let first = ("the-first", "Quince marmalade", &["jam"][..]);
    remember(&client, first.0, first.1, first.2, Some("/kitchen")).await;
    let later = (0..2_100).map(|number| {
        let id = MemoryId::new(format!("m{number}")).unwrap();
        let now = "2999-01-01T00:00:00Z".parse::<Timestamp>().unwrap();
        Memory::new(id, MemoryType::Fix, "A memory", "All of it.", now)
    });
    let batch = later.fold(Batch::default(), Batch::put_memory);
    client.graph.backend().apply(batch).await.unwrap();
    for typed in ["the-first", "quince"] {
        let found = in_template(&mut client, "memory://{id}", "id", typed).await;
        assert_eq!(found["values"], json!(["the-first"]), "{typed}");
        assert_eq!(found["hasMore"], true);
        assert_eq!(found["total"], Value::Null);
    }
    let tags = in_prompt(&mut client, "weekly_digest", "tag", "jam").await;
    assert_eq!(tags, json!(["jam"]));
    let projects = in_prompt(&mut client, "weekly_digest", "project", "/kitchen").await;
    assert_eq!(projects, json!(["/kitchen"]));
    let long = "x ".repeat(20_000);
    let found = in_template(&mut client, "memory://{id}", "id", &long).await;
    assert_eq!(found["values"], json!([]));
}
