//! One connection of libsql, to a file here or to the primary, as something that SQL runs on.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use libsql::{AuthContext, Authorization, Builder, OpenFlags, Statement, Value};
use ports::{BackendError, ErrorKind, Result, Row, SqlValue};
use sql_graph::{SqlConnection, SqlRow, StatementLog, settings};
use tokio::time::timeout;

use crate::{
    error::{Failure, across, timed_out, turso},
    network::{Network, heard},
    sql_access::may_caller,
};

/// A connection, whose calls block.
pub(crate) struct Engine {
    pub(crate) connection: libsql::Connection,
    place: Place,
    prepared: HashMap<String, Arc<Statement>>,
    statements: StatementLog,
    /// Whether the statement that is being prepared is a caller's own.
    is_callers: Arc<AtomicBool>,
}

/// Where the engine runs.
#[derive(Clone)]
pub(crate) enum Place {
    /// In this process: each future of libsql is ready at once.
    Here,
    /// Across a network.
    Primary {
        database: Arc<libsql::Database>,
        network: Arc<Network>,
        patience: Duration,
        url: Arc<str>,
    },
}

impl Engine {
    pub(crate) fn new(
        connection: libsql::Connection,
        place: Place,
        statements: StatementLog,
    ) -> Self {
        Self {
            connection,
            place,
            prepared: HashMap::new(),
            statements,
            is_callers: Arc::default(),
        }
    }

    /// Asks about each statement of a caller whether it is theirs.
    fn guard(&mut self) -> Result<()> {
        let is_callers = Arc::clone(&self.is_callers);
        let hook = move |context: &AuthContext<'_>| {
            if is_callers.load(Ordering::Relaxed) {
                may_caller(context)
            } else {
                Authorization::Allow
            }
        };
        self.connection
            .authorizer(Some(Arc::new(hook)))
            .map_err(turso)
    }

    /// Runs `use_sql` so that what it prepares may change rows and tables, and nothing that the
    /// lanes depend on.
    pub(crate) fn as_caller<T>(&mut self, use_sql: impl FnOnce(&mut Self) -> T) -> T {
        self.is_callers.store(true, Ordering::Relaxed);
        // Also when it panics: the lane goes on with this connection.
        let _ends = Ends(Arc::clone(&self.is_callers));
        use_sql(self)
    }

    /// Makes a call wait while another process holds the file.
    pub(crate) fn wait_for_others(&self, patience: Duration) -> Result<()> {
        self.connection.busy_timeout(patience).map_err(turso)
    }

    pub(crate) fn is_here(&self) -> bool {
        matches!(self.place, Place::Here)
    }

    /// Runs a statement without recording it: for transactions and settings.
    pub(crate) fn control(&mut self, sql: &str) -> Result<()> {
        match &self.place {
            Place::Here => {
                let statement = self.prepare(sql)?;
                let done = ready(statement.run(())).map_err(turso);
                statement.reset();
                done
            }
            Place::Primary { .. } => self
                .across(async |connection| connection.execute(sql, ()).await)
                .map(drop)
                .map_err(Failure::into_error),
        }
    }

    pub(crate) fn is_in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Runs a caller's statement, which is prepared anew: one of ours with the same text may be
    /// prepared already, and was not asked for permission.
    pub(crate) fn callers(&mut self, sql: &str, parameters: Vec<SqlValue>) -> Result<Vec<Row>> {
        self.statements.record(sql);
        if !self.is_here() {
            let rows = self.ask(sql, &parameters)?;
            return rows
                .iter()
                .map(row_by_name)
                .collect::<libsql::Result<_>>()
                .map_err(turso);
        }
        let values: Vec<Value> = parameters.into_iter().map(value).collect();
        let asked = async {
            let mut rows = self.connection.query(sql, values).await?;
            let mut answer = Vec::new();
            while let Some(row) = rows.next().await? {
                answer.push(row_by_name(&row)?);
            }
            Ok(answer)
        };
        self.place.run(asked).map_err(Failure::into_error)
    }

    /// Fails unless a caller's statement means something here: in a script, libsql passes over one that
    /// is not whole.
    pub(crate) fn check(&mut self, sql: &str) -> Result<()> {
        if self.is_here() {
            return self.as_caller(|engine| {
                ready(engine.connection.prepare(sql))
                    .map(drop)
                    .map_err(turso)
            });
        }
        let prepared =
            self.repeatable(&async |connection: &libsql::Connection| connection.prepare(sql).await);
        if !self.is_in_transaction() {
            self.begin_anew();
        }
        prepared.map(drop).map_err(Failure::into_error)
    }

    /// Asks the primary for rows, in one message and with all of them in one answer. libsql's
    /// streamed rows take two messages, and leave a stream open that the next statement may find
    /// interrupted.
    fn ask(&mut self, sql: &str, parameters: &[SqlValue]) -> Result<Vec<libsql::Row>> {
        let sql = sql_graph::inlined(sql, parameters)?;
        let answer = self.repeatable(&async |connection: &libsql::Connection| {
            let mut answers = connection.execute_batch(&sql).await?;
            match answers.next_stmt_row() {
                Some(Some(rows)) => all_of(rows).await,
                _ => Ok(Vec::new()),
            }
        });
        match answer {
            // One message takes so many bytes and no more, and streamed rows do not.
            Err(failure) if failure.words.contains("RESPONSE_TOO_LARGE") => {
                let streamed =
                    self.across(async |connection| all_of(connection.query(&sql, ()).await?).await);
                if !self.is_in_transaction() {
                    self.begin_anew();
                }
                streamed.map_err(Failure::into_error)
            }
            answer => answer.map_err(Failure::into_error),
        }
    }

    /// Asks for something that may be asked again: outside a transaction nothing is lost with an
    /// answer. The first call after a short cut of the network finds its connection dead.
    fn repeatable<T>(
        &mut self,
        ask: &impl AsyncFn(&libsql::Connection) -> libsql::Result<T>,
    ) -> std::result::Result<T, Failure> {
        let may_repeat = !self.is_in_transaction();
        match self.across(ask) {
            Err(failure) if may_repeat && failure.is_lost() => self.across(ask),
            answer => answer,
        }
    }

    /// Begins a new connection to the primary; what is open on the old one, the primary ends by
    /// itself.
    pub(crate) fn begin_anew(&mut self) {
        if let Place::Primary {
            database, network, ..
        } = &self.place
            && let Ok(connection) = database.connect()
        {
            // The old one takes its leave there.
            let _entered = network.handle().enter();
            self.connection = connection;
        }
    }

    /// Waits for an answer of the primary. After one that did not come the connection is another:
    /// nothing tells what is still open on the old one.
    fn across<T>(
        &mut self,
        ask: impl AsyncFnOnce(&libsql::Connection) -> libsql::Result<T>,
    ) -> std::result::Result<T, Failure> {
        let answer = self.place.run(ask(&self.connection));
        if let Err(failure) = &answer
            && failure.error.kind() == ErrorKind::Unreachable
        {
            self.begin_anew();
        }
        answer
    }

    /// Prepares the statement, or finds it prepared.
    fn prepare(&mut self, sql: &str) -> Result<Arc<Statement>> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(Arc::clone(statement));
        }
        let statement = Arc::new(ready(self.connection.prepare(sql)).map_err(turso)?);
        if self.prepared.len() == settings::PREPARED {
            self.prepared.clear();
        }
        self.prepared.insert(sql.to_owned(), Arc::clone(&statement));
        Ok(statement)
    }
}

