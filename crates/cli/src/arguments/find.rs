//! Commands that find memories by what they say.

use clap::Args;
use memorygraph::domain::{
    AsOf, Cursor, Invalid, MemoryFilter, MemoryId, MemoryType, PageRequest, Score, SearchMode,
    Timestamp,
};

use super::value::{memory_type, score, time};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  memorygraph get redis-timeout
  memorygraph get redis-timeout --json")]
pub(crate) struct Get {
    /// The memory
    pub(crate) id: MemoryId,
}

/// Which part of a long answer.
#[derive(Args, Debug)]
pub(crate) struct Paging {
    /// At most this many
    #[arg(
        long,
        short = 'n',
        value_name = "COUNT",
        default_value = "20",
        allow_negative_numbers = true
    )]
    pub(crate) limit: u32,
    /// Go on where the page before ended
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<String>,
}

impl Paging {
    pub(crate) fn request(&self) -> Result<PageRequest, Invalid> {
        let first = PageRequest::first(self.limit)?;
        Ok(match &self.after {
            Some(cursor) => first.after(Cursor::from(cursor.clone())),
            None => first,
        })
    }
}

/// Which state of the world a question is about.
#[derive(Args, Debug)]
pub(crate) struct When {
    /// What held at this time, such as 2026-01-31 or 2026-01-31T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with = "ever")]
    as_of: Option<Timestamp>,
    /// Also what holds no longer
    #[arg(long)]
    ever: bool,
}

impl When {
    pub(crate) fn as_of(&self) -> AsOf {
        match self.as_of {
            Some(time) => AsOf::At(time),
            None if self.ever => AsOf::Ever,
            None => AsOf::Latest,
        }
    }
}

/// Which memories, and how many of them.
#[derive(Args, Debug)]
pub(crate) struct Filter {
    /// Only of this type; may be given several times, or with commas
    #[arg(long = "type", short, value_name = "TYPE", value_delimiter = ',')]
    #[arg(value_parser = memory_type(), ignore_case = true, hide_possible_values = true)]
    types: Vec<MemoryType>,
    /// Only with this tag; may be given several times, or with commas
    #[arg(long = "tag", value_name = "TAG", value_delimiter = ',')]
    tags: Vec<String>,
    /// Only of this project
    #[arg(long, value_name = "PATH")]
    project: Option<String>,
    /// Only at least this important, 0 to 1
    #[arg(long, value_name = "SCORE", value_parser = score, allow_negative_numbers = true)]
    min_importance: Option<Score>,
    /// Only kept since this time, such as 2026-01-31 or 2026-01-31T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) when: When,
    #[command(flatten)]
    pub(crate) paging: Paging,
}

impl Filter {
    pub(crate) fn memories(&self) -> MemoryFilter {
        MemoryFilter {
            types: self.types.clone(),
            tags: self.tags.clone(),
            project_path: self.project.clone(),
            min_importance: self.min_importance,
            created_since: self.since,
            as_of: self.when.as_of(),
            ..MemoryFilter::default()
        }
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  memorygraph search redis timeout
  memorygraph search \"connection pool\" --mode strict --type fix,solution --min-importance 0.5
  memorygraph search pool --as-of 2026-01-31
  memorygraph search pool --near redis-timeout --depth 3")]
pub(crate) struct Search {
    /// What to look for
    #[arg(required = true)]
    pub(crate) text: Vec<String>,
    /// How it has to match: strict for every word, normal for any of them, fuzzy also for words
    /// that are nearly the same
    #[arg(long, value_name = "MODE", default_value = "normal")]
    pub(crate) mode: SearchMode,
    /// Only within what is related to this memory
    #[arg(long, value_name = "ID", conflicts_with_all = [
        "mode", "types", "tags", "project", "min_importance", "since", "after"])]
    pub(crate) near: Option<MemoryId>,
    /// How many relationships far from it, 1 to 10 [default: 2]
    #[arg(
        long,
        short,
        value_name = "COUNT",
        requires = "near",
        allow_negative_numbers = true
    )]
    pub(crate) depth: Option<u8>,
    #[command(flatten)]
    pub(crate) filter: Filter,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  memorygraph recall timeouts in the checkout
  memorygraph recall conection pol --type fix
  memorygraph recall -n 5")]
pub(crate) struct Recall {
    /// What to think of; without it, what matters most
    pub(crate) text: Vec<String>,
    #[command(flatten)]
    pub(crate) filter: Filter,
}
