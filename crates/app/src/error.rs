use domain::Invalid;
use ports::{BackendError, ErrorKind};

use crate::{ConfigError, export::ExportError, import::ImportError, migrate::MigrateError};

/// What a use case returns.
pub type Result<T> = std::result::Result<T, Error>;

/// The application could not do what it was asked.
///
/// Messages say what was in the way and what to do; they never hold a secret.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The backend could not do it, or what it was asked for is not there.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A value breaks a rule of the domain.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The configuration says something that cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file could not be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A graph could not be exported.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A graph could not be migrated.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
}

impl Error {
    /// The decision that the caller can take.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Backend(error) => error.kind(),
            Self::Invalid(_) | Self::Config(_) => ErrorKind::InvalidArgument,
            Self::Import(error) => error.kind(),
            Self::Export(error) => error.kind(),
            Self::Migrate(error) => error.kind(),
        }
    }
}
