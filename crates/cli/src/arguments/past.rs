//! Commands that ask how the graph came to be what it is.

use clap::Args;
use memorygraph::domain::Timestamp;

use super::{find::Paging, relate::Rest, value::time};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  memorygraph update pool-fix --importance 0.9
  memorygraph history pool-fix
  memorygraph link pool-fix solves redis-timeout
  memorygraph history pool-fix solves redis-timeout")]
pub(crate) struct History {
    /// The memory; or else where a relationship begins
    #[arg(value_name = "ID|FROM")]
    pub(crate) id_or_from: String,
    #[command(flatten)]
    pub(crate) rest: Option<Rest>,
    /// The id is that of a relationship
    #[arg(long)]
    pub(crate) relationship: bool,
    #[command(flatten)]
    pub(crate) paging: Paging,
}

#[derive(Args, Debug)]
#[command(after_help = "\
What was removed is not among the changes: nothing is left of it but its history.

Examples:
  memorygraph changes --since 2026-01-31
  memorygraph changes --since \"2026-01-31 08:00:00\" --json")]
pub(crate) struct Changes {
    /// Since this time, such as 2026-01-31 or 2026-01-31T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) since: Timestamp,
    #[command(flatten)]
    pub(crate) paging: Paging,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Unresolved are the problems and errors that nothing solves or addresses, of whatever age.

Examples:
  memorygraph recent
  memorygraph recent --days 30 --project shop-api")]
pub(crate) struct Recent {
    /// How many days count as recent, 1 to 36,500
    #[arg(
        long,
        value_name = "COUNT",
        default_value = "7",
        allow_negative_numbers = true
    )]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=36_500))]
    pub(crate) days: u16,
    /// Only of this project
    #[arg(long, value_name = "PATH")]
    pub(crate) project: Option<String>,
    /// At most this many of the recent, and of the unresolved
    #[arg(
        long,
        short = 'n',
        value_name = "COUNT",
        default_value = "10",
        allow_negative_numbers = true
    )]
    pub(crate) limit: u32,
}
