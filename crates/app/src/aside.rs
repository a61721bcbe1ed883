use std::thread;

use tokio::sync::oneshot;

/// Does what takes long or blocks on a thread of its own, so that the host's other tasks go on.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, done) = oneshot::channel();
    thread::spawn(move || drop(send.send(work())));
    done.await
        .expect("work on a thread of its own does not panic")
}
