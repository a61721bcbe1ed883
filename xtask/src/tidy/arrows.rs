//! Which crate may depend on which, as `cargo metadata` tells it.

use super::Finding;
use crate::repository::{Dependency, Kind, Package, Repository};

/// Each crate of ours with those that it may use, by folder. A crate that is not here has no place
/// in the design yet.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ports", &["domain"]),
    ("contract", &["domain", "ports", "adapter-memory"]), // the oracle of its random walk
    ("lanes", &["domain", "ports"]),
    ("sql-graph", &["domain", "ports"]),
    ("sqlite-engine", &[]),
    ("engines", &[]), // for tests, and so in no row but that of `bench`
    ("adapter-memory", &["domain", "ports"]),
    (
        "adapter-sqlite",
        &["domain", "ports", "lanes", "sql-graph", "sqlite-engine"],
    ),
    ("adapter-turso", &["domain", "ports", "lanes", "sql-graph"]),
    (
        "app",
        &["domain", "ports", "adapter-sqlite", "adapter-turso"],
    ),
    ("mcp", &["domain", "ports", "app"]),
    ("cli", &["domain", "ports", "app", "mcp"]),
    (
        "bench",
        &[
            "domain",
            "ports",
            "contract",
            "lanes",
            "sql-graph",
            "sqlite-engine",
            "engines",
            "adapter-memory",
            "adapter-sqlite",
            "adapter-turso",
            "app",
        ],
    ),
    ("xtask", &[]),
];

/// Each crate of another's that carries or drives an engine, with those of ours that may use it.
const ENGINES: &[(&str, &[&str])] = &[
    ("rusqlite", &["sqlite-engine", "adapter-sqlite", "bench"]),
    ("libsqlite3-sys", &["sqlite-engine", "adapter-sqlite"]),
    ("sqlite3mc-src", &["sqlite-engine"]),
    ("libsql", &["adapter-turso", "bench"]),
    ("libsql-ffi", &[]),
];

/// The crates whose meaning must not hang on any engine, also not in their tests.
const CORE: &[&str] = &["domain", "ports"];

/// The crates of ours that bring an engine or threads for one.
const ENGINE_CRATES: &[&str] = &[
    "sqlite-engine",
    "engines",
    "sql-graph",
    "lanes",
    "adapter-sqlite",
    "adapter-turso",
];

/// Where the application may name an adapter.
const FACTORY: &str = "crates/app/src/open.rs";

/// No crate of ours uses one that stands further out.
pub(super) fn ours_point_inwards(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &repository.packages {
        let Some(allowed) = allowed(ARROWS, package.name()) else {
            findings.push(Finding::in_file(
                &manifest(package),
                "this crate is not in the table of arrows: add it to `ARROWS` in \
                 xtask/src/tidy/arrows.rs",
            ));
            continue;
        };
        for dependency in needed(package) {
            let Some(name) = ours(dependency) else {
                continue;
            };
            if !allowed.contains(&name) {
                findings.push(wrong_arrow(package, name, "see `ARROWS`", allowed));
            }
        }
    }
    findings
}

/// Engines are used where they are wrapped. Tests may use them too, to look at a file from outside.
pub(super) fn engines_stay_in_their_crates(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &repository.packages {
        for dependency in needed(package) {
            let Some(users) = allowed(ENGINES, &dependency.on) else {
                continue;
            };
            if !users.contains(&package.name()) {
                let message = format!(
                    "`{} -> {}` is a wrong arrow: this engine is for {} (see `ENGINES` in \
                     xtask/src/tidy/arrows.rs)",
                    package.name(),
                    dependency.on,
                    listed(users),
                );
                findings.push(Finding::in_file(&manifest(package), message));
            }
        }
    }
    findings
}

