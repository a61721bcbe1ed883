//! The files and packages of this repository, read once, so that every rule is a function over
//! values.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Failure;

/// What the rules look at: the files that git knows or would add, and the workspace's packages.
#[derive(Debug, Default)]
pub(crate) struct Repository {
    /// By path from the root, with `/` on every platform.
    pub(crate) files: BTreeMap<String, File>,
    pub(crate) packages: Vec<Package>,
    /// What the program is built from, with one feature of it alone.
    pub(crate) builds: Vec<Build>,
}

/// The crates of a build of the program.
#[derive(Debug, Default)]
pub(crate) struct Build {
    /// The only feature that is on.
    pub(crate) feature: String,
    /// Their names, each once.
    pub(crate) crates: BTreeSet<String>,
}

/// One file.
#[derive(Debug, Default)]
pub(crate) struct File {
    /// Empty when the file is not UTF-8.
    pub(crate) text: String,
    pub(crate) executable: bool,
}

/// A member of the workspace.
#[derive(Debug, Default)]
pub(crate) struct Package {
    /// The folder, from the root: `crates/domain`.
    pub(crate) folder: String,
    /// Whether `cargo publish` would take it.
    pub(crate) publishable: bool,
    pub(crate) dependencies: Vec<Dependency>,
}

/// An arrow from a package to a crate, ours or another's.
#[derive(Debug)]
pub(crate) struct Dependency {
    /// The folder of a crate of ours, the package's name for any other.
    pub(crate) on: String,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
}

/// When a dependency is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// To use the crate.
    Normal,
    /// To build it.
    Build,
    /// To test it.
    Development,
}

impl Repository {
    /// Reads the repository that this program was built from.
    pub(crate) fn read() -> Result<Self, Failure> {
        let root = root();
        Ok(Self {
            files: read_files(&root)?,
            packages: read_packages(&root)?,
            builds: vec![read_build(&root, "sqlite")?, read_build(&root, "turso")?],
        })
    }

    /// The files with an extension, such as `rs`.
    pub(crate) fn files_with(&self, extension: &str) -> impl Iterator<Item = (&String, &File)> {
        self.files.iter().filter(move |(path, _)| {
            Path::new(path)
                .extension()
                .is_some_and(|found| found == extension)
        })
    }
}

impl Package {
    /// The last part of the folder, by which the design names a crate.
    pub(crate) fn name(&self) -> &str {
        last_part(&self.folder)
    }
}

/// The folder with the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let built_from = || env!("CARGO_MANIFEST_DIR").into();
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(built_from, PathBuf::from);
    xtask
        .parent()
        .expect("xtask is a folder of the workspace")
        .to_owned()
}

/// What stands behind the last `/`.
pub(crate) fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn read_files(root: &Path) -> Result<BTreeMap<String, File>, Failure> {
    let mut git = Command::new("git");
    git.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ])
    .current_dir(root);
    let listing = output_of(git)?;
    let mut files = BTreeMap::new();
    for path in listing.split('\0').filter(|path| !path.is_empty()) {
        // A file that was removed, and not yet from the index, is no file.
        let Ok(bytes) = std::fs::read(root.join(path)) else {
            continue;
        };
        let text = String::from_utf8(bytes).unwrap_or_default();
        let executable = is_executable(&root.join(path));
        files.insert(path.to_owned(), File { text, executable });
    }
    Ok(files)
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_path: &Path) -> bool {
    true // this platform has no such bit to check
}

fn read_packages(root: &Path) -> Result<Vec<Package>, Failure> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root);
    let metadata: Value = serde_json::from_str(&output_of(cargo)?)
        .map_err(|err| Failure::Failed(format!("read the output of `cargo metadata`: {err}")))?;
    Ok(packages_of(&metadata, root))
}

fn read_build(root: &Path, feature: &str) -> Result<Build, Failure> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args([
            "tree",
            "--package",
            "memorygraph-cli",
            "--no-default-features",
        ])
        .args([
            "--features",
            feature,
            "--edges",
            "normal,build",
            "--prefix",
            "none",
        ])
        .current_dir(root);
    let names = output_of(cargo)?;
    let names = names.lines().filter_map(|line| line.split(' ').next());
    Ok(Build {
        feature: feature.to_owned(),
        crates: names.map(str::to_owned).collect(),
    })
}

