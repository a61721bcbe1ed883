use std::{
    env::consts::OS,
    ffi::{OsStr, OsString},
    fs, io,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

use toml::{Table, Value};

use super::{ConfigError, Flags, Origin, Secret, Setting};

/// What a switch can be set to.
pub(super) const YES_NO: &[(&str, bool)] = &[
    ("true", true),
    ("false", false),
    ("1", true),
    ("0", false),
    ("yes", true),
    ("no", false),
    ("on", true),
    ("off", false),
];

/// The variables that are read, in the order of the documentation.
const VARIABLES: [&str; 15] = [
    "MEMORY_BACKEND",
    "MEMORY_SQLITE_PATH",
    "MEMORY_SQLITE_KEY",
    "MEMORY_TURSO_PATH",
    "TURSO_DATABASE_URL",
    "TURSO_AUTH_TOKEN",
    "TURSO_AUTH_TOKEN_FILE",
    "MEMORY_TURSO_MODE",
    "MEMORY_TURSO_AUTO_SYNC",
    "MEMORY_TURSO_SYNC_INTERVAL",
    "MEMORY_ALLOW_CYCLES",
    "MEMORY_TOOL_PROFILE",
    "MEMORY_HTTP_TOKEN",
    "MEMORY_HTTP_TOKEN_FILE",
    "MEMORY_LOG_LEVEL",
];

/// Everything that can say a value, the first to be asked first.
pub(super) struct Sources<'a> {
    flags: &'a Flags,
    environment: &'a dyn Fn(&str) -> Option<OsString>,
    file: Option<(PathBuf, Table)>,
    /// The variable in whose place `--path` stands, once the backend is known.
    path_flag_means: Option<&'static str>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(
        flags: &'a Flags,
        environment: &'a dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let file = match file_path(environment) {
            Some(path) => read(&path)?.map(|table| (path, table)),
            None => None,
        };
        Ok(Self {
            flags,
            environment,
            file,
            path_flag_means: None,
        })
    }

    /// Says in the place of which variable `--path` stands; until then, it is not asked.
    pub(super) fn path_flag_means(&mut self, variable: &'static str) {
        self.path_flag_means = Some(variable);
    }

    /// Returns what is said about a variable, and by whom.
    fn find(&self, variable: &'static str) -> Result<Option<(OsString, Origin)>, ConfigError> {
        let flag = match variable {
            "MEMORY_BACKEND" => self.flags.backend.as_ref().map(|text| ("--backend", text)),
            _ if self.path_flag_means == Some(variable) => {
                self.flags.path.as_ref().map(|text| ("--path", text))
            }
            _ => None,
        };
        if let Some((name, text)) = flag {
            return Ok(Some((text.clone(), Origin::Flag(name))));
        }
        if let Some(text) = (self.environment)(variable).filter(|text| !text.is_empty()) {
            return Ok(Some((text, Origin::Environment(variable))));
        }
        let Some((path, table)) = &self.file else {
            return Ok(None);
        };
        let key = key(variable);
        let text = match table.get(&key) {
            None => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Boolean(switch)) => switch.to_string(),
            Some(Value::Integer(number)) => number.to_string(),
            Some(_) => {
                return Err(ConfigError::File {
                    path: path.clone(),
                    reason: format!("{key} is a text, a number, true or false"),
                });
            }
        };
        Ok(Some((text.into(), Origin::File(path.clone()))))
    }

    pub(super) fn choice<T: Copy>(
        &self,
        variable: &'static str,
        choices: &[(&str, T)],
        default: &'static str,
    ) -> Result<Setting<T>, ConfigError> {
        let said = self.find(variable)?;
        chosen(
            variable,
            choices,
            said.unwrap_or((default.into(), Origin::Default)),
        )
    }

    pub(super) fn optional_choice<T: Copy>(
        &self,
        variable: &'static str,
        choices: &[(&str, T)],
    ) -> Result<Option<Setting<T>>, ConfigError> {
        let said = self.find(variable)?;
        said.map(|said| chosen(variable, choices, said)).transpose()
    }

    /// Reads whole seconds, at least one.
    pub(super) fn seconds(
        &self,
        variable: &'static str,
        default: u32,
    ) -> Result<Setting<Duration>, ConfigError> {
        let said = self.find(variable)?;
        let (text, origin) = said.unwrap_or((default.to_string().into(), Origin::Default));
        let text = text.to_string_lossy();
        let number: Option<NonZeroU32> = text.trim().parse().ok();
        let Some(seconds) = number else {
            return Err(ConfigError::Value {
                place: place(variable, &origin),
                rule: format!("is a whole number of seconds from 1 to {}", u32::MAX),
                value: text.into_owned(),
            });
        };
        Ok(Setting {
            value: Duration::from_secs(seconds.get().into()),
            origin,
        })
    }

    /// Reads a path; `~` at its beginning becomes the home folder.
    pub(super) fn path(
        &self,
        variable: &'static str,
        default: &OsStr,
    ) -> Result<Setting<PathBuf>, ConfigError> {
        let said = self.find(variable)?;
        self.expanded(
            variable,
            said.unwrap_or((default.to_owned(), Origin::Default)),
        )
    }

    pub(super) fn optional_path(
        &self,
        variable: &'static str,
    ) -> Result<Option<Setting<PathBuf>>, ConfigError> {
        let said = self.find(variable)?;
        said.map(|said| self.expanded(variable, said)).transpose()
    }

    fn expanded(
        &self,
        variable: &'static str,
        (text, origin): (OsString, Origin),
    ) -> Result<Setting<PathBuf>, ConfigError> {
        if text.is_empty() {
            return Err(ConfigError::Value {
                place: place(variable, &origin),
                rule: "is a path, or :memory:".to_owned(),
                value: String::new(),
            });
        }
        let path = PathBuf::from(text);
        let value = match path.strip_prefix("~") {
            Ok(rest) => {
                let home = home(self.environment).ok_or_else(|| ConfigError::NoHome {
                    place: place(variable, &origin),
                })?;
                home.join(rest)
            }
            Err(_) => path,
        };
        Ok(Setting { value, origin })
    }

    pub(super) fn secret(
        &self,
        variable: &'static str,
    ) -> Result<Option<Setting<Secret>>, ConfigError> {
        let text = self.text(variable)?;
        Ok(text.map(|Setting { value, origin }| Setting {
            value: Secret::from(value),
            origin,
        }))
    }

    /// Reads a text as it stands there. No error shows it.
    pub(super) fn text(
        &self,
        variable: &'static str,
    ) -> Result<Option<Setting<String>>, ConfigError> {
        let Some((text, origin)) = self.find(variable)? else {
            return Ok(None);
        };
        match text.into_string() {
            Ok(value) => Ok(Some(Setting { value, origin })),
            Err(_) => Err(ConfigError::Secret {
                place: place(variable, &origin),
                rule: "is a text in UTF-8",
            }),
        }
    }
}

