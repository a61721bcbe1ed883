//! Which colours mean what.
//!
//! Text for people carries them always; [`Output`](crate::output::Output) and
//! [`tell`](crate::failure::tell) take them out where nobody would see them.

use anstyle::{AnsiColor, Style};

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const HEADING: Style = Style::new().bold();
pub(crate) const ID: Style = AnsiColor::Cyan.on_default();
/// The type of a memory.
pub(crate) const KIND: Style = AnsiColor::Green.on_default();
/// The type of a relationship.
pub(crate) const RELATION: Style = AnsiColor::Yellow.on_default();
/// What explains, and is not the answer.
pub(crate) const QUIET: Style = Style::new().dimmed();
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Puts `text` into a style.
pub(crate) fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Returns lines as they are seen where nothing is coloured.
#[cfg(test)]
pub(crate) fn plain(lines: &[String]) -> Vec<String> {
    let lines = lines.iter();
    let plain = lines.map(|line| anstream::adapter::strip_str(line).to_string());
    plain.collect()
}
