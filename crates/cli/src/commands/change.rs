use memorygraph::domain::MemoryContext;
use memorygraph::{Draft, MemoryGraph};

use super::text_or_stdin;
use crate::{
    arguments::{Delete, Link, Store, Update},
    failure::Failure,
    output::Output,
    tree::name,
    view::counted,
};

pub(super) async fn store(
    graph: &MemoryGraph,
    store: Store,
    output: &mut Output,
) -> Result<(), Failure> {
    let context = MemoryContext {
        project_path: store.project,
        files_involved: store.files,
        languages: store.languages,
        frameworks: store.frameworks,
        technologies: store.technologies,
        ..MemoryContext::default()
    };
    let plain = Draft::new(
        store.memory_type,
        store.title,
        text_or_stdin(store.content)?,
    );
    let draft = Draft {
        id: store.id,
        summary: store.summary,
        tags: store.tags,
        context: (context != MemoryContext::default()).then_some(context),
        importance: store.importance.unwrap_or(plain.importance),
        confidence: store.confidence.unwrap_or(plain.confidence),
        author: store.author,
        ..plain
    };
    let memory = graph.remember(draft).await?;
    if output.is_json() {
        return Ok(output.json(&memory)?);
    }
    Ok(output.line(format_args!("Stored {}", name(&memory)))?)
}

pub(super) async fn update(
    graph: &MemoryGraph,
    update: Update,
    output: &mut Output,
) -> Result<(), Failure> {
    let change = update.change;
    let wanted = memorygraph::Update {
        memory_type: change.memory_type,
        title: change.title,
        content: change.content.map(text_or_stdin).transpose()?,
        summary: change.summary,
        tags: change.tags,
        importance: change.importance,
        confidence: change.confidence,
        effectiveness: change.effectiveness,
        author: update.author,
        expected_version: update.if_version,
        ..memorygraph::Update::default()
    };
    let memory = graph.update(&update.id, &wanted).await?;
    if output.is_json() {
        return Ok(output.json(&memory)?);
    }
    let version = memory.version;
    Ok(output.line(format_args!("Version {version} of {}", name(&memory)))?)
}

pub(super) async fn delete(
    graph: &MemoryGraph,
    delete: &Delete,
    output: &mut Output,
) -> Result<(), Failure> {
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

pub(super) async fn link(
    graph: &MemoryGraph,
    link: Link,
    output: &mut Output,
) -> Result<(), Failure> {
    let linked = graph
        .relate(memorygraph::Link {
            strength: link.strength,
            confidence: link.confidence,
            context: link.context,
            ..memorygraph::Link::new(link.from, link.relationship_type, link.to)
        })
        .await?;
    if output.is_json() {
        return Ok(output.json(&linked)?);
    }
    let kept = &linked.relationship;
    let done = if linked.reinforced {
        format!("Reinforced, now stated {} times:", kept.evidence_count)
    } else {
        "Linked".to_owned()
    };
    output.line(format_args!(
        "{done} {} {} {}, strength {:.2}",
        kept.from,
        kept.relationship_type,
        kept.to,
        kept.strength.get()
    ))?;
    for other in &linked.contradictions {
        output.line(format_args!(
            "This contradicts {} {} {}, which is kept too.",
            other.from, other.relationship_type, other.to
        ))?;
    }
    Ok(())
}
