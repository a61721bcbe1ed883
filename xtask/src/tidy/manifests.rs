//! What every `Cargo.toml` of a crate has.

use super::Finding;
use crate::repository::Repository;

/// One set of lints for all: a crate does not soften them for itself.
pub(super) fn lints_come_from_the_workspace(repository: &Repository) -> Vec<Finding> {
    let takes_lints = |text: &str| {
        lines_with_table(text)
            .any(|(_, table, line)| table == "lints" && line == "workspace = true")
    };
    repository
        .files
        .iter()
        .filter(|(path, file)| is_of_a_crate(path) && !takes_lints(&file.text))
        .map(|(path, _)| Finding::in_file(path, "add the table `[lints]` with `workspace = true`"))
        .collect()
}

/// The version of a dependency stands once, in the workspace.
pub(super) fn versions_stand_in_the_workspace(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    let manifests = repository
        .files
        .iter()
        .filter(|(path, _)| is_of_a_crate(path));
    for (path, file) in manifests {
        for (index, table, line) in lines_with_table(&file.text) {
            let in_list = table.ends_with("dependencies");
            let names_one = in_list && line.contains('=') && !line.starts_with(['#', '"', ']']);
            let from_workspace = line.contains("workspace = true");
            let in_own_table = table.contains("dependencies.") && line.starts_with("version");
            if (names_one && !from_workspace) || in_own_table {
                findings.push(Finding::at_line(
                    path,
                    index,
                    "move the version to `[workspace.dependencies]` of the root, and write \
                     `workspace = true` here",
                ));
            }
        }
    }
    findings
}

/// The crates are parts of one program; none goes to a registry by accident.
pub(super) fn nothing_is_published(repository: &Repository) -> Vec<Finding> {
    repository
        .packages
        .iter()
        .filter(|package| package.publishable)
        .map(|package| {
            Finding::in_file(
                &format!("{}/Cargo.toml", package.folder),
                "add `publish.workspace = true`",
            )
        })
        .collect()
}

fn is_of_a_crate(path: &str) -> bool {
    path.ends_with("/Cargo.toml")
}

/// Each line, trimmed, with its index and the TOML table that it stands in.
fn lines_with_table(text: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    let mut table = "";
    text.lines().enumerate().map(move |(index, line)| {
        let line = line.trim();
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            table = name;
        }
        (index, table, line)
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples::{files, package, printed};
    use super::*;
    use crate::repository::Kind;

    #[test]
    fn a_crate_with_lints_of_its_own_is_found() {
        let repository = files(&[
            ("Cargo.toml", "[workspace]"),
            ("crates/a/Cargo.toml", "[lints]\nworkspace = true\n"),
            (
                "crates/b/Cargo.toml",
                "[lints.rust]\nunsafe_code = \"allow\"\n",
            ),
            ("crates/c/Cargo.toml", "[dependencies]\nworkspace = true\n"),
        ]);
        let findings = printed(&lints_come_from_the_workspace(&repository));
        assert_eq!(findings.len(), 2);
        assert!(
            findings[0].starts_with("crates/b/Cargo.toml: "),
            "{findings:?}"
        );
    }

    #[test]
    fn a_version_in_a_crate_is_found() {
        let manifest = "[dependencies]\n\
            serde.workspace = true\n\
            tokio = { workspace = true, features = [\n  \"rt\",\n] }\n\
            jiff = \"1\"\n\
            [target.'cfg(unix)'.dev-dependencies]\n\
            libc = { version = \"0.2\" }\n\
            [dependencies.uuid]\n\
            version = \"1\"\n\
            [features]\n\
            default = [\"sqlite\"]\n";
        let repository = files(&[("crates/a/Cargo.toml", manifest)]);
        let lines: Vec<_> = versions_stand_in_the_workspace(&repository)
            .into_iter()
            .map(|finding| finding.line)
            .collect();
        assert_eq!(lines, [Some(6), Some(8), Some(10)]);
    }

    #[test]
    fn a_crate_that_could_be_published_is_found() {
        let mut repository = package("crates/a", Kind::Normal, &[]);
        assert_eq!(nothing_is_published(&repository), []);
        repository.packages[0].publishable = true;
        assert_eq!(
            printed(&nothing_is_published(&repository)),
            ["crates/a/Cargo.toml: add `publish.workspace = true`"]
        );
    }
}
