use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    client::{Answer, Request, Service, store},
    held::Write,
};

/// A connection over which nothing is said, and which is therefore the first to end.
async fn silent(service: &Service) -> TcpStream {
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    let request = Request::new("GET", "/health").without("connection");
    let request = request.bytes("localhost");
    stream.write_all(&request).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"ok") {
        stream.read_buf(&mut answer).await.unwrap();
    }
    stream
}

#[tokio::test]
async fn a_server_that_is_asked_to_end_answers_what_is_under_way() {
    let service = Service::new().await;
    service.backend.hold();
    let session = service.session("2025-06-18").await;
    let writing = session.post(&store(1)).to(&service).await;
    assert_eq!(service.backend.next().await, Write::Begun);
    let mut alone = TcpStream::connect(service.address).await.unwrap();
    let request = Request::alone(store(2)).bytes("localhost");
    alone.write_all(&request).await.unwrap();
    assert_eq!(service.backend.next().await, Write::Begun);
    let mut listening = session.request("GET").to(&service).await;
    let mut silent = silent(&service).await;

    let (graph, backend) = (
        service.graph.clone(),
        std::sync::Arc::clone(&service.backend),
    );
    let address = service.address;
    let server = service.stop();
    // Now it ends, and the calls are still under way.
    assert_eq!(
        silent.read_u8().await.unwrap_err().kind(),
        std::io::ErrorKind::UnexpectedEof
    );
    assert!(TcpStream::connect(address).await.is_err());
    backend.let_go();
    let stored = writing.message().await;
    assert_eq!(stored["result"]["isError"], false, "{stored}");
    let stored = Answer::read(alone).await.json().await;
    assert_eq!(stored["result"]["isError"], false, "{stored}");
    assert_eq!(listening.event().await, None);
    server.await.unwrap().unwrap();
    assert_eq!(graph.statistics().await.unwrap().memories, 2);
}

#[tokio::test]
async fn clients_that_listen_and_clients_that_are_silent_hold_no_server_up() {
    let service = Service::new().await;
    let session = service.session("2025-11-25").await;
    let mut listening = session.request("GET").to(&service).await;
    let _silent = silent(&service).await;
    let mut half = TcpStream::connect(service.address).await.unwrap();
    half.write_all(b"POST /mcp HTTP/1.1\r\nHost:")
        .await
        .unwrap();
    service.stop().await.unwrap().unwrap();
    assert_eq!(listening.event().await, None);
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let service = Service::new().await;
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    let tools = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}});
    let request = Request::alone(tools).without("connection");
    let request = request.bytes("localhost");
    for _ in 0..2 {
        stream.write_all(&request).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n0\r\n\r\n") {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
}
