//! The one place that writes to stdout.

use std::{
    fmt::Display,
    io::{self, BufWriter, IsTerminal, Stdout, Write},
};

use anstream::{AutoStream, ColorChoice, adapter::strip_str};
use memorygraph::{Freshness, domain::Cursor};
use serde::Serialize;

use crate::{
    command_line,
    style::{QUIET, paint},
};

/// The width of a page when stdout is no terminal, in columns; nothing is cut there.
const PAGE: usize = 100;

/// Where the data goes.
#[derive(Debug)]
pub(crate) struct Output {
    to: BufWriter<Stdout>,
    json: bool,
    /// Whether styles are seen.
    is_colored: bool,
    width: Option<usize>,
    /// Whether values for programs come with the freshness.
    is_dated: bool,
    freshness: Option<Freshness>,
}

/// An answer, and how old it may be.
#[derive(Serialize)]
struct Dated<'a, T> {
    #[serde(flatten)]
    answer: &'a T,
    freshness: Option<Freshness>,
}

impl Output {
    pub(crate) fn stdout(json: bool) -> Self {
        let stdout = io::stdout();
        let width = stdout
            .is_terminal()
            .then(terminal_size::terminal_size)
            .flatten()
            .map(|(width, _)| usize::from(width.0).max(40));
        Self {
            is_colored: AutoStream::choice(&stdout) != ColorChoice::Never,
            // Makes the consoles of Windows understand styles.
            to: BufWriter::new(AutoStream::always_ansi(stdout).into_inner()),
            json,
            width,
            is_dated: false,
            freshness: None,
        }
    }

    /// Whether a program reads it.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Puts `freshness` beside the fields of each value for programs that comes.
    pub(crate) fn date(&mut self, freshness: Option<Freshness>) {
        self.is_dated = true;
        self.freshness = freshness;
    }

    /// How many columns the terminal has; none when there is none.
    pub(crate) fn width(&self) -> Option<usize> {
        self.width
    }

    /// How many columns running text should fill.
    pub(crate) fn page(&self) -> usize {
        self.width.unwrap_or(PAGE).min(PAGE)
    }

    /// Writes a line for people.
    pub(crate) fn line(&mut self, text: impl Display) -> io::Result<()> {
        if self.is_colored {
            writeln!(self.to, "{text}")
        } else {
            writeln!(self.to, "{}", strip_str(&text.to_string()))
        }
    }

    /// Tells people how to go on where a page ends.
    pub(crate) fn next(&mut self, cursor: Option<&Cursor>) -> io::Result<()> {
        let Some(cursor) = cursor else {
            return Ok(());
        };
        self.line("")?;
        let further = format!("There is more: {}", command_line::further(cursor));
        self.line(paint(QUIET, further))
    }

    /// Writes lines for people.
    pub(crate) fn lines(&mut self, lines: impl IntoIterator<Item = String>) -> io::Result<()> {
        lines.into_iter().try_for_each(|line| self.line(line))
    }

    /// Writes a value for programs, as one line.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        if self.is_dated {
            let dated = Dated {
                answer: value,
                freshness: self.freshness,
            };
            serde_json::to_writer(&mut self.to, &dated)?;
        } else {
            serde_json::to_writer(&mut self.to, value)?;
        }
        self.to.write_all(b"\n")
    }

    /// Writes bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.to.write_all(bytes)
    }

    /// Returns a way to write to the same place from elsewhere, after what came so far. When
    /// nobody reads on, it takes what comes without a word.
    pub(crate) fn sink(&mut self) -> io::Result<Box<dyn Write + Send>> {
        self.to.flush()?;
        Ok(Box::new(UntilClosed(io::stdout())))
    }

    /// Writes what came so far, for somebody who waits for it.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    /// Writes what is left.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Stdout, until whoever reads it has enough.
struct UntilClosed(Stdout);

impl Write for UntilClosed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}
