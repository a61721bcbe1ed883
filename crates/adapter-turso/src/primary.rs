//! The primary: what is sent there, and how a lost answer is found out about.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use libsql::Builder;
use ports::{BackendError, ErrorKind, Result};
use sql_graph::{DIVERGED, History, STALE, StatementLog, Statements, abandon};
use tokio::time::{error::Elapsed, sleep, timeout};
use uuid::Uuid;

use crate::{
    TursoOptions,
    engine::{Engine, Place, all_of},
    error::{Failure, across, timed_out, turso},
    network::{Network, heard},
};

/// How many bytes of JSON travel in one statement: the primary takes texts of 5,000,000 bytes.
pub(crate) const LARGEST_PARAMETER: usize = 2 << 20;

/// The slowest network that large batches are to get through.
const BYTES_PER_SECOND: u64 = 100_000;

/// What is said of a write that did not happen, and of one that may have.
pub(crate) const UNCHANGED: &str = "nothing was changed";
pub(crate) const UNKNOWN: &str = "is not known";

/// Says whether the words of an engine are those of a store that holds no graph.
pub(crate) fn lacks_graph(words: &str) -> bool {
    let Some((_, name)) = words.split_once("no such table: ") else {
        return false;
    };
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let name = &name[..end.unwrap_or(name.len())];
    ["batches", "graph", "nodes", "nodes_unread"].contains(&name)
}

/// The first and the longest pause before a lost answer is asked for again.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How many patiences a write may take, with all that is asked about a lost answer.
const PATIENCES: u32 = 3;

/// A way to the primary, with a connection of its own.
pub(crate) struct Primary {
    database: Arc<libsql::Database>,
    connection: libsql::Connection,
    url: Arc<str>,
    patience: Duration,
}

type Heard<T> = std::result::Result<T, Failure>;

/// What became of a group of batches.
#[derive(Debug)]
pub(crate) enum Sent {
    /// It is applied. The rows are those of the first statement that writes what was asked for,
    /// unless they were lost with the answer.
    Applied(Option<Vec<libsql::Row>>),
    /// Something has changed since it was read; nothing is applied.
    Stale,
}

/// How a store compares with the history that a replica has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compared {
    /// It has that history, and perhaps more.
    Same,
    /// It is another graph, or an earlier state of this one.
    Diverged,
    /// It holds no graph.
    Empty,
}

impl Primary {
    /// Prepares a way; nothing travels yet.
    pub(crate) async fn new(options: &TursoOptions) -> Result<Self> {
        let url: Arc<str> = options.primary()?.into();
        let token = options.token().to_owned();
        let building = Builder::new_remote(url.to_string(), token).build();
        let database = building.await.map_err(turso)?;
        let connection = database.connect().map_err(turso)?;
        Ok(Self {
            database: Arc::new(database),
            connection,
            url,
            patience: options.patience,
        })
    }

    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns a connection on which SQL runs at the primary, a statement at a time.
    pub(crate) fn engine(
        &self,
        network: &Arc<Network>,
        statements: StatementLog,
    ) -> Result<Engine> {
        let connection = self.database.connect().map_err(turso)?;
        let place = Place::Primary {
            database: Arc::clone(&self.database),
            network: Arc::clone(network),
            patience: self.patience,
            url: Arc::clone(&self.url),
        };
        Ok(Engine::new(connection, place, statements))
    }

    /// Sends the statements, to be carried out together or not at all.
    /// Comes back with a definite answer, unless the primary has fallen silent altogether.
    pub(crate) async fn send(&mut self, statements: &Statements) -> Result<Sent> {
        let mut id = new_id();
        let mut script = statements.script(&id);
        let deadline = Instant::now() + travel(script.len()) + self.patience * PATIENCES;
        loop {
            let answer = match self.transact(&script, statements.first_write()).await {
                Ok(rows) => return Ok(Sent::Applied(Some(rows))),
                Err(answer) => answer,
            };
            if is(&answer, STALE) || lacks_graph(&answer.words) {
                return Ok(Sent::Stale);
            }
            // The same words under the same id came before: then they tell of themselves.
            if !answer.may_have_happened && !is(&answer, "batches.id") {
                return Err(answer.error);
            }
            tracing::warn!(error = %answer.error, "an answer of the primary was lost");
            if self.was_applied(&id, &answer.error, deadline).await? {
                return Ok(Sent::Applied(None));
            }
            sleep(FIRST_PAUSE).await;
            if Instant::now() >= deadline {
                let words = answer.error.detail().unwrap_or_default();
                return Err(
                    BackendError::new(ErrorKind::Unreachable, "write to the primary").because(
                        format!("{words}; {UNCHANGED}, and nothing will be: try again"),
                    ),
                );
            }
            id = new_id();
            script = statements.script(&id);
        }
    }

