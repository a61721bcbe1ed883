//! What a client can read without a tool.

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hash, Hasher},
    slice,
};

use domain::{ListQuery, Memory, MemoryFilter, MemoryId, PageRequest, Sort, Walk};
use memorygraph::{Error, MemoryGraph};
use ports::ErrorKind;
use rmcp::{
    ErrorData,
    model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate},
};
use serde::Serialize;
use serde_json::json;

use crate::completions::Completed;

const JSON: &str = "application/json";

/// The shapes of the addresses that name a memory.
const MEMORY: &str = "memory://{id}";
const GRAPH: &str = "graph://{id}{?depth}";

/// How many memories the list of the last changed ones has.
const RECENT: u32 = 20;

/// What the address of a resource asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Recent,
    Statistics,
    Memory(MemoryId),
    Around { from: MemoryId, depth: u8 },
}

/// Lists the resources that have a fixed address.
pub(crate) fn all() -> Vec<Resource> {
    let recent = Resource::new("memory://recent", "recent")
        .with_title("Recent memories")
        .with_description("The 20 memories that were changed last")
        .with_mime_type(JSON);
    let stats = Resource::new("memory://stats", "stats")
        .with_title("Statistics")
        .with_description("How many memories and relationships there are, by type")
        .with_mime_type(JSON);
    vec![recent, stats]
}

/// Lists the shapes of all other addresses.
pub(crate) fn templates() -> Vec<ResourceTemplate> {
    let memory = ResourceTemplate::new(MEMORY, "memory")
        .with_title("Memory")
        .with_description("One memory")
        .with_mime_type(JSON);
    let graph = ResourceTemplate::new(GRAPH, "graph")
        .with_title("Graph around a memory")
        .with_description("What is related to a memory, up to `depth` relationships far (1)")
        .with_mime_type(JSON);
    vec![memory, graph]
}

/// Says how a variable of a template is completed.
///
/// # Errors
///
/// Fails for what is no template, or no variable of it.
pub(crate) fn completed(template: &str, variable: &str) -> Result<Completed, ErrorData> {
    let variables: &[(&str, Completed)] = match template {
        MEMORY => &[("id", Completed::Id)],
        GRAPH => &[("id", Completed::Id), ("depth", Completed::Depth)],
        _ => {
            let message = format!(
                "no template of a resource is {template:?}: there are {MEMORY} and {GRAPH}"
            );
            return Err(ErrorData::invalid_params(message, None));
        }
    };
    let found = variables.iter().find(|(name, _)| *name == variable);
    found.map(|(_, completed)| *completed).ok_or_else(|| {
        let names: Vec<_> = variables.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        let message = format!("{template} has no variable {variable:?}: it has {names}");
        ErrorData::invalid_params(message, None)
    })
}

/// Reads what `uri` names.
///
/// # Errors
///
/// Fails when there is no such thing, and says which addresses there are.
pub(crate) async fn read(graph: &MemoryGraph, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let failed = |error: Error| failure(&error, uri);
    let text = match asked(uri)? {
        Asked::Recent => document(&recent(graph).await.map_err(failed)?),
        Asked::Statistics => document(&graph.statistics().await.map_err(failed)?),
        Asked::Memory(id) => match graph.get(&id).await.map_err(failed)? {
            Some(memory) => document(&memory),
            None => return Err(absent(format!("there is no memory {id}"), uri)),
        },
        Asked::Around { from, depth } => {
            document(&graph.related(&walk(&from, depth)).await.map_err(failed)?)
        }
    };
    let contents = ResourceContents::text(text?, uri).with_mime_type(JSON);
    Ok(ReadResourceResult::new(vec![contents]))
}

