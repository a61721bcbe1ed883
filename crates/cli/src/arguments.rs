use std::{ffi::OsString, num::NonZeroU32, path::PathBuf};

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use memorygraph::BackendName;
use memorygraph::domain::{
    Direction, Invalid, MemoryFilter, MemoryId, MemoryType, RelationshipType, Score, SearchMode,
    Timestamp, parse_time,
};

const EXAMPLES: &str = "\
Examples:
  memorygraph demo
  memorygraph store --type fix \"Raise the pool size\" \"The pool had 4 connections; now 32.\"
  memorygraph recall timeout in checkout
  memorygraph link FIX_ID solves ERROR_ID
  memorygraph related ERROR_ID --depth 2
  memorygraph import export.json
  memorygraph sync

The graph is kept in ~/.memorygraph/memory.db unless --path, MEMORY_SQLITE_PATH or
MEMORY_TURSO_PATH says otherwise. With MEMORY_BACKEND=turso and TURSO_DATABASE_URL, that file is a
replica of the primary at this URL; TURSO_AUTH_TOKEN or the file TURSO_AUTH_TOKEN_FILE opens it.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 conflict.";

/// A graph memory for AI agents: stores what was learned, relates it, and finds it again.
#[derive(Debug, Parser)]
#[command(name = "memorygraph", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Where the graph is kept: a file, or :memory:
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) path: Option<OsString>,
    #[arg(long, global = true, value_name = "NAME", help = backends())]
    pub(crate) backend: Option<OsString>,
    /// Write one line of JSON instead of text for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say how old the answers of a replica may be; for search, recall, get, related, path and
    /// stats
    #[arg(long, global = true)]
    pub(crate) freshness: bool,
}

fn backends() -> String {
    let names: Vec<_> = BackendName::names().collect();
    format!("Which backend keeps it: {}", names.join(", "))
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what it does, on a small graph that is made for it
    Demo(Demo),
    #[command(about = "Take in a JSON export of the Python or TypeScript MemoryGraph")]
    Import(Import),
    /// Keep a new memory
    Store(Store),
    /// Show a memory
    Get(Get),
    /// Find memories by their words
    Search(Search),
    /// Find what a text brings to mind, forgiving typing errors
    Recall(Recall),
    /// Show what is related to a memory, as a tree
    Related(Related),
    /// Show the shortest way from one memory to another
    Path(Way),
    /// Join two memories
    Link(Link),
    /// Change a memory
    Update(Update),
    /// Remove a memory and its relationships
    Delete(Delete),
    /// Count what the graph is made of
    Stats,
    /// Show where the graph is kept, and how it is
    Health,
    /// Bring a replica up to date with its primary
    Sync(Sync),
    /// Carry the graph of one store into another, such as SQLite to Turso
    Migrate(Migrate),
}

impl Command {
    /// Whether it answers from the graph and changes nothing.
    pub(crate) const fn is_reading(&self) -> bool {
        matches!(
            self,
            Self::Get(_)
                | Self::Search(_)
                | Self::Recall(_)
                | Self::Related(_)
                | Self::Path(_)
                | Self::Stats
        )
    }
}

#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// Keep the graph in this file instead of removing it at the end
    #[arg(long, value_name = "FILE")]
    pub(crate) keep: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Import {
    /// The file; - for the standard input
    pub(crate) file: PathBuf,
    /// Leave out records that cannot be kept, and list them, instead of stopping before anything
    /// is written
    #[arg(long)]
    pub(crate) skip_invalid: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  memorygraph store --type fix --tag redis --project shop-api \\
    \"Raise the Redis pool\" \"The pool had 4 connections; with 32 the timeouts are gone.\"")]
