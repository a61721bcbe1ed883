use async_trait::async_trait;
use libsql::{AuthAction, AuthContext, Authorization};
use ports::{Access, BackendError, ErrorKind, Result, Row, SqlAccess, SqlParameters, SqlValue};

use crate::{
    TursoBackend, connection::Connection, engine::Engine, error::on_lane, writer::PrimaryWriter,
};

const DOING: &str = "execute a query";

/// The words with which a statement begins that changes what the lanes depend on. An engine in this
/// process refuses them by itself; a primary is not asked.
const OURS: [&str; 10] = [
    "attach",
    "begin",
    "commit",
    "detach",
    "end",
    "pragma",
    "release",
    "rollback",
    "savepoint",
    "vacuum",
];

#[async_trait]
impl SqlAccess for TursoBackend {
    async fn execute_query(
        &self,
        sql: &str,
        parameters: SqlParameters,
        access: Access,
    ) -> Result<Vec<Row>> {
        let open = self.opened(DOING)?;
        let sql = sql_graph::single_statement(sql)
            .map_err(invalid)?
            .to_owned();
        let values = bound(&sql, parameters)?;
        match access {
            Access::Read => {
                let read =
                    move |connection: &mut Connection| read(&mut connection.engine, &sql, values);
                self.read(DOING, read).await
            }
            // Alone, since a statement can roll back the transaction in which it runs.
            Access::Write => {
                let write = move |connection: &mut Connection| {
                    connection.begin_alone()?;
                    match &mut connection.writer {
                        Some(writer) => write_across(writer, &mut connection.engine, &sql, &values),
                        None => write(&mut connection.engine, &sql, values),
                    }
                };
                open.lanes.write_alone(write).await.map_err(on_lane(DOING))
            }
        }
    }
}

fn read(engine: &mut Engine, sql: &str, values: Vec<SqlValue>) -> Result<Vec<Row>> {
    if engine.is_here() {
        return engine
            .as_caller(|engine| engine.callers(sql, values))
            .map_err(fault_of_reader);
    }
    // A primary has no connection that can only read.
    if !sql_graph::is_reading(sql) {
        return Err(invalid(NOT_READING));
    }
    engine.callers(sql, values).map_err(fault_of_caller)
}

fn write(engine: &mut Engine, sql: &str, values: Vec<SqlValue>) -> Result<Vec<Row>> {
    let rows = engine
        .as_caller(|engine| engine.callers(sql, values))
        .map_err(fault_of_caller)?;
    sql_graph::read_new_texts(engine)?;
    Ok(rows)
}

fn write_across(
    writer: &mut PrimaryWriter,
    reads: &mut Engine,
    sql: &str,
    values: &[SqlValue],
) -> Result<Vec<Row>> {
    refuse_ours(sql)?;
    if sql_graph::is_replacing(sql) {
        return Err(invalid(
            "at a primary, what REPLACE removes stays in the full-text index: use INSERT … ON CONFLICT \
             (id) DO UPDATE",
        ));
    }
    let inlined = sql_graph::inlined(sql, values)?;
    writer
        .carry_out(reads, sql, inlined)
        .map_err(fault_of_caller)
}

fn refuse_ours(sql: &str) -> Result<()> {
    let first = sql_graph::first_word(sql).to_ascii_lowercase();
    if OURS.contains(&first.as_str()) {
        return Err(invalid(NOT_THEIRS));
    }
    Ok(())
}

/// Puts the values in the order in which the statement numbers its parameters.
fn bound(sql: &str, parameters: SqlParameters) -> Result<Vec<SqlValue>> {
    let wanted = sql_graph::parameters(sql);
    let fits = |given: usize| {
        if given == wanted.len() {
            return Ok(());
        }
        Err(invalid(&format!(
            "the statement has {} parameters, and {given} were given",
            wanted.len()
        )))
    };
    match parameters {
        SqlParameters::Positional(values) => {
            fits(values.len())?;
            Ok(values)
        }
        SqlParameters::Named(values) => {
            let is_wanted = |name: &str| wanted.iter().flatten().any(|wanted| &wanted[1..] == name);
            if let Some((unknown, _)) = values.iter().find(|(name, _)| !is_wanted(name)) {
                return Err(invalid(&format!(
                    "the statement has no parameter {unknown:?}"
                )));
            }
            let bound: Vec<SqlValue> = wanted
                .iter()
                .flatten()
                .filter_map(|wanted| {
                    let given = values.iter().rfind(|(name, _)| *name == wanted[1..]);
                    given.map(|(_, value)| value.clone())
                })
                .collect();
            fits(bound.len())?;
            Ok(bound)
        }
    }
}

const NOT_READING: &str = "the statement changes something, and the access is for reading";

const NOT_THEIRS: &str =
    "transactions, settings, temporary tables and other files are not the statement's to change";

/// Says whether a statement of a caller may do what the engine asks about.
pub(crate) fn may_caller(context: &AuthContext<'_>) -> Authorization {
    let is_allowed = match context.action {
        // A temporary table would stand in front of the graph's of the same name.
        _ if context.database_name == Some("temp") => false,
        AuthAction::Transaction { .. }
        | AuthAction::Savepoint { .. }
        | AuthAction::Attach { .. }
        | AuthAction::Detach { .. } => false,
        AuthAction::Pragma {
            pragma_name,
            pragma_value,
        } => sql_graph::may_use_pragma(pragma_name, pragma_value),
        _ => true,
    };
    if is_allowed {
        Authorization::Allow
    } else {
        Authorization::Deny
    }
}

fn invalid(detail: &str) -> BackendError {
    BackendError::new(ErrorKind::InvalidArgument, DOING).because(detail)
}

fn fault_of_reader(err: BackendError) -> BackendError {
    match fault_of_caller(err) {
        // The connection may only read.
        err if err.kind() == ErrorKind::Unauthorized => invalid(NOT_READING),
        err => err,
    }
}

/// What the engine says of the caller's SQL, or of the rows that it would make, is the caller's to
/// mend.
fn fault_of_caller(err: BackendError) -> BackendError {
    let words = engines_words(&err);
    if words.contains("not authorized") {
        return invalid(NOT_THEIRS);
    }
    match err.kind() {
        ErrorKind::Backend | ErrorKind::InvalidArgument => invalid(&words),
        _ => err,
    }
}

/// What the engine said: below the error, or in it.
fn engines_words(err: &BackendError) -> String {
    let source = std::error::Error::source(err).map(ToString::to_string);
    source.unwrap_or_else(|| err.detail().unwrap_or_default().to_owned())
}
