use std::{path::Path, sync::Arc};

use ports::{GraphBackend, Restored, Upgrade};

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
    Ok(open_store(config).await?.0)
}

/// Opens the backend as [`open_backend`] does, and says what was done to a predecessor's store.
pub(crate) async fn open_store(
    config: &Config,
) -> Result<(Arc<dyn GraphBackend>, Option<Upgrade>)> {
    let backend = connect(config).await?;
    match backend.initialize_schema().await {
        Ok(schema) => {
            tracing::debug!(
                backend = backend.name(),
                schema = schema.version.0,
                "opened"
            );
            if let Some(upgrade) = &schema.upgraded {
                tracing::info!(
                    from = upgrade.from,
                    backup = upgrade.backup,
                    memories = upgrade.memories,
                    relationships = upgrade.relationships,
                    repaired = upgrade.repaired_count,
                    quarantined = upgrade.memories_quarantined + upgrade.relationships_quarantined,
                    "upgraded the store of a predecessor"
                );
            }
            Ok((backend, schema.upgraded))
        }
        Err(error) => {
            // What cannot be used is let go of; why it cannot be used is the error that counts.
            drop(backend.close().await);
            Err(error.into())
        }
    }
}

/// Returns a backend of this build that opens files.
pub(crate) const fn backend_for_files() -> BackendName {
    if cfg!(feature = "sqlite") {
        BackendName::Sqlite
    } else {
        BackendName::Turso
    }
}

/// Opens the store as it is: its schema is not touched.
pub(crate) async fn connect(config: &Config) -> Result<Arc<dyn GraphBackend>> {
    match config.backend.value {
        #[cfg(feature = "sqlite")]
        BackendName::Sqlite => {
            let options = sqlite_options(config);
            Ok(Arc::new(adapter_sqlite::SqliteBackend::open_with(
                &options,
            )?))
        }
        #[cfg(feature = "turso")]
        BackendName::Turso => {
            let options = turso_options(config)?;
            Ok(Arc::new(
                adapter_turso::TursoBackend::create(options).await?,
            ))
        }
        #[cfg(not(all(feature = "sqlite", feature = "turso")))]
        absent => Err(self::absent(absent)),
    }
}

/// Puts a copy of the backup `file` in the place of the store. Blocks.
pub(crate) fn replace(config: &Config, file: &Path) -> Result<Restored> {
    match config.backend.value {
        #[cfg(feature = "sqlite")]
        BackendName::Sqlite => {
            let options = sqlite_options(config);
            Ok(adapter_sqlite::SqliteBackend::restore(&options, file)?)
        }
        #[cfg(feature = "turso")]
        BackendName::Turso => {
            let options = turso_options(config)?;
            Ok(adapter_turso::TursoBackend::restore(&options, file)?)
        }
        #[cfg(not(all(feature = "sqlite", feature = "turso")))]
        absent => {
            // Without any engine there is none to read it.
            let _: &Path = file;
            Err(self::absent(absent))
        }
    }
}

#[cfg(feature = "sqlite")]
fn sqlite_options(config: &Config) -> adapter_sqlite::SqliteOptions {
    let key = config.sqlite_key.as_ref();
    adapter_sqlite::SqliteOptions {
        key: key.map(|key| adapter_sqlite::Key::new(key.value.expose())),
        ..adapter_sqlite::SqliteOptions::new(&config.sqlite_path.value)
    }
}

#[cfg(feature = "turso")]
fn turso_options(config: &Config) -> Result<adapter_turso::TursoOptions> {
    use adapter_turso::{Mode, Token, TursoOptions};

    use crate::{SystemClock, TursoMode};

    if config.sqlite_key.is_some() {
        let error = ports::BackendError::new(ports::ErrorKind::InvalidArgument, "open the graph");
        return Err(error
            .because(
                "MEMORY_SQLITE_KEY encrypts files of the sqlite backend alone: unset it, and know \
                 that the files of the turso backend are not encrypted",
            )
            .into());
    }
    let path = &config.turso_path.value;
    let url = config.turso_database_url.as_ref();
    Ok(TursoOptions {
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
    })
}

#[cfg(not(all(feature = "sqlite", feature = "turso")))]
fn absent(absent: BackendName) -> crate::Error {
    let error = ports::BackendError::new(ports::ErrorKind::Unsupported, "open the store");
    let absent = BackendName::as_str(absent);
    error
        .because(format!("this build does not have {absent}"))
        .into()
}
