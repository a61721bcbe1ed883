//! Commands that follow relationships.

use std::num::NonZeroU32;

use clap::{Args, ValueEnum};
use memorygraph::domain::{Direction, MemoryFilter, MemoryId, MemoryType, RelationshipType, Score};

use super::{
    find::{Paging, When},
    value::{memory_type, relationship_type, score},
};

/// Which relationships are followed.
#[derive(Args, Debug)]
pub(crate) struct Along {
    /// Along relationships of this type; may be given several times, or with commas
    #[arg(long = "type", short, value_name = "TYPE", value_delimiter = ',')]
    #[arg(value_parser = relationship_type(), ignore_case = true, hide_possible_values = true)]
    pub(crate) types: Vec<RelationshipType>,
    /// Which way they are followed
    #[arg(long, value_name = "WAY", default_value = "both")]
    pub(crate) direction: Following,
    #[command(flatten)]
    pub(crate) when: When,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Following {
    Outgoing,
    Incoming,
    Both,
}

impl From<Following> for Direction {
    fn from(following: Following) -> Self {
        match following {
            Following::Outgoing => Self::Outgoing,
            Following::Incoming => Self::Incoming,
            Following::Both => Self::Both,
        }
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  memorygraph link pool-fix solves redis-timeout
  memorygraph related redis-timeout --depth 3
  memorygraph related redis-timeout --direction incoming --type solves,addresses
  memorygraph related redis-timeout --as-of 2026-01-31")]
pub(crate) struct Related {
    /// Where to begin
    pub(crate) id: MemoryId,
    /// How many relationships far, 1 to 10
    #[arg(
        long,
        short,
        value_name = "COUNT",
        default_value = "2",
        allow_negative_numbers = true
    )]
    pub(crate) depth: u8,
    #[command(flatten)]
    pub(crate) along: Along,
    /// At most this many memories
    #[arg(
        long,
        short = 'n',
        value_name = "COUNT",
        default_value = "50",
        allow_negative_numbers = true
    )]
    pub(crate) limit: NonZeroU32,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  memorygraph link pool-fix solves redis-timeout
  memorygraph link redis-timeout causes slow-checkout
  memorygraph path pool-fix slow-checkout
  memorygraph path pool-fix slow-checkout --direction outgoing --depth 10")]
pub(crate) struct Way {
    /// Where it begins
    pub(crate) from: MemoryId,
    /// Where it ends
    pub(crate) to: MemoryId,
    /// The most relationships, 1 to 10
    #[arg(
        long,
        short,
        value_name = "COUNT",
        default_value = "5",
        allow_negative_numbers = true
    )]
    pub(crate) depth: u8,
    #[command(flatten)]
    pub(crate) along: Along,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  memorygraph link pool-fix solves redis-timeout --context \"verified by the load test\"
  memorygraph links redis-timeout
  memorygraph links --context \"load test\"
  memorygraph links --type solves,addresses --ever")]
pub(crate) struct Links {
    /// Only those of this memory
    pub(crate) id: Option<MemoryId>,
    /// Only those whose context has all of these words
    #[arg(long, value_name = "WORDS")]
    pub(crate) context: Option<String>,
    #[command(flatten)]
    pub(crate) along: Along,
    #[command(flatten)]
    pub(crate) paging: Paging,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  memorygraph suggest pool-fix redis-timeout")]
pub(crate) struct Suggest {
    /// Where it would begin
    pub(crate) from: MemoryId,
    /// Where it would end
    pub(crate) to: MemoryId,
}

/// Which part of the graph is looked at as a whole.
#[derive(Args, Debug)]
pub(crate) struct Part {
    /// Only relationships of this type; may be given several times, or with commas
    #[arg(
        long = "relationship-type",
        short,
        value_name = "TYPE",
        value_delimiter = ','
    )]
    #[arg(value_parser = relationship_type(), ignore_case = true, hide_possible_values = true)]
    pub(crate) relationship_types: Vec<RelationshipType>,
    /// Only memories of this type; may be given several times, or with commas
    #[arg(long = "type", short, value_name = "TYPE", value_delimiter = ',')]
    #[arg(value_parser = memory_type(), ignore_case = true, hide_possible_values = true)]
    types: Vec<MemoryType>,
    /// Only memories of this project
    #[arg(long, value_name = "PATH")]
    project: Option<String>,
    #[command(flatten)]
    pub(crate) when: When,
    /// At most this many
    #[arg(
        long,
        short = 'n',
        value_name = "COUNT",
        default_value = "20",
        allow_negative_numbers = true
    )]
    pub(crate) limit: NonZeroU32,
}

impl Part {
    /// Which memories belong to it; none for all.
    pub(crate) fn among(&self) -> Option<MemoryFilter> {
        let is_narrow = !self.types.is_empty() || self.project.is_some();
        is_narrow.then(|| MemoryFilter {
            types: self.types.clone(),
            project_path: self.project.clone(),
            as_of: self.when.as_of(),
            ..MemoryFilter::default()
        })
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
A cluster is a group of memories with more relationships among them than to others.

Examples:
  memorygraph clusters
  memorygraph clusters --min-size 5 --min-density 0.3 --project shop-api")]
pub(crate) struct Clusters {
    /// Only clusters of at least this many memories
    #[arg(
        long,
        value_name = "COUNT",
        default_value = "3",
        allow_negative_numbers = true
    )]
    pub(crate) min_size: NonZeroU32,
    /// Only clusters with at least this share of the relationships that could be, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = score, allow_negative_numbers = true)]
    pub(crate) min_density: Option<Score>,
    #[command(flatten)]
    pub(crate) part: Part,
}

#[derive(Args, Debug)]
#[command(after_help = "\
A bridge is a memory or a relationship without which two parts of the graph would not hang together.

Examples:
  memorygraph bridges
  memorygraph bridges --min-size 5 --relationship-type causes,leads_to")]
pub(crate) struct Bridges {
    /// Only those that join parts of at least this many memories
    #[arg(
        long,
        value_name = "COUNT",
        default_value = "1",
        allow_negative_numbers = true
    )]
    pub(crate) min_size: NonZeroU32,
    #[command(flatten)]
    pub(crate) part: Part,
}
