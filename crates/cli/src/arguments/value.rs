//! How a value on the command line is read.

use std::{ffi::OsStr, sync::LazyLock};

use clap::{
    Arg, Command,
    builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser},
};
use memorygraph::domain::{Invalid, MemoryType, RelationshipType, Score, Timestamp, parse_time};

/// The names of the types of relationships as one types them.
static RELATIONSHIP_TYPES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let names = RelationshipType::ALL.map(RelationshipType::as_str);
    names.map(str::to_lowercase).to_vec()
});

pub(super) fn memory_type() -> impl TypedValueParser<Value = MemoryType> {
    Named(PossibleValuesParser::new(
        MemoryType::ALL.map(MemoryType::as_str),
    ))
    .try_map(|name| name.parse::<MemoryType>())
}

pub(super) fn relationship_type() -> impl TypedValueParser<Value = RelationshipType> {
    let names = RELATIONSHIP_TYPES.iter().map(String::as_str);
    Named(PossibleValuesParser::new(names)).try_map(|name| name.parse::<RelationshipType>())
}

/// One of several names in lower case, also typed in upper case, and with `-` or spaces for `_`.
#[derive(Clone)]
struct Named(PossibleValuesParser);

impl TypedValueParser for Named {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        let Some(text) = value.to_str() else {
            return self.0.parse_ref(command, arg, value);
        };
        let words = text.split(|c: char| c == '-' || c == '_' || c.is_whitespace());
        let words = words.filter(|word| !word.is_empty());
        let name = words.collect::<Vec<_>>().join("_").to_lowercase();
        let parsed = self.0.parse_ref(command, arg, OsStr::new(&name));
        // The message quotes what was typed.
        parsed.or_else(|_| self.0.parse_ref(command, arg, value))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        self.0.possible_values()
    }
}

/// Reads a content, which may begin with a hyphen as a list does, unless it looks like an option
/// that was mistyped.
pub(super) fn content() -> impl TypedValueParser<Value = String> {
    StringValueParser::new().try_map(|text| {
        let has_separator = || std::env::args_os().any(|argument| argument == "--");
        if is_like_an_option(&text) && !has_separator() {
            Err("there is no such option here; -- before it makes it a content")
        } else {
            Ok(text)
        }
    })
}

fn is_like_an_option(text: &str) -> bool {
    let name = text.strip_prefix("--").or_else(|| text.strip_prefix('-'));
    name.is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.contains(char::is_whitespace)
    })
}

pub(super) fn score(text: &str) -> Result<Score, Invalid> {
    // What is no number is out of range, too.
    Score::new("a score", text.parse().unwrap_or(f64::NAN))
        .map_err(|invalid| Invalid::new("a score", invalid.rule(), format_args!("{text:?}")))
}

pub(super) fn time(text: &str) -> Result<Timestamp, Invalid> {
    parse_time("a time", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_no_option() {
        for text in ["- first item", "---", "-5 degrees", "--", "-", "--a b", "a"] {
            assert!(!is_like_an_option(text), "{text}");
        }
        for text in ["--stdn", "-x", "--tpye=fix"] {
            assert!(is_like_an_option(text), "{text}");
        }
    }
}
