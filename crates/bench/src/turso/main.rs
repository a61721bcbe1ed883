//! Measures the Turso backend: in local mode beside the SQLite backend in CPU time, and with a real
//! primary on this machine, and says which goals are met.
//!
//! `turso [--write] [--only TEXT] [--memories N,N] [--rounds N]`: `--write` puts the table into
//! `docs/benchmarks.md`, `--only` measures the rows whose name has the text.

mod held;
mod local;
mod network;
mod options;
mod remote;
mod report;
mod stores;
mod syncs;

use std::process::ExitCode;

use memorygraph_bench::{Result, machine, page};
use tokio::runtime::Runtime;

use crate::{options::Options, report::Report};

/// What the section of the documentation says beside the figures.
const WORDS: &str = include_str!("section.md");

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match Options::read(&arguments).and_then(|options| measure(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("{err}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<()> {
    if cfg!(debug_assertions) {
        eprintln!("This is a debug build: its numbers mean nothing. Use --release.");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let load = machine::describe(&engines_of(&runtime)?, &options.command());
    let mut report = Report::default();
    for memories in &options.memories {
        local::measure(options, *memories, &runtime, &mut report)?;
    }
    syncs::measure(options, &runtime, &mut report)?;
    stores::measure(options, &runtime, &mut report)?;
    held::measure(options, &runtime, &mut report)?;
    remote::measure(options, &runtime, &mut report)?;
    let table = report.table();
    eprintln!("{table}");
    if options.write {
        let words = WORDS.trim_end();
        page::replace("turso", &format!("{words}\n\n{load}\n{}", table.trim_end()))?;
    }
    Ok(())
}

/// Returns the names and versions of both engines.
fn engines_of(runtime: &Runtime) -> Result<String> {
    let libsql = runtime.block_on(local::engine())?;
    Ok(format!(
        "{libsql}; beside it SQLite {}",
        sqlite_engine::version()
    ))
}
