//! Measures the SQLite backend beside hand-written SQL on the same file, and the server over it,
//! and says which goals are met.
//!
//! `measure [--write] [--only TEXT] [--memories N] [--rounds N] [--server PATH]`: `--write` puts the
//! tables into `docs/benchmarks.md`, `--only` measures the rows whose name has the text, `serve`
//! those of the server; `--server` is the program to measure, if not `memorygraph` beside this one.

mod children;
mod files;
mod options;
mod reads;
mod report;
mod serve;
mod stdio;
mod writes;

use std::process::ExitCode;

use memorygraph_bench::{Result, machine, page, store};

use crate::{options::Options, report::Report};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match children::task(&arguments) {
        Some(task) => task.run(),
        None => Options::read(&arguments).and_then(|options| measure(&options)),
    };
    match done {
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
    let command = format!(
        "cargo run --release -p memorygraph-bench --bin measure -- --write --memories {} --rounds {}{}",
        options.memories,
        options.rounds,
        match options.only.as_str() {
            "" => String::new(),
            only => format!(" --only {only}"),
        }
    );
    let engine = format!("SQLite {}", sqlite_engine::version());
    let machine = machine::describe(&engine, &command);
    let store = store::prepare(&options.folder, options.memories, &runtime)?;
    let mut report = Report::default();
    writes::measure(options, &runtime, &mut report)?;
    children::measure(options, &store, &mut report)?;
    files::measure(options, &store, &mut report)?;
    reads::measure(options, &runtime, &store, &mut report)?;
    let mut served = Report::default();
    serve::measure(options, &runtime, &store, &mut served)?;
    for (section, report) in [("measured", report), ("served", served)] {
        let table = report.table();
        eprintln!("{table}");
        if options.write && !table.is_empty() {
            page::replace(section, &format!("{machine}\n{}", table.trim_end()))?;
        }
    }
    Ok(())
}
