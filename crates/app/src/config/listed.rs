use std::{ffi::OsString, path::PathBuf};

use serde::Serialize;

use super::{Config, LogLevel, Origin, Setting, TursoMode, sources};

/// A setting as a person reads it; never has a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The environment variable.
    pub variable: &'static str,
    /// The key in the configuration file.
    pub key: String,
    /// What holds; none when nothing does, and for what is secret.
    pub value: Option<String>,
    /// Whether it is set to something that is not shown.
    pub is_hidden: bool,
    /// What kind of place the value comes from: `flag`, `environment`, `file` or `default`.
    pub origin: &'static str,
    /// Which flag, variable or file it is; none for the default.
    pub set_by: Option<String>,
}

impl Config {
    /// Lists every setting in the order of the documentation, with where its value comes from.
    pub fn list(&self) -> Vec<Listed> {
        let yes_no = |setting: &Setting<bool>| shown(setting, setting.value.to_string());
        let path = |setting: &Setting<PathBuf>| shown(setting, setting.value.display().to_string());
        let backend = shown(&self.backend, self.backend.value.as_str());
        let url = |setting: &Setting<_>| {
            let url: &super::DatabaseUrl = &setting.value;
            shown(setting, url.without_secrets())
        };
        let mode = match &self.turso_mode {
            Some(mode) => shown(mode, name_of(TursoMode::CHOICES, &mode.value)),
            None => Shown {
                value: Some(self.mode_by_url().to_owned()),
                ..Shown::default()
            },
        };
        let seconds = self.turso_sync_interval.value.as_secs();
        let profile = self.tool_profile.value.as_str();
        let level = name_of(LogLevel::CHOICES, &self.log_level.value);
        [
            ("MEMORY_BACKEND", backend),
            ("MEMORY_SQLITE_PATH", path(&self.sqlite_path)),
            ("MEMORY_SQLITE_KEY", hidden(self.sqlite_key.as_ref())),
            ("MEMORY_TURSO_PATH", path(&self.turso_path)),
            (
                "TURSO_DATABASE_URL",
                of(self.turso_database_url.as_ref(), url),
            ),
            ("TURSO_AUTH_TOKEN", hidden(self.turso_auth_token.as_ref())),
            (
                "TURSO_AUTH_TOKEN_FILE",
                of(self.turso_auth_token_file.as_ref(), path),
            ),
            ("MEMORY_TURSO_MODE", mode),
            ("MEMORY_TURSO_AUTO_SYNC", yes_no(&self.turso_auto_sync)),
            (
                "MEMORY_TURSO_SYNC_INTERVAL",
                shown(&self.turso_sync_interval, seconds.to_string()),
            ),
            ("MEMORY_ALLOW_CYCLES", yes_no(&self.allow_cycles)),
            ("MEMORY_TOOL_PROFILE", shown(&self.tool_profile, profile)),
            ("MEMORY_HTTP_TOKEN", hidden(self.http_token.as_ref())),
            (
                "MEMORY_HTTP_TOKEN_FILE",
                of(self.http_token_file.as_ref(), path),
            ),
            ("MEMORY_LOG_LEVEL", shown(&self.log_level, level)),
        ]
        .map(|(variable, shown)| listed(variable, shown))
        .into()
    }

    /// Returns where the configuration file is looked for, also when there is none; none without a
    /// place for configuration.
    pub fn file(environment: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
        sources::file_path(&environment)
    }

    fn mode_by_url(&self) -> &'static str {
        let mode = if self.turso_database_url.is_some() {
            TursoMode::Replica
        } else {
            TursoMode::Local
        };
        name_of(TursoMode::CHOICES, &mode)
    }
}

/// A value in words, and who said it.
#[derive(Default)]
struct Shown {
    value: Option<String>,
    is_hidden: bool,
    origin: Option<Origin>,
}

fn shown<T>(setting: &Setting<T>, value: impl Into<String>) -> Shown {
    Shown {
        value: Some(value.into()),
        is_hidden: false,
        origin: Some(setting.origin.clone()),
    }
}

fn of<T>(setting: Option<&Setting<T>>, show: impl Fn(&Setting<T>) -> Shown) -> Shown {
    setting.map_or_else(Shown::default, show)
}

fn hidden<T>(setting: Option<&Setting<T>>) -> Shown {
    of(setting, |setting| Shown {
        value: None,
        is_hidden: true,
        origin: Some(setting.origin.clone()),
    })
}

fn name_of<T: PartialEq>(choices: &[(&'static str, T)], value: &T) -> &'static str {
    let found = choices.iter().find(|(_, choice)| choice == value);
    found.map_or("", |(name, _)| name)
}

fn listed(variable: &'static str, shown: Shown) -> Listed {
    let (origin, set_by) = match shown.origin {
        None | Some(Origin::Default) => ("default", None),
        Some(Origin::File(path)) => ("file", Some(path.display().to_string())),
        Some(Origin::Environment(name)) => ("environment", Some(name.to_owned())),
        Some(Origin::Flag(name)) => ("flag", Some(name.to_owned())),
    };
    Listed {
        variable,
        key: sources::key(variable),
        value: shown.value,
        is_hidden: shown.is_hidden,
        origin,
        set_by,
    }
}
