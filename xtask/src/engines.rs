//! The real servers and clients that tests talk to: `cargo xtask engines`.

use std::process::Command;

use crate::ci::run_command;
use crate::{Failure, repository};

/// What `cargo xtask help` says.
pub(crate) const ABOUT: &str = "fetches the servers and clients that tests talk to, and prints where they are\n\
    serve         runs an empty primary until its input ends";

/// What fetches them, as one would type it. It needs more crates than this one should.
pub(crate) const FETCH: &str = "cargo run --quiet --package memorygraph-engines";

/// Hands `arguments` to the program that knows the engines.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let mut words = FETCH.split_whitespace();
    let program = words.next().expect("a command has a first word");
    let mut command = Command::new(program);
    command.args(words).current_dir(repository::root());
    if !arguments.is_empty() {
        command.arg("--").args(arguments);
    }
    run_command(&mut command)
}
