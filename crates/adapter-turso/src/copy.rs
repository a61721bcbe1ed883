//! The copy of a primary on this machine, and how it is brought up to date.

use std::{
    fs::{self, File, TryLockError},
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use domain::{Timestamp, parse_time, time_text};
use libsql::{Builder, OpenFlags};
use ports::{BackendError, ErrorKind, Result};
use sql_graph::{History, StatementLog, beside};
use tokio::time::{sleep, timeout};

use crate::{
    TursoOptions,
    engine::{Engine, open_here},
    error::{across, timed_out, turso},
    network::heard,
    primary::{Compared, Primary},
};

/// What libsql keeps beside a copy: which log it follows, and how far it has come. In it, the
/// number of the last frame stands after the 16 bytes that name the log, and is the greatest there
/// is before the first sync.
const INDEX: &str = "-client_wal_index";
const INDEX_LENGTH: usize = 32;
const NO_FRAME: [u8; 8] = [0xff; 8];

/// How long the lock of a copy is asked for, and how often.
const LEAVING: Duration = Duration::from_millis(200);
const ASKING: Duration = Duration::from_millis(10);

/// The longest that nothing may come before a sync is given up.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// The first and the longest pause before a primary that puts its log together is asked again.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How the names end of the files in which earlier states of a copy are kept.
pub(crate) const ASIDE: &str = ".aside";

/// What we keep beside a copy: a lock, and the time of the last sync.
const SYNC: &str = "-sync";

/// A copy that this process keeps up to date, alone.
pub(crate) struct LocalCopy {
    options: TursoOptions,
    /// Only while there is one: it is made anew after a sync that had to be given up.
    database: Option<libsql::Database>,
    primary: Primary,
    kept: SyncFile,
    /// Whether there was no file before this opening.
    is_new: bool,
    /// What a person should know, and was not told yet.
    notice: Option<String>,
    /// For how long nothing may come before a sync is given up. Doubled with each that was: of one
    /// transaction nothing shows before all of it is here.
    wait: Duration,
}

/// What a sync brought.
#[derive(Debug)]
pub(crate) struct Pulled {
    pub(crate) frames: u64,
    /// What a person should know about it.
    pub(crate) notice: Option<String>,
}

/// Whether a copy may ask its primary for changes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// The primary has just shown that it has the history of this copy.
    Known,
    /// It may be another one by now, which would replace the copy.
    Ask,
}

impl LocalCopy {
    /// Takes the copy at the path of `options`; nothing travels yet.
    /// Returns none when another process keeps it up to date.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) for a graph that is no copy
    pub(crate) async fn open(options: &TursoOptions) -> Result<Option<Self>> {
        let path = &options.db_path;
        if path.exists() && !beside(path, INDEX).exists() {
            return Err(invalid(
                "it is a graph of its own, and cannot become a replica in place: name another file \
                 for the replica, and bring the memories to the primary with `memorygraph migrate`",
            ));
        }
        let Some(kept) = SyncFile::open(&beside(path, SYNC), last_success(path)).await? else {
            return Ok(None);
        };
        let is_new = !path.exists();
        if is_new {
            // They tell of pages that are gone with the file.
            for suffix in [INDEX, "-wal", "-shm"] {
                drop(fs::remove_file(beside(path, suffix)));
            }
        }
        let mut copy = Self {
            options: options.clone(),
            database: None,
            primary: Primary::new(options).await?,
            kept,
            is_new,
            notice: None,
            wait: options.patience,
        };
        copy.build().await?;
        Ok(Some(copy))
    }

    /// Says whether there is something to read without the primary.
    pub(crate) fn has_synced(&self) -> bool {
        has_synced(&self.options.db_path)
    }

    /// Says when the copy was last up to date.
    pub(crate) fn last_success(&self) -> Option<Timestamp> {
        self.kept.last_success
    }

    /// Removes the files that opening has made for nothing.
    pub(crate) fn discard(self) {
        if !self.is_new {
            return;
        }
        let path = self.options.db_path.clone();
        // The lock stays until all is gone.
        let Self { database, kept, .. } = self;
        drop(database);
        for suffix in ["", "-wal", "-shm", INDEX, SYNC] {
            // What cannot be removed is found empty by the next opening.
            drop(fs::remove_file(beside(&path, suffix)));
        }
        drop(kept);
    }

    /// Brings the copy up to date.
    pub(crate) async fn pull(&mut self, trust: Trust) -> Result<Pulled> {
        if trust == Trust::Ask {
            match self.history()? {
                None => self.primary.greet().await?,
                Some(history) => match self.primary.compare(&history).await? {
                    Compared::Same => {}
                    Compared::Diverged => self.notice = Some(self.keep_aside()?),
                    Compared::Empty => return Err(self.emptied()),
                },
            }
        }
        let mut frames = self.follow().await?;
        if self.history()?.is_none() && self.primary.has_graph().await? {
            // The index tells of pages that the file does not have.
            self.begin_anew()?;
            frames += self.follow().await?;
        }
        self.kept.note(self.options.clock.now());
        Ok(Pulled {
            frames,
            notice: self.notice.take(),
        })
    }

