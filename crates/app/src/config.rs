//! What can be set, from where, and what holds when nothing is.
//!
//! A value is looked for in this order: the flags that a program passes on, the environment, the
//! file `config.toml`, the default. The file stands in the folder `memorygraph` of the platform's
//! place for configuration (`$XDG_CONFIG_HOME` or `~/.config`; on macOS `~/Library/Application
//! Support`; on Windows `%APPDATA%`). Its keys are the names of the variables in lower case,
//! without `MEMORY_`: `sqlite_path = "~/notes.db"`, `turso_database_url = "libsql://…"`. A variable
//! that is set to nothing is not set.

mod listed;
mod primary;
mod sources;
mod token;

use std::{
    ffi::{OsStr, OsString},
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use sources::Sources;

pub(crate) use sources::home as home_folder;

pub use listed::Listed;
pub use primary::{DatabaseUrl, TursoMode};

/// The time between two syncs of a replica, in seconds.
const SYNC_INTERVAL: u32 = 300;

/// How the application is set up; each value knows where it comes from.
///
/// There is nothing that must be set: both backends keep the graph in a local file by default, and
/// Turso asks for a URL only in order to share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `MEMORY_BACKEND`: which backend keeps the graph.
    pub backend: Setting<BackendName>,
    /// `MEMORY_SQLITE_PATH`: the file, or `:memory:` for a graph that ends with the process.
    pub sqlite_path: Setting<PathBuf>,
    /// `MEMORY_SQLITE_KEY`: encrypts the file; none leaves it plain.
    pub sqlite_key: Option<Setting<Secret>>,
    /// `MEMORY_TURSO_PATH`: the file, which is a copy of the primary in replica mode, or `:memory:`.
    pub turso_path: Setting<PathBuf>,
    /// `TURSO_DATABASE_URL`: the primary.
    pub turso_database_url: Option<Setting<DatabaseUrl>>,
    /// `TURSO_AUTH_TOKEN`: what the primary asks for; at most one of this and the next.
    pub turso_auth_token: Option<Setting<Secret>>,
    /// `TURSO_AUTH_TOKEN_FILE`: the file that has it.
    pub turso_auth_token_file: Option<Setting<PathBuf>>,
    /// `MEMORY_TURSO_MODE`: where reads and writes go; else the URL decides.
    pub turso_mode: Option<Setting<TursoMode>>,
    /// `MEMORY_TURSO_AUTO_SYNC`: whether a replica syncs by itself.
    pub turso_auto_sync: Setting<bool>,
    /// `MEMORY_TURSO_SYNC_INTERVAL`: how often it does.
    pub turso_sync_interval: Setting<Duration>,
    /// `MEMORY_ALLOW_CYCLES`: whether relationships may close cycles of types that have none.
    pub allow_cycles: Setting<bool>,
    /// `MEMORY_TOOL_PROFILE`: which tools the MCP server shows.
    pub tool_profile: Setting<ToolProfile>,
    /// `MEMORY_HTTP_TOKEN`: what the HTTP server asks its clients for; at most one of this and the
    /// next.
    pub http_token: Option<Setting<Secret>>,
    /// `MEMORY_HTTP_TOKEN_FILE`: the file that has it.
    pub http_token_file: Option<Setting<PathBuf>>,
    /// `MEMORY_LOG_LEVEL`: what the program reports about itself.
    pub log_level: Setting<LogLevel>,
}