/// Sets a flag to false when it is dropped.
struct Ends(Arc<AtomicBool>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Place {
    fn run<T>(
        &self,
        future: impl Future<Output = libsql::Result<T>>,
    ) -> std::result::Result<T, Failure> {
        match self {
            Self::Here => ready(future).map_err(|err| Failure::here(turso(err))),
            Self::Primary {
                network,
                patience,
                url,
                ..
            } => {
                let waiting = async { timeout(*patience, heard(future)).await };
                match network.handle().block_on(waiting) {
                    Ok(answer) => answer.map_err(|err| across(&err, url)),
                    Err(_) => Err(timed_out(url, patience.as_secs_f64())),
                }
            }
        }
    }
}

/// Opens a database in this process.
pub(crate) fn open_here(name: &str, flags: OpenFlags, statements: StatementLog) -> Result<Engine> {
    let database = ready(Builder::new_local(name).flags(flags).build()).map_err(turso)?;
    let connection = database.connect().map_err(turso)?;
    let mut engine = Engine::new(connection, Place::Here, statements);
    engine.guard()?;
    Ok(engine)
}

/// Returns what a future of the engine in this process gives: it waits for nothing.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("the engine in this process answers at once"),
    }
}

impl SqlConnection for Engine {
    fn query(
        &mut self,
        sql: &str,
        parameters: &[SqlValue],
        row: &mut dyn FnMut(&dyn SqlRow) -> Result<()>,
    ) -> Result<()> {
        self.statements.record(sql);
        if self.is_here() {
            let parameters = values(parameters);
            let statement = self.prepare(sql)?;
            let read = (|| {
                let mut rows = ready(statement.query(parameters)).map_err(turso)?;
                while let Some(found) = ready(rows.next()).map_err(turso)? {
                    row(&TursoRow(&found))?;
                }
                Ok(())
            })();
            // Otherwise it would go on holding the state that it has read.
            statement.reset();
            return read;
        }
        let rows = self.ask(sql, parameters)?;
        rows.iter().try_for_each(|found| row(&TursoRow(found)))
    }

