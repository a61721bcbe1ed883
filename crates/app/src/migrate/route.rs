//! From where to where.

use std::{ffi::OsString, fs, path::Path, sync::Arc};

use ports::{BackendError, ErrorKind, GraphBackend};

use super::{
    MigrateError, Options,
    place::{Place, Primary},
};
use crate::{
    Config, Error, Result, TursoMode,
    open::{connect, open_backend},
};

const FROM: &str = "--from";
const TO: &str = "--to";

/// From where to where a graph is carried.
///
/// Either end is one of:
///
/// - `sqlite:PATH`: a file, on SQLite
/// - `turso:PATH`: a file, on libSQL; both read the same files
/// - `turso:PATH?primary=URL`: a primary with a replica in this file; PATH has no `?`
/// - `libsql://…`, `https://…`, `http://…`: a primary
///
/// A path may begin with `~`. Where [`turso_database_url`](Config::turso_database_url) is set and
/// [`turso_mode`](Config::turso_mode) is not local, the target `turso:PATH` is a replica of that
/// primary. The source `turso:PATH` is what its file is: a graph of its own, or a replica of that
/// primary.
///
/// No URL holds a token. The one of the configuration goes only to the primary that
/// [`turso_database_url`](Config::turso_database_url) names, or, where that is not set, to the only
/// primary of the route.
#[derive(Clone, Debug)]
pub struct Route {
    from: Place,
    to: Place,
    config: Config,
    configured: Option<Primary>,
}

/// Both ends of a [`Route`], open.
#[derive(Clone, Debug)]
pub struct Ends {
    /// The source. Its schema was not touched.
    pub from: Arc<dyn GraphBackend>,
    /// The target.
    pub to: Arc<dyn GraphBackend>,
}

impl Ends {
    /// Lets go of both.
    pub async fn close(&self) -> Result<()> {
        let closed = self.from.close().await;
        self.to.close().await?;
        Ok(closed?)
    }
}

impl Route {
    /// Reads the URLs of both ends. `config` says what they do not, such as key and token, and
    /// `environment` where the home folder is. Looks at files, and opens none.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) for a URL that names no store or holds a
    ///   user or a token, for twice the same store, and for two primaries of which the
    ///   configuration does not say which one the token is for
    pub fn new(
        from: &str,
        to: &str,
        config: &Config,
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self> {
        let from = Place::parse(FROM, from, environment)?;
        let mut to = Place::parse(TO, to, environment)?;
        let url = config.turso_database_url.as_ref();
        let is_local = config
            .turso_mode
            .as_ref()
            .is_some_and(|mode| mode.value == TursoMode::Local);
        let configured = url
            .filter(|_| !is_local)
            .map(|url| Primary::new("TURSO_DATABASE_URL", url.value.as_str()))
            .transpose()?;
        if let (Place::Turso(path), Some(primary)) = (&to, &configured) {
            to = Place::Replica(path.clone(), primary.clone());
        }
        let route = Self {
            from,
            to,
            config: config.clone(),
            configured,
        };
        route.check(&route.from)?;
        Ok(route)
    }

    /// Fails unless the ends are two stores. Two engines on one file in one process would drop each
    /// other's locks.
    fn check(&self, from: &Place) -> std::result::Result<(), MigrateError> {
        if let (Some(one), Some(other)) = (from.path(), self.to.path())
            && is_same_file(one, other)
        {
            return Err(MigrateError::SameStore { what: "file" });
        }
        let (Some(one), Some(other)) = (from.primary(), self.to.primary()) else {
            return Ok(());
        };
        if one.is(other) {
            return Err(MigrateError::SameStore { what: "primary" });
        }
        let has_token =
            self.config.turso_auth_token.is_some() || self.config.turso_auth_token_file.is_some();
        let is_told = |configured: &Primary| configured.is(one) || configured.is(other);
        if has_token && !self.configured.as_ref().is_some_and(is_told) {
            return Err(MigrateError::WhoseToken);
        }
        Ok(())
    }

    /// Opens both ends: the source as it is, and the target with its schema made or upgraded.
    ///
    /// For a dry run the target is opened as it is, too. Where that is not there, or holds no
    /// graph, an empty one in memory stands in for it, and where it is a replica, its primary.
    ///
    /// Opening a source changes nothing of its graph. SQLite and libSQL open a file for writing
    /// all the same, which moves what its write-ahead log has into the file, and switches a file
    /// without such a log to one. A replica follows its primary.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ErrorKind::NotFound) when the source is not there, or holds no graph
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) for a file that is no replica and should
    ///   be, and the other way round
    /// - and as for [`open_backend`]
    pub async fn open(&self, options: &Options) -> Result<Ends> {
        let from = self.open_source().await?;
        match self.open_target(options).await {
            Ok(to) => Ok(Ends { from, to }),
            Err(error) => {
                // Why the target cannot be used is the error that counts.
                drop(from.close().await);
                Err(error)
            }
        }
    }

