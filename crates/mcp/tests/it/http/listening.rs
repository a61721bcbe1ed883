use serde_json::json;

use super::client::{Request, Service, store};

const RECENT: &str = "memory://recent";

#[tokio::test]
async fn a_session_hears_what_another_one_changed() {
    let service = Service::new().await;
    let listener = service.session("2025-06-18").await;
    let told = listener
        .asks("resources/subscribe", &json!({ "uri": RECENT }))
        .await;
    assert_eq!(told["result"], json!({}), "{told}");
    let mut stream = listener.request("GET").to(&service).await;
    let writer = service.session("2025-11-25").await;
    writer.post(&store(1)).to(&service).await.message().await;
    let heard = stream.event().await.unwrap();
    assert_eq!(
        heard["method"], "notifications/resources/updated",
        "{heard}"
    );
    assert_eq!(heard["params"]["uri"], RECENT, "{heard}");
}

#[tokio::test]
async fn a_stream_without_a_session_hears_of_changes_and_of_the_end() {
    let service = Service::new().await;
    let filter = json!({"notifications": {"resourceSubscriptions": [RECENT]}});
    let listen =
        json!({"jsonrpc": "2.0", "id": 9, "method": "subscriptions/listen", "params": filter});
    let mut stream = Request::alone(listen).to(&service).await;
    assert_eq!(stream.status, 200);
    let acknowledged = stream.event().await.unwrap();
    let method = acknowledged["method"].as_str().unwrap();
    assert!(method.ends_with("subscriptions/acknowledged"), "{method}");
    Request::alone(store(1)).to(&service).await.json().await;
    let heard = stream.event().await.unwrap();
    assert_eq!(heard["params"]["uri"], RECENT, "{heard}");
    let server = service.stop();
    let last = stream.event().await.unwrap();
    assert_eq!(last["id"], 9, "{last}");
    assert!(last["result"].is_object(), "{last}");
    assert_eq!(stream.event().await, None);
    server.await.unwrap().unwrap();
}
