//! What a client has to know about the server.

use serde_json::{Map, Value, json};

/// What the server is called in the files of clients. Some refuse a name with other characters than
/// letters, digits and hyphens, and Gemini CLI puts `_` between its name and a tool's.
pub(super) const NAME: &str = "memorygraph";

/// How to start the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) command: String,
    pub(super) arguments: Vec<String>,
    /// The variables that it gets, with their values; never a secret.
    pub(super) environment: Vec<(String, String)>,
}

/// The fields that a client expects of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `command`, `args`, `env`.
    Plain,
    /// The same with `"type": "stdio"`.
    Typed,
    /// `"type": "local"`, one list for the command and its arguments, `environment`.
    Opencode,
}

/// The fields of an entry in their order. An object among them adds to what an entry has, any other
/// value takes the place of what is there.
pub(super) type Fields = Vec<(&'static str, Value)>;

impl Server {
    /// Returns the entry. What a client does without is not there.
    pub(super) fn fields(&self, shape: Shape) -> Fields {
        let environment: Map<_, _> = self
            .environment
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        let (mut fields, environment_key) = match shape {
            Shape::Plain => (self.plain(), "env"),
            Shape::Typed => {
                let mut fields = vec![("type", json!("stdio"))];
                fields.extend(self.plain());
                (fields, "env")
            }
            Shape::Opencode => {
                let mut words = vec![self.command.clone()];
                words.extend(self.arguments.iter().cloned());
                let fields = vec![("type", json!("local")), ("command", json!(words))];
                (fields, "environment")
            }
        };
        if !environment.is_empty() {
            fields.push((environment_key, Value::Object(environment)));
        }
        fields
    }

    fn plain(&self) -> Fields {
        vec![
            ("command", json!(self.command)),
            ("args", json!(self.arguments)),
        ]
    }
}
