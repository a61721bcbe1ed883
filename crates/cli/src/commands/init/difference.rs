//! What differs between two texts, for people.

/// How many lines are shown around what differs.
const AROUND: usize = 2;

/// Returns the lines from the first to the last that differ, with `-` before what goes and `+` before
/// what comes, and a few lines around them.
pub(super) fn lines(before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let pairs = old.iter().zip(&new);
    let same = pairs.take_while(|(old, new)| old == new).count();
    let pairs = old[same..].iter().rev().zip(new[same..].iter().rev());
    let same_end = pairs.take_while(|(old, new)| old == new).count();
    let (old_end, new_end) = (old.len() - same_end, new.len() - same_end);
    let marked = |mark: char, lines: &[&str]| -> Vec<String> {
        lines.iter().map(|line| format!("{mark} {line}")).collect()
    };
    [
        marked(' ', &old[same.saturating_sub(AROUND)..same]),
        marked('-', &old[same..old_end]),
        marked('+', &new[same..new_end]),
        marked(' ', &old[old_end..old.len().min(old_end + AROUND)]),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        let before = "1\n2\n3\n4\n5\n6\n7\n";
        let after = "1\n2\n3\nfour\n5\n6\n7\n";
        let expected = ["  2", "  3", "- 4", "+ four", "  5", "  6"];
        assert_eq!(lines(before, after), expected);
        assert_eq!(lines("", "a\n"), ["+ a"]);
        assert_eq!(lines("a\na\n", "a\n"), ["  a", "- a"]);
    }
}
