use std::{io, time::Duration};

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