/// The tests of `domain` and `ports` need no engine either: what they promise holds without one.
pub(super) fn the_core_is_tested_without_an_engine(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    let core = repository
        .packages
        .iter()
        .filter(|package| CORE.contains(&package.name()));
    for package in core {
        let tests = package
            .dependencies
            .iter()
            .filter(|it| it.kind == Kind::Development);
        for dependency in tests {
            let name = ours(dependency).unwrap_or(&dependency.on);
            if ENGINE_CRATES.contains(&name) || allowed(ENGINES, name).is_some() {
                let message = format!(
                    "`{} -> {name}` is a wrong arrow, also for tests: move the test to the crate \
                     that has the engine",
                    package.name(),
                );
                findings.push(Finding::in_file(&manifest(package), message));
            }
        }
    }
    findings
}

/// The application learns in one file which adapter it got, and each adapter can be left out.
pub(super) fn the_application_names_adapters_in_one_file(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, file) in &repository.files {
        if !path.starts_with("crates/app/src/") || path == FACTORY {
            continue;
        }
        for (index, line) in file.text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or(line);
            if code.contains("adapter_sqlite") || code.contains("adapter_turso") {
                let message =
                    format!("only {FACTORY} names an adapter: take `Arc<dyn GraphBackend>` here");
                findings.push(Finding::at_line(path, index, message));
            }
        }
    }
    let app = repository
        .packages
        .iter()
        .filter(|package| package.name() == "app");
    for package in app {
        for dependency in needed(package).filter(|dependency| !dependency.optional) {
            if ours(dependency).is_some_and(|name| name.starts_with("adapter-")) {
                let message = format!(
                    "`{}` must be optional, behind the feature of its engine: who embeds `app` \
                     chooses which engines to compile",
                    dependency.on
                );
                findings.push(Finding::in_file(&manifest(package), message));
            }
        }
    }
    findings
}

/// Every adapter runs the laws in `tests/contract.rs`.
pub(super) fn every_adapter_passes_the_contract(repository: &Repository) -> Vec<Finding> {
    let adapters = repository
        .packages
        .iter()
        .filter(|it| it.name().starts_with("adapter-"));
    adapters
        .map(|package| format!("{}/tests/contract.rs", package.folder))
        .filter(|path| {
            let file = repository.files.get(path);
            !file.is_some_and(|file| file.text.contains("contract::backend_contract!("))
        })
        .map(|path| {
            Finding::in_file(
                &path,
                "run the laws here with `contract::backend_contract!`: see CONTRIBUTING.md",
            )
        })
        .collect()
}

/// The row of a table.
fn allowed(
    table: &[(&str, &'static [&'static str])],
    name: &str,
) -> Option<&'static [&'static str]> {
    table
        .iter()
        .find(|(row, _)| *row == name)
        .map(|(_, allowed)| *allowed)
}

/// What the crate itself needs; its tests are free.
fn needed(package: &Package) -> impl Iterator<Item = &Dependency> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != Kind::Development)
}

/// The name of a crate of ours, or `None` for another's.
fn ours(dependency: &Dependency) -> Option<&str> {
    match dependency.on.as_str() {
        "xtask" => Some("xtask"),
        path => path.strip_prefix("crates/"),
    }
}

fn wrong_arrow(package: &Package, name: &str, table: &str, allowed: &[&str]) -> Finding {
    let message = format!(
        "`{} -> {name}` is a wrong arrow: `{}` may use {} ({table} in xtask/src/tidy/arrows.rs)",
        package.name(),
        package.name(),
        listed(allowed),
    );
    Finding::in_file(&manifest(package), message)
}

