use std::sync::Arc;

use ports::GraphBackend;

use crate::{BackendName, Config, Result};

/// Opens the backend that `config` names, as it is on disk: its schema is not touched.
///
/// This is the one place that knows which backends there are. It may block for a moment.
pub fn open_backend(config: &Config) -> Result<Arc<dyn GraphBackend>> {
    match config.backend.value {
        #[cfg(feature = "sqlite")]
        BackendName::Sqlite => {
            use adapter_sqlite::{Key, SqliteBackend, SqliteOptions};

            let mut options = SqliteOptions::new(&config.sqlite_path.value);
            let key = config.sqlite_key.as_ref();
            options.key = key.map(|key| Key::new(key.value.expose()));
            Ok(Arc::new(SqliteBackend::open_with(&options)?))
        }
        #[cfg(not(feature = "sqlite"))]
        BackendName::Sqlite => {
            let error = ports::BackendError::new(ports::ErrorKind::Unsupported, "open the store");
            Err(error.because("this build does not have sqlite").into())
        }
    }
}
