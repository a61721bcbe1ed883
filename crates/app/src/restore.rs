use std::{path::Path, thread};

use ports::{BackendError, ErrorKind, Restored};
use tokio::sync::oneshot;

use crate::{Config, Result, open::replace};

/// Puts a copy of the backup `file` in the place of the store that `config` names, which is kept beside
/// it as `<store>.before-restore`. The store must be closed, in every process.
///
/// The backup is checked before anything is touched. Whenever the process is killed, the store is the
/// old one or the new one, whole. A predecessor's store is a backup too: the first that opens it
/// upgrades it. A store that is in use is one as well, and read as one state; but a
/// [`MemoryGraph`](crate::MemoryGraph) of this process should not have it open with another backend.
///
/// Where the path of the store is a link, what it leads to is replaced, and kept beside that.
///
/// # Errors
///
/// - [`Busy`](ErrorKind::Busy) while somebody has the store open, and for a backup that others do not
///   cease to change
/// - [`InvalidArgument`](ErrorKind::InvalidArgument) when there is no backup at `file`, or the store is
///   an embedded replica
/// - [`Unauthorized`](ErrorKind::Unauthorized) for a store that is encrypted with another key than the
///   one of `config`, or is not encrypted and the backup is
/// - [`Corrupt`](ErrorKind::Corrupt) for a backup that is damaged, or has another key
/// - [`Schema`](ErrorKind::Schema) for a backup that a newer program, or another one, made
/// - [`Unsupported`](ErrorKind::Unsupported) when a primary keeps the graph, or nothing does
pub async fn restore(config: &Config, file: &Path) -> Result<Restored> {
    let (config, file) = (config.clone(), file.to_owned());
    let (told, restored) = oneshot::channel();
    let fault = |words| BackendError::new(ErrorKind::Backend, "restore a backup").because(words);
    thread::Builder::new()
        .name("restore".to_owned())
        .spawn(move || drop(told.send(replace(&config, &file))))
        .map_err(|err| fault("the system starts no thread").from_source(err))?;
    let restored = restored.await.map_err(|_| fault("restoring panicked"))??;
    tracing::info!(
        memories = restored.memories,
        kept = restored
            .kept
            .as_ref()
            .map(|kept| kept.display().to_string()),
        "restored a backup"
    );
    Ok(restored)
}
