//! Connections: as many as there are places, none of which is held by who never asks.

use std::{io, net::IpAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{sessions::SESSIONS, taken::Taken};

/// How many connections there are at once; more wait until one ends. The client of a session may
/// listen over one, and asks over another.
const AT_ONCE: usize = 2 * SESSIONS;

/// How long a client has to say what it wants, from the beginning and from the answer before.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long to wait when the system gives no more connections.
const PAUSE: Duration = Duration::from_millis(200);

/// The address of this machine that a client reached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reached(pub(super) IpAddr);

/// Connections that end after the answer that is under way.
pub(super) struct Leaving {
    tasks: TaskTracker,
    cut: CancellationToken,
}

impl Leaving {
    /// Waits until all have ended; cuts those that have not after a while.
    pub(super) async fn end(self, after: Duration) {
        if timeout(after, self.tasks.wait()).await.is_err() {
            tracing::debug!(connections = self.tasks.len(), "cut off");
            self.cut.cancel();
            self.tasks.wait().await;
        }
    }
}

/// Lets clients in until `stop` ends, then asks all connections to end.
pub(super) async fn serve(
    listener: TcpListener,
    app: Router,
    stop: impl Future<Output = ()> + Send,
) -> Leaving {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let (leave, cut) = (CancellationToken::new(), CancellationToken::new());
    let tasks = TaskTracker::new();
    let mut stop = pin!(stop);
    loop {
        let next = async {
            // Nobody closes the places.
            let place = Arc::clone(&places).acquire_owned().await;
            (place, accepted(&listener).await)
        };
        let (place, stream) = tokio::select! {
            biased;
            () = &mut stop => break,
            next = next => next,
        };
        let (leave, cut, app) = (leave.clone(), cut.clone(), app.clone());
        tasks.spawn(async move {
            let _place = place;
            cut.run_until_cancelled(answer(stream, app, leave)).await
        });
    }
    leave.cancel();
    tasks.close();
    Leaving { tasks, cut }
}

/// Waits for the next client. What fails is over in a moment: the client is gone already, or others
/// have all that the system gives.
async fn accepted(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Answers one request after another, until the client goes, is silent for too long, does not take
/// the answers or has to leave.
async fn answer(stream: TcpStream, app: Router, leave: CancellationToken) {
    let Ok(reached) = stream.local_addr() else {
        return;
    };
    // Answers are whole: there is nothing to wait for.
    drop(stream.set_nodelay(true));
    let app = app.layer(Extension(Reached(reached.ip().to_canonical())));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(
            TokioIo::new(Taken::from(stream)),
            TowerToHyperService::new(app),
        );
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = leave.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}