fn manifest(package: &Package) -> String {
    format!("{}/Cargo.toml", package.folder)
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        "none of ours".to_owned()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{files, package, printed};
    use super::*;

    #[test]
    fn an_arrow_outwards_is_named() {
        let repository = package("crates/domain", Kind::Normal, &["crates/ports", "serde"]);
        assert_eq!(
            printed(&ours_point_inwards(&repository)),
            [
                "crates/domain/Cargo.toml: `domain -> ports` is a wrong arrow: \
              `domain` may use none of ours \
              (see `ARROWS` in xtask/src/tidy/arrows.rs)"
            ]
        );
    }

    #[test]
    fn an_arrow_inwards_is_fine_and_tests_are_free() {
        let inwards = package(
            "crates/adapter-sqlite",
            Kind::Normal,
            &["crates/lanes", "rusqlite"],
        );
        assert_eq!(ours_point_inwards(&inwards), []);
        let test = package(
            "crates/adapter-memory",
            Kind::Development,
            &["crates/contract"],
        );
        assert_eq!(ours_point_inwards(&test), []);
    }

    #[test]
    fn real_servers_are_for_tests_and_measurements() {
        for (folder, kind, wrong) in [
            ("crates/adapter-turso", Kind::Development, 0),
            ("crates/bench", Kind::Normal, 0),
            ("crates/adapter-turso", Kind::Normal, 1),
            ("crates/cli", Kind::Normal, 1),
        ] {
            let repository = package(folder, kind, &["crates/engines"]);
            assert_eq!(ours_point_inwards(&repository).len(), wrong, "{folder}");
        }
    }

    #[test]
    fn a_build_script_has_arrows_too() {
        let repository = package("crates/ports", Kind::Build, &["crates/cli"]);
        assert_eq!(ours_point_inwards(&repository).len(), 1);
    }

    #[test]
    fn a_crate_that_the_table_does_not_know_is_found() {
        let repository = package("crates/cypher-graph", Kind::Normal, &[]);
        assert!(printed(&ours_point_inwards(&repository))[0].contains("`ARROWS`"));
    }

    #[test]
    fn an_engine_in_the_wrong_crate_is_named() {
        let repository = package("crates/sql-graph", Kind::Normal, &["rusqlite", "serde"]);
        let findings = printed(&engines_stay_in_their_crates(&repository));
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0].contains("`sql-graph -> rusqlite` is a wrong arrow"),
            "{findings:?}"
        );
        let test = package("crates/sqlite-engine", Kind::Development, &["libsql"]);
        assert_eq!(engines_stay_in_their_crates(&test), []);
    }

    #[test]
    fn the_domain_is_not_tested_with_an_engine() {
        for engine in ["rusqlite", "crates/adapter-sqlite"] {
            let repository = package("crates/domain", Kind::Development, &[engine, "proptest"]);
            assert_eq!(
                the_core_is_tested_without_an_engine(&repository).len(),
                1,
                "{engine}"
            );
        }
        let outer = package("crates/sql-graph", Kind::Development, &["rusqlite"]);
        assert_eq!(the_core_is_tested_without_an_engine(&outer), []);
    }

    #[test]
    fn an_adapter_is_named_only_in_the_factory() {
        let repository = files(&[
            (
                "crates/app/src/open.rs",
                "use adapter_sqlite::SqliteBackend;",
            ),
            (
                "crates/app/src/recall.rs",
                "// not adapter_sqlite\nuse adapter_sqlite::SqliteBackend;",
            ),
        ]);
        let findings = printed(&the_application_names_adapters_in_one_file(&repository));
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0].starts_with("crates/app/src/recall.rs:2: "),
            "{findings:?}"
        );
    }

    #[test]
    fn an_adapter_that_cannot_be_left_out_is_found() {
        let repository = package("crates/app", Kind::Normal, &["crates/adapter-sqlite"]);
        assert_eq!(
            the_application_names_adapters_in_one_file(&repository).len(),
            1
        );
    }

    #[test]
    fn an_adapter_without_the_contract_is_found() {
        let mut repository = package("crates/adapter-memory", Kind::Normal, &[]);
        assert_eq!(every_adapter_passes_the_contract(&repository).len(), 1);
        let laws = files(&[(
            "crates/adapter-memory/tests/contract.rs",
            "contract::backend_contract!(MemoryHarness);",
        )]);
        repository.files = laws.files;
        assert_eq!(every_adapter_passes_the_contract(&repository), []);
    }
}
