use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::MigrateError;
use crate::{BackendName, Config, Origin, Setting, TursoMode, config::home_folder};

/// What a URL begins with.
const SCHEMES: &str = "begins with sqlite:PATH, turso:PATH, libsql://, https:// or http://";
/// Says where a token belongs.
const NO_TOKEN: &str = "names a primary with a user, a query or a fragment: a URL has none of them; \
     put the token into TURSO_AUTH_TOKEN, or into a file that TURSO_AUTH_TOKEN_FILE names";

/// Where a graph is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a file of SQLite.
    Sqlite(PathBuf),
    /// In a file of libSQL.
    Turso(PathBuf),
    /// At a primary, with a replica in a file.
    Replica(PathBuf, Primary),
    /// At a primary.
    Primary(Primary),
}

/// The URL of a primary, without anything secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Primary(String);

impl Primary {
    /// Takes a URL that holds nothing secret.
    pub(super) fn new(end: &'static str, url: &str) -> Result<Self, MigrateError> {
        let wrong = |rule: &str| {
            let rule = rule.to_owned();
            Err(MigrateError::Url { end, rule })
        };
        let Some((scheme, rest)) = url.split_once("://") else {
            return wrong(SCHEMES);
        };
        if !["libsql", "https", "http"].contains(&scheme) {
            return wrong(SCHEMES);
        }
        let authority = rest.split('/').next().unwrap_or_default();
        if authority.contains('@') || rest.contains(['?', '#']) {
            return wrong(NO_TOKEN);
        }
        if authority.is_empty() {
            return wrong("names no host");
        }
        Ok(Self(url.to_owned()))
    }

    /// Whether both URLs lead to one primary, as far as their texts tell.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.normalised() == other.normalised()
    }

    fn normalised(&self) -> String {
        let (scheme, rest) = self.0.split_once("://").unwrap_or_default();
        let (scheme, port) = match scheme {
            "http" => ("http", ":80"),
            _ => ("https", ":443"),
        };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = host.to_ascii_lowercase();
        let host = host.strip_suffix(port).unwrap_or(&host);
        format!("{scheme}://{host}/{}", path.trim_end_matches('/'))
    }
}

impl Place {
    /// Reads a URL; `~` at the beginning of a path becomes the home folder.
    pub(super) fn parse(
        end: &'static str,
        url: &str,
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, MigrateError> {
        let url = url.trim();
        if let Some(path) = url.strip_prefix("sqlite:") {
            return path_of(end, path, environment).map(Self::Sqlite);
        }
        let Some(rest) = url.strip_prefix("turso:") else {
            return Primary::new(end, url).map(Self::Primary);
        };
        match rest.split_once('?') {
            None => path_of(end, rest, environment).map(Self::Turso),
            Some((path, query)) => match query.strip_prefix("primary=") {
                Some(primary) => Ok(Self::Replica(
                    path_of(end, path, environment)?,
                    Primary::new(end, primary)?,
                )),
                None => Err(MigrateError::Url {
                    end,
                    rule: "has only ?primary=URL after turso:PATH; a token goes into \
                           TURSO_AUTH_TOKEN, or into a file that TURSO_AUTH_TOKEN_FILE names"
                        .to_owned(),
                }),
            },
        }
    }

    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) | Self::Turso(path) | Self::Replica(path, _) => Some(path),
            Self::Primary(_) => None,
        }
    }

    pub(super) fn primary(&self) -> Option<&Primary> {
        match self {
            Self::Replica(_, primary) | Self::Primary(primary) => Some(primary),
            Self::Sqlite(_) | Self::Turso(_) => None,
        }
    }

    /// Returns the configuration with which this place is opened: `base` in what the place does not
    /// say, such as the key and the token, the latter only with `with_token`.
    pub(super) fn config(&self, end: &'static str, base: &Config, with_token: bool) -> Config {
        fn said<T>(end: &'static str, value: T) -> Setting<T> {
            let origin = Origin::Flag(end);
            Setting { value, origin }
        }
        let mut config = base.clone();
        let (backend, mode) = match self {
            Self::Sqlite(_) => (BackendName::Sqlite, TursoMode::Local),
            Self::Turso(_) => (BackendName::Turso, TursoMode::Local),
            Self::Replica(..) => (BackendName::Turso, TursoMode::Replica),
            Self::Primary(_) => (BackendName::Turso, TursoMode::Remote),
        };
        config.backend = said(end, backend);
        config.turso_mode = Some(said(end, mode));
        config.turso_database_url = self
            .primary()
            .map(|primary| said(end, primary.0.as_str().into()));
        if let Some(path) = self.path() {
            config.sqlite_path = said(end, path.to_owned());
            config.turso_path = said(end, path.to_owned());
        }
        if !with_token || self.primary().is_none() {
            config.turso_auth_token = None;
            config.turso_auth_token_file = None;
        }
        // A replica is synced when it has to be, and fails when it cannot be.
        config.turso_auto_sync = said(end, false);
        config
    }
}

