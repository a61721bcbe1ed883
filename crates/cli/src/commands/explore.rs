use memorygraph::domain::{Page, PathQuery, RelationshipQuery, Walk};
use memorygraph::{BridgeQuery, ClusterQuery, MemoryGraph, Scope};

use crate::{
    arguments::{Bridges, Clusters, Links, Part, Related, Suggest, Way},
    failure::Failure,
    output::Output,
    tree, view,
};

pub(super) async fn related(
    graph: &MemoryGraph,
    related: Related,
    output: &mut Output,
) -> Result<(), Failure> {
    let walk = Walk {
        direction: related.along.direction.into(),
        as_of: related.along.when.as_of(),
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
        as_of: way.along.when.as_of(),
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

pub(super) async fn links(
    graph: &MemoryGraph,
    links: Links,
    output: &mut Output,
) -> Result<(), Failure> {
    let query = RelationshipQuery {
        touching: links.id.iter().cloned().collect(),
        direction: links.along.direction.into(),
        as_of: links.along.when.as_of(),
        types: links.along.types,
        context: links.context,
        ..RelationshipQuery::default()
    };
    let listed = graph
        .relationships(&query, &links.paging.request()?)
        .await?;
    if let Some(id) = links.id.filter(|_| listed.items.is_empty())
        && graph.get(&id).await?.is_none()
    {
        return Err(super::find::no_memory(&id));
    }
    if output.is_json() {
        return Ok(output.json(&listed)?);
    }
    let lines = view::relationship::relationships(&listed.items, output.width());
    output.lines(lines)?;
    Ok(output.next(listed.next.as_ref())?)
}

pub(super) async fn suggest(
    graph: &MemoryGraph,
    suggest: &Suggest,
    output: &mut Output,
) -> Result<(), Failure> {
    let items = graph
        .suggest_relationship_types(&suggest.from, &suggest.to)
        .await?;
    if output.is_json() {
        return Ok(output.json(&Page { items, next: None })?);
    }
    Ok(output.lines(view::structure::suggestions(&items))?)
}

pub(super) async fn clusters(
    graph: &MemoryGraph,
    clusters: Clusters,
    output: &mut Output,
) -> Result<(), Failure> {
    let plain = ClusterQuery::default();
    let query = ClusterQuery {
        scope: scope(&clusters.part),
        min_size: clusters.min_size,
        min_density: clusters.min_density.unwrap_or(plain.min_density),
        limit: clusters.part.limit,
        ..plain
    };
    let found = graph.clusters(&query).await?;
    if output.is_json() {
        return Ok(output.json(&found)?);
    }
    Ok(output.lines(view::structure::clusters(&found))?)
}

pub(super) async fn bridges(
    graph: &MemoryGraph,
    bridges: Bridges,
    output: &mut Output,
) -> Result<(), Failure> {
    let query = BridgeQuery {
        scope: scope(&bridges.part),
        min_size: bridges.min_size,
        limit: bridges.part.limit,
    };
    let found = graph.bridges(&query).await?;
    if output.is_json() {
        return Ok(output.json(&found)?);
    }
    Ok(output.lines(view::structure::bridges(&found))?)
}

fn scope(part: &Part) -> Scope {
    Scope {
        types: part.relationship_types.clone(),
        among: part.among(),
        as_of: part.when.as_of(),
    }
}
