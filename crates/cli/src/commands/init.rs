//! The server in the files of the clients that start it.

mod client;
mod difference;
mod document;
mod entry;
mod file;
mod json;
mod machine;
mod protocol;
mod server;
#[cfg(test)]
mod tests;
mod toml;

use std::path::{Path, PathBuf};

use memorygraph::Config;
use serde::Serialize;

pub(crate) use self::client::{CLIENTS, Client};

use self::{client::Scope, entry::Server, file::File, machine::Machine};
use crate::{
    arguments::Init,
    failure::{Failure, warn},
    output::Output,
    style::{QUIET, paint},
    table::{Table, harmless, on_one_line},
};

/// What goes into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    /// How to start the server.
    Entry,
    /// What agents are told about it.
    Instructions,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Added,
    Updated,
    Removed,
    None,
}

/// A file and what is to be done with it.
struct Step {
    client: &'static Client,
    part: Part,
    path: PathBuf,
}

/// The answer for programs.
#[derive(Serialize)]
struct Answer<T> {
    clients: Vec<T>,
}

#[derive(Serialize)]
struct Done {
    client: &'static str,
    part: Part,
    file: PathBuf,
    change: Change,
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<PathBuf>,
}

#[derive(Serialize)]
struct Known {
    client: &'static str,
    title: &'static str,
    found: bool,
    /// Whether it has the server; none when its file cannot be read.
    installed: Option<bool>,
    file: Option<PathBuf>,
}

#[derive(Serialize)]
struct Printed {
    client: &'static str,
    part: Part,
    file: Option<PathBuf>,
    text: String,
}

/// Sets clients up, or tells which there are.
pub(super) fn init(config: &Config, asked: &Init, output: &mut Output) -> Result<(), Failure> {
    let machine = Machine::here()
        .ok_or_else(|| Failure::failed("there is no home folder here").hint("set HOME"))?;
    let scope = if asked.project {
        Scope::Project
    } else {
        Scope::User
    };
    if !asked.all && asked.clients.is_empty() {
        if asked.is_bare() {
            return list(&machine, scope, output);
        }
        return Err(Failure::usage("no client is named")
            .hint("name one, as memorygraph init lists them, or take --all"));
    }
    let mut clients: Vec<&'static Client> = asked.clients.clone();
    if asked.all {
        let found = CLIENTS.iter().filter(|client| client.is_found(&machine));
        clients = found
            .filter(|client| !client.files(&machine, scope).is_empty())
            .collect();
        if clients.is_empty() {
            return Err(Failure::not_found("no client is found here")
                .hint("memorygraph init lists those that it knows; one that is named is set up"));
        }
    }
    let server = server::server(config, asked, scope, output.is_json())?;
    if asked.print {
        return print(&clients, &machine, scope, asked, &server, output);
    }
    let steps = steps(&clients, &machine, scope, asked, output.is_json())?;
    let mut done = Vec::new();
    let mut failed: Option<Failure> = None;
    for step in &steps {
        match take(step, &server, asked, &machine, output) {
            Ok(report) => done.push(report),
            Err(failure) => {
                // One file that cannot be changed keeps none of the others from it.
                if let Some(earlier) = failed.replace(failure) {
                    earlier.report(output.is_json());
                }
            }
        }
    }
    if output.is_json() {
        output.json(&Answer { clients: done })?;
    }
    match failed {
        None => Ok(()),
        Some(failure) => {
            output.flush()?;
            Err(failure)
        }
    }
}

impl Init {
    /// Whether nothing is said that would be done to a client.
    fn is_bare(&self) -> bool {
        !self.instructions
            && self.profile.is_none()
            && !self.uninstall
            && !self.dry_run
            && !self.print
    }
}

/// Lists the clients, which are here, and which have the server.
fn list(machine: &Machine, scope: Scope, output: &mut Output) -> Result<(), Failure> {
    let known: Vec<_> = CLIENTS
        .iter()
        .map(|client| known(client, machine, scope))
        .collect();
    if output.is_json() {
        return Ok(output.json(&Answer { clients: known })?);
    }
    let mut table = Table::new(&["CLIENT", "FOUND", "SET UP", "FILE"], 3);
    for client in known {
        let found = if client.found { "yes" } else { "no" };
        let is_set_up = match client.installed {
            Some(true) => "yes",
            Some(false) => "no",
            None => "unreadable",
        };
        let file = client
            .file
            .map_or_else(|| "-".to_owned(), |file| machine.shown(&file));
        table.row(
            [client.client, found, is_set_up]
                .map(str::to_owned)
                .into_iter()
                .chain([file]),
        );
    }
    output.lines(table.lines(output.width()))?;
    output.line("")?;
    let how = "memorygraph init CLIENT sets one up; memorygraph init --all every one that is found";
    Ok(output.line(paint(QUIET, how))?)
}

