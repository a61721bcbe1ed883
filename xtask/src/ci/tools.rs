//! The programs that the gate needs beside the toolchain: pinned, and installed into `target/tools`
//! when they are missing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::{run_command, seconds};
use crate::Failure;

/// Runs the tests, each in a process of its own.
pub(crate) const NEXTEST: Tool = Tool {
    program: "cargo-nextest",
    package: "cargo-nextest",
    version: "0.9.143",
    version_arguments: &["nextest", "--version"],
    accepts: "cargo-nextest 0.9.",
    has_wheel: false,
};

/// Finds dependencies that no code uses.
pub(crate) const MACHETE: Tool = Tool {
    program: "cargo-machete",
    package: "cargo-machete",
    version: "0.9.2",
    version_arguments: &["--version"],
    accepts: "0.9.",
    has_wheel: false,
};

/// Checks licences, sources and banned crates.
pub(crate) const DENY: Tool = Tool {
    program: "cargo-deny",
    package: "cargo-deny",
    version: "0.20.2",
    version_arguments: &["--version"],
    accepts: "cargo-deny 0.20.",
    has_wheel: false,
};

/// Finds misspelt words. Its word list changes with each version, so only this one will do.
pub(crate) const TYPOS: Tool = Tool {
    program: "typos",
    package: "typos-cli",
    version: "1.52.0",
    version_arguments: &["--version"],
    accepts: "typos-cli 1.52.0",
    has_wheel: true,
};

/// These programs run for a moment and are compiled for minutes, so they are compiled quickly.
const QUICK_BUILD: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "false"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
];

/// A program with the version that the gate asks for.
#[derive(Clone, Copy)]
pub(crate) struct Tool {
    program: &'static str,
    /// The crate that has the program.
    package: &'static str,
    /// What is installed.
    version: &'static str,
    /// What makes the program say its version.
    version_arguments: &'static [&'static str],
    /// How that answer begins for a program that will do.
    accepts: &'static str,
    /// Whether the Python package `program` carries it ready to run.
    has_wheel: bool,
}

impl Tool {
    /// Makes sure that the tool is there, and returns a `PATH` on which it is found.
    pub(crate) fn ensure(&self, root: &Path) -> Result<OsString, Failure> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        if self.answers(Path::new(self.program)) {
            return Ok(path);
        }
        let folder = self.folder(root);
        let program = folder.join("bin").join(self.program);
        if !self.answers(&program) {
            self.install(root, &folder)?;
        }
        if !self.answers(&program) {
            return Err(Failure::Failed(format!(
                "{} was installed, but does not say that it is {}: remove the folder and try again",
                program.display(),
                self.version
            )));
        }
        prepend(&folder.join("bin"), &path)
    }

    /// Where this version is installed. Its name has the version, so no other stands in for it.
    fn folder(&self, root: &Path) -> PathBuf {
        root.join("target/tools")
            .join(format!("{}-{}", self.program, self.version))
    }

    /// Whether `program` starts and says that it is a version that will do.
    fn answers(&self, program: &Path) -> bool {
        let output = Command::new(program).args(self.version_arguments).output();
        output.is_ok_and(|output| output.stdout.starts_with(self.accepts.as_bytes()))
    }

    fn install(&self, root: &Path, folder: &Path) -> Result<(), Failure> {
        let started = Instant::now();
        eprintln!(
            "    installing {} {} into target/tools",
            self.program, self.version
        );
        // A machine without Python, or one that no wheel was made for, compiles the program.
        if !(self.has_wheel && run_command(&mut self.wheel_command(folder)).is_ok()) {
            let build = root.join("target/tools/build");
            run_command(&mut self.cargo_command(folder, &build))?;
            std::fs::remove_dir_all(&build)
                .map_err(|err| Failure::Failed(format!("remove {}: {err}", build.display())))?;
        }
        eprintln!(
            "    installed {} in {}",
            self.program,
            seconds(started.elapsed())
        );
        Ok(())
    }

    fn wheel_command(&self, folder: &Path) -> Command {
        let mut command = Command::new("python3");
        command
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args([
                "--root-user-action",
                "ignore",
                "--no-deps",
                "--only-binary",
                ":all:",
            ])
            .arg("--target")
            .arg(folder)
            .arg(format!("{}=={}", self.program, self.version));
        command
    }

    fn cargo_command(&self, folder: &Path, build: &Path) -> Command {
        let mut command = Command::new("cargo");
        command
            .args([
                "install",
                "--quiet",
                "--locked",
                "--version",
                self.version,
                "--root",
            ])
            .arg(folder)
            .arg(self.package)
            .env("CARGO_TARGET_DIR", build)
            .envs(QUICK_BUILD.iter().copied());
        command
    }
}

/// Puts `folder` before everything else on `path`.
fn prepend(folder: &Path, path: &OsString) -> Result<OsString, Failure> {
    let folders = [folder.to_owned()]
        .into_iter()
        .chain(std::env::split_paths(path));
    std::env::join_paths(folders)
        .map_err(|err| Failure::Failed(format!("put {} on the PATH: {err}", folder.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_does_not_answer() {
        assert!(!DENY.answers(Path::new("/no/such/program")));
    }

    #[test]
    fn a_program_of_another_version_does_not_answer() {
        let echo = Tool {
            version_arguments: &["typos-cli 1.51.0"],
            ..TYPOS
        };
        assert!(!echo.answers(Path::new("echo")));
        let echo = Tool {
            version_arguments: &["typos-cli 1.52.0"],
            ..TYPOS
        };
        assert!(echo.answers(Path::new("echo")));
    }

    #[test]
    fn every_tool_accepts_the_version_that_it_installs() {
        for tool in [NEXTEST, MACHETE, DENY, TYPOS] {
            let wanted = tool.accepts.rsplit(' ').next().expect("a last word");
            assert!(tool.version.starts_with(wanted), "{}", tool.program);
        }
    }

    #[test]
    fn the_folder_comes_first_on_the_path() {
        let path = prepend(Path::new("/tools"), &OsString::from("/bin")).expect("a path");
        assert_eq!(
            std::env::split_paths(&path).next(),
            Some(PathBuf::from("/tools"))
        );
    }
}
