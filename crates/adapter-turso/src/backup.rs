//! Looking for trouble and mending it, copies of a graph, a copy in its place, and what is left of what
//! was erased.

use std::{path::Path, sync::Arc, time::Duration};

use lanes::Transaction;
use libsql::OpenFlags;
use ports::{BackendError, Backup, Batch, ErrorKind, Finding, Receipt, Restored, Result};
use sql_graph::{Access, StatementLog, settings};

use crate::{
    Mode, TursoBackend, TursoOptions,
    connect::{Open, in_use},
    connection::Connection,
    copy::name,
    engine::{Engine, open_here},
    error::on_lane,
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

impl TursoBackend {
    /// Inspects the file, the copy of a replica, or as much of the primary as that lets others ask.
    pub(crate) async fn inspect_store(&self) -> Result<Vec<Finding>> {
        const DOING: &str = "inspect the store";
        let open = self.opened(DOING)?;
        let mut found = self.read(DOING, |c| sql_graph::inspect(c)).await?;
        if open.mode == Mode::Local && sql_graph::may_compare_texts(&found) {
            // The engine takes the question for a write.
            let compare = |connection: &mut Connection| {
                connection.begin()?;
                let different = sql_graph::compare_texts(connection);
                connection.rollback()?;
                different
            };
            let compared = open.lanes.write_alone(compare).await;
            found.extend(compared.map_err(on_lane(DOING))?);
        }
        Ok(found)
    }

    pub(crate) async fn repair_store(&self) -> Result<Vec<Finding>> {
        const DOING: &str = "repair the store";
        let repair = |connection: &mut Connection| {
            connection.begin_alone()?;
            if connection.writer.is_some() {
                return connection.interact(|engine| sql_graph::repair(engine));
            }
            sql_graph::repair(connection)
        };
        let repaired = self.opened(DOING)?.lanes.write_alone(repair).await;
        repaired.map_err(on_lane(DOING))
    }

    pub(crate) async fn back_up(&self, file: &Path) -> Result<Backup> {
        const DOING: &str = "back up";
        let refused = |kind, words: &str| Err(BackendError::new(kind, DOING).because(words));
        let open = self.opened(DOING)?;
        let path = self.options.db_path.clone();
        match (open.mode, self.options.mode()?) {
            (Mode::Local | Mode::Replica, _) => {}
            (Mode::Remote, Mode::Replica) => {
                return refused(ErrorKind::Busy, &in_use(&path, Mode::Remote));
            }
            (Mode::Remote, _) => {
                return refused(
                    ErrorKind::Unsupported,
                    "the graph is at its primary, and there is no file here to copy: write it with \
                     `memorygraph export`, or open a replica and copy that",
                );
            }
        }
        let file = file.to_owned();
        self.read(DOING, move |connection| {
            let in_memory = path == Path::new(":memory:");
            let like = (!in_memory).then_some(path.as_path());
            let copy = |name: &str| {
                let engine = &mut connection.engine;
                // It writes, but not to the database.
                engine.control("PRAGMA query_only = OFF")?;
                let copied = if in_memory {
                    sql_graph::copy_into(engine, &sql_graph::on_disk(name))
                } else {
                    sql_graph::copy_into(engine, name)
                };
                engine.control("PRAGMA query_only = ON")?;
                copied
            };
            let read = |copy: &Path| open_file(copy, OpenFlags::SQLITE_OPEN_READ_ONLY);
            sql_graph::backup(&file, like, copy, read)
        })
        .await
    }

    /// Applies a batch that erases, and sees to the bytes where the file is its own.
    pub(crate) async fn apply_erasing(&self, open: &Open, batch: Batch) -> Result<Receipt> {
        let applied = open.lanes.apply(batch).await;
        let receipt = applied.map_err(on_lane("apply a batch"))?;
        self.allowance.add();
        self.remove_traces(open, When::AtOnce).await;
        Ok(receipt)
    }

    /// Removes the bytes of what was erased, also by others, if there are any in a local file. What was
    /// erased is gone from the graph, also when this does not succeed.
    pub(crate) async fn remove_traces(&self, open: &Open, when: When) {
        let path = self.options.db_path.clone();
        if open.mode != Mode::Local || path == Path::new(":memory:") {
            return;
        }
        let looked = open.lanes.read(|c| sql_graph::has_traces(c)).await;
        if let Ok(false) = looked {
            return;
        }
        let allowance = Arc::clone(&self.allowance);
        let remove = move |connection: &mut Connection| {
            let may_rewrite = || {
                when == When::Closing
                    || sql_graph::file_size(&path).is_some_and(|size| allowance.take(size))
            };
            connection.engine.wait_for_others(sql_graph::PATIENCE)?;
            let removed = sql_graph::remove_traces(connection, may_rewrite);
            connection.engine.wait_for_others(settings::BUSY)?;
            removed
        };
        let removed = open.lanes.write_alone(remove).await;
        if let Err(error) = removed.map_err(on_lane("remove traces")) {
            tracing::warn!(%error, location = %open.location, "what was erased may have left bytes in the file");
        }
    }

    /// Puts the backup `file` in the place of the local file that `options` name, which is kept beside
    /// it.
    ///
    /// Blocks. The backup is checked before.
    ///
    /// # Errors
    ///
    /// As for [`sql_graph::restore`], and [`Unsupported`](ErrorKind::Unsupported) for a replica and a
    /// primary.
    pub fn restore(options: &TursoOptions, file: &Path) -> Result<Restored> {
        if options.mode()? != Mode::Local {
            let words = "what a primary keeps is not replaced by a file: bring the backup there with \
                         `memorygraph migrate`";
            return Err(
                BackendError::new(ErrorKind::Unsupported, "restore a backup").because(words),
            );
        }
        sql_graph::restore(&options.db_path, file, |path, access| {
            let flags = match access {
                Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
                Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
            };
            open_file(path, flags)
        })
    }
}

/// Opens a file that is there, as it is.
fn open_file(path: &Path, flags: OpenFlags) -> Result<Engine> {
    let engine = open_here(name(path)?, flags, StatementLog::default())?;
    engine.wait_for_others(PATIENCE)?;
    Ok(engine)
}
