//! Copies of a graph, a copy in its place, and what is left of what was erased.

use std::{path::Path, sync::Arc, time::Duration};

use ports::{Backup, Batch, Receipt, Restored, Result};
use sql_graph::{Access, StatementLog};
use sqlite_engine::rusqlite::OpenFlags;

use crate::{
    Key, SqliteBackend, SqliteOptions,
    connect::{LEAVE_LOG, Location, briefly},
    connection::Connection,
    error::{on_lane, sqlite},
};

/// How long a restore waits for others to close the file.
const PATIENCE: Duration = Duration::from_secs(3);

/// When bytes of what was erased are removed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// While others wait: as much as is quick.
    AtOnce,
    Closing,
}

impl SqliteBackend {
    pub(crate) async fn back_up(&self, file: &Path) -> Result<Backup> {
        let (file, location, key) = (file.to_owned(), self.location.clone(), self.key.clone());
        self.read("back up", move |connection| {
            let like = match &location {
                Location::File(path) => Some(path.as_path()),
                Location::Memory(_) => None,
            };
            // Encrypted with the same key, if there is one.
            let copy = |name: &str| match location {
                Location::File(_) => sql_graph::copy_into(connection, name),
                Location::Memory(_) => sql_graph::copy_into(connection, &sql_graph::on_disk(name)),
            };
            let read = |copy: &Path| open(copy, key.as_ref(), OpenFlags::SQLITE_OPEN_READ_ONLY);
            sql_graph::backup(&file, like, copy, read)
        })
        .await
    }

    /// Applies a batch that erases, and sees to the bytes.
    pub(crate) async fn apply_erasing(&self, batch: Batch) -> Result<Receipt> {
        let applied = self.lanes.apply(batch).await;
        let receipt = applied.map_err(on_lane("apply a batch"))?;
        self.allowance.add();
        self.remove_traces(When::AtOnce).await;
        Ok(receipt)
    }

    /// Removes the bytes of what was erased, also by others, if there are any. What was erased is gone
    /// from the graph, also when this does not succeed.
    pub(crate) async fn remove_traces(&self, when: When) {
        const DOING: &str = "remove traces";
        let Location::File(path) = &self.location else {
            return;
        };
        if let Ok(false) = self.read(DOING, |c| sql_graph::has_traces(c)).await {
            return;
        }
        let (path, allowance) = (path.clone(), Arc::clone(&self.allowance));
        let remove = move |connection: &mut Connection| {
            let may_rewrite = || {
                when == When::Closing
                    || sql_graph::file_size(&path).is_some_and(|size| allowance.take(size))
            };
            briefly(connection, sql_graph::PATIENCE, |connection| {
                sql_graph::remove_traces(connection, may_rewrite)
            })
        };
        let removed = self.lanes.write_alone(remove).await;
        if let Err(error) = removed.map_err(on_lane(DOING)) {
            tracing::warn!(%error, location = %self.location, "what was erased may have left bytes in the file");
        }
    }

    /// Puts the backup `file` in the place of the store that `options` name, which is kept beside it.
    ///
    /// Blocks. The backup is checked before, and opens with the key of the store.
    ///
    /// # Errors
    ///
    /// As for [`sql_graph::restore`].
    pub fn restore(options: &SqliteOptions, file: &Path) -> Result<Restored> {
        sql_graph::restore(&options.path, file, |path, access| {
            let flags = match access {
                Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
                Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
            };
            let connection = open(path, options.key.as_ref(), flags)?;
            let leave_log = connection.sqlite.set_db_config(LEAVE_LOG, true);
            leave_log.map_err(sqlite)?;
            Ok(connection)
        })
    }
}

/// Opens a file that is there, as it is.
fn open(path: &Path, key: Option<&Key>, access: OpenFlags) -> Result<Connection> {
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = match key {
        Some(Key(key)) => sqlite_engine::open_encrypted(path, flags, key),
        None => sqlite_engine::open(path, flags),
    };
    let sqlite_connection = opened.map_err(sqlite)?;
    sqlite_connection.busy_timeout(PATIENCE).map_err(sqlite)?;
    Connection::new(sqlite_connection, StatementLog::default()).map_err(sqlite)
}
