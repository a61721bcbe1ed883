//! What agents are told about when to use the memory, as a marked block in a file of Markdown.

const START: &str = "<!-- memorygraph:start -->";
const END: &str = "<!-- memorygraph:end -->";

/// What agents are told.
const TEXT: &str = "\
## Memory

You have a memory that lasts from session to session: the MCP server `memorygraph`.

- Before you begin a task, call `recall_memories` with what it is about, and use what fits.
- When you are done, call `store_memory` for what the next session should know: a decision and its
  reason, an error and its cause, a fix that worked, how something is done here. One fact each, under a
  title that somebody would search for.
- Join what belongs together with `create_relationship`, such as a fix that SOLVES an error.
- When a memory proved wrong, correct it with `update_memory` instead of storing it again.
- Never store passwords, keys or tokens.";

/// Returns the block.
pub(super) fn block() -> String {
    format!("{START}\n{TEXT}\n{END}\n")
}

/// Returns the text with the block in it: where it was, else behind everything else.
///
/// # Errors
///
/// Says so when the marks of a block do not go together.
pub(super) fn put(text: &str) -> Result<String, String> {
    let is_crlf = text.contains("\r\n");
    let block = if is_crlf {
        block().replace('\n', "\r\n")
    } else {
        block()
    };
    let line_end = if is_crlf { "\r\n" } else { "\n" };
    if let Some((before, _, after)) = split(text)? {
        return Ok(format!("{before}{block}{after}"));
    }
    let gap = match text {
        "" => String::new(),
        text if text.ends_with('\n') => line_end.to_owned(),
        _ => line_end.repeat(2),
    };
    Ok(format!("{text}{gap}{block}"))
}

/// Returns the text without the block and the empty line before it; none when nothing is left.
///
/// # Errors
///
/// As [`put`].
pub(super) fn remove(text: &str) -> Result<Option<String>, String> {
    let Some((before, _, after)) = split(text)? else {
        return Ok(Some(text.to_owned()));
    };
    let has_gap = before.ends_with("\n\n") || before.ends_with("\n\r\n");
    let before = match before.strip_suffix('\n') {
        Some(shorter) if has_gap => shorter.strip_suffix('\r').unwrap_or(shorter),
        _ => before,
    };
    let rest = format!("{before}{after}");
    Ok((!rest.is_empty()).then_some(rest))
}

/// Whether the block is in the text.
///
/// # Errors
///
/// As [`put`].
pub(super) fn has(text: &str) -> Result<bool, String> {
    Ok(split(text)?.is_some())
}

/// Splits a text into what is before the block, the block with the end of its last line, and what is
/// behind it.
fn split(text: &str) -> Result<Option<(&str, &str, &str)>, String> {
    let (starts, ends) = (text.matches(START).count(), text.matches(END).count());
    let (start, end) = match (starts, ends, text.find(START), text.find(END)) {
        (0, 0, ..) => return Ok(None),
        (1, 1, Some(start), Some(end)) if start < end => (start, end),
        _ => {
            return Err(format!(
                "it has {START} {starts} times and {END} {ends} times: leave one of each, the start first"
            ));
        }
    };
    let behind = &text[end + END.len()..];
    let rest = behind
        .strip_prefix("\r\n")
        .or_else(|| behind.strip_prefix('\n'));
    let after = rest.unwrap_or(behind);
    let (before, block) = text[..text.len() - after.len()].split_at(start);
    Ok(Some((before, block, after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_out_is_what_was_there() {
        for text in ["# Rules\n", "# Rules\r\n\r\nBe kind.\r\n", "a\n\n\n"] {
            let told = put(text).unwrap();
            assert!(told.starts_with(text) && has(&told).unwrap(), "{told:?}");
            assert_eq!(put(&told).unwrap(), told);
            assert_eq!(remove(&told).unwrap().as_deref(), Some(text));
        }
        assert_eq!(remove(&put("").unwrap()).unwrap(), None);
    }

    #[test]
    fn an_older_block_is_replaced_where_it_is() {
        let old = format!("before\n\n{START}\nold\n{END}\nafter\n");
        let told = put(&old).unwrap();
        assert_eq!(told, format!("before\n\n{}after\n", block()));
    }

    #[test]
    fn marks_that_do_not_go_together_are_refused() {
        for text in [
            START.to_owned(),
            END.to_owned(),
            format!("{END}\n{START}\n"),
            format!("{START}\n{END}\n{START}\n{END}\n"),
        ] {
            let refused = put(&text).unwrap_err();
            assert!(refused.contains("leave one of each"), "{refused}");
            assert!(remove(&text).is_err());
        }
    }
}
