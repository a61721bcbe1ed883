//! Commands that change relationships.

use clap::Args;
use memorygraph::domain::{MemoryId, RelationshipId, RelationshipType, Score, Timestamp};

use super::value::{relationship_type, score, time};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  memorygraph link pool-fix solves redis-timeout --context \"verified by the load test\"
  memorygraph link redis-timeout causes slow-checkout --strength 0.9

Linking again what is linked already counts as more evidence for it. suggest says which type fits.")]
pub(crate) struct Link {
    /// Where it begins
    pub(crate) from: MemoryId,
    /// What it says
    #[arg(value_parser = relationship_type(), ignore_case = true, value_name = "TYPE")]
    pub(crate) relationship_type: RelationshipType,
    /// Where it ends
    pub(crate) to: MemoryId,
    /// How much it matters, 0 to 1; else as its type says
    #[arg(long, value_name = "SCORE", value_parser = score, allow_negative_numbers = true)]
    pub(crate) strength: Option<Score>,
    /// How sure you are, 0 to 1; else as its type says
    #[arg(long, value_name = "SCORE", value_parser = score, allow_negative_numbers = true)]
    pub(crate) confidence: Option<Score>,
    /// Under which circumstances it holds
    #[arg(long, value_name = "TEXT")]
    pub(crate) context: Option<String>,
    /// From when it holds, such as 2026-01-31 or 2026-01-31T08:00:00Z; else from now
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) valid_from: Option<Timestamp>,
}

/// A relationship: by its id, or by what it says.
#[derive(Args, Debug)]
pub(crate) struct Statement {
    /// The relationship: its id, or else where it begins
    #[arg(value_name = "ID|FROM")]
    pub(crate) id_or_from: String,
    #[command(flatten)]
    pub(crate) rest: Option<Rest>,
}

/// What a relationship says, and of what.
#[derive(Args, Debug)]
pub(crate) struct Rest {
    /// What it says
    #[arg(value_parser = relationship_type(), ignore_case = true, value_name = "TYPE")]
    #[arg(required = false, requires = "to", hide_possible_values = true)]
    pub(crate) relationship_type: RelationshipType,
    /// Where it ends
    #[arg(required = false)]
    pub(crate) to: MemoryId,
}

#[derive(Args, Debug)]
#[command(after_help = "\
A relationship that has ended is still there for whoever asks for its time, with --as-of.

Examples:
  memorygraph link pool-fix solves redis-timeout
  memorygraph unlink pool-fix solves redis-timeout
  memorygraph link pool-fix addresses slow-checkout --valid-from 2026-01-31
  memorygraph unlink pool-fix addresses slow-checkout --at 2026-02-14
  memorygraph link pool-fix causes retry-storm
  memorygraph unlink pool-fix causes retry-storm --remove")]
pub(crate) struct Unlink {
    #[command(flatten)]
    pub(crate) statement: Statement,
    /// From when it no longer holds; else from now
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: Option<Timestamp>,
    /// The relationship that takes its place
    #[arg(long, value_name = "ID")]
    pub(crate) by: Option<RelationshipId>,
    /// Remove it, as what was never true, instead of ending it
    #[arg(long, conflicts_with_all = ["at", "by"])]
    pub(crate) remove: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Each trial moves the strength and the confidence, and counts towards the success rate.

Examples:
  memorygraph link pool-fix solves redis-timeout
  memorygraph reinforce pool-fix solves redis-timeout
  memorygraph reinforce pool-fix solves redis-timeout --failed")]
pub(crate) struct Reinforce {
    #[command(flatten)]
    pub(crate) statement: Statement,
    /// It was tried and proved wrong, not right
    #[arg(long)]
    pub(crate) failed: bool,
}
