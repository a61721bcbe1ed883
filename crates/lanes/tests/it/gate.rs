//! Holding a lane's thread, and standing in its queue, without clocks.

use std::{
    pin::Pin,
    sync::mpsc,
    task::{Context, Poll, Waker},
    thread,
};

use memorygraph_lanes::Lanes;
use tokio::sync::oneshot;

use crate::account::{Account, Outcome};

/// Blocks a thread until the test opens it, or ends.
pub(crate) struct Gate {
    reached: oneshot::Receiver<()>,
    opener: mpsc::Sender<()>,
}

/// The thread's end of a [`Gate`].
pub(crate) struct Bar {
    reached: oneshot::Sender<()>,
    opener: mpsc::Receiver<()>,
}

pub(crate) fn gate() -> (Gate, Bar) {
    let (tell, reached) = oneshot::channel();
    let (opener, open) = mpsc::channel();
    let bar = Bar {
        reached: tell,
        opener: open,
    };
    (Gate { reached, opener }, bar)
}

impl Gate {
    /// Waits until the thread stands at the bar.
    pub(crate) async fn reached(&mut self) {
        (&mut self.reached)
            .await
            .expect("the thread comes to the bar");
    }

    pub(crate) fn open(self) {
        drop(self.opener);
    }
}

impl Bar {
    /// Waits for the gate to open, and says which thread did.
    pub(crate) fn wait(self) -> String {
        self.reached.send(()).expect("the test waits at its gate");
        self.opener
            .recv()
            .expect_err("the bar opens when its gate is dropped");
        thread_name()
    }
}

pub(crate) fn thread_name() -> String {
    let thread = thread::current();
    thread.name().expect("lanes name their threads").to_owned()
}

/// A call that has been polled, so that it stands in a queue or in the line before it.
pub(crate) type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Polls the call once. It must have to wait.
pub(crate) fn waiting<'a, T>(call: impl Future<Output = T> + Send + 'a) -> Waiting<'a, T> {
    let mut call: Waiting<'a, T> = Box::pin(call);
    assert!(!is_done(&mut call), "the call did not have to wait");
    call
}

/// Polls the call, and says whether it has its answer. Then it must not be awaited any more.
pub(crate) fn is_done<T>(call: &mut Waiting<'_, T>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    matches!(call.as_mut().poll(&mut context), Poll::Ready(_))
}

/// Holds the writer with a job of its own, outside any transaction. Answers the thread's name.
pub(crate) async fn hold_writer(lanes: &Lanes<Account>) -> (Gate, Waiting<'_, Outcome<String>>) {
    let (mut gate, bar) = gate();
    let held = waiting(lanes.write_alone(|_| Ok(bar.wait())));
    gate.reached().await;
    (gate, held)
}

/// Holds one reader. Answers the thread's name.
pub(crate) async fn hold_reader(lanes: &Lanes<Account>) -> (Gate, Waiting<'_, Outcome<String>>) {
    let (mut gate, bar) = gate();
    let held = waiting(lanes.read(|_| Ok(bar.wait())));
    gate.reached().await;
    (gate, held)
}

/// A write of this number that stands in the queue.
pub(crate) fn queued(lanes: &Lanes<Account>, number: u32) -> Waiting<'_, Outcome<u32>> {
    waiting(put(lanes, number))
}

/// A write of this number, which it also answers.
pub(crate) fn put(
    lanes: &Lanes<Account>,
    number: u32,
) -> impl Future<Output = Outcome<u32>> + Send + '_ {
    lanes.write(move |account| {
        account.put(number);
        Ok(number)
    })
}