/// Returns a number that stays the same for as long as reading `asked` gives the same. How often a
/// memory was used does not count.
///
/// # Errors
///
/// Fails as reading does, but for what is not there, which is a state like others.
pub(crate) async fn fingerprint(graph: &MemoryGraph, asked: &Asked) -> Result<u64, Error> {
    let bytes = match asked {
        Asked::Recent => serde_json::to_vec(&unused(recent(graph).await?)),
        Asked::Statistics => serde_json::to_vec(&graph.statistics().await?),
        Asked::Memory(id) => {
            let found = graph.backend().memories(slice::from_ref(id)).await?;
            serde_json::to_vec(&unused(found))
        }
        Asked::Around { from, depth } => match graph.related(&walk(from, *depth)).await {
            Ok(mut walked) => {
                for step in &mut walked.steps {
                    forget_use(&mut step.memory);
                }
                serde_json::to_vec(&walked)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => return Err(error),
        },
    };
    let mut hasher = DefaultHasher::new();
    bytes
        .expect("values of the graph are plain data")
        .hash(&mut hasher);
    Ok(hasher.finish())
}

async fn recent(graph: &MemoryGraph) -> Result<Vec<Memory>, Error> {
    let query = ListQuery {
        filter: MemoryFilter::default(),
        sort: Sort::RecentlyUpdated,
    };
    let page = PageRequest::first(RECENT).expect("a size in range");
    Ok(graph.list(&query, &page).await?.items)
}

fn walk(from: &MemoryId, depth: u8) -> Walk {
    Walk {
        depth,
        ..Walk::new(from.clone())
    }
}

fn unused(mut memories: Vec<Memory>) -> Vec<Memory> {
    memories.iter_mut().for_each(forget_use);
    memories
}

fn forget_use(memory: &mut Memory) {
    memory.usage_count = 0;
    memory.last_accessed = None;
}

fn document(value: &impl Serialize) -> Result<String, ErrorData> {
    let text = serde_json::to_string_pretty(value);
    text.map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

/// Tells why a resource cannot be read.
pub(crate) fn failure(error: &Error, uri: &str) -> ErrorData {
    match error.kind() {
        ErrorKind::NotFound => absent(error.to_string(), uri),
        ErrorKind::InvalidArgument => ErrorData::invalid_params(error.to_string(), None),
        _ => ErrorData::internal_error(error.to_string(), None),
    }
}

fn absent(message: String, uri: &str) -> ErrorData {
    ErrorData::resource_not_found(message, Some(json!({ "uri": uri })))
}

/// Says what an address asks for.
///
/// # Errors
///
/// Fails when there can be no such resource, and says which there are.
pub(crate) fn asked(uri: &str) -> Result<Asked, ErrorData> {
    let id = |text: &str| {
        let id = decoded(text).and_then(|text| MemoryId::new(text).ok());
        id.ok_or_else(|| absent(format!("{text:?} is no id of a memory"), uri))
    };
    if let Some(name) = uri.strip_prefix("memory://") {
        return match name {
            "recent" => Ok(Asked::Recent),
            "stats" => Ok(Asked::Statistics),
            name => Ok(Asked::Memory(id(name)?)),
        };
    }
    if let Some(rest) = uri.strip_prefix("graph://") {
        let (name, query) = rest.split_once('?').unwrap_or((rest, "depth=1"));
        let depth = query.strip_prefix("depth=").and_then(|d| d.parse().ok());
        let depth = depth.ok_or_else(|| {
            let message = format!("{query:?} is not understood: write ?depth= and a number");
            ErrorData::invalid_params(message, None)
        })?;
        let from = id(name)?;
        walk(&from, depth)
            .check()
            .map_err(|invalid| ErrorData::invalid_params(invalid.to_string(), None))?;
        return Ok(Asked::Around { from, depth });
    }
    let message = format!(
        "no resource is called {uri:?}: there are memory://recent, memory://stats, memory://ID and \
         graph://ID?depth=N"
    );
    Err(absent(message, uri))
}

/// Reads what stands behind percent signs.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        bytes.push(if byte == b'%' {
            let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
            rest = &rest[2..];
            u8::from_str_radix(digits, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use adapter_memory::MemoryBackend;
    use domain::{MemoryType, RelationshipType};
    use memorygraph::{Draft, Link, SystemClock, UuidV7Source};
    use ports::GraphBackendExt;

    use super::*;

    #[test]
    fn an_address_says_what_is_asked_for() {
        let id = |text| MemoryId::new(text).unwrap();
        for (uri, expected) in [
            ("memory://recent", Asked::Recent),
            ("memory://stats", Asked::Statistics),
            ("memory://slow-redis", Asked::Memory(id("slow-redis"))),
            ("memory://a%20%C3%A9", Asked::Memory(id("a é"))),
            (
                "graph://a",
                Asked::Around {
                    from: id("a"),
                    depth: 1,
                },
            ),
            (
                "graph://a?depth=3",
                Asked::Around {
                    from: id("a"),
                    depth: 3,
                },
            ),
        ] {
            assert_eq!(asked(uri), Ok(expected), "{uri}");
        }
    }

    #[test]
    fn an_address_without_a_meaning_is_refused() {
        for uri in [
            "",
            "file:///etc",
            "memory://",
            "memory://%",
            "memory://%zz",
            "memory://%ff",
            "graph://a?depth=",
            "graph://a?depth=-1",
            "graph://a?deep=1",
            "graph://a?depth=0",
            "graph://a?depth=11",
        ] {
            assert!(asked(uri).is_err(), "{uri}");
        }
    }

    #[tokio::test]
    async fn what_is_read_stays_the_same_however_often_it_is_used() {
        let backend = Arc::new(MemoryBackend::new());
        let graph = MemoryGraph::over(
            backend,
            Arc::new(SystemClock::new()),
            Arc::new(UuidV7Source),
        );
        let remember = async |id: &str| {
            let draft = Draft {
                id: Some(MemoryId::new(id).unwrap()),
                ..Draft::new(MemoryType::Fix, id, id)
            };
            graph.remember(draft).await.unwrap()
        };
        let (mut pool, load) = (remember("pool").await, remember("load").await);
        let link = Link::new(load.id, RelationshipType::Causes, pool.id.clone());
        graph.relate(link).await.unwrap();
        let asked = ["memory://pool", "memory://recent", "graph://load"];
        let asked = asked.map(asked_of);
        let seen = async || {
            let mut seen = Vec::new();
            for asked in &asked {
                seen.push(fingerprint(&graph, asked).await.unwrap());
            }
            seen
        };
        let before = seen().await;
        pool.usage_count = 7;
        pool.last_accessed = Some(pool.updated_at);
        graph.backend().put_memory(pool.clone()).await.unwrap();
        assert_eq!(seen().await, before);
        pool.title = "Pool".to_owned();
        pool.version += 1;
        graph.backend().put_memory(pool).await.unwrap();
        for (after, before) in seen().await.into_iter().zip(before) {
            assert_ne!(after, before);
        }
    }

    fn asked_of(uri: &str) -> Asked {
        asked(uri).unwrap()
    }
}
