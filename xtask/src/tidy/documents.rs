//! The documents: that they are there, have their sections, and lead somewhere.

use std::collections::BTreeSet;

use super::Finding;
use crate::repository::{File, Repository, last_part};

const NEEDED: &[(&str, &str)] = &[
    ("README.md", "say what this is, with an example that runs"),
    (
        "ARCHITECTURE.md",
        "draw the code map and state the invariants",
    ),
    (
        "CONTRIBUTING.md",
        "say how to build, test and add an adapter",
    ),
    ("CHANGELOG.md", "tell users what changes"),
    ("LICENSE", "state the licence"),
    (INDEX, "list the decisions"),
    (GATE, "start `cargo xtask ci` here"),
];

/// What a server runs for every change.
const GATE: &str = ".ci/run";

const DECISIONS: &str = "docs/decisions/";
const INDEX: &str = "docs/decisions/README.md";
const SECTIONS: &[&str] = &["## Context", "## Choice", "## Cost"];

/// The documents that everybody looks for are there.
pub(super) fn what_a_newcomer_needs_is_there(repository: &Repository) -> Vec<Finding> {
    NEEDED
        .iter()
        .filter(|(path, _)| !repository.files.contains_key(*path))
        .map(|(path, what)| Finding::in_file(path, format!("is missing: {what}")))
        .collect()
}

/// The gate starts with one command, here and on a server.
pub(super) fn the_gate_can_be_started(repository: &Repository) -> Vec<Finding> {
    let gate = repository.files.get(GATE).filter(|file| !file.executable);
    gate.map(|_| Finding::in_file(GATE, "is not executable: run `chmod +x .ci/run`"))
        .into_iter()
        .collect()
}

/// A decision says what led to it, what was chosen, and what that costs.
pub(super) fn decisions_have_their_sections(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, file) in decisions(repository) {
        for section in SECTIONS {
            if !file.text.lines().any(|line| line.trim_end() == *section) {
                let message = format!("a decision has the section `{section}`: add it");
                findings.push(Finding::in_file(path, message));
            }
        }
    }
    findings
}

/// A decision can be found from the index or from the architecture.
pub(super) fn decisions_are_in_an_index(repository: &Repository) -> Vec<Finding> {
    let linked: BTreeSet<String> = [INDEX, "ARCHITECTURE.md"]
        .into_iter()
        .filter_map(|page| Some((page, repository.files.get(page)?)))
        .flat_map(|(page, file)| links(&file.text).filter_map(move |link| target(page, link.to)))
        .collect();
    decisions(repository)
        .filter(|(path, _)| !linked.contains(*path))
        .map(|(path, _)| {
            Finding::in_file(path, format!("no page leads here: link it from {INDEX}"))
        })
        .collect()
}

/// Every relative link in a Markdown file names a file or folder of this repository.
pub(super) fn links_lead_somewhere(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, file) in repository.files_with("md") {
        for link in links(&file.text) {
            if target(path, link.to).is_some_and(|target| !exists(repository, &target)) {
                let message = format!("the link to `{}` leads nowhere: mend or remove it", link.to);
                findings.push(Finding::at_line(path, link.line, message));
            }
        }
    }
    findings
}

fn decisions(repository: &Repository) -> impl Iterator<Item = (&String, &File)> {
    let pages = repository.files_with("md");
    pages.filter(|(path, _)| path.starts_with(DECISIONS) && path.as_str() != INDEX)
}

fn exists(repository: &Repository, path: &str) -> bool {
    let folder = format!("{}/", path.trim_end_matches('/'));
    path.is_empty()
        || repository.files.contains_key(path)
        || repository
            .files
            .keys()
            .any(|file| file.starts_with(&folder))
}

/// A link in a page.
struct Link<'page> {
    /// Counted from 0.
    line: usize,
    to: &'page str,
}

/// The links of a Markdown text, without those that stand in code.
fn links(text: &str) -> impl Iterator<Item = Link<'_>> {
    let mut in_code = false;
    text.lines()
        .enumerate()
        .filter(move |(_, line)| {
            let fence = line.trim_start().starts_with("```");
            in_code ^= fence;
            !in_code && !fence
        })
        .flat_map(|(line, text)| links_of_line(text).map(move |to| Link { line, to }))
}