pub(crate) struct Store {
    /// One line, up to 200 characters
    pub(crate) title: String,
    /// All of it, up to 50,000 characters; - reads the standard input
    pub(crate) content: String,
    /// What kind of thing it is
    #[arg(long = "type", short, value_name = "TYPE", default_value = "general")]
    #[arg(value_parser = memory_type(), ignore_case = true)]
    pub(crate) memory_type: MemoryType,
    /// The gist, up to 500 characters
    #[arg(long, value_name = "TEXT")]
    pub(crate) summary: Option<String>,
    /// A word to find it by; may be given several times, or with commas
    #[arg(long = "tag", value_name = "TAG", value_delimiter = ',')]
    pub(crate) tags: Vec<String>,
    /// How much it matters, 0 to 1 [default: 0.5]
    #[arg(long, value_name = "SCORE", value_parser = score)]
    pub(crate) importance: Option<Score>,
    /// How sure you are, 0 to 1 [default: 0.8]
    #[arg(long, value_name = "SCORE", value_parser = score)]
    pub(crate) confidence: Option<Score>,
    /// The project that it belongs to
    #[arg(long, value_name = "PATH")]
    pub(crate) project: Option<String>,
    /// A file that it is about; may be given several times
    #[arg(long = "file", value_name = "PATH")]
    pub(crate) files: Vec<String>,
    /// A programming language; may be given several times
    #[arg(long = "language", value_name = "NAME")]
    pub(crate) languages: Vec<String>,
    /// A framework; may be given several times
    #[arg(long = "framework", value_name = "NAME")]
    pub(crate) frameworks: Vec<String>,
    /// Another technology; may be given several times
    #[arg(long = "technology", value_name = "NAME")]
    pub(crate) technologies: Vec<String>,
    /// An id of your choice instead of a new UUID
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<MemoryId>,
    /// Who says it
    #[arg(long, value_name = "NAME")]
    pub(crate) author: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Get {
    /// The memory
    pub(crate) id: MemoryId,
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
    #[arg(long, value_name = "SCORE", value_parser = score)]
    min_importance: Option<Score>,
    /// Only kept since this time, such as 2026-01-31 or 2026-01-31T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    /// At most this many
    #[arg(long, short = 'n', value_name = "COUNT", default_value = "20")]
    pub(crate) limit: u32,
    /// Go on where the page before ended
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<String>,
}

impl Filter {
    pub(crate) fn memories(&self) -> MemoryFilter {
        MemoryFilter {
            types: self.types.clone(),
            tags: self.tags.clone(),
            project_path: self.project.clone(),
            min_importance: self.min_importance,
            created_since: self.since,
            ..MemoryFilter::default()
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct Search {
    /// What to look for
    #[arg(required = true)]
    pub(crate) text: Vec<String>,
    /// How it has to match: strict for every word, normal for any of them, fuzzy also for words
    /// that are nearly the same
    #[arg(long, value_name = "MODE", default_value = "normal")]
    pub(crate) mode: SearchMode,
    #[command(flatten)]
    pub(crate) filter: Filter,
}

#[derive(Args, Debug)]
pub(crate) struct Recall {
    /// What to think of; without it, what matters most
    pub(crate) text: Vec<String>,
    #[command(flatten)]
    pub(crate) filter: Filter,
}

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
pub(crate) struct Related {
    /// Where to begin
    pub(crate) id: MemoryId,
    /// How many relationships far, 1 to 10
    #[arg(long, short, value_name = "COUNT", default_value = "2")]
    pub(crate) depth: u8,
    #[command(flatten)]
    pub(crate) along: Along,
    /// At most this many memories
    #[arg(long, short = 'n', value_name = "COUNT", default_value = "50")]
    pub(crate) limit: NonZeroU32,
}

#[derive(Args, Debug)]
pub(crate) struct Way {
    /// Where it begins
    pub(crate) from: MemoryId,
    /// Where it ends
    pub(crate) to: MemoryId,
    /// The most relationships, 1 to 10
    #[arg(long, short, value_name = "COUNT", default_value = "5")]
    pub(crate) depth: u8,
    #[command(flatten)]
    pub(crate) along: Along,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  memorygraph link pool-fix solves redis-timeout --context \"verified by the load test\"")]
pub(crate) struct Link {
    /// Where it begins
    pub(crate) from: MemoryId,
    /// What it says
    #[arg(value_parser = relationship_type(), ignore_case = true, value_name = "TYPE")]
    pub(crate) relationship_type: RelationshipType,
    /// Where it ends
    pub(crate) to: MemoryId,
    /// How much it matters, 0 to 1; else as its type says
    #[arg(long, value_name = "SCORE", value_parser = score)]
    pub(crate) strength: Option<Score>,
    /// How sure you are, 0 to 1; else as its type says
    #[arg(long, value_name = "SCORE", value_parser = score)]
    pub(crate) confidence: Option<Score>,
    /// Under which circumstances it holds
    #[arg(long, value_name = "TEXT")]
    pub(crate) context: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Update {
    /// The memory
    pub(crate) id: MemoryId,
    #[command(flatten)]
    pub(crate) change: Change,
    /// Change it only while it has this version
    #[arg(long, value_name = "VERSION")]
    pub(crate) if_version: Option<u32>,
    /// Who changes it
    #[arg(long, value_name = "NAME")]
    pub(crate) author: Option<String>,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = true)]
pub(crate) struct Change {
    /// What kind of thing it is
    #[arg(long = "type", short, value_name = "TYPE")]
    #[arg(value_parser = memory_type(), ignore_case = true, hide_possible_values = true)]
    pub(crate) memory_type: Option<MemoryType>,
    /// One line
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// All of it; - reads the standard input
    #[arg(long, value_name = "TEXT")]
    pub(crate) content: Option<String>,
    /// The gist; an empty text removes it
    #[arg(long, value_name = "TEXT")]
    pub(crate) summary: Option<String>,
    /// All tags, with commas, in place of those before; an empty text removes them
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub(crate) tags: Option<Vec<String>>,
    /// How much it matters, 0 to 1
    #[arg(long, value_name = "SCORE", value_parser = score)]
    pub(crate) importance: Option<Score>,
    /// How sure you are, 0 to 1
    #[arg(long, value_name = "SCORE", value_parser = score)]
    pub(crate) confidence: Option<Score>,
    /// How well it worked when it was used, 0 to 1
    #[arg(long, value_name = "SCORE", value_parser = score)]
    pub(crate) effectiveness: Option<Score>,
}

#[derive(Args, Debug)]
pub(crate) struct Delete {
    /// The memory
    pub(crate) id: MemoryId,
}

#[derive(Args, Debug)]
#[command(after_help = "\
With --json, each line is {\"synced\": …, \"status\": …}: what a sync brought (frames and took_seconds;
null when none succeeded), and how the syncing goes (state, last_success, age_seconds, last_error,
notices, successes, failures, frames, latency). On a store that is no replica both are null.")]
pub(crate) struct Sync {
    #[arg(
        long,
        conflicts_with = "status",
        help = "\
        Go on, every MEMORY_TURSO_SYNC_INTERVAL seconds, until Ctrl-C: a line for each sync"
    )]
    pub(crate) watch: bool,
    /// Show how the syncing goes, without a sync; works offline
    #[arg(long)]
    pub(crate) status: bool,
    /// Show it in the text format of Prometheus
    #[arg(long, requires = "status", conflicts_with = "json")]
    pub(crate) prometheus: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
A URL is one of:
  sqlite:PATH               a file, on SQLite
  turso:PATH                a file, on libSQL
  turso:PATH?primary=URL    a primary, with a replica of it in this file
  libsql://…, https://…     a primary; http:// for one on this machine

With TURSO_DATABASE_URL, and unless MEMORY_TURSO_MODE=local, --to turso:PATH is a replica of the
primary at that URL; --from turso:PATH is what the file is. The token stands in TURSO_AUTH_TOKEN or
in the file that TURSO_AUTH_TOKEN_FILE names, never in a URL, and goes to the primary that
TURSO_DATABASE_URL names; without that, to the one in --from or --to. MEMORY_SQLITE_KEY opens
encrypted files.

The source is only read. What the target has stays as it is, so a migration that was interrupted is
completed by the same command. Memories and relationships that have another content there are
listed, and the exit code is 4.

Examples:
  memorygraph migrate --from sqlite:~/.memorygraph/memory.db --to turso:~/replica.db --dry-run
  TURSO_DATABASE_URL=libsql://graph-me.turso.io TURSO_AUTH_TOKEN_FILE=~/token \\
    memorygraph migrate --from sqlite:~/.memorygraph/memory.db --to turso:~/replica.db
  memorygraph migrate --from http://127.0.0.1:8080 --to sqlite:backup.db")]
pub(crate) struct Migrate {
    /// The store to read
    #[arg(long, value_name = "URL")]
    pub(crate) from: String,
    /// The store to fill
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,
    /// Write nothing, and say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
}

fn memory_type() -> impl TypedValueParser<Value = MemoryType> {
    PossibleValuesParser::new(MemoryType::ALL.map(MemoryType::as_str))
        .try_map(|name| name.parse::<MemoryType>())
}

fn relationship_type() -> impl TypedValueParser<Value = RelationshipType> {
    PossibleValuesParser::new(RelationshipType::ALL.map(RelationshipType::as_str))
        .try_map(|name| name.parse::<RelationshipType>())
}

fn score(text: &str) -> Result<Score, Invalid> {
    // What is no number is out of range, too.
    Score::new("a score", text.parse().unwrap_or(f64::NAN))
        .map_err(|invalid| Invalid::new("a score", invalid.rule(), format_args!("{text:?}")))
}

fn time(text: &str) -> Result<Timestamp, Invalid> {
    parse_time("a time", text)
}
