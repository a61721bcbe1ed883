//! One request and its answer, without a client library: what a server says, seen from outside.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

/// Longer than any answer takes, so that a test that would hang fails instead.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The number in its first line.
    pub status: u16,
    /// What stands behind the head, as it came.
    pub body: String,
}

/// Sends one request to a loopback port on a connection of its own.
///
/// # Errors
///
/// When nobody listens, or when the connection ends before a whole head has come.
pub fn request(
    port: u16,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &str,
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let authorization = token.map_or_else(String::new, |token| {
        format!("authorization: Bearer {token}\r\n")
    });
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\
         {authorization}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text
        .split_once("\r\n\r\n")
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or(io::ErrorKind::InvalidData)?;
    Ok(Answer {
        status,
        body: body.to_owned(),
    })
}

/// Has a libSQL server run `statements` one after the other, in one request.
///
/// # Errors
///
/// As [`request`]; what the server thinks of the statements stands in the answer.
pub fn pipeline(port: u16, token: Option<&str>, statements: &[&str]) -> io::Result<Answer> {
    let execute = |sql: &&str| json!({"type": "execute", "stmt": {"sql": sql}});
    let requests: Vec<Value> = statements
        .iter()
        .map(execute)
        .chain([json!({"type": "close"})])
        .collect();
    let body = json!({ "requests": requests }).to_string();
    request(port, "POST", "/v3/pipeline", token, &body)
}
