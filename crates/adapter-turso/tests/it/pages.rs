//! Servers in between that send a page of their own.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use memorygraph_adapter_turso::{Token, TursoBackend, TursoOptions};
use ports::{ErrorKind, GraphBackend, Replica};

use crate::{
    graph::{assert_fails, chain},
    world::{World, opened},
};

/// Answers every request with the same bytes, until it is dropped.
struct Page {
    port: u16,
    is_over: Arc<AtomicBool>,
}

impl Page {
    /// `answer` makes the body out of the head of the request.
    fn serve(port: u16, status: &'static str, answer: fn(&str) -> Vec<u8>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                drop(respond(stream, status, answer));
            }
        });
        Self { port, is_over }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

fn respond(
    mut stream: TcpStream,
    status: &str,
    answer: fn(&str) -> Vec<u8>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head)? > 0 {}
    let length = head.to_lowercase().lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        (name == "content-length").then(|| value.parse::<u64>().ok())?
    });
    std::io::copy(
        &mut reader.take(length.unwrap_or_default()),
        &mut std::io::sink(),
    )?;
    let body = answer(&head);
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}

/// libsql panics at a page that is no UTF-8. The sync goes on, and the write is not sent twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_nobody_can_read_is_an_answer_that_was_lost() {
    let mut world = World::new();
    let direct = TursoOptions {
        sync_url: Some(world.primary.url()),
        ..world.replica("replica.db")
    };
    let device = opened(direct).await;
    device.apply(chain("before", 3)).await.unwrap();
    let port = world.primary.port();
    world.primary.stop();
    let page = Page::serve(port, "502 Bad Gateway", |_| {
        b"<h1>Passerelle d\xe9faillante</h1>".to_vec()
    });
    let refused = Replica::sync(&device).await;
    assert_fails(refused, ErrorKind::Unreachable, &["cannot be reached"]);
    let refused = device.apply(chain("between", 3)).await;
    assert_fails(refused, ErrorKind::Unreachable, &["is not known"]);
    drop(page);
    world.primary.restart();
    Replica::sync(&device).await.unwrap();
    device.apply(chain("after", 3)).await.unwrap();
    let status = device.replica().unwrap().sync_status();
    assert_eq!(status.last_error, None);
    device.close().await.unwrap();
}

/// A server that sends back what it was sent does not bring the token into a message.
#[tokio::test]
async fn a_page_that_repeats_the_request_shows_no_token() {
    let world = World::new();
    for status in ["500 Internal Server Error", "404 Not Found", "200 OK"] {
        let page = Page::serve(0, status, |head| head.as_bytes().to_vec());
        let options = TursoOptions {
            sync_url: Some(format!("http://127.0.0.1:{}", page.port)),
            auth_token: Some(Token::new("very-secret-token")),
            ..world.replica("replica.db")
        };
        let error = TursoBackend::create(options).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("very-secret"), "{shown}");
    }
}