/// What a program passes on from its command line; it goes before everything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--backend`.
    pub backend: Option<OsString>,
    /// `--path`: where the chosen backend keeps the graph.
    pub path: Option<OsString>,
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The configuration file at this path.
    File(PathBuf),
    /// The environment variable of this name.
    Environment(&'static str),
    /// The flag of this name, or the program itself.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => path.display().fmt(f),
            Self::Environment(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A backend; which of them a build has is for its features to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BackendName {
    /// A file of SQLite.
    Sqlite,
    /// A file of libSQL, a replica of a primary, or the primary itself.
    Turso,
}

impl BackendName {
    /// Those that this build has; the first is the default.
    const CHOICES: &[(&str, Self)] = &[
        #[cfg(feature = "sqlite")]
        ("sqlite", Self::Sqlite),
        #[cfg(feature = "turso")]
        ("turso", Self::Turso),
    ];

    /// What holds when nobody says anything: SQLite, or Turso in a build without it.
    const DEFAULT: Self = if cfg!(feature = "turso") && !cfg!(feature = "sqlite") {
        Self::Turso
    } else {
        Self::Sqlite
    };

    /// Returns the word that configuration has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Turso => "turso",
        }
    }

    /// The names of those that this build has; the first is the default.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::CHOICES.iter().map(|(name, _)| *name)
    }

    /// The variable that says where it keeps the graph.
    const fn path_variable(self) -> &'static str {
        match self {
            Self::Sqlite => "MEMORY_SQLITE_PATH",
            Self::Turso => "MEMORY_TURSO_PATH",
        }
    }
}

/// What a program reports about itself, from nothing to everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are those of every log")]
pub enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    const CHOICES: &[(&str, Self)] = &[
        ("off", Self::Off),
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
    ];
}

/// Which tools the MCP server shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ToolProfile {
    /// Those that every agent needs: recall, store, correct, connect.
    #[default]
    Core,
    /// All of them: also paths, histories and statistics.
    Extended,
}

impl ToolProfile {
    const CHOICES: &[(&str, Self)] = &[
        (Self::Core.as_str(), Self::Core),
        (Self::Extended.as_str(), Self::Extended),
    ];

    /// Returns the name, as it stands in `MEMORY_TOOL_PROFILE`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Extended => "extended",
        }
    }
}

impl fmt::Display for ToolProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ToolProfile {
    type Err = String;

    fn from_str(name: &str) -> std::result::Result<Self, String> {
        let known = Self::CHOICES.iter().find(|(known, _)| *known == name);
        known
            .map(|(_, profile)| *profile)
            .ok_or_else(|| format!("no tool profile is called {name:?}: take core or extended"))
    }
}