fn known(client: &'static Client, machine: &Machine, scope: Scope) -> Known {
    let mut files = client.files(machine, scope);
    let has = |path: &PathBuf| {
        let text = File::read(path).ok()?.text;
        text.map_or(Some(false), |text| document::has(&text, client).ok())
    };
    let has: Vec<_> = files.iter().map(has).collect();
    let is_readable = !has.contains(&None);
    Known {
        client: client.name,
        title: client.title,
        found: client.is_found(machine),
        installed: if has.contains(&Some(true)) {
            Some(true)
        } else {
            is_readable.then_some(false)
        },
        file: if files.is_empty() {
            None
        } else {
            Some(files.remove(0))
        },
    }
}

/// Returns every file that is to be changed, each once.
fn steps(
    clients: &[&'static Client],
    machine: &Machine,
    scope: Scope,
    asked: &Init,
    as_json: bool,
) -> Result<Vec<Step>, Failure> {
    let mut steps: Vec<Step> = Vec::new();
    for &client in clients {
        let files = client.files(machine, scope);
        if files.is_empty() {
            let message = format!("{} has no file for a project", client.title);
            return Err(Failure::usage(message).hint("without --project it is set up for the user"));
        }
        steps.extend(files.into_iter().map(|path| Step {
            client,
            part: Part::Entry,
            path,
        }));
        if !asked.instructions {
            continue;
        }
        let Some(path) = client.instructions(machine, scope) else {
            let message = format!("{} has no file here for what agents are told", client.title);
            let hint = format!(
                "memorygraph init {} --instructions --print shows the text",
                client.name
            );
            warn(&message, &hint, as_json);
            continue;
        };
        // Many clients read the same file of a project.
        if steps.iter().all(|step| step.path != path) {
            steps.push(Step {
                client,
                part: Part::Instructions,
                path,
            });
        }
    }
    Ok(steps)
}

impl Step {
    fn put(&self, text: &str, server: &Server) -> Result<String, String> {
        match self.part {
            Part::Entry => document::put(text, self.client, server),
            Part::Instructions => protocol::put(text),
        }
    }

    fn remove(&self, text: &str) -> Result<Option<String>, String> {
        match self.part {
            Part::Entry => document::remove(text, self.client),
            Part::Instructions => protocol::remove(text),
        }
    }

    fn has(&self, text: &str) -> Result<bool, String> {
        match self.part {
            Part::Entry => document::has(text, self.client),
            Part::Instructions => protocol::has(text),
        }
    }

    /// Returns the text as it was before [`put`](Self::put), also where a change of another kind
    /// came in between; none when there was no file.
    fn undo(
        &self,
        text: &str,
        before: Option<String>,
        server: &Server,
    ) -> Result<Option<String>, String> {
        if !self.has(text)? {
            return Ok(Some(text.to_owned()));
        }
        let rest = self.remove(text)?;
        // What has the same rest was made from the same text, down to its spaces.
        let leads_here = |before: &str| {
            let put = self.put(before, server).and_then(|put| self.remove(&put));
            put.is_ok_and(|put| put == rest)
        };
        let before = before.filter(|before| !self.has(before).unwrap_or(true));
        Ok(match before {
            Some(before) if leads_here(&before) => Some(before),
            _ if leads_here("") => None,
            _ => rest,
        })
    }
}

/// Changes a file, or shows what would change.
fn take(
    step: &Step,
    server: &Server,
    asked: &Init,
    machine: &Machine,
    output: &mut Output,
) -> Result<Done, Failure> {
    let shown = on_one_line(&machine.shown(&step.path));
    let about = |failure: Failure| failure.about(&shown);
    let file = File::read(&step.path).map_err(about)?;
    let text = file.text.as_deref();
    let after = if asked.uninstall {
        text.map_or(Ok(None), |text| step.undo(text, file.before(), server))
    } else {
        step.put(text.unwrap_or_default(), server).map(Some)
    };
    let after = after.map_err(|reason| refused(&reason, step, &shown))?;
    let had = text.is_some_and(|text| step.has(text).unwrap_or(false));
    let change = match (after.as_deref() == text, asked.uninstall, had) {
        (true, ..) => Change::None,
        (false, true, _) => Change::Removed,
        (false, false, true) => Change::Updated,
        (false, false, false) => Change::Added,
    };
    let mut done = Done {
        client: step.client.name,
        part: step.part,
        file: step.path.clone(),
        change,
        backup: None,
    };
    if change != Change::None && !asked.dry_run {
        done.backup = file.write(after.as_deref()).map_err(about)?;
    }
    if !output.is_json() {
        let lines = difference::lines(
            text.unwrap_or_default(),
            after.as_deref().unwrap_or_default(),
        );
        tell(step, &done, &shown, asked, machine, output)?;
        if asked.dry_run && change != Change::None {
            output.lines(lines.iter().map(|line| format!("  {}", harmless(line))))?;
        }
    }
    Ok(done)
}

/// Says what became of a file, and what comes next.
fn tell(
    step: &Step,
    done: &Done,
    shown: &str,
    asked: &Init,
    machine: &Machine,
    output: &mut Output,
) -> Result<(), Failure> {
    let what = match step.part {
        Part::Entry => "the server memorygraph",
        Part::Instructions => "the text about the memory",
    };
    let title = step.client.title;
    let (does, preposition) = match (done.change, asked.dry_run) {
        (Change::None, _) => {
            return Ok(output.line(format_args!("{title}: nothing to change in {shown}"))?);
        }
        (Change::Added, false) => ("added", "to"),
        (Change::Added, true) => ("would add", "to"),
        (Change::Updated, false) => ("updated", "in"),
        (Change::Updated, true) => ("would update", "in"),
        (Change::Removed, false) => ("removed", "from"),
        (Change::Removed, true) => ("would remove", "from"),
    };
    output.line(format_args!("{title}: {does} {what} {preposition} {shown}"))?;
    if let Some(backup) = &done.backup {
        let backup = backup_shown(backup, &step.path, machine);
        output.line(paint(QUIET, format_args!("  as it was: {backup}")))?;
    }
    if step.part == Part::Entry && !asked.dry_run {
        output.line(paint(QUIET, format_args!("  {}", step.client.then)))?;
    }
    Ok(())
}

/// The place of a backup beside the file as it was named, unless a link led elsewhere.
fn backup_shown(backup: &Path, file: &Path, machine: &Machine) -> String {
    let beside = backup.file_name().map(|name| file.with_file_name(name));
    let path = beside.filter(|path| path.exists());
    on_one_line(&machine.shown(path.as_deref().unwrap_or(backup)))
}

fn refused(reason: &str, step: &Step, shown: &str) -> Failure {
    let mut lines = reason.lines().map(str::trim_end);
    let first = lines.next().unwrap_or_default();
    let mut failure = Failure::invalid_file(format!("it is left as it is: {}", on_one_line(first)));
    for line in lines.filter(|line| !line.is_empty()) {
        failure = failure.with_detail(harmless(line));
    }
    let option = match step.part {
        Part::Entry => "",
        Part::Instructions => " --instructions",
    };
    let hint = format!(
        "correct the file, or add by hand what memorygraph init {}{option} --print shows",
        step.client.name
    );
    failure.about(&shown).hint(hint)
}

/// Prints what somebody adds by hand.
fn print(
    clients: &[&'static Client],
    machine: &Machine,
    scope: Scope,
    asked: &Init,
    server: &Server,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut printed = Vec::new();
    for &client in clients {
        let text = document::put("", client, server).map_err(Failure::failed)?;
        printed.push(Printed {
            client: client.name,
            part: Part::Entry,
            file: client.files(machine, scope).into_iter().next(),
            text,
        });
        if asked.instructions {
            printed.push(Printed {
                client: client.name,
                part: Part::Instructions,
                file: client.instructions(machine, scope),
                text: protocol::block(),
            });
        }
    }
    if output.is_json() {
        return Ok(output.json(&Answer { clients: printed })?);
    }
    for (index, one) in printed.iter().enumerate() {
        if index > 0 {
            output.line("")?;
        }
        let place = match &one.file {
            Some(file) => machine.shown(file),
            None => "what you tell it in its settings".to_owned(),
        };
        output.line(paint(QUIET, format_args!("In {}:", on_one_line(&place))))?;
        output.bytes(one.text.as_bytes())?;
    }
    Ok(())
}