    /// Finds out whether a group was applied; if not, it never will be.
    async fn was_applied(
        &mut self,
        id: &str,
        lost: &BackendError,
        deadline: Instant,
    ) -> Result<bool> {
        let question = abandon(id);
        let mut pause = FIRST_PAUSE;
        loop {
            match self.execute(&question).await {
                Ok(abandoned) => return Ok(abandoned == 0),
                Err(failure) if failure.is_of_the_way() && Instant::now() + pause < deadline => {
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(_) => break,
            }
        }
        let words = lost.detail().unwrap_or_default();
        Err(BackendError::new(lost.kind(), "write to the primary").because(format!(
            "{words}; whether the primary has taken the write {UNKNOWN}: when it can be reached \
             again, look before you repeat it"
        )))
    }

    /// Finds out whether the transaction that records itself as `id` was committed, when the answer
    /// to its commit was lost.
    pub(crate) async fn was_committed(&mut self, id: &str, lost: &BackendError) -> Result<bool> {
        let deadline = Instant::now() + self.patience * (PATIENCES - 1);
        self.was_applied(id, lost, deadline).await
    }

    /// Compares the primary's history with what a replica has.
    pub(crate) async fn compare(&mut self, history: &History) -> Result<Compared> {
        match self.execute(&history.check()).await {
            Ok(_) => Ok(Compared::Same),
            Err(answer) if is(&answer, DIVERGED) => Ok(Compared::Diverged),
            Err(answer) if lacks_graph(&answer.words) => Ok(Compared::Empty),
            Err(answer) => Err(answer.error),
        }
    }

    /// Says whether the primary holds a graph.
    pub(crate) async fn has_graph(&mut self) -> Result<bool> {
        match self.execute("SELECT id FROM graph").await {
            Ok(_) => Ok(true),
            Err(answer) if lacks_graph(&answer.words) => Ok(false),
            Err(answer) => Err(answer.error),
        }
    }

    /// Fails unless the primary answers.
    pub(crate) async fn greet(&mut self) -> Result<()> {
        match self.execute("SELECT 1").await {
            Ok(_) => Ok(()),
            Err(answer) => Err(answer.error),
        }
    }

    /// Runs the script in a transaction, and returns the rows of the statement at `place`.
    async fn transact(&mut self, script: &str, place: usize) -> Heard<Vec<libsql::Row>> {
        let sending = async {
            let sent = self.connection.execute_transactional_batch(script);
            let mut answers = sent.await?;
            for _ in 0..place {
                drop(answers.next_stmt_row());
            }
            match answers.next_stmt_row() {
                Some(Some(rows)) => all_of(rows).await,
                _ => Ok(Vec::new()),
            }
        };
        let travel = travel(script.len());
        let sent = timeout(self.patience + travel, heard(sending)).await;
        self.translated(sent)
    }

    async fn execute(&mut self, sql: &str) -> Heard<u64> {
        let sending = self.connection.execute(sql, ());
        let sent = timeout(self.patience, heard(sending)).await;
        self.translated(sent)
    }

    /// Translates an answer. After one that did not come, the connection is another: what is still
    /// under way on the old one answers nobody.
    fn translated<T>(&mut self, sent: std::result::Result<libsql::Result<T>, Elapsed>) -> Heard<T> {
        let answer = match sent {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(err)) => across(&err, &self.url),
            Err(_) => timed_out(&self.url, self.patience.as_secs_f64()),
        };
        if answer.may_have_happened
            && let Ok(connection) = self.database.connect()
        {
            self.connection = connection;
        }
        Err(answer)
    }
}

/// Returns how long so many bytes may be on their way.
fn travel(bytes: usize) -> Duration {
    Duration::from_secs(bytes as u64 / BYTES_PER_SECOND)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the id names a message on the network, and nothing that is kept"
)]
pub(crate) fn new_id() -> String {
    Uuid::new_v4().to_string()
}

fn is(answer: &Failure, words: &str) -> bool {
    answer.words.contains(words)
}
