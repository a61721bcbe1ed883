//! A network on which one request, known by its words, has an accident: it takes so long that its
//! sender gives up, and arrives all the same, or its answer is lost.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, mpsc},
    thread,
};

use crate::world::PATIENCE;

/// A loopback port behind which a server is reached. The first request that has all of certain words
/// has the accident; all others pass.
pub(crate) struct Detour {
    port: u16,
    held: mpsc::Receiver<()>,
    go: mpsc::Sender<()>,
    answer: mpsc::Receiver<String>,
}

/// What a connection needs to hold the one request.
struct Gate {
    words: Vec<String>,
    held: mpsc::Sender<()>,
    /// Without it, the request arrives at once, and the answer is lost.
    may_go: Option<mpsc::Receiver<()>>,
    answered: mpsc::Sender<String>,
}

impl Detour {
    /// The request waits here until it is let go.
    pub(crate) fn late(upstream: u16, words: &[&str]) -> Self {
        Self::start(upstream, words, true)
    }

    /// The request goes through, and its answer is lost.
    pub(crate) fn without_answer(upstream: u16, words: &[&str]) -> Self {
        Self::start(upstream, words, false)
    }

    fn start(upstream: u16, words: &[&str], is_late: bool) -> Self {
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = door.local_addr().unwrap().port();
        let (was_held, held) = mpsc::channel();
        let (go, may_go) = mpsc::channel();
        let (answered, answer) = mpsc::channel();
        let gate = Arc::new(Mutex::new(Some(Gate {
            words: words.iter().map(|&word| word.to_owned()).collect(),
            held: was_held,
            may_go: is_late.then_some(may_go),
            answered,
        })));
        thread::spawn(move || {
            for client in door.incoming() {
                let server = TcpStream::connect(("127.0.0.1", upstream));
                if let (Ok(client), Ok(server)) = (client, server) {
                    carry(client, server, Arc::clone(&gate));
                }
            }
        });
        Self {
            port,
            held,
            go,
            answer,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits for the accident.
    pub(crate) fn wait(&self) {
        self.held.recv_timeout(PATIENCE).unwrap();
    }

    /// Lets the request arrive, and returns what the server says to it.
    pub(crate) fn arrive(&self) -> String {
        self.go.send(()).unwrap();
        self.answer.recv_timeout(PATIENCE).unwrap()
    }
}

/// Carries bytes both ways, each on a thread that ends with its side.
fn carry(client: TcpStream, server: TcpStream, gate: Arc<Mutex<Option<Gate>>>) {
    let (mut answers, back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || pass(&mut answers, &back));
    thread::spawn(move || ask(client, server, &gate));
}

fn pass(from: &mut TcpStream, mut to: &TcpStream) {
    let mut bytes = vec![0; 65_536];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    drop(to.shutdown(Shutdown::Both));
}

fn ask(mut client: TcpStream, mut server: TcpStream, gate: &Mutex<Option<Gate>>) {
    let mut bytes = vec![0; 1 << 20];
    while let Ok(length @ 1..) = client.read(&mut bytes) {
        let sent = &bytes[..length];
        if let Some(gate) = take(gate, sent) {
            hold(&gate, sent, &server);
            break;
        }
        if server.write_all(sent).is_err() {
            break;
        }
    }
    drop(server.shutdown(Shutdown::Both));
}

/// Takes the gate when these bytes have its words.
fn take(gate: &Mutex<Option<Gate>>, sent: &[u8]) -> Option<Gate> {
    let mut gate = gate.lock().unwrap();
    let sent = String::from_utf8_lossy(sent);
    gate.take_if(|gate| gate.words.iter().all(|word| sent.contains(word)))
}

/// Sends the bytes, perhaps later, on a connection of their own, whose answer the test alone hears.
fn hold(gate: &Gate, sent: &[u8], server: &TcpStream) {
    if let Some(may_go) = &gate.may_go {
        gate.held.send(()).unwrap();
        if may_go.recv().is_err() {
            return;
        }
    }
    let mut late = TcpStream::connect(server.peer_addr().unwrap()).unwrap();
    late.set_read_timeout(Some(PATIENCE)).unwrap();
    late.write_all(sent).unwrap();
    let mut answer = Vec::new();
    let mut bytes = vec![0; 65_536];
    while !is_whole(&answer)
        && let Ok(length @ 1..) = late.read(&mut bytes)
    {
        answer.extend(&bytes[..length]);
    }
    if gate.may_go.is_none() {
        gate.held.send(()).unwrap();
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    drop(gate.answered.send(answer));
}

fn is_whole(answer: &[u8]) -> bool {
    let answer = String::from_utf8_lossy(answer);
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.to_lowercase().lines().find_map(|line| {
        let length = line.strip_prefix("content-length:")?;
        length.trim().parse::<usize>().ok()
    });
    match length {
        Some(length) => body.len() >= length,
        None => body.ends_with("0\r\n\r\n"),
    }
}