/// Returns the choice that `text` names.
fn chosen<T: Copy>(
    variable: &'static str,
    choices: &[(&str, T)],
    (text, origin): (OsString, Origin),
) -> Result<Setting<T>, ConfigError> {
    let text = text.to_string_lossy();
    let chosen = choices
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
    let Some(&(_, value)) = chosen else {
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        return Err(ConfigError::Value {
            place: place(variable, &origin),
            rule: format!("is one of {}", names.join(", ")),
            value: text.into_owned(),
        });
    };
    Ok(Setting { value, origin })
}

/// How a person would name the place of a value.
pub(super) fn place(variable: &'static str, origin: &Origin) -> String {
    match origin {
        Origin::Default => variable.to_owned(),
        Origin::File(path) => format!("{}: {}", path.display(), key(variable)),
        Origin::Environment(name) | Origin::Flag(name) => (*name).to_owned(),
    }
}

/// The key of a variable in the configuration file.
pub(super) fn key(variable: &str) -> String {
    variable
        .strip_prefix("MEMORY_")
        .unwrap_or(variable)
        .to_ascii_lowercase()
}

/// Returns the home folder, where there is one.
pub(crate) fn home(environment: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let variable = if OS == "windows" {
        "USERPROFILE"
    } else {
        "HOME"
    };
    environment(variable)
        .filter(|home| !home.is_empty())
        .map(PathBuf::from)
}

/// Returns where the file is looked for.
pub(super) fn file_path(environment: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = match OS {
        "windows" => environment("APPDATA").map(PathBuf::from),
        "macos" => home(environment).map(|home| home.join("Library/Application Support")),
        _ => environment("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| home(environment).map(|home| home.join(".config"))),
    };
    Some(folder?.join("memorygraph").join("config.toml"))
}

/// Reads the file, when there is one.
fn read(path: &Path) -> Result<Option<Table>, ConfigError> {
    let wrong = |reason: String| ConfigError::File {
        path: path.to_owned(),
        reason,
    };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(wrong(error.to_string())),
    };
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        // The whole message quotes the line, which may hold a key.
        let line = error.span().map_or(1, |span| {
            1 + text
                .get(..span.start)
                .unwrap_or_default()
                .matches('\n')
                .count()
        });
        wrong(format!("line {line} is not TOML: {}", error.message()))
    })?;
    for name in table.keys() {
        let known = VARIABLES.map(key);
        if !known.contains(name) {
            return Err(wrong(format!(
                "{name:?} has no meaning; the keys are {}",
                known.join(", ")
            )));
        }
    }
    Ok(Some(table))
}
