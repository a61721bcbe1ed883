//! Columns for people: as wide as they have to be, and no wider than the terminal.

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::style::{HEADING, ID, KIND, PLAIN, QUIET, RELATION, paint};

/// What stands between two columns.
const GAP: &str = "  ";
/// No column is cut to less than this.
const NARROWEST: usize = 12;

/// Rows of cells under headings.
#[derive(Debug)]
pub(crate) struct Table {
    headings: Vec<&'static str>,
    /// The column that is cut where the terminal is too narrow.
    elastic: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Begins a table; the column `elastic` gives way where space is short.
    pub(crate) fn new(headings: &[&'static str], elastic: usize) -> Self {
        Self {
            headings: headings.to_vec(),
            elastic,
            rows: Vec::new(),
        }
    }

    /// Adds a row, with a cell for each heading.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells = cells.into_iter().map(|cell| on_one_line(&cell));
        let cells: Vec<_> = cells.collect();
        debug_assert_eq!(cells.len(), self.headings.len(), "a cell for each heading");
        self.rows.push(cells);
    }

    /// Returns the heading and the rows as lines of at most `width` columns.
    pub(crate) fn lines(&self, width: Option<usize>) -> Vec<String> {
        let mut widths: Vec<_> = self.headings.iter().map(|text| text.width()).collect();
        for row in &self.rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(cell.width());
            }
        }
        if let Some(width) = width {
            let all = widths.iter().sum::<usize>() + GAP.len() * (widths.len() - 1);
            let elastic = &mut widths[self.elastic];
            let least = NARROWEST.min(*elastic);
            *elastic = elastic.saturating_sub(all.saturating_sub(width)).max(least);
        }
        let headings = self.headings.iter().map(|text| (*text, HEADING));
        let mut lines = vec![line(headings, &widths)];
        lines.extend(self.rows.iter().map(|row| {
            let cells = row.iter().zip(&self.headings);
            line(
                cells.map(|(cell, heading)| (cell.as_str(), style_below(heading))),
                &widths,
            )
        }));
        lines
    }
}

/// What stands below a heading looks the same in every table.
fn style_below(heading: &str) -> Style {
    match heading {
        "ID" | "FROM" | "TO" => ID,
        "TYPE" | "MEMORIES" => KIND,
        "RELATIONSHIP" | "RELATIONSHIPS" => RELATION,
        "WHEN" | "RECORDED" => QUIET,
        _ => PLAIN,
    }
}

fn line<'a>(cells: impl Iterator<Item = (&'a str, Style)>, widths: &[usize]) -> String {
    let mut line = String::new();
    // Spaces wait for something behind them.
    let mut space = 0;
    for ((cell, style), width) in cells.zip(widths) {
        let cell = cut(cell, *width);
        if !cell.is_empty() {
            line.extend(std::iter::repeat_n(' ', space));
            line += &paint(style, &cell);
            space = 0;
        }
        space += width.saturating_sub(cell.width()) + GAP.len();
    }
    line
}

/// Returns the text, or as much of its beginning as fits into `width` columns with an ellipsis.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut columns = 0;
    for c in text.chars() {
        columns += c.width().unwrap_or(0);
        if columns >= width {
            break;
        }
        kept.push(c);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// Puts a text on one line, without anything that moves a terminal's cursor.
pub(crate) fn on_one_line(text: &str) -> String {
    harmless(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Takes out of a text what a terminal would obey instead of showing; its lines stay.
pub(crate) fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => '\u{FFFD}',
            c if c.is_control() => '\u{FFFD}',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::plain;

    fn table() -> Table {
        let mut table = Table::new(&["ID", "TITLE", "TYPE"], 1);
        table.row(["1".into(), "short".into(), "fix".into()]);
        table.row([
            "22".into(),
            "日本語のタイトル, long".into(),
            "problem".into(),
        ]);
        table
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        assert_eq!(
            plain(&table().lines(None)),
            [
                "ID  TITLE                   TYPE",
                "1   short                   fix",
                "22  日本語のタイトル, long  problem",
            ]
        );
    }

    #[test]
    fn an_empty_cell_keeps_its_column() {
        let mut table = Table::new(&["MEMORIES", "", "RELATIONSHIPS"], 2);
        table.row([String::new(), String::new(), "SOLVES".into()]);
        table.row(["fix".into(), "1".into(), String::new()]);
        assert_eq!(
            plain(&table.lines(None)),
            [
                "MEMORIES     RELATIONSHIPS",
                "             SOLVES",
                "fix       1"
            ]
        );
    }

    #[test]
    fn the_elastic_column_gives_way() {
        let lines = plain(&table().lines(Some(30)));
        assert!(lines.iter().all(|line| line.width() <= 30), "{lines:?}");
        assert_eq!(lines[2], "22  日本語のタイトル…  problem");
        assert!(plain(&table().lines(Some(5)))[1].contains("short"));
    }

    #[test]
    fn a_cut_never_exceeds_its_width() {
        for width in 1..20 {
            let cut = cut("añ🚀日本 and more of it", width);
            assert!(cut.width() <= width, "{cut}");
        }
    }

    #[test]
    fn a_cell_cannot_move_the_cursor() {
        assert_eq!(
            on_one_line("a\n\tb\u{1b}[2Jc\u{202E}d"),
            "a b\u{FFFD}[2Jc\u{FFFD}d"
        );
        assert_eq!(harmless("a\n\u{7}"), "a\n\u{FFFD}");
    }
}
