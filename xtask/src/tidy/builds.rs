//! What a build of the program takes along, as `cargo tree` tells it.

use super::Finding;
use crate::repository::Repository;

/// Each feature that brings a backend, with the crates of the other ones' engines.
const ENGINES_OF_OTHERS: &[(&str, &[&str])] = &[
    ("sqlite", &["libsql", "libsql-ffi", "libsql-sys"]),
    ("turso", &["rusqlite", "libsqlite3-sys", "sqlite3mc-src"]),
];

/// A build with one backend has one engine.
pub(super) fn one_backend_brings_one_engine(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for build in &repository.builds {
        let others = ENGINES_OF_OTHERS
            .iter()
            .filter(|(feature, _)| *feature == build.feature)
            .flat_map(|(_, engines)| *engines);
        for engine in others.filter(|engine| build.crates.contains(**engine)) {
            let message = format!(
                "a build with the feature `{}` alone takes `{engine}` along: `cargo tree -p \
                 memorygraph-cli --no-default-features --features {} -i {engine}` shows why",
                build.feature, build.feature,
            );
            findings.push(Finding::in_file("crates/cli/Cargo.toml", message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{repository::Build, tidy::samples::printed};

    #[test]
    fn the_engine_of_another_backend_is_found() {
        let build = |feature: &str, crates: &[&str]| Build {
            feature: feature.to_owned(),
            crates: crates.iter().map(|name| (*name).to_owned()).collect(),
        };
        let repository = Repository {
            builds: vec![
                build("sqlite", &["rusqlite", "libsqlite3-sys"]),
                build("turso", &["libsql", "rusqlite"]),
            ],
            ..Repository::default()
        };
        let found = printed(&one_backend_brings_one_engine(&repository));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].contains("`turso` alone takes `rusqlite`"),
            "{found:?}"
        );
    }
}
