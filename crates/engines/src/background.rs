//! A small server on a thread of its own, which ends with the value.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};

use tokio::runtime;
use tokio::sync::oneshot;

/// Runs until it is dropped; then the server and all of its connections are gone.
#[derive(Debug)]
pub(crate) struct Background {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Runs `server` with a runtime of its own, so that a test needs none, or may have any.
    pub(crate) fn start<Server>(server: Server) -> Self
    where
        Server: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be built");
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = server => {}
                }
            });
        });
        Self {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Its panic has been printed; a second one here would hide the test's own.
            let _ended = thread.join();
        }
    }
}

/// Lets clients in, until it is dropped.
pub(crate) struct Door {
    listener: Option<tokio::net::TcpListener>,
}

impl Door {
    /// Takes a listener into the runtime that asks.
    pub(crate) fn new(listener: TcpListener) -> Self {
        listener
            .set_nonblocking(true)
            .expect("a listener can be told not to block");
        let listener = tokio::net::TcpListener::from_std(listener);
        Self {
            listener: Some(listener.expect("the runtime takes a listener")),
        }
    }

    /// Returns the next client.
    pub(crate) async fn accept(&self) -> tokio::net::TcpStream {
        let listener = self.listener.as_ref().expect("only dropping takes it");
        loop {
            // A client that gave up before it was let in is no reason to stop.
            if let Ok((client, _)) = listener.accept().await {
                return client;
            }
        }
    }
}

/// A process that another thread is just starting has a copy of the listener for a moment, so closing
/// ours is not the end of it; shutting it down is.
impl Drop for Door {
    fn drop(&mut self) {
        if let Some(Ok(listener)) = self.listener.take().map(tokio::net::TcpListener::into_std) {
            let socket = TcpStream::from(OwnedFd::from(listener));
            // Systems that cannot do this have only the closing.
            let _shut = socket.shutdown(Shutdown::Both);
        }
    }
}
