//! Commands that change memories.

use clap::Args;
use memorygraph::domain::{MemoryId, MemoryType, Score, Timestamp};

use super::value::{content, memory_type, score, time};

/// The type of a memory whose author does not say.
const DEFAULT_TYPE: MemoryType = MemoryType::General;

#[derive(Args, Debug)]
#[command(after_help = "\
A content that the project has already is refused. When several processes store at the same moment,
this look for duplicates is best effort: both may find nothing, and both store.

Examples:
  memorygraph store \"Redis times out\" \"Reads take longer than 2 s at 50 requests a second.\" \\
    --type error --tag redis --project shop-api --id redis-slow
  memorygraph store \"Raise the Redis pool\" \"The pool had 4 connections; 32 are enough.\" \\
    --type fix --importance 0.9
  cat notes.txt | memorygraph store \"Notes of the incident\" --stdin")]
pub(crate) struct Store {
    #[command(flatten)]
    pub(crate) memory: NewMemory,
    /// The memory that this one takes the place of: it stays, but holds no longer
    #[arg(long, value_name = "ID")]
    pub(crate) supersedes: Option<MemoryId>,
}

/// What its author says about a memory to be.
#[derive(Args, Debug)]
pub(crate) struct NewMemory {
    /// One line, up to 200 characters
    pub(crate) title: String,
    /// All of it, up to 50,000 characters; - reads the standard input
    #[arg(required_unless_present = "stdin", conflicts_with = "stdin")]
    #[arg(allow_hyphen_values = true, value_parser = content())]
    pub(crate) content: Option<String>,
    /// Read the content from the standard input
    #[arg(long)]
    pub(crate) stdin: bool,
    /// What kind of thing it is; without it, general, or as the one that it supersedes
    #[arg(long = "type", short = 't', value_name = "TYPE")]
    #[arg(value_parser = memory_type(), ignore_case = true)]
    pub(crate) memory_type: Option<MemoryType>,
    /// The gist, up to 500 characters
    #[arg(long, value_name = "TEXT")]
    pub(crate) summary: Option<String>,
    /// A word to find it by; may be given several times, or with commas
    #[arg(long = "tag", value_name = "TAG", value_delimiter = ',')]
    pub(crate) tags: Vec<String>,
    /// How much it matters, 0 to 1 [default: 0.5]
    #[arg(long, value_name = "SCORE", value_parser = score, allow_negative_numbers = true)]
    pub(crate) importance: Option<Score>,
    /// How sure you are, 0 to 1 [default: 0.8]
    #[arg(long, value_name = "SCORE", value_parser = score, allow_negative_numbers = true)]
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
    /// From when it holds, such as 2026-01-31 or 2026-01-31T08:00:00Z; else from now
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) valid_from: Option<Timestamp>,
    /// Keep it also when a memory of the same project has the same content
    #[arg(long)]
    pub(crate) allow_duplicate: bool,
}

impl NewMemory {
    /// The type that was asked for, else that of the memory before, else the default.
    pub(crate) fn type_after(&self, before: Option<MemoryType>) -> MemoryType {
        self.memory_type.or(before).unwrap_or(DEFAULT_TYPE)
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
The old memory stays, with its history and its relationships, but holds no longer: searches leave it
out unless they ask for it with --as-of or --ever. The new one REPLACES it.

Example:
  memorygraph supersede pool-fix \"Size the Redis pool by load\" \\
    \"32 connections were too few on sale days; the pool now grows to 128.\" --id pool-by-load")]
pub(crate) struct Supersede {
    /// The memory whose place the new one takes
    #[arg(value_name = "ID")]
    pub(crate) old: MemoryId,
    #[command(flatten)]
    pub(crate) memory: NewMemory,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Without anything to change, the memory is opened in the editor that VISUAL or EDITOR names. Of what
is saved there, only what differs is changed. When somebody else changes other fields meanwhile,
both changes are kept; when it is the same field, nothing is, and the exit code is 4.

Examples:
  memorygraph update pool-fix --importance 0.9 --tags redis,pool
  echo \"The pool had 4 connections; now it has 64.\" | memorygraph update pool-fix --stdin
  memorygraph update pool-fix --title \"A larger Redis pool\" --if-version 3
  memorygraph update pool-fix")]
pub(crate) struct Update {
    /// The memory
    pub(crate) id: MemoryId,
    #[command(flatten)]
    pub(crate) change: Change,
    /// The version that you have seen: what others changed since then is kept, or stands against it
    #[arg(long, value_name = "VERSION")]
    pub(crate) if_version: Option<u32>,
    /// Who changes it
    #[arg(long, value_name = "NAME")]
    pub(crate) author: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Change {
    /// What kind of thing it is
    #[arg(long = "type", short = 't', value_name = "TYPE")]
    #[arg(value_parser = memory_type(), ignore_case = true, hide_possible_values = true)]
    pub(crate) memory_type: Option<MemoryType>,
    /// One line
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// All of it; - reads the standard input
    #[arg(long, value_name = "TEXT", conflicts_with = "stdin")]
    #[arg(allow_hyphen_values = true, value_parser = content())]
    pub(crate) content: Option<String>,
    /// Read the content from the standard input
    #[arg(long)]
    pub(crate) stdin: bool,
    /// The gist; an empty text removes it
    #[arg(long, value_name = "TEXT")]
    pub(crate) summary: Option<String>,
    /// All tags, with commas, in place of those before; an empty text removes them
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub(crate) tags: Option<Vec<String>>,
    /// How much it matters, 0 to 1
    #[arg(long, value_name = "SCORE", value_parser = score, allow_negative_numbers = true)]
    pub(crate) importance: Option<Score>,
    /// How sure you are, 0 to 1
    #[arg(long, value_name = "SCORE", value_parser = score, allow_negative_numbers = true)]
    pub(crate) confidence: Option<Score>,
    /// How well it worked when it was used, 0 to 1
    #[arg(long, value_name = "SCORE", value_parser = score, allow_negative_numbers = true)]
    pub(crate) effectiveness: Option<Score>,
    /// The project that it belongs to; an empty text removes it
    #[arg(long, value_name = "PATH")]
    pub(crate) project: Option<String>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
What it was stays in its history. With --erase nothing stays: the memory, its relationships, their
histories, and what is in quarantine because of it. Only a backup has it then.

Examples:
  memorygraph delete pool-fix
  memorygraph delete redis-timeout --erase --yes")]
pub(crate) struct Delete {
    /// The memory
    pub(crate) id: MemoryId,
    /// Erase every trace of it, its history too; cannot be undone
    #[arg(long)]
    pub(crate) erase: bool,
    /// Erase without asking
    #[arg(long, short, requires = "erase")]
    pub(crate) yes: bool,
}
