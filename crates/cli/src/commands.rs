//! The commands over the graph that the configuration names.

mod backup;
mod bar;
mod change;
pub(crate) mod completions;
pub(crate) mod config;
mod edit;
mod explore;
mod export;
mod find;
pub(crate) mod health;
mod import;
pub(crate) mod init;
mod migrate;
mod past;
mod place;
mod quarantine;
mod relate;
mod serve;
mod state;
mod statement;
mod stop;
mod sync;

use std::io::Read;

use memorygraph::ports::{ErrorKind, Upgrade};
use memorygraph::{BackendName, Config, Error, MemoryGraph};
use serde_json::json;

use crate::{
    arguments::Command,
    failure::{Failure, tell},
    output::Output,
    view,
};

/// Runs a command that needs neither a graph nor settings; of another one, returns nothing.
pub(crate) fn run_alone(command: &Command, output: &mut Output) -> Option<Result<(), Failure>> {
    match command {
        Command::Completions(asked) => Some(completions::completions(asked, output)),
        Command::Man(asked) => Some(completions::man(asked, output)),
        Command::Config(settings) if settings.command.is_some() => Some(config::path(output)),
        _ => None,
    }
}

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
        Command::Restore(restore) => return backup::restore(config, restore, output).await,
        Command::Config(_) => return config::config(config, output),
        Command::Init(asked) => return init::init(config, asked, output),
        Command::Sync(sync) if sync::is_yet_to_be_made(config, sync, output)? => return Ok(()),
        Command::Sync(sync) => sync::config(config, sync),
        Command::Serve(asked) => serve::config(config, asked)?,
        _ => config.clone(),
    };
    place::expect_graph(config, &command)?;
    let opened = bar::patiently(output, "opening", MemoryGraph::open(config)).await;
    let graph = opened.map_err(|error| unopened(error, config))?;
    if let Some(upgrade) = graph.upgraded() {
        tell_of(upgrade, output.is_json());
    }
    let tells_itself = matches!(command, Command::Sync(_) | Command::Health(_));
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
    let stop = stop::Stop::of(&command);
    let is_server = matches!(command, Command::Serve(_));
    let work = run_on(&graph, config, command, output);
    let result = match stop {
        Some(stop) => stop.or(Box::pin(work)).await,
        None => work.await,
    };
    if let Err(failure) = &result
        && failure.is_interrupted()
    {
        // Whoever stops it does not wait; what was acknowledged is on the disk.
        return result;
    }
    // Whoever asked does not wait for what closing has to do. What a client does not read is not
    // waited for either.
    let result = if is_server {
        result
    } else {
        result.and_then(|()| Ok(output.flush()?))
    };
    let closed = graph.close().await;
    result?;
    Ok(closed?)
}

/// Says what else may be the matter with a file that does not open with a key.
fn unopened(error: Error, config: &Config) -> Failure {
    let has_key = config.backend.value == BackendName::Sqlite && config.sqlite_key.is_some();
    let is_closed = matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Unauthorized);
    let failure = Failure::from(error);
    if has_key && is_closed {
        failure.hint("MEMORY_SQLITE_KEY is set; a file that is not encrypted opens without it")
    } else {
        failure
    }
}

/// Tells what became of a predecessor's store when it was opened.
fn tell_of(upgrade: &Upgrade, as_json: bool) {
    if as_json {
        tell(json!({ "upgraded": upgrade }));
    } else {
        view::upgrade::upgrade(upgrade).into_iter().for_each(tell);
    }
}

async fn run_on(
    graph: &MemoryGraph,
    config: &Config,
    command: Command,
    output: &mut Output,
) -> Result<(), Failure> {
    match command {
        Command::Demo(_) | Command::Migrate(_) | Command::Restore(_) => {
            unreachable!("they open graphs of their own")
        }
        Command::Config(_) | Command::Completions(_) | Command::Init(_) | Command::Man(_) => {
            unreachable!("they need no graph")
        }
        Command::Import(import) => import::import(graph, &import, output).await,
        Command::Export(export) => export::export(graph, &export, output).await,
        Command::Backup(backup) => backup::backup(graph, &backup, output).await,
        Command::Quarantine(asked) => quarantine::quarantine(graph, &asked, output).await,
        Command::Store(store) => change::store(graph, store, output).await,
        Command::Get(get) => find::get(graph, &get, output).await,
        Command::Update(update) => change::update(graph, update, output).await,
        Command::Supersede(supersede) => change::supersede(graph, supersede, output).await,
        Command::Delete(delete) => change::delete(graph, &delete, output).await,
        Command::Search(search) => find::search(graph, search, output).await,
        Command::Recall(recall) => find::recall(graph, &recall, output).await,
        Command::Recent(recent) => past::recent(graph, recent, output).await,
        Command::Link(link) => relate::link(graph, link, output).await,
        Command::Unlink(unlink) => relate::unlink(graph, unlink, output).await,
        Command::Reinforce(reinforce) => relate::reinforce(graph, &reinforce, output).await,
        Command::Links(links) => explore::links(graph, links, output).await,
        Command::Suggest(suggest) => explore::suggest(graph, &suggest, output).await,
        Command::Related(related) => explore::related(graph, related, output).await,
        Command::Path(way) => explore::path(graph, way, output).await,
        Command::Clusters(clusters) => explore::clusters(graph, clusters, output).await,
        Command::Bridges(bridges) => explore::bridges(graph, bridges, output).await,
        Command::History(history) => past::history(graph, &history, output).await,
        Command::Changes(changes) => past::changes(graph, &changes, output).await,
        Command::Stats => state::stats(graph, output).await,
        Command::Health(asked) => health::health(graph, config, &asked, output).await,
        Command::Serve(asked) => serve::serve(graph, config, &asked).await,
        Command::Sync(sync) => sync::sync(graph, config, &sync, output).await,
    }
}

/// Returns the content that was given: as it stands, or for `-` and with `from_stdin` what comes
/// through the standard input.
fn content(given: Option<String>, from_stdin: bool) -> Result<Option<String>, Failure> {
    if !from_stdin && given.as_deref() != Some("-") {
        return Ok(given);
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failure::failed(format!("read the standard input: {error}")))?;
    Ok(Some(text))
}
