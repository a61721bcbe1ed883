use std::{
    future::poll_fn,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
    time::Duration,
};

use ports::{BackendError, ErrorKind, Result};
use tokio::runtime::{Builder, Handle, Runtime};

/// The threads on which the network is served, so that nothing depends on the runtime of the
/// program around it: neither its kind, nor that it lasts.
#[derive(Debug)]
pub(crate) struct Network(Option<Runtime>);

impl Network {
    pub(crate) fn start() -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            // One may be busy with what arrived, while the other serves a write.
            .worker_threads(2)
            .thread_name("turso-network")
            .thread_keep_alive(Duration::from_secs(1))
            .enable_all()
            .build();
        runtime
            .map(|runtime| Self(Some(runtime)))
            .map_err(no_threads)
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.0.as_ref().expect("it ends with this").handle()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // This may be a thread of another runtime, which must not wait.
            runtime.shutdown_background();
        }
    }
}

fn no_threads(err: io::Error) -> BackendError {
    BackendError::new(ErrorKind::Backend, "open the graph")
        .because(format!("the system starts no threads: {err}"))
        .from_source(err)
}

/// Waits for a future of libsql, which panics at answers that it cannot read. A panic is an error
/// here; whoever calls this lets go of what the future has used.
pub(crate) async fn heard<T>(future: impl Future<Output = libsql::Result<T>>) -> libsql::Result<T> {
    let mut future = pin!(future);
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        polled.unwrap_or_else(|_| Poll::Ready(Err(unreadable())))
    })
    .await
}

/// The error for an answer that nobody can read.
fn unreadable() -> libsql::Error {
    libsql::Error::Hrana("http error: `the answer cannot be read`".into())
}
