use std::io;

use memorygraph::{MemoryGraph, ToolProfile};
use rmcp::{ServiceExt, service::ServerInitializeError};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{Server, lines::Lines};

/// How a server is set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Which tools it shows.
    pub profile: ToolProfile,
}

/// Serves one client, who sends and gets one message a line, until `input` ends or `stop` does.
///
/// What is under way then has at least five seconds to be answered; what a client listens to ends at
/// once. A client that does not read is not waited for any longer. The graph stays open: closing it,
/// which writes what is still to be written, is up to the caller.
///
/// # Errors
///
/// Fails when the server itself breaks; nothing that a client sends makes it fail.
pub async fn serve(
    graph: MemoryGraph,
    options: Options,
    input: impl AsyncRead + Unpin + Send + 'static,
    output: impl AsyncWrite + Unpin + Send + 'static,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let server = Server::new(graph, options);
    let lines = Lines::new(input, output, stop, server.closing().clone());
    let running = match server.serve(lines).await {
        Ok(running) => running,
        // Nobody wanted anything.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(io::Error::other(error)),
    };
    let quit = running.waiting().await.map_err(io::Error::other)?;
    tracing::debug!(?quit, "the client is gone");
    Ok(())
}
