use async_trait::async_trait;
use lanes::Transaction;
use ports::{Access, BackendError, ErrorKind, Result, Row, SqlAccess, SqlParameters, SqlValue};
use sqlite_engine::rusqlite::{
    self, ErrorCode, Statement, fallible_iterator::FallibleIterator, types::ValueRef,
};

use crate::{
    SqliteBackend,
    connection::{Borrowed, Connection, bind},
    error::{on_lane, sqlite},
};

const DOING: &str = "execute a query";

#[async_trait]
impl SqlAccess for SqliteBackend {
    async fn execute_query(
        &self,
        sql: &str,
        parameters: SqlParameters,
        access: Access,
    ) -> Result<Vec<Row>> {
        let sql = sql.to_owned();
        let run = move |connection: &Connection| {
            connection.as_caller(|| execute(connection, &sql, &parameters, access))
        };
        match access {
            Access::Read => self.read(DOING, move |connection| run(connection)).await,
            // Alone, since a statement can roll back the transaction in which it runs.
            Access::Write => {
                let write = move |connection: &mut Connection| {
                    connection.begin()?;
                    let rows = run(connection)?;
                    sql_graph::read_new_texts(connection)?;
                    Ok(rows)
                };
                self.lanes.write_alone(write).await.map_err(on_lane(DOING))
            }
        }
    }
}

fn execute(
    connection: &Connection,
    sql: &str,
    parameters: &SqlParameters,
    access: Access,
) -> Result<Vec<Row>> {
    check_single(connection, sql)?;
    let mut statement = connection.prepare_callers(sql).map_err(fault_of_caller)?;
    if access == Access::Read && !statement.readonly() {
        return Err(invalid(
            "the statement changes something, and the access is for reading",
        ));
    }
    if statement.readonly() && statement.column_count() == 0 {
        return Err(invalid("the statement neither reads nor changes rows"));
    }
    bind_all(&mut statement, parameters)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut answer = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(fault_of_caller)? {
        let values = names.iter().enumerate().map(|(column, name)| {
            let value = row.get_ref(column).map_err(sqlite)?;
            Ok((name.clone(), value_of(value)))
        });
        answer.push(Row(values.collect::<Result<_>>()?));
    }
    Ok(answer)
}

/// Fails unless `sql` is one statement.
fn check_single(connection: &Connection, sql: &str) -> Result<()> {
    if sql.contains('\0') {
        return Err(invalid("the text holds the NUL character"));
    }
    let mut batch = rusqlite::Batch::new(&connection.sqlite, sql);
    match batch.next().map_err(fault_of_caller)? {
        None => return Err(invalid("the text holds no statement")),
        Some(first) => drop(first),
    }
    // A second one that does not even parse is a second one all the same.
    if !matches!(batch.next(), Ok(None)) {
        return Err(invalid(
            "the text holds more than one statement: send one at a time",
        ));
    }
    Ok(())
}

fn bind_all(statement: &mut Statement<'_>, parameters: &SqlParameters) -> Result<()> {
    let wanted = statement.parameter_count();
    let given = match parameters {
        SqlParameters::Positional(values) => {
            if values.len() == wanted {
                bind(statement, values)?;
            }
            values.len()
        }
        SqlParameters::Named(values) => {
            let mut bound = vec![false; wanted];
            for (name, value) in values {
                let position = [':', '@', '$'].into_iter().find_map(|sign| {
                    statement
                        .parameter_index(&format!("{sign}{name}"))
                        .ok()
                        .flatten()
                });
                let Some(position) = position else {
                    return Err(invalid(&format!("the statement has no parameter {name:?}")));
                };
                statement
                    .raw_bind_parameter(position, Borrowed(value))
                    .map_err(sqlite)?;
                bound[position - 1] = true;
            }
            bound.into_iter().filter(|bound| *bound).count()
        }
    };
    if given == wanted {
        Ok(())
    } else {
        Err(invalid(&format!(
            "the statement has {wanted} parameters, and {given} were given"
        )))
    }
}

fn value_of(value: ValueRef<'_>) -> SqlValue {
    match value {
        ValueRef::Null => SqlValue::Null,
        ValueRef::Integer(integer) => SqlValue::Integer(integer),
        ValueRef::Real(real) => SqlValue::Real(real),
        ValueRef::Text(text) => SqlValue::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(blob) => SqlValue::Blob(blob.to_vec()),
    }
}

fn invalid(detail: &str) -> BackendError {
    BackendError::new(ErrorKind::InvalidArgument, DOING).because(detail)
}

/// What the engine says of the caller's SQL, or of the rows that it would make, is the caller's to
/// mend.
fn fault_of_caller(err: rusqlite::Error) -> BackendError {
    let callers = matches!(err, rusqlite::Error::SqlInputError { .. })
        || matches!(
            err.sqlite_error_code(),
            Some(
                ErrorCode::Unknown
                    | ErrorCode::ConstraintViolation
                    | ErrorCode::TypeMismatch
                    | ErrorCode::TooBig
            )
        );
    if err.sqlite_error_code() == Some(ErrorCode::AuthorizationForStatementDenied) {
        invalid(
            "transactions, settings, temporary tables and other files are not the statement's to change",
        )
            .from_source(err)
    } else if callers {
        invalid(&err.to_string()).from_source(err)
    } else {
        sqlite(err)
    }
}
