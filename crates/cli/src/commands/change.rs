use memorygraph::domain::{Memory, MemoryContext, MemoryId, MemoryType};
use memorygraph::ports::{Conflict, ErrorKind};
use memorygraph::{Draft, Duplicates, Error, MemoryGraph, Superseded, Updated};

use super::{content, edit};
use crate::{
    arguments::{Change, Delete, NewMemory, Store, Supersede, Update},
    ask::confirm,
    failure::Failure,
    output::Output,
    style::{QUIET, paint},
    tree::name,
    view::{counted, time},
};

pub(super) async fn store(
    graph: &MemoryGraph,
    store: Store,
    output: &mut Output,
) -> Result<(), Failure> {
    if let Some(old) = store.supersedes {
        return replace(graph, &old, store.memory, output).await;
    }
    let memory_type = store.memory.type_after(None);
    let draft = draft(store.memory, memory_type)?;
    let id = draft.id.clone();
    let kept = graph.remember(draft).await;
    let memory = kept.map_err(|error| refused(error, &[id.as_ref()]))?;
    if output.is_json() {
        return Ok(output.json(&memory)?);
    }
    Ok(output.line(format_args!("Stored {}", name(&memory)))?)
}

pub(super) async fn supersede(
    graph: &MemoryGraph,
    supersede: Supersede,
    output: &mut Output,
) -> Result<(), Failure> {
    replace(graph, &supersede.old, supersede.memory, output).await
}

async fn replace(
    graph: &MemoryGraph,
    old: &MemoryId,
    new: NewMemory,
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(before) = graph.get(old).await? else {
        return Err(super::find::no_memory(old));
    };
    let memory_type = new.type_after(Some(before.memory_type));
    let draft = draft(new, memory_type)?;
    let id = draft.id.clone();
    let replaced = graph.supersede(old, draft).await;
    let replaced = replaced.map_err(|error| refused(error, &[id.as_ref(), Some(old)]))?;
    if output.is_json() {
        return Ok(output.json(&replaced)?);
    }
    let Superseded { old, new, .. } = replaced;
    output.line(format_args!("Stored {}", name(&new)))?;
    let until = old.valid_until.map(time).unwrap_or_default();
    output.line(format_args!(
        "It replaces {}, which held until {until}",
        name(&old)
    ))?;
    Ok(())
}

fn draft(new: NewMemory, memory_type: MemoryType) -> Result<Draft, Failure> {
    let context = MemoryContext {
        project_path: new.project,
        files_involved: new.files,
        languages: new.languages,
        frameworks: new.frameworks,
        technologies: new.technologies,
        ..MemoryContext::default()
    };
    let content = content(new.content, new.stdin)?.unwrap_or_default();
    let plain = Draft::new(memory_type, new.title, content);
    Ok(Draft {
        id: new.id,
        summary: new.summary,
        tags: new.tags,
        context: (context != MemoryContext::default()).then_some(context),
        importance: new.importance.unwrap_or(plain.importance),
        confidence: new.confidence.unwrap_or(plain.confidence),
        author: new.author,
        valid_from: new.valid_from,
        duplicates: if new.allow_duplicate {
            Duplicates::Keep
        } else {
            Duplicates::Refuse
        },
        ..plain
    })
}

/// Says what can be done about a memory that was not stored because of another one than those that
/// were asked for.
fn refused(error: Error, asked: &[Option<&MemoryId>]) -> Failure {
    let other = match &error {
        Error::Backend(error) => match error.found() {
            Some(Conflict::Memory { id, .. }) if !asked.contains(&Some(id)) => Some(id.clone()),
            _ => None,
        },
        _ => None,
    };
    let is_conflict = error.kind() == ErrorKind::Conflict;
    let failure = Failure::from(error);
    match other {
        Some(other) if is_conflict => failure.hint(format!(
            "memorygraph update {other} changes that one; --allow-duplicate keeps both"
        )),
        _ => failure,
    }
}

