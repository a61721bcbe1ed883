//! Rows on their way into a statement: as JSON, so that one statement takes many.

use std::{iter::Peekable, sync::mpsc, thread};

use ports::{Result, SqlValue};
use serde::Serialize;

/// Writes plain data as a JSON parameter.
pub(crate) fn json(value: &impl Serialize) -> SqlValue {
    SqlValue::Text(serde_json::to_string(value).expect("ids and rows are plain data"))
}

/// Rows as JSON arrays, each of which may travel with one statement.
pub(crate) struct Parameters<I: Iterator> {
    rows: Peekable<I>,
    largest: usize,
}

/// Writes rows as JSON arrays of about `largest` bytes.
pub(crate) fn parameters<I>(largest: usize, rows: I) -> Parameters<I>
where
    I: Iterator<Item: Serialize>,
{
    let rows = rows.peekable();
    Parameters { rows, largest }
}

impl<I: Iterator<Item: Serialize>> Iterator for Parameters<I> {
    type Item = SqlValue;

    fn next(&mut self) -> Option<SqlValue> {
        let mut row = Some(self.rows.next()?);
        let mut array = String::new();
        while let Some(next) = row {
            array.push(if array.is_empty() { '[' } else { ',' });
            array.push_str(&serde_json::to_string(&next).expect("rows are plain data"));
            let has_room = array.len() < self.largest;
            row = self.rows.next_if(|_| has_room);
        }
        array.push(']');
        Some(SqlValue::Text(array))
    }
}

/// Calls `execute` with [`parameters`]. While one is executed, the next is written on another
/// thread.
pub(crate) fn each_parameter<I>(
    largest: usize,
    rows: I,
    mut execute: impl FnMut(SqlValue) -> Result<()>,
) -> Result<()>
where
    I: Iterator<Item: Serialize + Send> + Send,
{
    let mut parameters = parameters(largest, rows);
    let Some(first) = parameters.next() else {
        return Ok(());
    };
    if parameters.rows.peek().is_none() {
        return execute(first);
    }
    thread::scope(|scope| {
        let (sender, written) = mpsc::sync_channel(1);
        scope.spawn(move || parameters.try_for_each(|parameter| sender.send(parameter)));
        execute(first)?;
        written.into_iter().try_for_each(execute)
    })
}

#[cfg(test)]
mod tests {
    use ports::{BackendError, ErrorKind};

    use super::*;

    /// Gives rows away in arrays of about `largest` bytes, and returns how many each had.
    fn given(largest: usize, rows: &[u32]) -> Vec<Vec<u32>> {
        let mut arrays = Vec::new();
        each_parameter(largest, rows.iter(), |parameter| {
            if let SqlValue::Text(array) = parameter {
                arrays.push(serde_json::from_str(&array).unwrap());
            }
            Ok(())
        })
        .unwrap();
        arrays
    }

    #[test]
    fn all_rows_are_given_in_their_order() {
        let rows: Vec<u32> = (0..10_000).collect();
        for largest in [1, 100, 1 << 20] {
            let arrays = given(largest, &rows);
            assert_eq!(arrays.concat(), rows);
            assert_eq!(arrays.len() == 1, largest == 1 << 20);
        }
        assert!(given(100, &[]).is_empty());
    }

    #[test]
    fn the_first_error_is_the_last_call() {
        let rows: Vec<u32> = (0..10_000).collect();
        for place in [1, 3] {
            let mut calls = 0;
            let ended = each_parameter(100, rows.iter(), |_| {
                calls += 1;
                if calls == place {
                    return Err(BackendError::new(ErrorKind::Busy, "write"));
                }
                Ok(())
            });
            assert_eq!(ended.unwrap_err().kind(), ErrorKind::Busy);
            assert_eq!(calls, place);
        }
    }
}