    fn execute(&mut self, sql: &str, parameters: &[SqlValue]) -> Result<u64> {
        self.statements.record(sql);
        let parameters = values(parameters);
        if self.is_here() {
            let statement = self.prepare(sql)?;
            let changed = ready(statement.execute(parameters)).map_err(turso);
            statement.reset();
            return changed.map(|changed| changed as u64);
        }
        self.across(async |connection| connection.execute(sql, parameters).await)
            .map_err(Failure::into_error)
    }

    fn execute_script(&mut self, sql: &str) -> Result<()> {
        // Outside a transaction it begins one.
        self.repeatable(&async |connection: &libsql::Connection| {
            connection.execute_batch(sql).await
        })
        .map(drop)
        .map_err(Failure::into_error)
    }
}

pub(crate) async fn all_of(mut rows: libsql::Rows) -> libsql::Result<Vec<libsql::Row>> {
    let mut all = Vec::new();
    while let Some(row) = rows.next().await? {
        all.push(row);
    }
    Ok(all)
}

pub(crate) fn row_by_name(row: &libsql::Row) -> libsql::Result<Row> {
    let columns = (0..row.column_count()).map(|column| {
        let name = row.column_name(column).unwrap_or_default();
        Ok((name.to_owned(), sql_value(row.get_value(column)?)))
    });
    columns.collect::<libsql::Result<_>>().map(Row)
}

struct TursoRow<'a>(&'a libsql::Row);

impl TursoRow<'_> {
    fn get(&self, column: usize) -> Result<Value> {
        self.0.get_value(place(column)).map_err(turso)
    }
}

fn place(column: usize) -> i32 {
    i32::try_from(column).unwrap_or(i32::MAX)
}

/// A value is stored that its column cannot have.
fn undecodable(column: usize, found: &Value) -> BackendError {
    BackendError::new(ErrorKind::Corrupt, "read a row").because(format!(
        "a stored value does not decode: column {column} has {found:?}"
    ))
}

impl SqlRow for TursoRow<'_> {
    fn text(&self, column: usize) -> Result<Option<&str>> {
        match self.0.get_str(place(column)) {
            Ok(text) => Ok(Some(text)),
            Err(_) => match self.get(column)? {
                Value::Null => Ok(None),
                other => Err(undecodable(column, &other)),
            },
        }
    }

    fn integer(&self, column: usize) -> Result<Option<i64>> {
        match self.get(column)? {
            Value::Null => Ok(None),
            Value::Integer(integer) => Ok(Some(integer)),
            other => Err(undecodable(column, &other)),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "SQLite converts so too")]
    fn real(&self, column: usize) -> Result<Option<f64>> {
        match self.get(column)? {
            Value::Null => Ok(None),
            Value::Real(real) => Ok(Some(real)),
            Value::Integer(integer) => Ok(Some(integer as f64)),
            other => Err(undecodable(column, &other)),
        }
    }

    fn columns(&self) -> usize {
        usize::try_from(self.0.column_count()).unwrap_or_default()
    }
}

fn values(parameters: &[SqlValue]) -> Vec<Value> {
    parameters.iter().cloned().map(value).collect()
}

fn value(value: SqlValue) -> Value {
    match value {
        SqlValue::Null => Value::Null,
        SqlValue::Integer(integer) => Value::Integer(integer),
        SqlValue::Real(real) => Value::Real(real),
        SqlValue::Text(text) => Value::Text(text),
        SqlValue::Blob(blob) => Value::Blob(blob),
    }
}

fn sql_value(value: Value) -> SqlValue {
    match value {
        Value::Null => SqlValue::Null,
        Value::Integer(integer) => SqlValue::Integer(integer),
        Value::Real(real) => SqlValue::Real(real),
        Value::Text(text) => SqlValue::Text(text),
        Value::Blob(blob) => SqlValue::Blob(blob),
    }
}
