//! A network between a client and a server, with trouble that a test switches on and off.

mod answer;
mod connection;

use std::future;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, mpsc as replies};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time;

use crate::background::{Background, Door};
use crate::ports;
use crate::process::STEP;

/// How often a port is asked for until it counts as taken.
const TRIES: u32 = 500;

/// A loopback port behind which a server is reached, until it is dropped.
///
/// It reads along as far as it has to: what a client sends first, or after bytes of an answer, begins
/// a request, as in HTTP/1.1 without pipelining. What a test switches holds for all connections, also
/// for those that are open.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    network: Arc<Network>,
    commands: mpsc::UnboundedSender<(Command, replies::Sender<()>)>,
    _background: Background,
}

impl Proxy {
    /// Starts a proxy to the server on the loopback port `upstream`, which may come and go.
    pub fn start(upstream: u16) -> Self {
        let (port, listener) = ports::listener();
        let network = Arc::new(Network::default());
        let (commands, inbox) = mpsc::unbounded_channel();
        let gate = Gate {
            port,
            upstream,
            network: Arc::clone(&network),
        };
        let background =
            Background::start(async move { gate.run(Door::new(listener), inbox).await });
        Self {
            port,
            network,
            commands,
            _background: background,
        }
    }

    /// Returns the address of the server as seen through this proxy.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns how many requests were passed on to the server since the start or the last reset.
    pub fn requests(&self) -> usize {
        self.network.state().lines.len()
    }

    /// Returns the first lines of these requests, in order: `POST /v3/pipeline HTTP/1.1`.
    pub fn request_lines(&self) -> Vec<String> {
        self.network.state().lines.clone()
    }

    /// Counts requests from zero again.
    pub fn reset_requests(&self) {
        self.network.state().lines.clear();
    }

    /// Holds each answer back for this long: a network whose round trip takes that time. Opening a
    /// connection takes none.
    pub fn set_latency(&self, latency: Duration) {
        self.network.state().latency = latency;
    }

    /// Closes all connections and refuses new ones, until [`mend`](Self::mend).
    pub fn cut(&self) {
        self.command(Command::Cut);
    }

    /// Lets clients connect again after a [`cut`](Self::cut).
    pub fn mend(&self) {
        self.command(Command::Mend);
    }

    /// Holds up all bytes in both directions, until [`release`](Self::release). Nothing is closed. What
    /// a client has sent goes on when it is released, also if that client has given up; whether the
    /// server still acts on it is up to the server.
    pub fn hold(&self) {
        self.network.held.send_modify(|held| held.all = true);
    }

    /// Holds up requests whose first line contains `path`, as `/v3/pipeline`, until
    /// [`release`](Self::release). Others pass.
    pub fn hold_requests_to(&self, path: &str) {
        let path = path.to_owned();
        self.network.held.send_modify(|held| held.paths.push(path));
    }

    /// Lets go what is held up, and holds nothing any more.
    pub fn release(&self) {
        self.network.held.send_replace(Held::default());
    }

    /// While `true`, requests reach the server and their answers are lost: when the server has
    /// answered, the connection is closed.
    pub fn swallow_answers(&self, swallow: bool) {
        self.network.state().swallow_all = swallow;
    }

    /// Loses the answer to the next request whose first line contains `path`, as
    /// [`swallow_answers`](Self::swallow_answers) does. Others pass.
    pub fn swallow_next_answer_to(&self, path: &str) {
        self.network.state().swallow_next.push(path.to_owned());
    }

    /// Returns how many answers were lost on purpose.
    pub fn swallowed(&self) -> usize {
        self.network.state().swallowed
    }

    /// Waits until `count` requests were passed on since the start or the last reset.
    ///
    /// # Panics
    ///
    /// When they do not come within `patience`.
    pub fn wait_for_requests(&self, count: usize, patience: Duration) {
        self.wait(patience, &format!("{count} requests"), |state| {
            state.lines.len() >= count
        });
    }

    /// Waits until an answer was lost on purpose, and so the server has done what it was asked.
    ///
    /// # Panics
    ///
    /// When that does not happen within `patience`.
    pub fn wait_until_swallowed(&self, patience: Duration) {
        self.wait(patience, "a lost answer", |state| state.swallowed > 0);
    }

    /// Waits until something is held up.
    ///
    /// # Panics
    ///
    /// When nothing comes within `patience`.
    pub fn wait_until_held(&self, patience: Duration) {
        self.wait(patience, "something to hold up", |state| state.waiting > 0);
    }