    async fn build(&mut self) -> Result<()> {
        // The old one ends first: two would write to the file.
        self.database = None;
        let options = &self.options;
        let url = options.primary()?.to_owned();
        let builder =
            Builder::new_remote_replica(&options.db_path, url, options.token().to_owned())
                // Writes do not go through it, so that their answers and the copy's are two things.
                .read_your_writes(false);
        self.database = Some(builder.build().await.map_err(turso)?);
        Ok(())
    }

    /// Asks the primary for its log, again while the primary is putting it together.
    async fn follow(&mut self) -> Result<u64> {
        let since = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let err = match self.ask_for_log().await {
                Ok(frames) => return Ok(frames),
                Err(err) => err,
            };
            // For a moment neither the old log has what a replica lacks, nor the new one yet.
            let is_compacting = err
                .detail()
                .is_some_and(|words| words.contains("snapshot not found"));
            if !is_compacting || since.elapsed() + pause > self.options.patience {
                return Err(err);
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Asks once. Given up when for a time nothing has come: a request that is never answered would be
    /// waited for without end.
    async fn ask_for_log(&mut self) -> Result<u64> {
        if self.database.is_none() {
            self.build().await?;
        }
        let database = self.database.as_ref().expect("it was built above");
        let url = self.options.primary()?;
        let mut syncing = Box::pin(database.sync());
        let mut seen = self.marks();
        let synced = loop {
            if let Ok(synced) = timeout(self.wait, heard(&mut syncing)).await {
                break Some(synced);
            }
            let now = self.marks();
            if now == seen {
                break None;
            }
            seen = now;
        };
        drop(syncing);
        match synced {
            Some(Ok(synced)) => {
                self.wait = self.options.patience;
                Ok(synced.frames_synced() as u64)
            }
            Some(Err(err)) => {
                let err = across_sync(err, url);
                // It may have panicked in the middle of anything.
                self.build().await?;
                Err(err)
            }
            None => {
                let err = timed_out(url, self.wait.as_secs_f64()).error;
                self.wait = self.wait.saturating_mul(2).min(LONGEST_WAIT);
                // What it has received and not kept yet is lost with it; the files are not.
                self.build().await?;
                Err(err)
            }
        }
    }

    /// Returns what changes when something arrives.
    fn marks(&self) -> [Option<(u64, SystemTime)>; 2] {
        ["-wal", ""].map(|suffix| {
            let found = fs::metadata(beside(&self.options.db_path, suffix)).ok()?;
            Some((found.len(), found.modified().ok()?))
        })
    }

    fn history(&self) -> Result<Option<History>> {
        // What follows no log is kept aside already, or has nothing.
        if follows_a_log(&self.options.db_path) {
            history_in(&self.options.db_path)
        } else {
            Ok(None)
        }
    }

    /// Lets the copy follow no log, so that it takes the primary's from its beginning.
    fn begin_anew(&mut self) -> Result<()> {
        self.database = None;
        let mut index = [0; INDEX_LENGTH];
        index[16..24].copy_from_slice(&NO_FRAME);
        fs::write(beside(&self.options.db_path, INDEX), index).map_err(io("begin the replica anew"))
    }

    /// Says that the primary holds no graph, while the copy does: it stays as it is.
    fn emptied(&self) -> BackendError {
        let path = self.options.db_path.display();
        BackendError::new(ErrorKind::Conflict, "sync").because(format!(
            "the primary holds no graph any more, and this replica keeps what it had: restore the \
             primary, or, to begin anew, move {path} and the files beside it away"
        ))
    }

    /// Keeps the copy under another name and begins it anew; says where it is kept.
    fn keep_aside(&mut self) -> Result<String> {
        let path = &self.options.db_path;
        let aside = aside(path, self.options.clock.now());
        // Under another name until it is whole, and a name that one left behind is found by again.
        let part = beside(path, ".aside-part");
        for suffix in ["", "-journal", "-wal"] {
            drop(fs::remove_file(beside(&part, suffix)));
        }
        let target = name(&part)?.replace('\'', "''");
        read_copy(path)?
            .control(&format!("VACUUM INTO '{target}'"))
            .map_err(|err| {
                let words = err.detail().unwrap_or_default().to_owned();
                err.because(format!(
                    "the primary holds another graph, or an earlier state of this one, and what is \
                     here cannot be kept aside as {}: {words}",
                    aside.display()
                ))
            })?;
        let kept = File::open(&part).and_then(|kept| kept.sync_all());
        kept.and_then(|()| fs::rename(&part, &aside))
            .and_then(|()| sync_folder(path))
            .map_err(io("keep the replica aside"))?;
        self.begin_anew()?;
        let notice = format!(
            "the primary holds another graph, or an earlier state of this one: what this replica had \
             is kept in {}, a graph that the sqlite backend opens",
            aside.display()
        );
        tracing::warn!("{notice}");
        Ok(notice)
    }
}

/// Makes the names of a file's folder last.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Returns a name that no file has yet.
fn aside(path: &Path, now: Timestamp) -> PathBuf {
    let moment = time_text(now).replace([':', '.'], "-");
    let numbered = |number: u32| match number {
        1 => beside(path, &format!(".{moment}{ASIDE}")),
        _ => beside(path, &format!(".{moment}-{number}{ASIDE}")),
    };
    let mut names = (1..).map(numbered);
    names
        .find(|name| !name.exists())
        .expect("a folder has not so many files")
}

/// Says whether the copy in a file has synced before. One that was begun anew, and has not got
/// through to its primary since, still has what it had.
pub(crate) fn has_synced(path: &Path) -> bool {
    follows_a_log(path) || history_in(path).is_ok_and(|history| history.is_some())
}

fn follows_a_log(path: &Path) -> bool {
    let index = fs::read(beside(path, INDEX)).unwrap_or_default();
    index.len() == INDEX_LENGTH && index[16..24] != NO_FRAME
}

fn history_in(path: &Path) -> Result<Option<History>> {
    sql_graph::history(&mut read_copy(path)?)
}

/// Says when the copy in a file, which another process may hold, was last up to date.
pub(crate) fn last_success(path: &Path) -> Option<Timestamp> {
    let text = fs::read_to_string(beside(path, SYNC)).ok()?;
    parse_time("last_success", text.trim()).ok()
}

/// Opens the copy for reading.
fn read_copy(path: &Path) -> Result<Engine> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    open_here(name(path)?, flags, StatementLog::default())
}

/// Returns a path as the engine takes it.
pub(crate) fn name(path: &Path) -> Result<&str> {
    path.to_str()
        .ok_or_else(|| invalid("its name is no Unicode text"))
}

/// Translates an error of a sync. The primary has answered a moment before, so that what libsql
/// tells as a silent primary is one that does not serve the log.
fn across_sync(err: libsql::Error, url: &str) -> BackendError {
    if let libsql::Error::Replication(_) = &err
        && !err.to_string().contains("error trying to connect")
    {
        let words = err.to_string();
        return BackendError::new(ErrorKind::Unreachable, "sync")
            .because(format!(
                "the primary {url} gave none of its log ({words}): try again; if it stays so, look at \
                 the primary's log"
            ))
            .from_source(err);
    }
    across(&err, url).error
}

/// The file beside a copy that one process holds.
struct SyncFile {
    file: File,
    last_success: Option<Timestamp>,
}

impl SyncFile {
    /// Takes the file, unless another process has it.
    async fn open(path: &Path, last_success: Option<Timestamp>) -> Result<Option<Self>> {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(io("open the file beside the replica"))?;
        let since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self { file, last_success })),
                Err(TryLockError::Error(err)) => return Err(io("lock the replica")(err)),
                // A backend that was just dropped holds it for a moment.
                Err(TryLockError::WouldBlock) if since.elapsed() < LEAVING => sleep(ASKING).await,
                Err(TryLockError::WouldBlock) => return Ok(None),
            }
        }
    }

    fn note(&mut self, now: Timestamp) {
        self.last_success = Some(now);
        let text = time_text(now);
        let written = self.file.seek(SeekFrom::Start(0)).and_then(|_| {
            self.file.write_all(text.as_bytes())?;
            self.file.set_len(text.len() as u64)
        });
        if let Err(err) = written {
            tracing::warn!(%err, "the time of the sync cannot be kept");
        }
    }
}

fn invalid(detail: &str) -> BackendError {
    BackendError::new(ErrorKind::InvalidArgument, "open the graph").because(detail)
}

fn io(doing: &'static str) -> impl FnOnce(std::io::Error) -> BackendError {
    move |err| {
        let kind = match err.kind() {
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                ErrorKind::Unauthorized
            }
            _ => ErrorKind::Backend,
        };
        let words = match kind {
            ErrorKind::Unauthorized => format!(
                "the folder of the replica may not be written ({err}): change its permissions, or name \
                 another file with MEMORY_TURSO_PATH; nothing was changed"
            ),
            _ => err.to_string(),
        };
        BackendError::new(kind, doing)
            .because(words)
            .from_source(err)
    }
}
