//! The commands of the documents, typed into shells as a reader would.
//!
//! A block of `sh` is typed into a shell that goes on from block to block; a first line `# NAME` says
//! into which of several. Each command has to succeed. A block of `text` right behind it is what the
//! commands wrote, where `…` stands for what differs from run to run, and a line of it for any
//! lines. What a reader runs elsewhere is a block of `console`. What happens in between stands in
//! a comment that a reader does not see: `<!-- test: the primary stops -->`.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::mpsc,
    time::{Duration, Instant},
};

use engines::{SavedData, Sqld, SqldOptions, Tokens};

use crate::{
    shell::{Shell, is_as_shown},
    world::World,
};

/// The primary that the documents speak of, where everybody is let in.
const PRIMARY: &str = "http://127.0.0.1:8080";

/// One that asks for a token.
const GUARDED: &str = "libsql://memory-you.turso.io";

/// How long something that a document waits for may take.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn the_readme_does_what_it_shows() {
    follow(include_str!("../../../../README.md"));
}

#[test]
fn the_page_about_the_command_line_does_what_it_shows() {
    follow(include_str!("../../../../docs/command-line.md"));
}

#[test]
fn the_quickstart_does_what_it_shows() {
    follow(include_str!("../../../../docs/quickstart-turso.md"));
}

#[test]
fn the_guide_does_what_it_shows() {
    follow(include_str!("../../../../docs/guides/multi-device-sync.md"));
}

#[test]
fn the_page_about_clients_does_what_it_shows() {
    follow(include_str!("../../../../docs/clients.md"));
}

#[test]
fn the_answers_to_questions_do_what_they_show() {
    follow(include_str!("../../../../docs/faq.md"));
}

/// Does what a page says, from its first to its last line.
fn follow(page: &str) {
    let mut reader = Reader::new(page);
    let page = reader.in_its_place(page);
    let parts = parts(&page);
    assert!(parts.iter().any(|(_, part)| matches!(part, Part::Typed(_))));
    for (line, part) in parts {
        reader.take(line, part);
    }
}

/// What a page says.
#[derive(Clone, Copy, Debug)]
enum Part<'a> {
    /// Commands for a shell.
    Typed(&'a str),
    /// What a shell wrote.
    Shown(&'a str),
    /// Commands that a reader runs where no test can.
    Elsewhere(&'a str),
    /// What happens between two commands.
    Happens(&'a str),
    Prose,
}

/// The parts of a page, each with the number of the line where it begins.
fn parts(page: &str) -> Vec<(usize, Part<'_>)> {
    let mut parts = Vec::new();
    let mut rest = page;
    let line_of = |rest: &str| page[..page.len() - rest.len()].lines().count() + 1;
    while let Some((line, after)) = rest.split_once('\n') {
        let number = line_of(rest);
        rest = after;
        if let Some(kind) = line.trim_start().strip_prefix("```") {
            let (text, after) = after.split_once("```").expect("the block has an end");
            rest = after.trim_start_matches('\n');
            parts.push((
                number,
                match kind {
                    "sh" => Part::Typed(text),
                    "text" => Part::Shown(text.trim_end()),
                    "console" => Part::Elsewhere(text),
                    "toml" | "rust" => Part::Prose,
                    kind => panic!("line {number}: nobody knows what to do with {kind:?}"),
                },
            ));
        } else if let Some(words) = line.strip_prefix("<!-- test: ") {
            parts.push((number, Part::Happens(words.trim_end_matches(" -->"))));
        } else if !line.trim().is_empty() {
            parts.push((number, Part::Prose));
        }
    }
    parts
}

/// Somebody with a home, some shells, and primaries.
struct Reader {
    shells: BTreeMap<String, Shell>,
    /// What the last commands wrote, until something else comes.
    written: Option<String>,
    primary: Sqld,
    guarded: Option<(Sqld, Tokens)>,
    kept: Option<SavedData>,
    world: World,
}

impl Reader {
    fn new(page: &str) -> Self {
        let guarded = page.contains(GUARDED).then(|| {
            let tokens = Tokens::new();
            let options = SqldOptions {
                jwt_key: Some(tokens.key_file_content()),
                ..SqldOptions::default()
            };
            (Sqld::start_with(&options), tokens)
        });
        let world = World::new();
        for folder in ["here", "written"] {
            fs::create_dir(world.file(folder)).unwrap();
        }
        Self {
            shells: BTreeMap::new(),
            written: None,
            primary: Sqld::start(),
            guarded,
            kept: None,
            world,
        }
    }

    /// Returns the page with the primaries that are there in place of those that it names.
    fn in_its_place(&self, page: &str) -> String {
        let page = page.replace(PRIMARY, &self.primary.url());
        match &self.guarded {
            Some((guarded, _)) => page.replace(GUARDED, &guarded.url()),
            None => page,
        }
    }

    fn take(&mut self, line: usize, part: Part<'_>) {
        let written = self.written.take();
        match part {
            Part::Typed(commands) => self.written = Some(self.type_in(line, commands)),
            Part::Shown(expected) => {
                if let Some(written) = written {
                    assert!(
                        is_as_shown(expected, &written),
                        "line {line} shows\n{expected}\nand this was written\n{written}"
                    );
                }
            }
            Part::Elsewhere(commands) => {
                let mut lines = commands.lines();
                let is_ours = lines.any(|line| line.trim_start_matches("$ ").starts_with("memory"));
                assert!(!is_ours, "line {line}: a test can run it, so it is `sh`");
            }
            Part::Happens(words) => self.let_happen(line, words),
            Part::Prose => {}
        }
    }

    fn type_in(&mut self, line: usize, commands: &str) -> String {
        let first = commands.lines().next().unwrap_or_default();
        let name = first.strip_prefix("# ").unwrap_or_default();
        let shell = self
            .shells
            .entry(name.to_owned())
            .or_insert_with(|| Shell::new(&self.world));
        let place = format!("written/{line}");
        shell.run(line, commands, &self.world.file(&place))
    }

    fn let_happen(&mut self, line: usize, words: &str) {
        match words {
            "the primary stops" => self.primary.stop(),
            "the primary starts" => self.primary.restart(),
            "the primary starts empty" => self.primary.restart_empty(),
            "a backup of the primary" => self.kept = Some(self.primary.save_data()),
            "the backup comes back" => {
                let kept = self.kept.as_ref().expect("there is a backup");
                self.primary.restart_with(kept);
            }
            _ => {
                if let Some(file) = words.strip_prefix("a token comes into ~/") {
                    let (_, tokens) = self.guarded.as_ref().expect("somebody asks for one");
                    let path = self.world.home().join(file);
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, tokens.read_write()).unwrap();
                } else if let Some(file) = words.strip_prefix("there is ") {
                    World::bring(&self.world.file("here"), file);
                } else if let Some((file, text)) = words.split_once(" has ") {
                    wait_for(&self.world.file("here").join(file), text);
                } else {
                    panic!("line {line}: nobody knows how to let this happen: {words}");
                }
            }
        }
    }
}

/// Waits until a file has a text in it.
fn wait_for(file: &Path, text: &str) {
    let (_alive, nothing) = mpsc::channel::<()>();
    let begun = Instant::now();
    loop {
        let found = fs::read_to_string(file).unwrap_or_default();
        if found.contains(text) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{text:?} did not come: {found}");
        assert!(nothing.recv_timeout(Duration::from_millis(5)).is_err());
    }
}