pub(super) async fn update(
    graph: &MemoryGraph,
    update: Update,
    output: &mut Output,
) -> Result<(), Failure> {
    if update.change.is_empty() {
        return edit::edit(graph, &update, output).await;
    }
    let change = update.change;
    let project = change.project.clone();
    let mut wanted = memorygraph::Update {
        memory_type: change.memory_type,
        title: change.title,
        content: content(change.content, change.stdin)?,
        summary: change.summary,
        tags: change.tags,
        importance: change.importance,
        confidence: change.confidence,
        effectiveness: change.effectiveness,
        author: update.author,
        expected_version: update.if_version,
        ..memorygraph::Update::default()
    };
    if let Some(project) = project {
        let Some(before) = graph.get(&update.id).await? else {
            return Err(super::find::no_memory(&update.id));
        };
        wanted.context = Some(in_project(&before, &project));
        // The rest of the context is of this version.
        wanted.expected_version.get_or_insert(before.version);
    }
    // Not as a use: somebody who changes a memory has not looked at it.
    let before = graph.backend().memories(std::slice::from_ref(&update.id));
    let before = before.await.map_err(Error::from)?.pop();
    let updated = graph.update(&update.id, &wanted).await?;
    let is_same = before.is_some_and(|before| before.version == updated.memory.version);
    if is_same && !output.is_json() {
        return Ok(output.line(format_args!(
            "Nothing was changed: {} says that already",
            name(&updated.memory)
        ))?);
    }
    show(&updated, output)
}

/// Returns the context of a memory with another project; a blank one removes it.
pub(super) fn in_project(memory: &Memory, project: &str) -> MemoryContext {
    let project = project.trim();
    MemoryContext {
        project_path: (!project.is_empty()).then(|| project.to_owned()),
        ..memory.context.clone().unwrap_or_default()
    }
}

/// Shows what a change came to.
pub(super) fn show(updated: &Updated, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        return Ok(output.json(updated)?);
    }
    let version = updated.memory.version;
    output.line(format_args!(
        "Version {version} of {}",
        name(&updated.memory)
    ))?;
    if !updated.merged.is_empty() {
        let fields = updated.merged.join(", ");
        let kept =
            format!("Others changed since the version that you have seen, and it stays: {fields}");
        output.line(paint(QUIET, kept))?;
    }
    Ok(())
}

impl Change {
    /// Whether nothing is to be changed.
    fn is_empty(&self) -> bool {
        let Self {
            memory_type,
            title,
            content,
            stdin,
            summary,
            tags,
            importance,
            confidence,
            effectiveness,
            project,
        } = self;
        let texts = [title, content, summary, project];
        let scores = [importance, confidence, effectiveness];
        !stdin
            && memory_type.is_none()
            && tags.is_none()
            && texts.iter().all(|text| text.is_none())
            && scores.iter().all(|score| score.is_none())
    }
}

pub(super) async fn delete(
    graph: &MemoryGraph,
    delete: &Delete,
    output: &mut Output,
) -> Result<(), Failure> {
    if delete.erase {
        return erase(graph, delete, output).await;
    }
    let forgotten = graph.forget(&delete.id).await?;
    if output.is_json() {
        return Ok(output.json(&forgotten)?);
    }
    output.line(format_args!(
        "Deleted {} and {}",
        name(&forgotten.memory),
        counted(forgotten.relationships, "relationship", "relationships")
    ))?;
    Ok(())
}

async fn erase(graph: &MemoryGraph, delete: &Delete, output: &mut Output) -> Result<(), Failure> {
    if !delete.yes {
        let memory = graph.get(&delete.id).await?;
        let what = memory
            .as_ref()
            .map_or_else(|| format!("{:?}", delete.id), name);
        let question = format!("Erase every trace of {what}? This cannot be undone.");
        confirm(&question, output)?;
    }
    let erased = graph.erase(&delete.id).await?;
    if output.is_json() {
        return Ok(output.json(&erased)?);
    }
    let what = erased.memory.as_ref();
    let what = what.map_or_else(|| format!("what was left of {:?}", delete.id), name);
    output.line(format_args!(
        "Erased {what}: {}, {} and {} in quarantine",
        counted(erased.relationships, "relationship", "relationships"),
        counted(erased.states, "earlier state", "earlier states"),
        counted(erased.quarantined, "record", "records")
    ))?;
    Ok(())
}
