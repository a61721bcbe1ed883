//! Where programs keep their files on this machine.

use std::{
    env,
    ffi::OsString,
    fmt, fs,
    path::{Path, PathBuf},
};

/// What differs from machine to machine.
pub(super) struct Machine {
    pub(super) system: System,
    pub(super) home: PathBuf,
    /// Where a project begins, for files of a project.
    pub(super) folder: PathBuf,
    pub(super) environment: fn(&str) -> Option<OsString>,
}

/// The family of operating systems, as far as places go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Linux,
    Mac,
    Windows,
}

/// A file or a folder, wherever it is on a machine.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// In the home folder.
    Home(&'static str),
    /// Where an application with windows keeps its settings: `~/.config`, `~/Library/Application
    /// Support`, `%APPDATA%`.
    Application(&'static str),
    /// In `~/.config` or what `XDG_CONFIG_HOME` names instead; on every system.
    Config(&'static str),
    /// The same, but in `%APPDATA%` on Windows.
    ConfigOrRoaming(&'static str),
    /// In the folder that a variable names, where it is set.
    Within(&'static str, &'static str),
    /// What a variable names, where it is set.
    Named(&'static str),
    /// In the package that the store of Windows made of an application whose name has this word.
    Package(&'static str, &'static str),
}

impl Machine {
    /// Looks at the machine that the program runs on; none where there is no home folder.
    pub(super) fn here() -> Option<Self> {
        let system = match env::consts::OS {
            "windows" => System::Windows,
            "macos" => System::Mac,
            _ => System::Linux,
        };
        let environment = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let home = match system {
            System::Windows => "USERPROFILE",
            System::Linux | System::Mac => "HOME",
        };
        Some(Self {
            system,
            home: environment(home)?.into(),
            folder: env::current_dir().ok()?,
            environment,
        })
    }

    /// Returns where `place` is; none where this machine has no such place.
    pub(super) fn path(&self, place: Place) -> Option<PathBuf> {
        let is_windows = self.system == System::Windows;
        Some(match place {
            Place::Home(path) => self.home.join(path),
            Place::Application(path) => match self.system {
                System::Linux => self.config().join(path),
                System::Mac => self.home.join("Library/Application Support").join(path),
                System::Windows => self.roaming().join(path),
            },
            Place::ConfigOrRoaming(path) if is_windows => self.roaming().join(path),
            Place::Config(path) | Place::ConfigOrRoaming(path) => self.config().join(path),
            Place::Within(variable, path) => self.named(variable)?.join(path),
            Place::Named(variable) => self.named(variable)?,
            Place::Package(word, path) if is_windows => {
                let packages = self.named("LOCALAPPDATA")?.join("Packages");
                package(&packages, word)?
                    .join("LocalCache/Roaming")
                    .join(path)
            }
            Place::Package(..) => return None,
        })
    }

    /// A path as a person reads it, with `~` for the home folder.
    pub(super) fn shown(&self, path: &Path) -> String {
        match path.strip_prefix(&self.home) {
            Ok(rest) => Path::new("~").join(rest).display().to_string(),
            Err(_) => path.display().to_string(),
        }
    }

    fn named(&self, variable: &str) -> Option<PathBuf> {
        (self.environment)(variable).map(PathBuf::from)
    }

    fn config(&self) -> PathBuf {
        let named = self.named("XDG_CONFIG_HOME");
        named.unwrap_or_else(|| self.home.join(".config"))
    }

    fn roaming(&self) -> PathBuf {
        let named = self.named("APPDATA");
        named.unwrap_or_else(|| self.home.join("AppData/Roaming"))
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine")
            .field("system", &self.system)
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}

/// Returns the folder of a package whose name has `word`.
fn package(packages: &Path, word: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(packages).ok()?;
    let mut found: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default();
            name.to_string_lossy().contains(word)
        })
        .collect();
    found.sort();
    found.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(system: System, environment: fn(&str) -> Option<OsString>) -> Machine {
        Machine {
            system,
            home: "/home/ada".into(),
            folder: "/work".into(),
            environment,
        }
    }

    #[test]
    fn every_system_has_its_places() {
        let application = Place::Application("Code/User/mcp.json");
        let zed = Place::ConfigOrRoaming("zed/settings.json");
        for (system, code, settings) in [
            (System::Linux, ".config", ".config"),
            (System::Mac, "Library/Application Support", ".config"),
            (System::Windows, "AppData/Roaming", "AppData/Roaming"),
        ] {
            let machine = machine(system, |_| None);
            let home = &machine.home;
            let code = home.join(code).join("Code/User/mcp.json");
            let settings = home.join(settings).join("zed/settings.json");
            assert_eq!(machine.path(application), Some(code), "{system:?}");
            assert_eq!(machine.path(zed), Some(settings), "{system:?}");
        }
    }

    #[test]
    fn a_variable_leads_elsewhere() {
        let set = |name: &str| (name != "APPDATA").then(|| OsString::from("/elsewhere"));
        let machine = machine(System::Linux, set);
        let config = machine.path(Place::Config("opencode/opencode.json"));
        assert_eq!(config, Some("/elsewhere/opencode/opencode.json".into()));
        let codex = machine.path(Place::Within("CODEX_HOME", "config.toml"));
        assert_eq!(codex, Some("/elsewhere/config.toml".into()));
    }

    #[test]
    fn a_variable_that_is_not_set_leads_nowhere() {
        let machine = machine(System::Mac, |_| None);
        for place in [
            Place::Within("CODEX_HOME", "config.toml"),
            Place::Named("CLINE_MCP_SETTINGS_PATH"),
            Place::Package("Claude", "Claude"),
        ] {
            assert_eq!(machine.path(place), None, "{place:?}");
        }
    }

    #[test]
    fn an_application_of_the_store_is_found_by_a_word_of_its_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["Other_1", "AnthropicClaude_2"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let found = package(folder.path(), "Claude");
        assert_eq!(found, Some(folder.path().join("AnthropicClaude_2")));
        assert_eq!(package(folder.path(), "Cursor"), None);
    }
}
