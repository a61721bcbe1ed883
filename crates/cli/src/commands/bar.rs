use std::io::{self, IsTerminal, Write};

use crate::{output::Output, view::count};

/// A line on the terminal that says how far a long command is.
pub(super) struct Bar(bool);

impl Bar {
    /// Shows nothing to programs, and where stderr is no terminal.
    pub(super) fn new(output: &Output) -> Self {
        Self(!output.is_json() && io::stderr().is_terminal())
    }

    pub(super) fn show(&mut self, doing: &str, done: u64, total: Option<u64>) {
        if !self.0 {
            return;
        }
        let total = total.map(|total| format!(" of {}", count(total)));
        let done = count(done);
        self.write(&format!(
            "\r\x1b[K{doing}: {done}{}",
            total.unwrap_or_default()
        ));
    }

    pub(super) fn clear(&mut self) {
        if self.0 {
            self.write("\r\x1b[K");
        }
    }

    fn write(&mut self, text: &str) {
        // When it cannot be shown, it is not shown any more.
        let mut stderr = io::stderr();
        let shown = stderr
            .write_all(text.as_bytes())
            .and_then(|()| stderr.flush());
        self.0 = shown.is_ok();
    }
}