fn path_of(
    end: &'static str,
    path: &str,
    environment: &dyn Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, MigrateError> {
    let wrong = |rule: &str| {
        let rule = rule.to_owned();
        Err(MigrateError::Url { end, rule })
    };
    if path.is_empty() {
        return wrong("names no file: write sqlite:PATH or turso:PATH");
    }
    if path.starts_with("//") {
        return wrong("has the path right after the colon, without //: sqlite:PATH or turso:PATH");
    }
    if path == ":memory:" {
        return wrong("names a graph that ends with this command: name a file");
    }
    match Path::new(path).strip_prefix("~") {
        Ok(rest) => match home_folder(environment) {
            Some(home) => Ok(home.join(rest)),
            None => wrong("begins with ~, and there is no home folder: write the full path"),
        },
        Err(_) => Ok(path.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Place, MigrateError> {
        Place::parse("--to", url, &|name| {
            (name == "HOME").then(|| "/home/me".into())
        })
    }

    #[cfg(unix)]
    #[test]
    fn a_url_names_a_file_a_replica_or_a_primary() {
        let primary = |url| Primary::new("--to", url).unwrap();
        for (url, place) in [
            ("sqlite:graph.db", Place::Sqlite("graph.db".into())),
            (
                "sqlite:~/graph.db",
                Place::Sqlite("/home/me/graph.db".into()),
            ),
            ("sqlite:/a b/é?.db", Place::Sqlite("/a b/é?.db".into())),
            ("turso:C:\\graph.db", Place::Turso("C:\\graph.db".into())),
            (
                "turso:~/g.db?primary=libsql://g.example",
                Place::Replica("/home/me/g.db".into(), primary("libsql://g.example")),
            ),
            (
                "http://127.0.0.1:8080",
                Place::Primary(primary("http://127.0.0.1:8080")),
            ),
        ] {
            assert_eq!(parse(url), Ok(place), "{url}");
        }
    }

    #[test]
    fn what_names_nothing_is_refused_and_not_shown() {
        for url in [
            "",
            "sqlite",
            "sqlite:",
            "sqlite::memory:",
            "sqlite:///secret.db",
            "turso:",
            "turso:?primary=libsql://g.example",
            "turso:g.db?authToken=secret",
            "turso:g.db?primary=libsql://me:secret@g.example",
            "turso:g.db?primary=libsql://g.example?authToken=secret",
            "turso:g.db?primary=secret",
            "libsql://",
            "libsql://secret@g.example",
            "https://me:secret@g.example/x",
            "https://g.example?authToken=secret",
            "https://g.example#secret",
            "postgres://secret",
            "secret.db",
        ] {
            let refused = parse(url).unwrap_err().to_string();
            assert!(refused.starts_with("--to "), "{refused}");
            assert!(!refused.contains("secret"), "{refused}");
        }
    }

    #[test]
    fn a_primary_is_known_by_its_url() {
        let primary = |url| Primary::new("--to", url).unwrap();
        let one = primary("libsql://Graph.example");
        for same in [
            "libsql://graph.example",
            "https://graph.example/",
            "https://graph.example:443",
        ] {
            assert!(one.is(&primary(same)), "{same}");
        }
        for other in [
            "http://graph.example",
            "https://graph.example:8080",
            "https://graph.example/other",
            "https://other.example",
        ] {
            assert!(!one.is(&primary(other)), "{other}");
        }
    }
}
