//! The streamable HTTP transport: many clients at `/mcp`.

mod connections;
mod door;
mod messages;
mod sessions;
mod taken;

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    http::StatusCode,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use memorygraph::{MemoryGraph, Secret};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use serde_json::json;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    door::Door,
    messages::{Desk, Open},
    sessions::Sessions,
};
use crate::{Options, Server};

/// How long a session lives of which nothing is heard. A client that comes back later gets 404, and
/// begins another one.
const IDLE: Duration = Duration::from_hours(1);

/// How long what is under way at the end has to be answered.
const GRACE: Duration = Duration::from_secs(5);

/// How long streams have to end after that.
const FAREWELL: Duration = Duration::from_secs(1);

/// Who may talk to a server over HTTP.
#[derive(Clone, Debug, Default)]
pub struct Http {
    /// What each client has to send as `Authorization: Bearer`. Without one, the server only
    /// listens on a loopback address.
    pub token: Option<Secret>,
    /// The names of hosts that clients may ask for, besides the address that they reach, and
    /// `localhost` where that is a loopback address.
    pub hosts: Vec<String>,
    /// The origins of web pages that may ask and read the answers, as `https://example.org` or
    /// `http://localhost:6274`.
    pub origins: Vec<String>,
}

impl Http {
    /// Whether a server may listen on an address: without a token, only where nobody but the
    /// programs of this machine reaches it.
    ///
    /// # Errors
    ///
    /// Says what to do when it may not, or when one of the hosts and origins is none.
    pub fn check(&self, address: IpAddr) -> Result<(), String> {
        Door::new(self)?;
        if self.token.is_none() && !address.to_canonical().is_loopback() {
            return Err(format!(
                "{address} is reached from other machines, so the server needs a token there: put \
                 one into MEMORY_HTTP_TOKEN or a file that MEMORY_HTTP_TOKEN_FILE names \
                 (openssl rand -hex 32 makes one), or listen on 127.0.0.1"
            ));
        }
        Ok(())
    }
}

/// Serves all clients that reach `listener`, at `/mcp`, until `stop` ends. `/health` answers `ok` to
/// everybody, for whoever watches over the process.
///
/// At the end nobody new is let in; what is under way has five seconds to be answered. The graph
/// stays open: closing it, which writes what is still to be written, is up to the caller.
///
/// # Errors
///
/// Fails when [`Http::check`] does, and when the listener has no address; nothing that a client
/// sends makes it fail.
pub async fn serve_http(
    graph: MemoryGraph,
    options: Options,
    listener: TcpListener,
    http: Http,
    stop: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let invalid = |message| io::Error::new(io::ErrorKind::InvalidInput, message);
    http.check(listener.local_addr()?.ip()).map_err(invalid)?;
    let door = Door::new(&http).map_err(invalid)?;
    let server = Server::new(graph, options);
    let streams = CancellationToken::new();
    let answers = TaskTracker::new();
    let app = app(&server, door, &streams, answers.clone());

    let connections = connections::serve(listener, app, stop).await;
    let answered = async {
        answers.close();
        tokio::join!(server.close(), answers.wait());
    };
    if timeout(GRACE, answered).await.is_err() {
        tracing::warn!("what was under way took too long, and has no answer");
    }
    // Only now: it cuts off answers that are not there yet.
    streams.cancel();
    connections.end(FAREWELL).await;
    Ok(())
}

fn app(server: &Server, door: Door, streams: &CancellationToken, answers: TaskTracker) -> Router {
    let mut sessions = LocalSessionManager::default();
    sessions.session_config.keep_alive = Some(IDLE);
    let sessions = Arc::new(sessions);
    let config = StreamableHttpServerConfig::default()
        .with_json_response(true)
        .with_max_request_body_bytes(messages::LARGEST)
        .with_cancellation_token(streams.clone())
        // The door does that, and says what to do.
        .disable_allowed_hosts()
        .disable_allowed_origins();
    let of_all = server.for_another_client();
    let service = StreamableHttpService::new(
        move || Ok(of_all.for_another_client()),
        Arc::clone(&sessions),
        config,
    );
    let desk = Desk {
        sessions: Arc::new(Sessions::new(sessions)),
        answers,
        open: Open::default(),
    };
    Router::new()
        .route_service("/mcp", service)
        .route_layer(from_fn_with_state(desk, messages::pass))
        .route_layer(from_fn_with_state(Arc::new(door), door::guard))
        .route("/health", get(|| async { "ok" }))
        .fallback(|| async { refusal(StatusCode::NOT_FOUND, "the server is at /mcp") })
}

/// An answer to what is no matter of the protocol.
fn refusal(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}
