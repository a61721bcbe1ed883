use std::sync::Arc;

use ports::GraphBackend;

use crate::{BackendName, Config, Result};

/// Opens the backend that `config` names, and makes or upgrades its schema.
///
/// This is the one place that knows which backends there are. It may block for a moment.
///
/// # Errors
///
/// - [`Schema`](ports::ErrorKind::Schema) when the store is newer than this program
/// - [`Unreachable`](ports::ErrorKind::Unreachable) when the primary does not answer, and there is
///   no copy of it yet
/// - [`Unsupported`](ports::ErrorKind::Unsupported) for a backend that this build does not have
pub async fn open_backend(config: &Config) -> Result<Arc<dyn GraphBackend>> {
    let backend = connect(config).await?;
    match backend.initialize_schema().await {
        Ok(schema) => {
            tracing::debug!(
                backend = backend.name(),
                schema = schema.version.0,
                "opened"
            );
            Ok(backend)
        }
        Err(error) => {
            // What cannot be used is let go of; why it cannot be used is the error that counts.
            drop(backend.close().await);
            Err(error.into())
        }
    }
}

/// Opens the store as it is: its schema is not touched.
pub(crate) async fn connect(config: &Config) -> Result<Arc<dyn GraphBackend>> {
    match config.backend.value {
        #[cfg(feature = "sqlite")]
        BackendName::Sqlite => {
            use adapter_sqlite::{Key, SqliteBackend, SqliteOptions};

            let mut options = SqliteOptions::new(&config.sqlite_path.value);
            let key = config.sqlite_key.as_ref();
            options.key = key.map(|key| Key::new(key.value.expose()));
            Ok(Arc::new(SqliteBackend::open_with(&options)?))
        }
        #[cfg(feature = "turso")]
        BackendName::Turso => {
            use adapter_turso::{Mode, Token, TursoBackend, TursoOptions};

            use crate::{SystemClock, TursoMode};

            if config.sqlite_key.is_some() {
                let error =
                    ports::BackendError::new(ports::ErrorKind::InvalidArgument, "open the graph");
                return Err(error
                    .because(
                        "MEMORY_SQLITE_KEY encrypts files of the sqlite backend alone: unset it, and \
                         know that the files of the turso backend are not encrypted",
                    )
                    .into());
            }
            let path = &config.turso_path.value;
            let url = config.turso_database_url.as_ref();
            let options = TursoOptions {
                sync_url: url.map(|url| url.value.as_str().to_owned()),
                auth_token: config
                    .turso_token()?
                    .map(|token| Token::new(token.expose())),
                mode: config.turso_mode.as_ref().map(|mode| match mode.value {
                    TursoMode::Local => Mode::Local,
                    TursoMode::Replica => Mode::Replica,
                    TursoMode::Remote => Mode::Remote,
                }),
                auto_sync: config.turso_auto_sync.value,
                sync_interval: config.turso_sync_interval.value,
                ..TursoOptions::new(path, Arc::new(SystemClock::new()))
            };
            Ok(Arc::new(TursoBackend::create(options).await?))
        }
        #[cfg(not(all(feature = "sqlite", feature = "turso")))]
        absent => {
            let error = ports::BackendError::new(ports::ErrorKind::Unsupported, "open the store");
            let absent = BackendName::as_str(absent);
            Err(error
                .because(format!("this build does not have {absent}"))
                .into())
        }
    }
}
