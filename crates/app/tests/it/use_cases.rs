//! What the application does, over the memory backend.

mod activity;
mod as_of;
mod circumstances;
mod finding;
mod relating;
mod remembering;
mod remembering_related;
mod removing;
mod superseding;
mod updating;
mod usage;

use memorygraph::domain::{MemoryType, PageRequest, RelationshipType};
use memorygraph::ports::ErrorKind;
use memorygraph::{Draft, Link, MemoryGraph, Result};

use crate::world::{graph, id};

/// A draft that says something of its own.
fn draft(name: &str, title: &str) -> Draft {
    Draft {
        id: Some(id(name)),
        ..Draft::new(MemoryType::General, title, format!("What {name} says."))
    }
}

async fn with(names: &[&str]) -> MemoryGraph {
    let graph = graph();
    let drafts = names.iter().map(|name| draft(name, name)).collect();
    graph.remember_all(drafts).await.unwrap();
    graph
}

fn link(from: &str, kind: RelationshipType, to: &str) -> Link {
    Link::new(id(from), kind, id(to))
}

fn page() -> PageRequest {
    PageRequest::first(10).unwrap()
}

fn kind<T>(result: Result<T>) -> ErrorKind {
    result.map(drop).unwrap_err().kind()
}