/// Reads the packages out of the JSON that `cargo metadata` prints.
fn packages_of(metadata: &Value, root: &Path) -> Vec<Package> {
    let entries = metadata["packages"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    entries
        .iter()
        .map(|package| package_of(package, root))
        .collect()
}

fn package_of(package: &Value, root: &Path) -> Package {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
    let dependencies = package["dependencies"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    Package {
        folder: manifest
            .parent()
            .map(|folder| from_root(folder, root))
            .unwrap_or_default(),
        // An empty list of registries is how cargo writes `publish = false`.
        publishable: package["publish"]
            .as_array()
            .is_none_or(|list| !list.is_empty()),
        dependencies: dependencies
            .iter()
            .map(|it| dependency_of(it, root))
            .collect(),
    }
}

fn dependency_of(dependency: &Value, root: &Path) -> Dependency {
    let on = match dependency["path"].as_str() {
        Some(path) => from_root(Path::new(path), root),
        None => dependency["name"].as_str().unwrap_or_default().to_owned(),
    };
    Dependency {
        on,
        kind: match dependency["kind"].as_str() {
            Some("build") => Kind::Build,
            Some("dev") => Kind::Development,
            _ => Kind::Normal,
        },
        optional: dependency["optional"].as_bool().unwrap_or_default(),
    }
}

/// The path from the root, with `/`; a path outside of it stays whole.
fn from_root(path: &Path, root: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}

/// Runs a command and returns what it prints, or says what it complained about.
fn output_of(mut command: Command) -> Result<String, Failure> {
    let doing = format!("run {command:?}");
    let output = command
        .output()
        .map_err(|err| Failure::Failed(format!("{doing}: {err}")))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::Failed(format!(
            "{doing}: {}\n{complaint}",
            output.status
        )));
    }
    String::from_utf8(output.stdout).map_err(|err| Failure::Failed(format!("{doing}: {err}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read_with_their_folders_and_arrows() {
        let metadata = serde_json::json!({ "packages": [{
            "manifest_path": "/repo/crates/ports/Cargo.toml",
            "publish": [],
            "dependencies": [
                { "name": "memorygraph-domain", "path": "/repo/crates/domain", "kind": null },
                { "name": "serde", "kind": "build", "optional": true },
                { "name": "proptest", "kind": "dev", "optional": false },
            ],
        }]});
        let packages = packages_of(&metadata, Path::new("/repo"));
        let [ports] = &packages[..] else {
            panic!("one package, not {packages:?}")
        };
        assert_eq!(
            (ports.folder.as_str(), ports.name()),
            ("crates/ports", "ports")
        );
        assert!(!ports.publishable);
        let arrows: Vec<_> = ports
            .dependencies
            .iter()
            .map(|it| (it.on.as_str(), it.kind))
            .collect();
        assert_eq!(
            arrows,
            [
                ("crates/domain", Kind::Normal),
                ("serde", Kind::Build),
                ("proptest", Kind::Development),
            ]
        );
        assert!(ports.dependencies[1].optional);
    }

    #[test]
    fn a_package_without_publish_is_publishable() {
        let metadata = serde_json::json!({ "packages": [{ "publish": null }] });
        assert!(packages_of(&metadata, Path::new("/repo"))[0].publishable);
    }

    #[test]
    fn a_command_that_fails_is_named_with_its_complaint() {
        let mut git = Command::new("git");
        git.arg("no-such-command");
        let Err(Failure::Failed(reason)) = output_of(git) else {
            panic!("git has no such command")
        };
        assert!(reason.contains("no-such-command"), "{reason}");
    }

    #[test]
    fn this_repository_can_be_read() {
        let repository = Repository::read().expect("a repository");
        assert!(repository.files.contains_key("xtask/src/main.rs"));
        assert!(
            repository
                .packages
                .iter()
                .any(|package| package.folder == "crates/domain")
        );
    }
}