    async fn open_source(&self) -> Result<Arc<dyn GraphBackend>> {
        if let Some(path) = self.from.path()
            && !has_content(path)
            // A folder is there; what is wrong with it is for the backend to say.
            && !path.is_dir()
        {
            let location = path.display().to_string();
            return Err(MigrateError::NoGraph { location }.into());
        }
        let opened = connect(&self.config_of(FROM, &self.from)).await;
        let opened = match (opened, &self.from, &self.configured) {
            (Err(error), Place::Turso(path), Some(primary))
                if error.kind() == ErrorKind::InvalidArgument && path.is_file() =>
            {
                // A file that is no graph of its own may be a replica.
                let place = Place::Replica(path.clone(), primary.clone());
                self.check(&place)?;
                self.connect(FROM, &place).await
            }
            (opened, ..) => self.explain(opened, &self.from),
        };
        let from = opened?;
        // Older versions lack only what a store needs to be written to across a network.
        match from.health().await {
            Ok(health) if health.schema_version.0 > 0 => Ok(from),
            Ok(health) => {
                drop(from.close().await);
                let location = health.location;
                Err(MigrateError::NoGraph { location }.into())
            }
            Err(error) => {
                drop(from.close().await);
                Err(error.into())
            }
        }
    }

    async fn open_target(&self, options: &Options) -> Result<Arc<dyn GraphBackend>> {
        if !options.dry_run {
            let opened = open_backend(&self.config_of(TO, &self.to)).await;
            return self.explain(opened, &self.to);
        }
        let place = match &self.to {
            Place::Replica(_, primary) => Place::Primary(primary.clone()),
            place => place.clone(),
        };
        let is_there = place
            .path()
            .is_none_or(|path| has_content(path) || path.is_dir());
        if is_there {
            let to = self.connect(TO, &place).await?;
            let health = to.health().await;
            if health.as_ref().is_ok_and(|it| it.schema_version.0 > 0) {
                return Ok(to);
            }
            drop(to.close().await);
            health?;
        }
        open_backend(&Config::at(":memory:")).await
    }

    async fn connect(&self, end: &'static str, place: &Place) -> Result<Arc<dyn GraphBackend>> {
        let opened = connect(&self.config_of(end, place)).await;
        self.explain(opened, place)
    }

    fn config_of(&self, end: &'static str, place: &Place) -> Config {
        place.config(end, &self.config, self.sends_token(place))
    }

    fn sends_token(&self, place: &Place) -> bool {
        match (&self.configured, place.primary()) {
            (Some(configured), Some(primary)) => configured.is(primary),
            _ => true,
        }
    }

    /// Adds to the error of a primary that wants a token why it did not get it.
    fn explain<T>(&self, opened: Result<T>, place: &Place) -> Result<T> {
        opened.map_err(|error| match error {
            Error::Backend(error)
                if error.kind() == ErrorKind::Unauthorized && !self.sends_token(place) =>
            {
                let words = error.detail().unwrap_or_default().to_owned();
                let error: BackendError = error.because(format!(
                    "{words}; it was sent no token, since TURSO_DATABASE_URL names another primary: \
                     set that to the one that the token is for"
                ));
                error.into()
            }
            error => error,
        })
    }
}

/// Whether there is a file that is not empty, or something that is no file.
fn has_content(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.len() > 0)
}

/// Whether both paths lead to one file, by links of either kind, too.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;

        let place = |path: &Path| {
            fs::metadata(path)
                .map(|found| (found.dev(), found.ino()))
                .ok()
        };
        if let Some(found) = place(one) {
            return Some(found) == place(other);
        }
    }
    match (fs::canonicalize(one), fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        // What is not there has no other name.
        _ => one == other,
    }
}
