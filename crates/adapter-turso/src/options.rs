use std::{fmt, num::NonZeroUsize, path::PathBuf, sync::Arc, time::Duration};

use lanes::LaneOptions;
use ports::{BackendError, Clock, ErrorKind, Result};

/// How to open a graph.
#[derive(Clone)]
pub struct TursoOptions {
    /// The file: the graph itself, or the replica of it. `:memory:` for a graph that ends with the
    /// backend. Remote mode has none.
    pub db_path: PathBuf,
    /// The primary: `libsql://`, `https://`, or `http://` to this machine or without a token.
    pub sync_url: Option<String>,
    /// What the primary asks for, unless it asks for nothing.
    pub auth_token: Option<Token>,
    /// Where reads and writes go; by default what [`sync_url`](Self::sync_url) implies: a replica
    /// with it, a local file without it.
    pub mode: Option<Mode>,
    /// Whether a replica syncs by itself: on opening, at an interval, and on closing. Without it, a
    /// sync follows only a write or a question for one.
    pub auto_sync: bool,
    /// The time between two syncs; each is up to a tenth longer or shorter, so that devices do not
    /// meet.
    pub sync_interval: Duration,
    /// How long an answer of the primary is waited for.
    pub patience: Duration,
    /// How many reads run at the same time.
    pub readers: NonZeroUsize,
    /// Tells when a sync was.
    pub clock: Arc<dyn Clock>,
}

/// Where reads and writes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A file on this machine.
    Local,
    /// Reads go to a copy on this machine, writes to the primary.
    Replica,
    /// Everything goes to the primary.
    Remote,
}

impl Mode {
    /// Returns the word that configuration has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Replica => "replica",
            Self::Remote => "remote",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A token for a primary. It shows up in no message.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes the text of the token, without the white space around it.
    pub fn new(token: impl AsRef<str>) -> Self {
        Self(token.as_ref().trim().to_owned())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl fmt::Debug for TursoOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A URL that none can be may hold a token in the wrong place.
        let url = self
            .sync_url
            .as_ref()
            .map(|_| self.primary().unwrap_or("…"));
        f.debug_struct("TursoOptions")
            .field("db_path", &self.db_path)
            .field("sync_url", &url)
            .field("auth_token", &self.auth_token)
            .field("mode", &self.mode)
            .field("auto_sync", &self.auto_sync)
            .field("sync_interval", &self.sync_interval)
            .field("patience", &self.patience)
            .field("readers", &self.readers)
            .finish_non_exhaustive()
    }
}

impl TursoOptions {
    /// Opens the file at `db_path`, with 4 readers; with a
    /// [`sync_url`](Self::sync_url), as a replica that syncs by itself every 300 seconds.
    pub fn new(db_path: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self {
            db_path: db_path.into(),
            sync_url: None,
            auth_token: None,
            mode: None,
            auto_sync: true,
            sync_interval: Duration::from_mins(5),
            patience: Duration::from_secs(10),
            readers: LaneOptions::default().readers,
            clock,
        }
    }

    /// Returns the mode that these options ask for.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) for a replica or a remote graph without a
    ///   URL, and a URL that no primary can have
    pub fn mode(&self) -> Result<Mode> {
        let mode = match (self.mode, &self.sync_url) {
            (Some(mode), _) => mode,
            (None, Some(_)) => Mode::Replica,
            (None, None) => Mode::Local,
        };
        if mode != Mode::Local {
            self.primary()?;
        }
        Ok(mode)
    }

    /// Returns the URL of the primary, once it is known to be one.
    pub(crate) fn primary(&self) -> Result<&str> {
        if !self.token().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(invalid(
                "the token has a character that no token has, such as a line break: look at \
                 TURSO_AUTH_TOKEN, or the file that TURSO_AUTH_TOKEN_FILE names",
            ));
        }
        let url = self.sync_url.as_deref().ok_or_else(|| {
            invalid("a replica, or a remote graph, needs the URL of its primary: set TURSO_DATABASE_URL")
        })?;
        // The text itself may hold a token in the wrong place, so that messages leave it out.
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(invalid(
                "the URL of the primary begins with libsql://, https:// or http://",
            ));
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') || rest.contains(['?', '#']) {
            return Err(invalid(
                "the URL of the primary has no user, query or fragment: put the token into \
                 TURSO_AUTH_TOKEN or a file that TURSO_AUTH_TOKEN_FILE names",
            ));
        }
        if authority.is_empty() || !authority.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(invalid("the URL of the primary names no host"));
        }
        match scheme {
            "libsql" | "https" => Ok(url),
            "http" if is_loopback(authority) || self.auth_token.is_none() => Ok(url),
            "http" => Err(invalid(
                "a token would travel unencrypted over http:// to another machine: use https:// or \
                 libsql://",
            )),
            _ => Err(invalid(
                "the URL of the primary begins with libsql://, https:// or http://",
            )),
        }
    }

    pub(crate) fn token(&self) -> &str {
        self.auth_token.as_ref().map_or("", Token::expose)
    }
}

fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_address = host
        .parse::<std::net::IpAddr>()
        .is_ok_and(|ip| ip.is_loopback());
    is_address || host == "localhost" || host.ends_with(".localhost")
}

fn invalid(detail: &str) -> BackendError {
    BackendError::new(ErrorKind::InvalidArgument, "open the graph").because(detail)
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::*;

    #[derive(Debug)]
    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
    }

    fn options(url: &str, token: Option<&str>) -> TursoOptions {
        TursoOptions {
            sync_url: Some(url.to_owned()),
            auth_token: token.map(Token::new),
            ..TursoOptions::new("graph.db", Arc::new(Noon))
        }
    }

    #[test]
    fn the_mode_follows_from_the_url() {
        let local = TursoOptions::new("graph.db", Arc::new(Noon));
        assert_eq!(local.mode().ok(), Some(Mode::Local));
        assert_eq!(
            options("libsql://graph.example", None).mode().ok(),
            Some(Mode::Replica)
        );
        let remote = TursoOptions {
            mode: Some(Mode::Remote),
            ..local
        };
        let refused = remote.mode().expect_err("no URL");
        assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    }

    #[test]
    fn a_url_is_one_of_a_primary() {
        for url in [
            "libsql://graph-me.example",
            "https://graph.example:8080/v1",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
            "http://localhost",
        ] {
            assert!(options(url, Some("secret")).mode().is_ok(), "{url}");
        }
        for url in [
            "",
            "graph.example",
            "ftp://graph.example",
            "https://",
            "https://me:secret@graph.example",
            "libsql://graph.example?authToken=secret",
            "http://graph.example",
            "http://127.0.0.1.example",
        ] {
            let options = options(url, Some("secret"));
            let refused = options.mode().expect_err(url);
            assert!(!refused.to_string().contains("secret"), "{refused}");
            assert!(!format!("{options:?}").contains("secret"), "{options:?}");
        }
        assert!(options("http://graph.lan", None).mode().is_ok());
    }

    #[test]
    fn a_token_is_never_shown() {
        let shown = format!("{:?}", options("libsql://graph.example", Some("secret")));
        assert!(!shown.contains("secret"), "{shown}");
    }
}