/// What stands between `](` and `)`, and behind `]: ` at the start of a line.
fn links_of_line(line: &str) -> impl Iterator<Item = &str> {
    // Splitting at backticks leaves the code in every second part.
    let inline = line.split('`').step_by(2).flat_map(|text| {
        text.split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', ' ']).next())
    });
    let labelled = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]: "))
        .map(|(_, to)| to.trim());
    inline.chain(labelled)
}

/// The path from the root that a link in `page` means, or `None` for a link out of the repository.
fn target(page: &str, link: &str) -> Option<String> {
    let path = link.split('#').next().unwrap_or(link);
    if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
        return None;
    }
    let folder = page.strip_suffix(last_part(page)).unwrap_or_default();
    let mut parts = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            // A link above the root stays there, and so leads nowhere.
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{files, printed};
    use super::*;

    const DECISION: &str = "# One\n\n## Context\n\n## Choice\n\n## Cost\n";

    #[test]
    fn a_missing_document_is_named_with_its_purpose() {
        let findings = printed(&what_a_newcomer_needs_is_there(&files(&[(
            "README.md",
            "",
        )])));
        assert_eq!(findings.len(), NEEDED.len() - 1);
        assert!(
            findings[0].starts_with("ARCHITECTURE.md: is missing: "),
            "{findings:?}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_gate_that_cannot_be_started_is_found() {
        let mut repository = files(&[(GATE, "#!/usr/bin/env bash\n")]);
        assert_eq!(the_gate_can_be_started(&repository).len(), 1);
        repository.files.get_mut(GATE).expect("the gate").executable = true;
        assert_eq!(the_gate_can_be_started(&repository), []);
    }

    #[test]
    fn a_decision_without_its_cost_is_found() {
        let free = DECISION.replace("## Cost\n", "");
        let repository = files(&[
            ("docs/decisions/0001-a.md", DECISION),
            ("docs/decisions/0002-b.md", &free),
        ]);
        assert_eq!(
            printed(&decisions_have_their_sections(&repository)),
            ["docs/decisions/0002-b.md: a decision has the section `## Cost`: add it"]
        );
    }

    #[test]
    fn a_decision_that_no_page_links_is_found() {
        let repository = files(&[
            ("ARCHITECTURE.md", "[two](docs/decisions/0002-b.md)"),
            (INDEX, "- [one](0001-a.md): why"),
            ("docs/decisions/0001-a.md", DECISION),
            ("docs/decisions/0002-b.md", DECISION),
            ("docs/decisions/0003-c.md", DECISION),
        ]);
        let paths: Vec<_> = decisions_are_in_an_index(&repository)
            .into_iter()
            .map(|finding| finding.path)
            .collect();
        assert_eq!(paths, ["docs/decisions/0003-c.md"]);
    }

    #[test]
    fn a_link_to_nothing_is_found_with_its_line() {
        let page = "[a](b.md) [c](d.md)\n\n[out](https://example.org) [here](#part)\n\
            [up](../README.md#part)\n\
            [folder](decisions/)\n[label]: gone.md\n";
        let repository = files(&[
            ("README.md", ""),
            ("docs/page.md", page),
            ("docs/b.md", ""),
            ("docs/decisions/0001-a.md", ""),
        ]);
        assert_eq!(
            printed(&links_lead_somewhere(&repository)),
            [
                "docs/page.md:1: the link to `d.md` leads nowhere: mend or remove it",
                "docs/page.md:6: the link to `gone.md` leads nowhere: mend or remove it",
            ]
        );
    }

    #[test]
    fn a_link_out_of_the_repository_leads_nowhere() {
        let repository = files(&[("README.md", "[samples](../shared/samples)")]);
        assert_eq!(links_lead_somewhere(&repository).len(), 1);
    }

    #[test]
    fn code_has_no_links() {
        let page = "`v[i](x)` and\n```rust\nlaws[0](harness)\n```\n";
        assert_eq!(links(page).count(), 0);
    }
}
