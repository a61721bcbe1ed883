//! Commands over files and whole stores.

use std::{num::NonZeroU32, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;
use memorygraph::domain::{MemoryId, MemoryType, RelationshipType};

use super::value::{memory_type, relationship_type};

#[derive(Args, Debug)]
#[command(after_help = "\
What a file is, its content tells:
  an export of this program (JSON Lines), every field as it was
  a JSON export of the Python or TypeScript MemoryGraph, 1.0 or 2.0
  memory.jsonl of the MCP memory server: an entity becomes a memory, a relation a relationship
  a database file of this program, or of the Python or TypeScript MemoryGraph

What is in the graph already stays as it is, so importing twice changes nothing, and an import that
was interrupted is completed by the same command. The file is only read.

With --json the answer is {\"files\": [{\"file\": …, …}]}: the report of each file.

Examples:
  memorygraph import memories.jsonl
  memorygraph import export.json memory.jsonl --skip-invalid
  memorygraph import old.db
  memorygraph import - < export.json")]
pub(crate) struct Import {
    /// The files; - for the standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Keep records that break a rule in quarantine, and list them, instead of stopping before
    /// anything is written
    #[arg(long)]
    pub(crate) skip_invalid: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
The formats:
  jsonl       all of it, for import: memories, relationships, their times, what is in quarantine
  mcp-memory  memory.jsonl of the MCP memory server: entities and relations
  markdown    a folder of notes with front matter and links, one a memory; opens in Obsidian
  graphml     for Gephi, yEd, Cytoscape
  dot         for Graphviz
  mermaid     for Markdown pages that show Mermaid

Without --format the ending of FILE tells: .graphml, .dot, .gv, .mmd, .mermaid; without an ending,
and with .jsonl, .ndjson or .json, it is jsonl.
All but jsonl and mcp-memory take a part: what is around a memory, or what a filter lets through.
A file appears when it is complete; nothing is replaced without --force. In a folder of notes
--force replaces the notes of an export before, and removes those whose memories are gone; what
others wrote there stays.

With --json the answer says what was written; it needs a FILE then.

Examples:
  memorygraph export memories.jsonl
  memorygraph export | gzip > memories.jsonl.gz
  memorygraph export notes --format markdown
  memorygraph export --format mermaid --around redis-timeout --depth 2
  memorygraph export fixes.dot --type fix,solution")]
pub(crate) struct Export {
    /// Where to; - for the standard output [default: -]; with markdown a folder
    pub(crate) file: Option<PathBuf>,
    /// What to write
    #[arg(long, short, value_name = "FORMAT")]
    pub(crate) format: Option<ExportFormat>,
    /// Replace the file that is there, or in a folder the notes of an export before
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) piece: Piece,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    Jsonl,
    McpMemory,
    Markdown,
    Graphml,
    Dot,
    Mermaid,
}

/// Which part of the graph.
#[derive(Args, Debug)]
#[command(next_help_heading = "A part of the graph")]
pub(crate) struct Piece {
    /// Only what is related to this memory
    #[arg(long, value_name = "ID")]
    pub(crate) around: Option<MemoryId>,
    /// How many relationships far, 1 to 10 [default: 2]
    #[arg(
        long,
        short,
        value_name = "COUNT",
        requires = "around",
        allow_negative_numbers = true
    )]
    pub(crate) depth: Option<u8>,
    /// Only memories of this type; may be given several times, or with commas
    #[arg(long = "type", short, value_name = "TYPE", value_delimiter = ',')]
    #[arg(value_parser = memory_type(), ignore_case = true, hide_possible_values = true)]
    #[arg(conflicts_with = "around")]
    pub(crate) types: Vec<MemoryType>,
    /// Only memories with this tag; may be given several times, or with commas
    #[arg(
        long = "tag",
        value_name = "TAG",
        value_delimiter = ',',
        conflicts_with = "around"
    )]
    pub(crate) tags: Vec<String>,
    /// Only memories of this project
    #[arg(long, value_name = "PATH", conflicts_with = "around")]
    pub(crate) project: Option<String>,
    /// Only along relationships of this type; may be given several times, or with commas
    #[arg(long = "along", value_name = "TYPE", value_delimiter = ',')]
    #[arg(value_parser = relationship_type(), ignore_case = true, hide_possible_values = true)]
    pub(crate) along: Vec<RelationshipType>,
    /// At most this many memories, up to 10,000 [default: 500; with markdown all]
    #[arg(long, short = 'n', value_name = "COUNT", allow_negative_numbers = true)]
    pub(crate) limit: Option<NonZeroU32>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
