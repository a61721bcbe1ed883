//! The official clients of the Model Context Protocol, which tests let talk to our server.
//!
//! `clients/` of this crate says which versions, down to the bytes of each package: `requirements.txt`
//! for Python, `package.json` and its lock for JavaScript. `pip` and `npm` bring them, as this machine
//! has set them up, into folders that are named after what they hold, so that another version or
//! another Python has another folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ring::digest::{SHA256, digest};

use crate::kept::{self, FetchError, engines_folder, run, said};

const REQUIREMENTS: &str = include_str!("../clients/requirements.txt");
const PACKAGE: &str = include_str!("../clients/package.json");
const PACKAGE_LOCK: &str = include_str!("../clients/package-lock.json");

/// What runs a program with the official Python client.
#[derive(Clone, Debug)]
pub struct Python {
    /// The interpreter itself, which is the same in every folder and environment.
    pub program: PathBuf,
    /// The folder with the packages, for its `PYTHONPATH`.
    pub packages: PathBuf,
}

/// Returns the Python of this machine with the official client, which it installs first when that is
/// missing.
///
/// # Errors
///
/// When they cannot be had; the text says why, and which command gets them.
pub fn python() -> Result<Python, FetchError> {
    python_below(&engines_folder()).map_err(|reason| {
        FetchError(format!(
            "the official Python client cannot be had: {reason}\n\
             It needs `python3` (3.10 or newer) with `pip`. To get it: cargo xtask engines"
        ))
    })
}

/// Returns the folder `node_modules` with the TypeScript clients and the inspector, and installs them
/// first when they are missing.
///
/// # Errors
///
/// When they cannot be had; the text says why, and which command gets them.
pub fn node_modules() -> Result<PathBuf, FetchError> {
    node_below(&engines_folder()).map_err(|reason| {
        FetchError(format!(
            "the official TypeScript clients cannot be had: {reason}\n\
             They need `node` (20 or newer) with `npm`. To get them: cargo xtask engines"
        ))
    })
}

fn python_below(engines: &Path) -> Result<Python, String> {
    let says = "import sys; print(sys.executable); print(sys.version)";
    let said_by_it = run(Command::new("python3").args(["-c", says]))?;
    let (program, version) = said_by_it.split_once('\n').unwrap_or_default();
    // Some packages are compiled for one Python.
    let name = named("python-clients", &[REQUIREMENTS, version]);
    let packages = kept::folder(engines, &name, "mcp/__init__.py", |made| {
        let list = made.join("requirements.txt");
        fs::write(&list, REQUIREMENTS).map_err(said("write", &list))?;
        let mut pip = Command::new(program);
        pip.args(["-m", "pip", "install", "--quiet", "--no-input"])
            .args([
                "--disable-pip-version-check",
                "--root-user-action",
                "ignore",
            ])
            .args(["--only-binary", ":all:", "--require-hashes"])
            .arg("--requirement")
            .arg(&list)
            .arg("--target")
            .arg(made);
        run(&mut pip).map(drop)
    })?;
    Ok(Python {
        program: program.into(),
        packages,
    })
}

fn node_below(engines: &Path) -> Result<PathBuf, String> {
    let name = named("node-clients", &[PACKAGE, PACKAGE_LOCK]);
    let last = "node_modules/@modelcontextprotocol/sdk/package.json";
    let home = kept::folder(engines, &name, last, |made| {
        for (file, text) in [
            ("package.json", PACKAGE),
            ("package-lock.json", PACKAGE_LOCK),
        ] {
            let path = made.join(file);
            fs::write(&path, text).map_err(said("write", &path))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--omit=dev", "--ignore-scripts"])
            .args(["--no-audit", "--no-fund", "--no-update-notifier"])
            .args(["--loglevel", "error"])
            .current_dir(made);
        run(&mut npm).map(drop)
    })?;
    Ok(home.join("node_modules"))
}

/// A name that is another for other contents.
fn named(kind: &str, contents: &[&str]) -> String {
    let hash = digest(&SHA256, contents.join("\0").as_bytes());
    let (first, _) = hash
        .as_ref()
        .split_first_chunk()
        .expect("a hash of 32 bytes");
    let hash = u64::from_be_bytes(*first);
    format!("{kind}-{hash:016x}")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_python_package_is_pinned() {
        let logical = REQUIREMENTS.replace("\\\n", " ");
        let packages = logical.lines().filter(|line| !line.starts_with('#'));
        let mut count = 0;
        for package in packages {
            assert!(package.contains("=="), "{package}");
            assert!(package.contains("--hash=sha256:"), "{package}");
            count += 1;
        }
        assert!(count > 20, "{count} packages");
    }

    #[test]
    fn every_node_package_is_pinned_and_names_no_registry() {
        let lock: Value = serde_json::from_str(PACKAGE_LOCK).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        for (path, package) in packages.iter().filter(|(path, _)| !path.is_empty()) {
            assert!(package["integrity"].is_string(), "{path}");
            assert!(package.get("resolved").is_none(), "{path}");
        }
        let wanted: Value = serde_json::from_str(PACKAGE).unwrap();
        assert_eq!(packages[""]["dependencies"], wanted["dependencies"]);
    }

    #[test]
    fn other_contents_have_another_name() {
        assert_eq!(named("kit", &["a", "b"]), named("kit", &["a", "b"]));
        assert_ne!(named("kit", &["a", "b"]), named("kit", &["ab", ""]));
        assert!(named("kit", &["a"]).starts_with("kit-"));
    }
}
