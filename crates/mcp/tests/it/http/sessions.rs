use std::time::Duration;

use serde_json::{Value, json};

use super::{
    client::{Request, Service, hello, store},
    held::Write,
};

#[tokio::test]
async fn every_version_with_a_handshake_has_sessions() {
    let service = Service::new().await;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let session = service.session(version).await;
        let tools = session.asks("tools/list", &json!({})).await;
        assert!(tools["result"]["tools"].is_array(), "{tools}");
    }
}

#[tokio::test]
async fn clients_do_not_wait_for_each_other() {
    let service = Service::new().await;
    service.backend.hold();
    let first = service.session("2025-06-18").await;
    let second = service.session("2025-11-25").await;
    let writing = first.post(&store(1)).to(&service).await;
    assert_eq!(service.backend.next().await, Write::Begun);
    let alone =
        Request::alone(json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}));
    assert_eq!(alone.to(&service).await.status, 200);
    let stats = json!({"uri": "memory://stats"});
    let read = second.asks("resources/read", &stats).await;
    assert!(read["result"]["contents"].is_array(), "{read}");
    service.backend.let_go();
    let stored = writing.message().await;
    assert_eq!(
        (&stored["id"], &stored["result"]["isError"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(service.count().await, 1);
}

#[tokio::test]
async fn a_call_that_is_cancelled_changes_nothing() {
    let service = Service::new().await;
    service.backend.hold();
    let session = service.session("2025-06-18").await;
    let mut writing = session.post(&store(5)).to(&service).await;
    assert_eq!(service.backend.next().await, Write::Begun);
    let params = json!({"requestId": 5, "reason": "enough"});
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params});
    assert_eq!(session.post(&cancel).to(&service).await.status, 202);
    assert_eq!(service.backend.next().await, Write::Abandoned);
    assert_eq!(writing.event().await, None);
    service.backend.let_go();
    assert_eq!(service.count().await, 0);
    session.asks("ping", &json!({})).await;
}

#[tokio::test]
async fn an_id_that_is_being_answered_is_not_taken_twice_in_a_session() {
    let service = Service::new().await;
    let (session, other) = (
        service.session("2025-06-18").await,
        service.session("2025-06-18").await,
    );
    service.backend.hold();
    let first = session.post(&store(1)).to(&service).await;
    assert_eq!(service.backend.next().await, Write::Begun);
    let refused = session.post(&store(1)).to(&service).await;
    assert_eq!(refused.status, 400);
    let refused = refused.json().await;
    assert_eq!(
        (&refused["error"]["code"], &refused["id"]),
        (&json!(-32600), &json!(1))
    );
    let of_other = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    let of_other = other.post(&of_other).to(&service).await.message().await;
    assert_eq!(of_other["result"], json!({}), "{of_other}");
    service.backend.let_go();
    let stored = first.message().await;
    assert_eq!(stored["result"]["isError"], false, "{stored}");
    for _ in 0..2 {
        let again = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
        let again = session.post(&again).to(&service).await.message().await;
        assert_eq!(again["result"], json!({}), "{again}");
    }
}

#[tokio::test]
async fn whoever_leaves_without_a_session_cancels_the_call() {
    let service = Service::new().await;
    service.backend.hold();
    let address = service.address;
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = Request::alone(store(1)).bytes(&address.to_string());
    tokio::io::AsyncWriteExt::write_all(&mut stream, &request)
        .await
        .unwrap();
    assert_eq!(service.backend.next().await, Write::Begun);
    drop(stream);
    assert_eq!(service.backend.next().await, Write::Abandoned);
    assert_eq!(service.count().await, 0);
}

#[tokio::test]
async fn a_session_that_was_ended_is_not_there() {
    let service = Service::new().await;
    let session = service.session("2025-06-18").await;
    assert_eq!(session.request("DELETE").to(&service).await.status, 204);
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    assert_eq!(session.post(&ping).to(&service).await.status, 404);
    assert_eq!(session.request("GET").to(&service).await.status, 404);
    let without = Request::post(&ping).to(&service).await;
    assert_eq!(without.status, 400);
}

#[tokio::test]
async fn a_session_that_nobody_uses_makes_room() {
    let service = Service::new().await;
    let first = service.session("2025-06-18").await;
    let second = service.session("2025-06-18").await;
    let third = service.session("2025-06-18").await;
    let stream = second.request("GET").to(&service).await;
    assert_eq!(stream.status, 200);
    for _ in 3..256 {
        let answer = Request::post(&hello("2025-06-18")).to(&service).await;
        assert_eq!(answer.status, 200);
    }
    first.asks("ping", &json!({})).await;
    service.session("2025-06-18").await;
    let ping = json!({"jsonrpc": "2.0", "id": 9, "method": "ping"});
    assert_eq!(third.post(&ping).to(&service).await.status, 404);
    for used in [&first, &second] {
        used.asks("ping", &json!({})).await;
    }
}

#[tokio::test]
async fn streams_of_all_sessions_leave_room_for_calls() {
    let service = Service::new().await;
    let mut streams = Vec::new();
    for _ in 0..256 {
        let session = service.session("2025-06-18").await;
        let stream = session.request("GET").to(&service).await;
        assert_eq!(stream.status, 200);
        streams.push(stream);
    }
    let stored = Request::alone(store(1)).to(&service);
    let stored = tokio::time::timeout(Duration::from_secs(10), stored).await;
    assert_eq!(stored.expect("there is room").status, 200);

    let refused = Request::post(&hello("2025-06-18")).to(&service).await;
    assert_eq!(
        (refused.status, &*refused.headers["retry-after"]),
        (503, "60")
    );
    let refused: Value = refused.json().await;
    assert_eq!(refused["id"], 0, "{refused}");
}
