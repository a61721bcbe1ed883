//! Shows the main job on a small graph: what a team of a web shop learned in four months.

mod story;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use memorygraph::domain::{
    Direction, Hit, MemoryContext, MemoryFilter, MemoryId, Page, PageRequest, Path as Way,
    PathQuery, Score, Timestamp, Walk, Walked,
};
use memorygraph::ports::{Clock, Statistics};
use memorygraph::{Config, Draft, Link, MemoryGraph, SystemClock, UuidV7Source, open_backend};
use serde::Serialize;

use crate::{
    arguments::Demo,
    command_line::line_of,
    failure::Failure,
    output::Output,
    style::{HEADING, paint},
    tree, view,
};

const QUESTION: &str = "timeout in checkout";
const ROOT: &str = "checkout-timeout";
const WAY: [&str; 2] = ["double-charge", "checkout-timeout"];

/// How long the story takes, in days until now.
const DAYS: i64 = 120;
const SECONDS_A_DAY: i64 = 86_400;

/// All that the demo shows, for programs.
#[derive(Serialize)]
struct Shown<'a> {
    /// Where the graph was kept; none when it is gone.
    path: Option<&'a Path>,
    recall: &'a Page<Hit>,
    related: &'a Walked,
    shortest_path: Option<&'a Way>,
    statistics: &'a Statistics,
}

/// Makes the graph, asks it, and removes it unless it is to be kept.
pub(crate) async fn run(demo: &Demo, output: &mut Output) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::failed(format!("make a temporary folder: {error}"));
    let folder = tempfile::tempdir().map_err(failed)?;
    let path = match &demo.keep {
        Some(path) => {
            make_room(path)?;
            path.clone()
        }
        None => folder.path().join("demo.db"),
    };
    let now = SystemClock::new().now();
    let clock = Arc::new(StoryClock(AtomicI64::new(now.as_second())));
    let backend = open_backend(&Config::at(&path)).await?;
    let graph = MemoryGraph::over(backend, Arc::clone(&clock) as _, Arc::new(UuidV7Source));
    let told = tell(&graph, &clock, now).await;
    let shown = match told {
        Ok(()) => show(&graph, demo.keep.as_deref(), output).await,
        Err(error) => Err(error.into()),
    };
    graph.close().await?;
    shown
}

/// Fails when there is a file already: the demo overwrites nothing.
fn make_room(path: &Path) -> Result<(), Failure> {
    match fs::symlink_metadata(path) {
        Ok(_) => Err(Failure::usage(format!(
            "{} is there already; --keep makes a new file",
            path.display()
        ))),
        Err(_) => Ok(()),
    }
}

/// Puts the story into the graph, each part of it at its time.
async fn tell(graph: &MemoryGraph, clock: &StoryClock, now: Timestamp) -> memorygraph::Result<()> {
    let begin = now.as_second() - DAYS * SECONDS_A_DAY;
    let parts = i64::try_from(story::MEMORIES.len()).expect("a short story");
    let moments: Vec<i64> = (0..parts)
        .map(|part| begin + part * DAYS * SECONDS_A_DAY / parts)
        .collect();
    for (part, moment) in story::MEMORIES.iter().zip(&moments) {
        clock.set(*moment);
        graph.remember(draft(part)?).await?;
    }
    let moment_of = |id: &str| {
        let place = story::MEMORIES.iter().position(|part| part.id == id);
        moments[place.expect("a link joins memories of the story")]
    };
    for &(from, kind, to, strength, context) in story::LINKS {
        clock.set(moment_of(from).max(moment_of(to)) + 3_600);
        let link = Link {
            strength: Some(Score::new("strength", strength)?),
            context: (!context.is_empty()).then(|| context.to_owned()),
            ..Link::new(MemoryId::new(from)?, kind, MemoryId::new(to)?)
        };
        graph.relate(link).await?;
    }
    clock.set(now.as_second());
    Ok(())
}

fn draft(part: &story::Part) -> memorygraph::Result<Draft> {
    let context = MemoryContext {
        project_path: Some(part.project.to_owned()),
        ..MemoryContext::default()
    };
    Ok(Draft {
        id: Some(MemoryId::new(part.id)?),
        tags: part.tags.iter().map(|tag| (*tag).to_owned()).collect(),
        context: Some(context),
        importance: Score::new("importance", part.importance)?,
        ..Draft::new(part.memory_type, part.title, part.content)
    })
}

