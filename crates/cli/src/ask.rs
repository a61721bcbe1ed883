//! Questions to whoever sits at the terminal.

use std::io::{self, BufRead, IsTerminal};

use crate::{
    failure::{Failure, tell_in_line},
    output::Output,
};

/// Asks before what is more than it may seem.
///
/// # Errors
///
/// Fails when the answer is no, and where nobody can be asked: `--yes` answers there.
pub(crate) fn confirm(question: &str, output: &Output) -> Result<(), Failure> {
    let stdin = io::stdin();
    if output.is_json() || !stdin.is_terminal() || !io::stderr().is_terminal() {
        let message = "nobody is there to be asked whether it is meant";
        return Err(Failure::usage(message).hint("--yes does it without asking"));
    }
    tell_in_line(format_args!("{question} [y/N] "));
    let mut answer = String::new();
    stdin
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Failure::failed(format!("read the answer: {error}")))?;
    if is_yes(&answer) {
        Ok(())
    } else {
        Err(Failure::failed("nothing was done: the answer was not yes"))
    }
}

fn is_yes(answer: &str) -> bool {
    let answer = answer.trim();
    answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        assert!(
            ["y\n", "YES\r\n", " yes "]
                .map(is_yes)
                .iter()
                .all(|yes| *yes)
        );
        assert!(
            ["", "\n", "n", "yesterday", "no"]
                .iter()
                .all(|no| !is_yes(no))
        );
    }
}