/// A text that is never shown: neither `Debug` nor an error has it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Returns the text, for the one who needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// The configuration says something that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value is none of the choices.
    #[error("{place} {rule}, got {value:?}")]
    Value {
        /// The variable, flag or key.
        place: String,
        /// What would have been right.
        rule: String,
        /// What is there.
        value: String,
    },
    /// The value of a secret cannot be used; it is not shown.
    #[error("{place} {rule}")]
    Secret {
        /// The variable or key.
        place: String,
        /// What would have been right.
        rule: &'static str,
    },
    /// The file of a token has none.
    #[error("{place} names {}, which {reason}", path.display())]
    TokenFile {
        /// The variable or key.
        place: String,
        /// What it names.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file cannot be read, or says something that has no meaning.
    #[error("{}: {reason}", path.display())]
    File {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A path begins with `~`, and nothing says where that is.
    #[error("{place} begins with ~, and there is no home folder: set it to a full path")]
    NoHome {
        /// The variable, flag or key.
        place: String,
    },
}

impl Config {
    /// Reads the environment of the process and the configuration file.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::load(&Flags::default(), |name| std::env::var_os(name))
    }

    /// Reads `flags`, the environment that `environment` looks up, and the configuration file that
    /// the environment leads to.
    ///
    /// # Errors
    ///
    /// Fails when a value is none of the choices, a path needs a home folder and there is none, a
    /// token is given twice, or the file cannot be read, is no TOML or has a key without a meaning.
    pub fn load(
        flags: &Flags,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let mut sources = Sources::new(flags, &environment)?;
        let default_path = OsStr::new("~/.memorygraph/memory.db");
        let backend = sources
            .choice(
                "MEMORY_BACKEND",
                BackendName::CHOICES,
                BackendName::DEFAULT.as_str(),
            )
            .map_err(name_absent_backend)?;
        sources.path_flag_means(backend.value.path_variable());
        let (turso_auth_token, turso_auth_token_file) = token::TURSO.find(&sources)?;
        let (http_token, http_token_file) = token::HTTP.find(&sources)?;
        Ok(Self {
            backend,
            sqlite_path: sources.path("MEMORY_SQLITE_PATH", default_path)?,
            sqlite_key: sources.secret("MEMORY_SQLITE_KEY")?,
            turso_path: sources.path("MEMORY_TURSO_PATH", default_path)?,
            turso_database_url: primary::url(&sources)?,
            turso_auth_token,
            turso_auth_token_file,
            turso_mode: sources.optional_choice("MEMORY_TURSO_MODE", TursoMode::CHOICES)?,
            turso_auto_sync: sources.choice("MEMORY_TURSO_AUTO_SYNC", sources::YES_NO, "true")?,
            turso_sync_interval: sources.seconds("MEMORY_TURSO_SYNC_INTERVAL", SYNC_INTERVAL)?,
            allow_cycles: sources.choice("MEMORY_ALLOW_CYCLES", sources::YES_NO, "false")?,
            tool_profile: sources.choice("MEMORY_TOOL_PROFILE", ToolProfile::CHOICES, "core")?,
            http_token,
            http_token_file,
            log_level: sources.choice("MEMORY_LOG_LEVEL", LogLevel::CHOICES, "info")?,
        })
    }

    /// Keeps the graph in a file at `path`, or in memory for `:memory:`, on the default backend of
    /// this build; everything else is as by default, whatever the environment says.
    pub fn at(path: impl AsRef<Path>) -> Self {
        fn default<T>(value: T) -> Setting<T> {
            let origin = Origin::Default;
            Setting { value, origin }
        }
        // Both backends read the same files.
        let path = Setting {
            value: path.as_ref().to_owned(),
            origin: Origin::Flag("the program"),
        };
        Self {
            backend: default(BackendName::DEFAULT),
            sqlite_path: path.clone(),
            sqlite_key: None,
            turso_path: path,
            turso_database_url: None,
            turso_auth_token: None,
            turso_auth_token_file: None,
            turso_mode: None,
            turso_auto_sync: default(true),
            turso_sync_interval: default(Duration::from_secs(SYNC_INTERVAL.into())),
            allow_cycles: default(false),
            tool_profile: default(ToolProfile::Core),
            http_token: None,
            http_token_file: None,
            log_level: default(LogLevel::Info),
        }
    }

    /// Keeps the graph in an SQLite file, otherwise as [`at`](Self::at).
    pub fn sqlite(path: impl AsRef<Path>) -> Self {
        Self::on(BackendName::Sqlite, path)
    }

    /// Keeps the graph in a libSQL file, otherwise as [`at`](Self::at). With a
    /// [`turso_database_url`](Self::turso_database_url), the file is a replica.
    pub fn turso(path: impl AsRef<Path>) -> Self {
        Self::on(BackendName::Turso, path)
    }

    fn on(backend: BackendName, path: impl AsRef<Path>) -> Self {
        let mut config = Self::at(path);
        config.backend.value = backend;
        config
    }

    /// The path of the chosen backend.
    pub fn path(&self) -> &Setting<PathBuf> {
        match self.backend.value {
            BackendName::Sqlite => &self.sqlite_path,
            BackendName::Turso => &self.turso_path,
        }
    }
}

/// Tells a name that means nothing from a backend that was left out of this build.
fn name_absent_backend(mut error: ConfigError) -> ConfigError {
    if let ConfigError::Value { rule, value, .. } = &mut error
        && [BackendName::Sqlite, BackendName::Turso]
            .iter()
            .any(|absent| absent.as_str().eq_ignore_ascii_case(value.trim()))
    {
        *rule = format!("{rule} (this build does not have {value})");
    }
    error
}
