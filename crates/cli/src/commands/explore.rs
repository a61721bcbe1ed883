use memorygraph::MemoryGraph;
use memorygraph::domain::{PathQuery, Walk};

use crate::{
    arguments::{Related, Way},
    failure::Failure,
    output::Output,
    tree,
};

pub(super) async fn related(
    graph: &MemoryGraph,
    related: Related,
    output: &mut Output,
) -> Result<(), Failure> {
    let walk = Walk {
        direction: related.along.direction.into(),
        types: related.along.types,
        depth: related.depth,
        limit: related.limit,
        ..Walk::new(related.id.clone())
    };
    let walked = graph.related(&walk).await?;
    if output.is_json() {
        return Ok(output.json(&walked)?);
    }
    let Some(root) = graph.get(&related.id).await? else {
        return Err(Failure::not_found("the memory was deleted meanwhile"));
    };
    output.line(tree::name(&root))?;
    if walked.steps.is_empty() {
        output.line("Nothing is related to it.")?;
    }
    output.lines(tree::lines(&root.id, &walked.steps, output.width()))?;
    if walked.truncated {
        output.line(format_args!(
            "There is more: --limit {} is reached.",
            related.limit
        ))?;
    }
    Ok(())
}

pub(super) async fn path(
    graph: &MemoryGraph,
    way: Way,
    output: &mut Output,
) -> Result<(), Failure> {
    let query = PathQuery {
        direction: way.along.direction.into(),
        types: way.along.types,
        max_depth: way.depth,
        ..PathQuery::new(way.from, way.to)
    };
    let Some(path) = graph.path(&query).await? else {
        let failure = Failure::not_found(format!(
            "no way of at most {} relationships leads from {:?} to {:?}",
            query.max_depth, query.from, query.to
        ));
        return Err(failure.hint("--depth looks further, up to 10"));
    };
    if output.is_json() {
        return Ok(output.json(&path)?);
    }
    Ok(output.lines(tree::way(&path))?)
}
