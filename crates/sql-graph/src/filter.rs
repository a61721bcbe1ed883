//! Filters as SQL: a condition and its parameters.

use domain::{AsOf, MemoryFilter, next_microsecond, time_text};
use ports::SqlValue;
use serde::Serialize;

use crate::parameter::json;

/// Conditions that all have to hold, and the parameters that they and the rest of the statement
/// name.
#[derive(Default)]
pub(crate) struct Conditions {
    conditions: Vec<String>,
    parameters: Vec<SqlValue>,
}

impl Conditions {
    /// Adds a parameter and returns its name.
    pub(crate) fn parameter(&mut self, value: impl Into<SqlValue>) -> String {
        self.parameters.push(value.into());
        format!("?{}", self.parameters.len())
    }

    /// Adds a condition.
    pub(crate) fn add(&mut self, condition: impl Into<String>) {
        self.conditions.push(condition.into());
    }

    /// Adds the condition that `column` is one of `values`, unless there are none to choose from.
    pub(crate) fn any_of(&mut self, column: &str, values: &[impl Serialize]) {
        if let [value] = values {
            // An index serves an equality in the order of what follows in it.
            let value = serde_json::to_value(value).expect("names are plain data");
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            let parameter = self.parameter(text);
            self.add(format!("{column} = {parameter}"));
        } else if !values.is_empty() {
            let parameter = self.parameter(json(&values));
            self.add(format!(
                "{column} IN (SELECT value FROM json_each({parameter}))"
            ));
        }
    }

    /// Adds the condition that a validity belongs to the answer.
    pub(crate) fn as_of(&mut self, table: &str, as_of: AsOf) {
        match as_of {
            AsOf::Latest => self.add(format!("{table}.valid_until IS NULL")),
            AsOf::At(time) => {
                let time = self.parameter(time_text(time));
                self.add(format!(
                    "{table}.valid_from <= {time} AND ({table}.valid_until IS NULL OR {table}.valid_until > {time})"
                ));
            }
            AsOf::Ever => {}
        }
    }

    /// Adds the conditions of a filter on the table `nodes n`, whose type and key are compared as
    /// `kind` and `key`.
    pub(crate) fn memories(&mut self, filter: &MemoryFilter, kind: &str, key: &str) {
        self.any_of(kind, &filter.types);
        let tags = filter.folded_tags();
        if !tags.is_empty() {
            let tags: Vec<_> = tags.into_iter().map(|tag| self.parameter(tag)).collect();
            self.add(format!(
                "EXISTS (SELECT 1 FROM node_tags AS t WHERE t.tag IN ({}) AND t.key = {key})",
                tags.join(", ")
            ));
        }
        self.any_of("n.project_path", filter.project_path.as_slice());
        self.any_of("n.content", &filter.contents);
        for (column, least) in [
            ("n.importance", filter.min_importance),
            ("n.confidence", filter.min_confidence),
        ] {
            if let Some(least) = least {
                let least = self.parameter(SqlValue::Real(least.get()));
                self.add(format!("{column} >= {least}"));
            }
        }
        for (condition, time) in [
            ("n.created_at >=", filter.created_since),
            ("n.created_at <", filter.created_before),
            ("n.updated_at >=", filter.updated_since),
        ] {
            if let Some(time) = time {
                let time = self.parameter(time_text(next_microsecond(time)));
                self.add(format!("{condition} {time}"));
            }
        }
        self.as_of("n", filter.as_of);
    }

    /// Returns the conditions as what follows WHERE.
    pub(crate) fn sql(&self) -> String {
        if self.conditions.is_empty() {
            "true".to_owned()
        } else {
            self.conditions.join(" AND ")
        }
    }

    /// Returns the values of the parameters.
    pub(crate) fn parameters(&self) -> &[SqlValue] {
        &self.parameters
    }
}
