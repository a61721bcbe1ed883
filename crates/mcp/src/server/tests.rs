use adapter_memory::MemoryBackend;
use memorygraph::{SystemClock, UuidV7Source};
use rmcp::ServiceExt;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use super::*;

#[tokio::test]
async fn more_requests_than_can_wait_are_refused_and_the_rest_is_answered() {
    let backend = Arc::new(MemoryBackend::new());
    let graph = MemoryGraph::over(
        backend,
        Arc::new(SystemClock::new()),
        Arc::new(UuidV7Source),
    );
    let server = Server::new(graph, Options::default());
    let (here, there) = tokio::io::duplex(1024 * 1024);
    let serves = server.for_another_client();
    tokio::spawn(async move {
        let running = serves.serve(tokio::io::split(there)).await.unwrap();
        running.waiting().await.unwrap();
    });
    let (read, mut write) = tokio::io::split(here);
    let mut answers = BufReader::new(read).lines();
    let mut hears = async || {
        let line = answers.next_line().await.unwrap().unwrap();
        serde_json::from_str::<Value>(&line).unwrap()
    };
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    });
    let request = |id: usize, method: &str, params: Value| {
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        format!("{request}\n").into_bytes()
    };
    write
        .write_all(&request(0, "initialize", hello))
        .await
        .unwrap();
    hears().await;

    let mut taken = Vec::new();
    for _ in 0..AT_ONCE {
        taken.push(server.shared.places.take().await.unwrap());
    }
    let stats = json!({"uri": "memory://stats"});
    for id in 1..=WAITING + 2 {
        let request = request(id, "resources/read", stats.clone());
        write.write_all(&request).await.unwrap();
    }
    for _ in 0..2 {
        let refused = hears().await;
        assert_eq!(refused["error"]["code"], OVERLOADED.0, "{refused}");
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains("try again"), "{message}");
    }
    drop(taken);
    for _ in 0..WAITING {
        let answer = hears().await;
        assert!(answer["result"].is_object(), "{answer}");
    }
}
