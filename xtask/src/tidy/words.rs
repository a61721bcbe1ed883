//! Words that must not stand in this repository, and why.
//!
//! This file has to name them, so it is the only one that no rule here reads.

use super::Finding;
use crate::repository::{File, Repository};

const THIS_FILE: &str = "xtask/src/tidy/words.rs";

/// The tests of `crates/contract` are its laws.
const LAWS: &str = "crates/contract/src/";

/// A path or a mirror that exists on one machine says nothing to anybody else.
pub(super) fn nothing_is_tied_to_one_machine(repository: &Repository) -> Vec<Finding> {
    const WORDS: &[&str] = &["/work/", "/root/", "artifactory", "index-url"];
    find(texts(repository), |line| {
        let word = WORDS
            .iter()
            .find(|word| line.to_lowercase().contains(*word))?;
        Some(format!(
            "`{word}` belongs to one machine: write it from the root of the repository, or leave \
             it out"
        ))
    })
}

/// What is not done is not promised in the code.
pub(super) fn nothing_is_left_unfinished(repository: &Repository) -> Vec<Finding> {
    const MARKERS: &[&str] = &["TODO", "FIXME", "XXX"];
    find(texts(repository), |line| {
        let marker = MARKERS.iter().find(|marker| has_word(line, marker))?;
        Some(format!(
            "`{marker}` is a promise to nobody: do it now, or write down what holds today"
        ))
    })
}

/// "Passed" never means "did not run".
pub(super) fn no_test_is_skipped(repository: &Repository) -> Vec<Finding> {
    find(rust(repository), |line| {
        let ignored = line.starts_with("#[ignore") || line.contains("ignore = \"");
        ignored.then(|| "a test that does not run proves nothing: mend it or remove it".to_owned())
    })
}

/// A test that sleeps is slow on a fast machine and fails on a slow one.
pub(super) fn no_test_waits_for_time_to_pass(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, file) in rust(repository) {
        let first = first_line_of_tests(path, &file.text);
        for (index, line) in file.text.lines().enumerate().skip(first) {
            let code = line.split("//").next().unwrap_or(line);
            if has_word(code, "sleep") {
                findings.push(Finding::at_line(
                    path,
                    index,
                    "a test waits for what has to happen, not for time to pass: use a channel, a \
                     barrier or `recv_timeout`",
                ));
            }
        }
    }
    findings
}

/// The index of the line where the tests of a file begin; behind the last line where it has none.
fn first_line_of_tests(path: &str, text: &str) -> usize {
    if path.contains("/tests/") || path.ends_with("/tests.rs") || path.starts_with(LAWS) {
        return 0;
    }
    let lines: Vec<_> = text.lines().collect();
    let opens_tests = |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ");
    lines
        .windows(2)
        .position(opens_tests)
        .unwrap_or(lines.len())
}

fn texts(repository: &Repository) -> impl Iterator<Item = (&String, &File)> {
    without_this_file(repository.files.iter())
}

fn rust(repository: &Repository) -> impl Iterator<Item = (&String, &File)> {
    without_this_file(repository.files_with("rs"))
}

fn without_this_file<'files>(
    files: impl Iterator<Item = (&'files String, &'files File)>,
) -> impl Iterator<Item = (&'files String, &'files File)> {
    files.filter(|(path, _)| *path != THIS_FILE)
}

/// A finding for each line, trimmed, that `complaint` has something to say about.
fn find<'files>(
    files: impl Iterator<Item = (&'files String, &'files File)>,
    complaint: impl Fn(&str) -> Option<String>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, file) in files {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(message) = complaint(line.trim()) {
                findings.push(Finding::at_line(path, index, message));
            }
        }
    }
    findings
}

/// Whether `word` stands in `line` on its own, not inside a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples::{files, printed};
    use super::*;

    /// The lines, counted from 1, that a rule finds in one file.
    fn lines_found(findings: &[Finding]) -> Vec<usize> {
        findings.iter().filter_map(|finding| finding.line).collect()
    }

    #[test]
    fn a_path_of_one_machine_is_found_in_any_file() {
        let repository = files(&[
            ("docs/a.md", "see\n/work/main/docs\n"),
            (THIS_FILE, "/work/"),
        ]);
        let findings = printed(&nothing_is_tied_to_one_machine(&repository));
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0].starts_with("docs/a.md:2: `/work/` "),
            "{findings:?}"
        );
    }

    #[test]
    fn a_marker_is_found_as_a_word() {
        let text = "// TODO: later\n// METHODOLOGY\n// XXXX\nlet todo = 1; // FIXME\n";
        let repository = files(&[("crates/a/src/lib.rs", text)]);
        assert_eq!(
            lines_found(&nothing_is_left_unfinished(&repository)),
            [1, 4]
        );
    }

    #[test]
    fn a_skipped_test_is_found() {
        let text = "#[ignore]\n    #[ignore = \"slow\"]\n\
            #[cfg_attr(windows, ignore = \"no\")]\n// ignore\n";
        let repository = files(&[("crates/a/tests/it.rs", text)]);
        assert_eq!(lines_found(&no_test_is_skipped(&repository)), [1, 2, 3]);
    }

    #[test]
    fn a_test_that_sleeps_is_found_and_code_that_backs_off_is_not() {
        let source = "thread::sleep(pause); // back off\n#[cfg(test)]\nuse std::thread;\n\n\
            #[cfg(test)]\nmod tests {\n    thread::sleep(second);\n    // never sleep\n}\n";
        let repository = files(&[
            ("crates/lanes/src/writer.rs", source),
            (
                "crates/lanes/tests/it/main.rs",
                "tokio::time::sleep(second).await;\n",
            ),
            ("crates/contract/src/laws/busy.rs", "sleep(second).await;\n"),
        ]);
        let found = no_test_waits_for_time_to_pass(&repository);
        let places: Vec<_> = found
            .iter()
            .map(|finding| (finding.path.as_str(), finding.line))
            .collect();
        assert_eq!(
            places,
            [
                ("crates/contract/src/laws/busy.rs", Some(1)),
                ("crates/lanes/src/writer.rs", Some(7)),
                ("crates/lanes/tests/it/main.rs", Some(1)),
            ]
        );
    }
}
