//! Loopback ports that nobody listens on.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

/// Below those that systems hand out by themselves, to a connection that goes out or to whoever
/// binds to 0. So a server that is down for a moment still finds its port free when it comes back.
const FIRST: u16 = 15_000;
const COUNT: u16 = 17_000;

/// Returns a loopback port that nobody listens on, so that whoever connects is refused.
pub fn closed_port() -> u16 {
    let (port, _listener) = listener();
    port
}

/// Listens on a free loopback port.
pub(crate) fn listener() -> (u16, TcpListener) {
    (0..1000)
        .map(|_| FIRST + random_below(COUNT))
        .find_map(|port| Some((port, listen(port)?)))
        .expect("one of a thousand ports is free")
}

/// Listens on `port`, unless somebody else does.
pub(crate) fn listen(port: u16) -> Option<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()
}

/// Chance from the seed that every hash map gets.
fn random_below(bound: u16) -> u16 {
    let random = RandomState::new().hash_one(0);
    u16::try_from(random % u64::from(bound)).expect("the rest is below the bound")
}
