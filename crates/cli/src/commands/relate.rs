use memorygraph::domain::evidence::Outcome;
use memorygraph::{Ending, MemoryGraph};

use super::statement::{find, lasting};
use crate::{
    arguments::{Link, Reinforce, Unlink},
    failure::Failure,
    output::Output,
    view::{relationship::statement, time},
};

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
            valid_from: link.valid_from,
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
    let strength = kept.strength.get();
    let said = statement(kept);
    output.line(format_args!("{done} {said}, strength {strength:.2}"))?;
    for other in &linked.contradictions {
        let other = statement(other);
        output.line(format_args!("This contradicts {other}, which is kept too."))?;
    }
    Ok(())
}

pub(super) async fn unlink(
    graph: &MemoryGraph,
    unlink: Unlink,
    output: &mut Output,
) -> Result<(), Failure> {
    let relationship = if unlink.remove {
        let id = find(graph, &unlink.statement).await?.id;
        graph.unrelate(&id).await?
    } else {
        let id = lasting(graph, &unlink.statement).await?.id;
        let ending = Ending {
            until: unlink.at,
            by: unlink.by,
        };
        graph.invalidate(&id, ending).await?
    };
    if output.is_json() {
        return Ok(output.json(&relationship)?);
    }
    let said = statement(&relationship);
    match relationship.valid_until {
        Some(until) if !unlink.remove => {
            output.line(format_args!("{said} held until {}", time(until)))?;
        }
        _ => output.line(format_args!("Removed {said}"))?,
    }
    Ok(())
}

pub(super) async fn reinforce(
    graph: &MemoryGraph,
    reinforce: &Reinforce,
    output: &mut Output,
) -> Result<(), Failure> {
    let id = lasting(graph, &reinforce.statement).await?.id;
    let outcome = if reinforce.failed {
        Outcome::Failure
    } else {
        Outcome::Success
    };
    let kept = graph.reinforce(&id, outcome).await?;
    if output.is_json() {
        return Ok(output.json(&kept)?);
    }
    let trials = kept
        .validation_count
        .saturating_add(kept.counter_evidence_count);
    output.line(format_args!(
        "{}: strength {:.2}, confidence {:.2}, right in {} of {trials} trials",
        statement(&kept),
        kept.strength.get(),
        kept.confidence.get(),
        kept.validation_count,
    ))?;
    Ok(())
}
