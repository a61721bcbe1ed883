//! The command line of MemoryGraph.
//!
//! Data goes to stdout, as tables and trees for people or, with `--json`, as one line of JSON in
//! the shape of the library's own values; everything else goes to stderr. Exit codes: 0 done, 1
//! failed, 2 wrong usage, 3 not found, 4 conflict, 130 stopped.

mod arguments;
mod ask;
mod command_line;
mod commands;
mod demo;
mod failure;
mod output;
mod style;
mod table;
mod tree;
mod view;

use std::{
    ffi::OsString,
    io::{self, IsTerminal},
    process::ExitCode,
};

use clap::Parser;
use memorygraph::{Config, Flags, LogLevel, Origin};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{
    arguments::{Arguments, Command},
    failure::Failure,
    output::Output,
};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse_from(typed()) {
        Ok(arguments) => arguments,
        Err(error) => return failure::wrong_usage(&error),
    };
    let json = arguments.global.json;
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(json),
    }
}

/// Returns the command line. Without a command, whoever types wants help, and a program that started
/// this one wants to be served.
fn typed() -> Vec<OsString> {
    let mut words: Vec<_> = std::env::args_os().collect();
    if words.len() <= 1 && !io::stdin().is_terminal() {
        words.resize_with(1, || "memorygraph".into());
        words.push("serve".into());
    }
    words
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let global = arguments.global;
    if global.freshness && !arguments.command.is_reading() {
        return Err(Failure::usage(
            "--freshness goes with commands that only read, such as search, get and stats",
        ));
    }
    let mut output = Output::stdout(global.json);
    if let Some(done) = commands::run_alone(&arguments.command, &mut output) {
        done?;
        return Ok(output.finish()?);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::from)?;
    if let Command::Demo(demo) = arguments.command {
        runtime.block_on(demo::run(&demo, &mut output))?;
    } else {
        let flags = Flags {
            backend: global.backend,
            path: global.path,
        };
        let config = Config::load(&flags, |name| std::env::var_os(name))?;
        let command = arguments.command;
        let is_server = matches!(command, Command::Serve(_));
        log(&config, is_server);
        let work = commands::run(&config, command, global.freshness, &mut output);
        let done = runtime.block_on(work);
        if is_server || done.as_ref().is_err_and(Failure::is_interrupted) {
            // Without waiting for threads whose work nobody wants any more, such as the one that
            // reads a stdin that may never end.
            runtime.shutdown_background();
        }
        if is_server {
            // A thread that writes what no client reads has stdout for ever.
            return done;
        }
        done?;
    }
    Ok(output.finish()?)
}

/// Sends what the program reports about itself to stderr. Unless somebody asked for more, a person
/// at a command line wants to hear only of trouble, and of each trouble once.
fn log(config: &Config, is_server: bool) {
    let is_for_person = config.log_level.origin == Origin::Default && !is_server;
    let level = match &config.log_level {
        _ if is_for_person => LevelFilter::WARN,
        level => match level.value {
            LogLevel::Off => LevelFilter::OFF,
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
            LogLevel::Trace => LevelFilter::TRACE,
        },
    };
    // An engine's own words may hold anything, also a secret.
    let mut ours = Targets::new().with_target("memorygraph", level);
    if is_for_person {
        // The commands tell of syncs themselves.
        ours = ours.with_target("memorygraph_adapter_turso", LevelFilter::ERROR);
    }
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .without_time()
        .finish()
        .with(ours)
        .init();
}
