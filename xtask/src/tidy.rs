//! Rules of this repository that no other tool checks: `cargo xtask tidy`.
//!
//! A rule is a function from the [`Repository`] to its findings, and stands in [`RULES`].

mod arrows;
mod builds;
mod documents;
mod manifests;
mod names;
mod words;

use std::fmt;

use crate::repository::Repository;
use crate::{Failure, expect_no_arguments};

/// What `cargo xtask help` says.
pub(crate) const ABOUT: &str =
    "checks crate arrows, file names and lengths, manifests, decisions, links and words";

type Rule = fn(&Repository) -> Vec<Finding>;

const RULES: &[Rule] = &[
    arrows::ours_point_inwards,
    arrows::engines_stay_in_their_crates,
    arrows::the_core_is_tested_without_an_engine,
    arrows::the_application_names_adapters_in_one_file,
    arrows::every_adapter_passes_the_contract,
    builds::one_backend_brings_one_engine,
    names::a_file_is_a_page,
    names::a_name_is_a_concept,
    manifests::lints_come_from_the_workspace,
    manifests::versions_stand_in_the_workspace,
    manifests::nothing_is_published,
    documents::what_a_newcomer_needs_is_there,
    documents::the_gate_can_be_started,
    documents::decisions_have_their_sections,
    documents::decisions_are_in_an_index,
    documents::links_lead_somewhere,
    words::nothing_is_tied_to_one_machine,
    words::nothing_is_left_unfinished,
    words::no_test_is_skipped,
    words::no_test_waits_for_time_to_pass,
];

/// What a rule found, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    /// Counted from 1; `None` when the file as a whole is meant.
    line: Option<usize>,
    message: String,
}

impl Finding {
    fn in_file(path: &str, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            message: message.into(),
        }
    }

    /// `index` counts lines from 0, as `enumerate` does.
    fn at_line(path: &str, index: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: Some(index + 1),
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.message),
            None => write!(f, "{}: {}", self.path, self.message),
        }
    }
}

/// Prints what the rules find, and fails when that is anything.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    expect_no_arguments("tidy", arguments)?;
    let findings = findings_in(&Repository::read()?);
    for finding in &findings {
        eprintln!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        1 => Err(Failure::Failed("tidy: 1 finding".to_owned())),
        count => Err(Failure::Failed(format!("tidy: {count} findings"))),
    }
}

fn findings_in(repository: &Repository) -> Vec<Finding> {
    let mut findings: Vec<_> = RULES.iter().flat_map(|rule| rule(repository)).collect();
    findings.sort();
    findings
}

/// Small repositories for the tests of the rules.
#[cfg(test)]
mod samples {
    use super::Finding;
    use crate::repository::{Dependency, File, Kind, Package, Repository};

    /// A repository that has only these files.
    pub(super) fn files(files: &[(&str, &str)]) -> Repository {
        let file = |(path, text): &(&str, &str)| {
            (
                (*path).to_owned(),
                File {
                    text: (*text).to_owned(),
                    executable: false,
                },
            )
        };
        Repository {
            files: files.iter().map(file).collect(),
            ..Repository::default()
        }
    }

    /// A repository that has only this package, with arrows of one kind.
    pub(super) fn package(folder: &str, kind: Kind, on: &[&str]) -> Repository {
        let arrow = |on: &&str| Dependency {
            on: (*on).to_owned(),
            kind,
            optional: false,
        };
        let dependencies = on.iter().map(arrow).collect();
        let package = Package {
            folder: folder.to_owned(),
            publishable: false,
            dependencies,
        };
        Repository {
            packages: vec![package],
            ..Repository::default()
        }
    }

    /// The findings as they are printed.
    pub(super) fn printed(findings: &[Finding]) -> Vec<String> {
        findings.iter().map(Finding::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_where_and_what() {
        assert_eq!(
            Finding::at_line("a.rs", 0, "do it").to_string(),
            "a.rs:1: do it"
        );
        assert_eq!(Finding::in_file("a.rs", "do it").to_string(), "a.rs: do it");
    }

    #[test]
    fn findings_of_all_rules_are_sorted_by_path() {
        let repository = samples::files(&[("b/utils.rs", ""), ("a/utils.rs", "")]);
        let paths: Vec<_> = findings_in(&repository)
            .into_iter()
            .map(|finding| finding.path)
            .collect();
        assert!(paths.is_sorted(), "{paths:?}");
        assert!(paths.contains(&"a/utils.rs".to_owned()), "{paths:?}");
    }

    #[test]
    fn arguments_are_refused() {
        assert!(matches!(
            run(&["--fast".to_owned()]),
            Err(Failure::Usage(_))
        ));
    }
}
