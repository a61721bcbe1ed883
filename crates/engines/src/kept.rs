//! What is fetched once per machine, and kept beside what cargo builds.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, error, fmt, io};

/// Something cannot be had. Its text says why, and what to do.
#[derive(Debug)]
pub struct FetchError(pub(crate) String);

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for FetchError {}

/// Where it all is kept.
pub(crate) fn engines_folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("this crate is two folders below the root");
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root.join(target).join("engines")
}

/// Returns `engines/name`, a folder with the file `last` in it. When there is none, `make` fills a new
/// one, which gets its name when it is whole: what is interrupted leaves nothing behind that would
/// be taken. Of many that ask at once, one makes it and the others wait.
pub(crate) fn folder(
    engines: &Path,
    name: &str,
    last: &str,
    make: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let home = engines.join(name);
    let is_whole = || home.join(last).is_file();
    if is_whole() {
        return Ok(home);
    }
    fs::create_dir_all(engines).map_err(said("create", engines))?;
    let lock_path = engines.join("fetch.lock");
    let lock = File::create(&lock_path).map_err(said("create", &lock_path))?;
    lock.lock().map_err(said("lock", &lock_path))?;
    if is_whole() {
        return Ok(home);
    }
    // On the same file system as its destination, so that a rename puts it in place whole.
    let workshop = tempfile::Builder::new()
        .prefix("fetching-")
        .tempdir_in(engines)
        .map_err(said("create a folder in", engines))?;
    let made = workshop.path().join("made");
    fs::create_dir(&made).map_err(said("create", &made))?;
    make(&made)?;
    if !made.join(last).is_file() {
        return Err(format!("what came for {name} has no {last}"));
    }
    if home.exists() {
        fs::remove_dir_all(&home).map_err(said("remove", &home))?;
    }
    fs::rename(&made, &home).map_err(said("name", &home))?;
    Ok(home)
}

/// Says what was done to which path when it failed.
pub(crate) fn said(doing: &str, path: &Path) -> impl FnOnce(io::Error) -> String {
    let place = format!("{doing} {}", path.display());
    move |err| format!("{place}: {err}")
}

/// Runs a command and returns what it prints. One that fails is named, with what it complained of.
pub(crate) fn run(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().display().to_string();
    let output = command
        .output()
        .map_err(|err| format!("start {program}: {err}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "{program}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim_end()
    ))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_was_interrupted_is_made_again() {
        let engines = tempfile::tempdir().unwrap();
        let broken = |made: &Path| {
            fs::write(made.join("first"), "").unwrap();
            Err("the line is cut".to_owned())
        };
        let reason = folder(engines.path(), "kit", "last", broken).unwrap_err();
        assert_eq!(reason, "the line is cut");
        // As a program leaves it that writes into the folder itself and is killed.
        fs::create_dir(engines.path().join("kit")).unwrap();
        fs::write(engines.path().join("kit/stale"), "").unwrap();

        let times = Cell::new(0);
        let make = |made: &Path| {
            times.set(times.get() + 1);
            fs::write(made.join("last"), "whole").map_err(|err| err.to_string())
        };
        for _ in 0..2 {
            let home = folder(engines.path(), "kit", "last", make).unwrap();
            assert_eq!(fs::read_to_string(home.join("last")).unwrap(), "whole");
            assert!(!home.join("stale").exists());
        }
        assert_eq!(times.get(), 1);
        let left = fs::read_dir(engines.path()).unwrap();
        let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["fetch.lock", "kit"]);
    }

    #[test]
    fn what_lacks_its_last_file_is_not_taken() {
        let engines = tempfile::tempdir().unwrap();
        let reason = folder(engines.path(), "kit", "last", |_| Ok(())).unwrap_err();
        assert_eq!(reason, "what came for kit has no last");
        assert!(!engines.path().join("kit").exists());
    }
}