/// Asks the graph, and shows the answers.
async fn show(
    graph: &MemoryGraph,
    kept: Option<&Path>,
    output: &mut Output,
) -> Result<(), Failure> {
    let page = PageRequest::first(5)?;
    let recalled = graph
        .recall(QUESTION, MemoryFilter::default(), &page)
        .await?;
    let root = MemoryId::new(ROOT)?;
    let walk = Walk {
        direction: Direction::Incoming,
        depth: 3,
        ..Walk::new(root.clone())
    };
    let walked = graph.related(&walk).await?;
    let [from, to] = WAY;
    let query = PathQuery::new(MemoryId::new(from)?, MemoryId::new(to)?);
    let way = graph.path(&query).await?;
    let statistics = graph.statistics().await?;
    if output.is_json() {
        return Ok(output.json(&Shown {
            path: kept,
            recall: &recalled,
            related: &walked,
            shortest_path: way.as_ref(),
            statistics: &statistics,
        })?);
    }

    output.line("What a team learned while its web shop grew: bugs, fixes, decisions.")?;
    output.line(format_args!(
        "{} memories, joined by {} relationships.",
        statistics.memories, statistics.relationships
    ))?;
    heading(
        output,
        "What do we know about it?",
        &["recall", QUESTION, "-n", "5"],
    )?;
    output.lines(view::memory::hits(&recalled.items, output.width()))?;
    heading(
        output,
        "What led to it, and what helped?",
        &["related", ROOT, "--direction", "incoming", "--depth", "3"],
    )?;
    if let Some(root) = graph.get(&root).await? {
        output.line(tree::name(&root))?;
    }
    output.lines(tree::lines(&root, &walked.steps, output.width()))?;
    heading(
        output,
        "How do two things hang together?",
        &["path", from, to],
    )?;
    output.lines(way.iter().flat_map(tree::way))?;
    heading(output, "What is it made of?", &["stats"])?;
    output.lines(view::statistics::statistics(&statistics, 6, output.width()))?;

    output.line("")?;
    next(kept, output)
}

/// Writes what is asked, and the command that asks it.
fn heading(output: &mut Output, question: &str, command: &[&str]) -> io::Result<()> {
    output.line("")?;
    let title = format!("── {question} ");
    let rule = "─".repeat(output.page().saturating_sub(title.chars().count()));
    output.line(paint(HEADING, format_args!("{title}{rule}")))?;
    output.line(format_args!("$ memorygraph {}", line_of(command)))?;
    output.line("")
}

/// Says what to try next, in commands that work as they stand.
fn next(kept: Option<&Path>, output: &mut Output) -> Result<(), Failure> {
    let program = std::env::args()
        .next()
        .unwrap_or_else(|| "memorygraph".to_owned());
    let path = kept.map_or(PathBuf::from("demo.db"), Path::to_owned);
    let path = path.to_string_lossy();
    let mut commands: Vec<Vec<&str>> = Vec::new();
    if kept.is_none() {
        output.line("This graph is gone now. Keep one, and ask it yourself:")?;
        commands.push(vec!["demo", "--keep", &path]);
    } else {
        output.line(format_args!(
            "This graph is kept in {path}. Ask it yourself:"
        ))?;
    }
    for command in [
        &["recall", "customers charged twice"][..],
        &["get", "idempotency-keys"],
        &["related", "payments", "--depth", "3"],
        &["link", "circuit-breaker", "prevents", "retry-storm"],
    ] {
        commands.push([&["--path", &path], command].concat());
    }
    output.line("")?;
    for command in &commands {
        let line = line_of(&[&[program.as_str()], command.as_slice()].concat());
        output.line(format_args!("  {line}"))?;
    }
    output.line("")?;
    output.line("Or begin your own, kept in ~/.memorygraph/memory.db:")?;
    output.line("")?;
    let own = [
        &["store", "--type", "fix", "A title", "What I learned today."][..],
        &["recall", "learned today"],
        &["--help"],
    ];
    for command in own {
        let line = line_of(&[&[program.as_str()], command].concat());
        output.line(format_args!("  {line}"))?;
    }
    Ok(())
}

/// A clock that the story sets, in seconds.
#[derive(Debug)]
struct StoryClock(AtomicI64);

impl StoryClock {
    fn set(&self, second: i64) {
        self.0.store(second, Ordering::Relaxed);
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).expect("a moment of this century")
    }
}
