//! What may stand on the command line.

mod change;
mod explore;
mod files;
mod find;
mod init;
mod past;
mod relate;
mod serve;
mod value;

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use memorygraph::BackendName;

pub(crate) use self::{
    change::*, explore::*, files::*, find::*, init::*, past::*, relate::*, serve::*,
};

const EXAMPLES: &str = "\
Examples:
  memorygraph demo
  memorygraph store \"Redis times out\" \"Reads take longer than 2 s.\" --type error --id slow-redis
  memorygraph store \"Raise the pool size\" \"It had 4 connections; now 32.\" --type fix --id pool
  memorygraph link pool solves slow-redis
  memorygraph recall timeouts of redis
  memorygraph related slow-redis --depth 2
  memorygraph update pool --importance 0.9

The graph is kept in ~/.memorygraph/memory.db unless --path, MEMORY_SQLITE_PATH or
MEMORY_TURSO_PATH says otherwise. With MEMORY_BACKEND=turso and TURSO_DATABASE_URL, that file is a
replica of the primary at this URL; TURSO_AUTH_TOKEN or the file TURSO_AUTH_TOKEN_FILE opens it.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 conflict, 130 stopped.";

/// A graph memory for AI agents: stores what was learned, relates it, and finds it again.
#[derive(Debug, Parser)]
#[command(name = "memorygraph", version, after_help = EXAMPLES, max_term_width = 100)]
#[command(arg_required_else_help = true)]
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
    /// Say how old the answers of a replica may be; for commands that only read
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
    /// Take in files: exports, databases of predecessors, memory.jsonl of the MCP memory server
    Import(Import),
    /// Write the graph, or a part of it, into a file
    Export(Export),
    /// Copy the graph into a file, while others use it
    Backup(Backup),
    /// Put a backup in the place of the graph
    Restore(Restore),
    /// Keep a new memory
    Store(Store),
    /// Show a memory, and what it is joined with
    Get(Get),
    /// Change a memory, with options or in an editor
    Update(Update),
    /// Keep a new memory in the place of an old one
    Supersede(Supersede),
    /// Remove a memory and its relationships
    Delete(Delete),
    /// Find memories by their words
    Search(Search),
    /// Find what a text brings to mind, forgiving typing errors
    Recall(Recall),
    /// Show what happened of late, and which problems are unresolved
    Recent(Recent),
    /// Join two memories
    Link(Link),
    /// End a relationship, or remove it
    Unlink(Unlink),
    /// Say that a relationship was tried, and proved right or wrong
    Reinforce(Reinforce),
    /// List relationships
    Links(Links),
    /// Suggest how two memories could be joined
    Suggest(Suggest),
    /// Show what is related to a memory, as a tree
    Related(Related),
    /// Show the shortest way from one memory to another
    Path(Way),
    /// Show which memories belong together
    Clusters(Clusters),
    /// Show what holds parts of the graph together
    Bridges(Bridges),
    /// Show what a memory or a relationship was before
    History(History),
    /// List what the graph learned since a time
    Changes(Changes),
    /// Count what the graph is made of
    #[command(after_help = "\
Examples:
  memorygraph stats
  memorygraph stats --json")]
    Stats,
    /// Show where the graph is kept, how it is, and what is wrong with it
    Health(Health),
    /// Show what is kept aside since it breaks a rule
    Quarantine(Quarantine),
    /// Bring a replica up to date with its primary
    Sync(Sync),
    /// Carry the graph of one store into another, such as SQLite to Turso
    Migrate(Migrate),
    /// Serve an agent over stdin and stdout, with the Model Context Protocol
    Serve(Serve),
    /// Set up the clients of MCP that agents run in
    Init(Init),
    /// Show every setting, and where its value comes from
    Config(Settings),
    /// Write a script that completes commands in a shell
    Completions(Completions),
    /// Write manual pages
    Man(Man),
}

impl Command {
    /// Whether it makes a graph where there is none.
    pub(crate) const fn makes_graph(&self) -> bool {
        matches!(
            self,
            Self::Store(_)
                | Self::Import(_)
                | Self::Demo(_)
                | Self::Sync(_)
                | Self::Migrate(_)
                | Self::Restore(_)
                | Self::Serve(_)
        )
    }

    /// Whether it answers from the graph and changes nothing.
    pub(crate) const fn is_reading(&self) -> bool {
        matches!(
            self,
            Self::Get(_)
                | Self::Search(_)
                | Self::Recall(_)
                | Self::Recent(_)
                | Self::Links(_)
                | Self::Suggest(_)
                | Self::Related(_)
                | Self::Path(_)
                | Self::Clusters(_)
                | Self::Bridges(_)
                | Self::History(_)
                | Self::Changes(_)
                | Self::Stats
        )
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  memorygraph demo
  memorygraph demo --keep demo.db
  memorygraph --path demo.db recall customers charged twice")]
pub(crate) struct Demo {
    /// Keep the graph in this file instead of removing it at the end
    #[arg(long, value_name = "FILE")]
    pub(crate) keep: Option<PathBuf>,
}