The copy is one state of the graph, taken while others go on reading and writing, and it is read back
and checked before it gets its name. `memorygraph restore FILE` puts it back; it also opens as it
is, with --path. A graph with a key has backups with the same key.

Example:
  memorygraph backup memory-backup.db")]
pub(crate) struct Backup {
    /// The file to make; there must be nothing yet
    pub(crate) file: PathBuf,
}

#[derive(Args, Debug)]
#[command(after_help = "\
The backup is checked first. The graph that was there is kept in a file beside it, and the answer
says where. No other process may have the graph open.

Example:
  memorygraph backup memory-backup.db
  memorygraph restore memory-backup.db --yes")]
pub(crate) struct Restore {
    /// The backup
    pub(crate) file: PathBuf,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
A graph of fewer than 20,000 memories and relationships is inspected each time: whether the file is
whole, every row can be read, the indexes say what the rows say, and no relationship has lost an
end. Trouble that is found makes the exit code 1.

With --json the answer has the findings in \"findings\"; null when nothing was inspected.

Examples:
  memorygraph health
  memorygraph health --check
  memorygraph health --repair")]
pub(crate) struct Health {
    /// Inspect the graph, however large it is
    #[arg(long)]
    pub(crate) check: bool,
    /// Mend what can be mended; rows that cannot be read go into quarantine
    #[arg(long)]
    pub(crate) repair: bool,
}

#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
In quarantine is what could not become a memory or a relationship, from an upgrade, an import or a
repair, each with the reason and all that it said.

Examples:
  memorygraph quarantine
  memorygraph quarantine --json | head -n 1"
)]
pub(crate) struct Quarantine {
    #[command(subcommand)]
    pub(crate) command: Option<QuarantineCommand>,
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

#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// Show a record, with all that it says
    Show(QuarantineShow),
    /// Let go of a record for good, and show it a last time
    Release(QuarantineRelease),
}

#[derive(Args, Debug)]
pub(crate) struct QuarantineShow {
    /// The record
    pub(crate) id: String,
}

#[derive(Args, Debug)]
pub(crate) struct QuarantineRelease {
    /// The record
    pub(crate) id: String,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
A value comes from a flag, else from the environment, else from config.toml, else from the default.
Secrets are not shown.

Examples:
  memorygraph config
  memorygraph config path")]
pub(crate) struct Settings {
    #[command(subcommand)]
    pub(crate) command: Option<SettingsCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// Show where config.toml is looked for
    Path,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  memorygraph completions bash > memorygraph.bash
  memorygraph completions zsh > _memorygraph
  memorygraph completions fish > memorygraph.fish

bash reads ~/.local/share/bash-completion/completions/memorygraph, zsh a file _memorygraph in a
folder of $fpath, fish ~/.config/fish/completions/memorygraph.fish, PowerShell and elvish a line in
their profile.")]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  memorygraph man | head -n 1
  memorygraph man man1

Then `man -M . memorygraph-store` shows the page of store.")]
pub(crate) struct Man {
    /// The folder to write all pages into, one a command; without it, the first goes to stdout
    pub(crate) folder: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
With --json, each line is {\"synced\": …, \"status\": …}: what a sync brought (frames and took_seconds;
null when none succeeded), and how the syncing goes (state, last_success, age_seconds, last_error,
notices, successes, failures, frames, latency). On a store that is no replica both are null.

Examples:
  memorygraph sync
  memorygraph sync --status")]
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

What is in quarantine comes along; earlier states, which memorygraph history shows, stay with the
source: keep it. The source is only read. What the target has stays as it is, so a migration that was
interrupted is completed by the same command. Memories and relationships that have another content there are
listed, and the exit code is 4.

Examples:
  memorygraph migrate --from sqlite:~/.memorygraph/memory.db --to turso:~/replica.db --dry-run
  TURSO_DATABASE_URL=libsql://graph-me.turso.io TURSO_AUTH_TOKEN_FILE=~/token \\
    memorygraph migrate --from sqlite:~/.memorygraph/memory.db --to turso:~/replica.db
  memorygraph migrate --from sqlite:~/.memorygraph/memory.db --to http://127.0.0.1:8080
  memorygraph migrate --from http://127.0.0.1:8080 --to sqlite:copy.db")]
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
