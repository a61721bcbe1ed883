//! One connection through the proxy.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time;

use super::Network;
use super::answer::Answer;

/// How long an answer that is lost may pause before it counts as whole, when it does not say how
/// long it is: a stream of changes has no end.
const PAUSE: Duration = Duration::from_millis(200);

/// Whose turn it is to speak.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Nothing was asked yet, or an answer has begun: what the client sends now is a new request.
    Client,
    /// A request has begun: what the server sends now is its answer.
    Server,
}

/// Carries bytes until one side is done. Returning closes both.
pub(super) async fn run(client: TcpStream, upstream: u16, network: Arc<Network>) {
    if let Ok(server) = TcpStream::connect(("127.0.0.1", upstream)).await {
        // An error is a side that has gone, and the other learns of it when this returns.
        let _ended = carry(client, server, &network).await;
    }
}

async fn carry(mut client: TcpStream, mut server: TcpStream, network: &Network) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let mut turn = Turn::Client;
    let mut client_speaks = true;
    let mut loses_answer = false;
    let mut asked = Vec::new();
    let mut answered = Vec::new();
    loop {
        tokio::select! {
            read = client.read_buf(&mut asked), if client_speaks => {
                if read? == 0 {
                    client_speaks = false;
                    server.shutdown().await?;
                    continue;
                }
                if turn == Turn::Client {
                    let Some(line) = first_line(&asked) else { continue };
                    network.pass(Some(&line)).await;
                    loses_answer = begin_request(network, line);
                    turn = Turn::Server;
                } else {
                    network.pass(None).await;
                }
                server.write_all(&asked).await?;
                asked.clear();
            }
            read = server.read_buf(&mut answered) => {
                if read? == 0 {
                    return Ok(());
                }
                let begins = turn == Turn::Server;
                turn = Turn::Client;
                let (latency, loses_all) = {
                    let state = network.state();
                    (state.latency, state.swallow_all)
                };
                if loses_answer || loses_all {
                    swallow(&mut server, &answered).await;
                    network.note(|state| state.swallowed += 1);
                    return Ok(());
                }
                if begins {
                    time::sleep(latency).await;
                }
                network.pass(None).await;
                client.write_all(&answered).await?;
                answered.clear();
            }
        }
    }
}

/// The first line of a request, once it is there.
fn first_line(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some(String::from_utf8_lossy(&bytes[..end]).trim_end().to_owned())
}

/// Notes a request that is passed on, and returns whether its answer is to be lost.
fn begin_request(network: &Network, line: String) -> bool {
    network.note(|state| {
        let named = |path: &String| line.contains(path);
        let found = state.swallow_next.iter().position(named);
        if let Some(index) = found {
            state.swallow_next.remove(index);
        }
        state.lines.push(line);
        found.is_some()
    })
}

/// Reads an answer to its end. The server may work while it answers; closing early would stop it.
async fn swallow(server: &mut TcpStream, begun: &[u8]) {
    let mut answer = Answer::default();
    answer.extend(begun);
    let mut bytes = Vec::new();
    while !answer.is_whole() {
        match time::timeout(PAUSE, server.read_buf(&mut bytes)).await {
            Ok(Ok(1..)) => answer.extend(&bytes),
            _ => return,
        }
        bytes.clear();
    }
}
