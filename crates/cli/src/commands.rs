//! The commands over the graph that the configuration names.

mod bar;
mod change;
mod explore;
mod find;
mod import;
mod migrate;
mod state;
mod sync;

use std::io::Read;

use memorygraph::{Config, MemoryGraph};

use crate::{
    arguments::Command,
    failure::{Failure, tell},
    output::Output,
    view,
};

/// Opens the graph, runs the command, and closes the graph again. With `freshness`, the answer
/// comes with its age.
pub(crate) async fn run(
    config: &Config,
    command: Command,
    freshness: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let config = &match &command {
        Command::Migrate(migrate) => return migrate::migrate(config, migrate, output).await,
        Command::Sync(sync) if sync::is_yet_to_be_made(config, sync, output)? => return Ok(()),
        Command::Sync(sync) => sync::config(config, sync),
        _ => config.clone(),
    };
    let graph = MemoryGraph::open(config).await?;
    let tells_itself = matches!(command, Command::Sync(_) | Command::Health);
    if let Some(status) = graph.sync_status().filter(|_| !tells_itself) {
        view::sync::warnings(&status).into_iter().for_each(tell);
    }
    if freshness {
        // Before the question: what comes in meanwhile makes the answer newer than is said.
        let freshness = graph.freshness();
        if output.is_json() {
            output.date(freshness);
        } else {
            tell(view::sync::freshness(freshness.as_ref()));
        }
    }
    let result = run_on(&graph, config, command, output).await;
    let closed = graph.close().await;
    result?;
    Ok(closed?)
}

async fn run_on(
    graph: &MemoryGraph,
    config: &Config,
    command: Command,
    output: &mut Output,
) -> Result<(), Failure> {
    match command {
        Command::Demo(_) | Command::Migrate(_) => unreachable!("they open graphs of their own"),
        Command::Import(import) => import::import(graph, &import, output).await,
        Command::Store(store) => change::store(graph, store, output).await,
        Command::Get(get) => find::get(graph, &get, output).await,
        Command::Search(search) => find::search(graph, &search, output).await,
        Command::Recall(recall) => find::recall(graph, &recall, output).await,
        Command::Related(related) => explore::related(graph, related, output).await,
        Command::Path(way) => explore::path(graph, way, output).await,
        Command::Link(link) => change::link(graph, link, output).await,
        Command::Update(update) => change::update(graph, update, output).await,
        Command::Delete(delete) => change::delete(graph, &delete, output).await,
        Command::Stats => state::stats(graph, output).await,
        Command::Health => state::health(graph, config, output).await,
        Command::Sync(sync) => sync::sync(graph, config, &sync, output).await,
    }
}

/// Returns the text, or for `-` what stands on the standard input.
fn text_or_stdin(text: String) -> Result<String, Failure> {
    if text != "-" {
        return Ok(text);
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failure::failed(format!("read the standard input: {error}")))?;
    Ok(text)
}

/// Writes a command line as a person would type it.
pub(crate) fn line_of(words: &[&str]) -> String {
    let quoted = words.iter().map(|word| {
        let is_plain = |c: char| c.is_alphanumeric() || "-_./:=+,@%~".contains(c);
        if !word.is_empty() && word.chars().all(is_plain) {
            (*word).to_owned()
        } else if word.contains(['$', '`', '"', '\\', '!']) {
            format!("'{}'", word.replace('\'', "'\\''"))
        } else {
            format!("\"{word}\"")
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}
