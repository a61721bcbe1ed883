//! How long a source file may be, and what it may be called.

use super::Finding;
use crate::repository::{Repository, last_part};

/// A page of explanation with its tests, generously counted.
const MOST_LINES: usize = 500;

/// Names that say what kind of thing is inside, or nothing, but not what it is about.
const EMPTY_NAMES: &[&str] = &[
    "common",
    "constants",
    "helper",
    "helpers",
    "impls",
    "manager",
    "misc",
    "model",
    "models",
    "structs",
    "traits",
    "types",
    "util",
    "utils",
];

/// A file that outgrew its page holds more than one concept.
pub(super) fn a_file_is_a_page(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, file) in repository.files_with("rs") {
        let lines = file.text.lines().count();
        if lines > MOST_LINES {
            let message = format!("{lines} lines, at most {MOST_LINES}: split it by concept");
            findings.push(Finding::in_file(path, message));
        }
    }
    findings
}

/// A file and a folder are called after what they are about.
pub(super) fn a_name_is_a_concept(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, _) in repository.files_with("rs") {
        let stem = path.strip_suffix(".rs").unwrap_or(path);
        let is_empty = |part: &&str| EMPTY_NAMES.contains(part) || part.ends_with("_manager");
        if let Some(name) = stem.split('/').find(is_empty) {
            let message = format!(
                "`{name}` could hold anything: name `{}` after the concept in it, as `batch.rs` or \
                 `page.rs`",
                last_part(path)
            );
            findings.push(Finding::in_file(path, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::samples::{files, printed};
    use super::*;

    #[test]
    fn a_file_of_more_than_a_page_is_found() {
        let page = "\n".repeat(MOST_LINES);
        let longer = "\n".repeat(MOST_LINES + 1);
        let repository = files(&[
            ("page.rs", &page),
            ("longer.rs", &longer),
            ("data.json", &longer),
        ]);
        assert_eq!(
            printed(&a_file_is_a_page(&repository)),
            ["longer.rs: 501 lines, at most 500: split it by concept"]
        );
    }

    #[test]
    fn a_name_that_could_hold_anything_is_found() {
        let repository = files(&[
            ("crates/a/src/utils.rs", ""),
            ("crates/a/tests/common/mod.rs", ""),
            ("crates/a/src/session_manager.rs", ""),
            ("crates/a/src/memory_type.rs", ""),
            ("crates/a/src/prototypes.rs", ""),
        ]);
        let paths: Vec<_> = a_name_is_a_concept(&repository)
            .into_iter()
            .map(|finding| finding.path)
            .collect();
        assert_eq!(
            paths,
            [
                "crates/a/src/session_manager.rs",
                "crates/a/src/utils.rs",
                "crates/a/tests/common/mod.rs"
            ]
        );
    }
}