    fn wait(&self, patience: Duration, what: &str, happened: impl Fn(&State) -> bool) {
        let state = self.network.state();
        let (state, _) = self
            .network
            .changed
            .wait_timeout_while(state, patience, |state| !happened(state))
            .expect("nobody panics with the state");
        assert!(
            happened(&state),
            "waited {patience:?} for {what}; what passed: {:?}",
            state.lines
        );
    }

    /// Returns when the command has been carried out.
    fn command(&self, command: Command) {
        let (done, is_done) = replies::channel();
        self.commands
            .send((command, done))
            .expect("the proxy runs as long as its value");
        is_done
            .recv()
            .expect("the proxy carries out what it is told");
    }
}

enum Command {
    Cut,
    Mend,
}

/// What the test and the connections share.
#[derive(Debug, Default)]
struct Network {
    state: Mutex<State>,
    /// Rings when something happened that a test may wait for.
    changed: Condvar,
    /// Apart from the state, so that connections can wait for it.
    held: watch::Sender<Held>,
}

/// What a test has switched, and what has happened.
#[derive(Debug, Default)]
struct State {
    /// The first line of each request that was passed on.
    lines: Vec<String>,
    latency: Duration,
    swallow_all: bool,
    swallow_next: Vec<String>,
    swallowed: usize,
    /// How many connections stand before the gate.
    waiting: usize,
}

/// What does not pass.
#[derive(Clone, Debug, Default)]
struct Held {
    all: bool,
    /// Parts of first lines of requests.
    paths: Vec<String>,
}

impl Held {
    /// Whether it stops bytes; `line` is the first line when they are a request's.
    fn stops(&self, line: Option<&str>) -> bool {
        let named = |line: &str| self.paths.iter().any(|path| line.contains(path));
        self.all || line.is_some_and(named)
    }
}

impl Network {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with the state")
    }

    /// Notes what has happened, and tells who waits for it.
    fn note<T>(&self, happened: impl FnOnce(&mut State) -> T) -> T {
        let noted = happened(&mut self.state());
        self.changed.notify_all();
        noted
    }

    /// Returns when nothing stops these bytes any more.
    async fn pass(&self, line: Option<&str>) {
        let mut held = self.held.subscribe();
        if held.borrow_and_update().stops(line) {
            let _waiting = Waiting::begin(self);
            held.wait_for(|held| !held.stops(line))
                .await
                .expect("the sender lives in the network");
        }
    }
}

/// A connection that stands before the gate, also when it is closed there.
struct Waiting<'network>(&'network Network);

impl<'network> Waiting<'network> {
    fn begin(network: &'network Network) -> Self {
        network.note(|state| state.waiting += 1);
        Self(network)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.note(|state| state.waiting -= 1);
    }
}

/// What lets connections in.
struct Gate {
    port: u16,
    upstream: u16,
    network: Arc<Network>,
}

impl Gate {
    async fn run(
        self,
        door: Door,
        mut inbox: mpsc::UnboundedReceiver<(Command, replies::Sender<()>)>,
    ) {
        let mut door = Some(door);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                command = inbox.recv() => {
                    let Some((command, done)) = command else { return };
                    match command {
                        Command::Cut => {
                            drop(door.take());
                            connections.shutdown().await;
                        }
                        Command::Mend if door.is_none() => {
                            door = Some(self.listen_again().await);
                        }
                        Command::Mend => {}
                    }
                    // Whoever asked may have gone away.
                    let _told = done.send(());
                }
                client = accept(door.as_ref()) => {
                    let network = Arc::clone(&self.network);
                    connections.spawn(connection::run(client, self.upstream, network));
                }
                Some(_ended) = connections.join_next() => {}
            }
        }
    }

    /// Listens on the same port. Nobody is given it by chance, but the old listener may be in a process
    /// that is just starting.
    async fn listen_again(&self) -> Door {
        for _ in 0..TRIES {
            if let Some(listener) = ports::listen(self.port) {
                return Door::new(listener);
            }
            time::sleep(STEP).await;
        }
        panic!("port {} cannot be had again", self.port)
    }
}

/// The next client; never, while the door is gone.
async fn accept(door: Option<&Door>) -> TcpStream {
    match door {
        Some(door) => door.accept().await,
        None => future::pending().await,
    }
}
