//! How a value on the command line is read.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use memorygraph::domain::{Invalid, MemoryType, RelationshipType, Score, Timestamp, parse_time};

pub(super) fn memory_type() -> impl TypedValueParser<Value = MemoryType> {
    PossibleValuesParser::new(MemoryType::ALL.map(MemoryType::as_str))
        .try_map(|name| name.parse::<MemoryType>())
}

pub(super) fn relationship_type() -> impl TypedValueParser<Value = RelationshipType> {
    PossibleValuesParser::new(RelationshipType::ALL.map(RelationshipType::as_str))
        .try_map(|name| name.parse::<RelationshipType>())
}

pub(super) fn score(text: &str) -> Result<Score, Invalid> {
    // What is no number is out of range, too.
    Score::new("a score", text.parse().unwrap_or(f64::NAN))
        .map_err(|invalid| Invalid::new("a score", invalid.rule(), format_args!("{text:?}")))
}

pub(super) fn time(text: &str) -> Result<Timestamp, Invalid> {
    parse_time("a time", text)
}
