//! A server that is not libSQL: what a mistyped address may lead to.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::background::{Background, Door};
use crate::ports;

/// An HTTP server that answers everything with 200 and `hello`, until it is dropped.
#[derive(Debug)]
pub struct NotLibsql {
    port: u16,
    _background: Background,
}

/// Starts a [`NotLibsql`] on a free loopback port.
pub fn serve_not_libsql() -> NotLibsql {
    let (port, listener) = ports::listener();
    let background = Background::start(async move { serve(&Door::new(listener)).await });
    NotLibsql {
        port,
        _background: background,
    }
}

impl NotLibsql {
    /// Returns its address, as a client would be told it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }
}

async fn serve(door: &Door) {
    loop {
        tokio::spawn(answer(door.accept().await));
    }
}

/// Answers once a head is complete. The rest is read and thrown away: closing on unread bytes would
/// be a reset, and the client might never see the answer.
async fn answer(mut stream: TcpStream) {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\
        content-length: 5\r\nconnection: close\r\n\r\nhello";
    let mut seen = Vec::new();
    while !seen.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read_buf(&mut seen).await {
            Ok(1..) => {}
            _ => return,
        }
    }
    if stream.write_all(ANSWER).await.is_ok() && stream.shutdown().await.is_ok() {
        while let Ok(1..) = stream.read_buf(&mut seen).await {
            seen.clear();
        }
    }
}
