//! The file of the official MCP memory server.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{Memory, MemoryFilter, MemoryId, Relationship, RelationshipQuery, Timestamp};
use serde::Serialize;

use super::{
    Seen, Sink,
    pages::{Memories, Quarantine, Relationships},
};
use crate::{
    MemoryGraph, Result,
    knowledge_graph::{self, Entity, Kept, Relation, Word},
};

/// A line of the file, with its fields in the order in which that server writes them.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'a> {
    Entity(&'a Entity),
    Relation(&'a Relation),
}

/// How memories are called in the file.
#[derive(Default)]
struct Names {
    /// Where it is not the id.
    by_id: HashMap<MemoryId, String>,
    /// Those that have a name in the file.
    there: HashSet<MemoryId>,
    /// Those that go on with what another one begins, and do not stand alone.
    parts: HashSet<MemoryId>,
}

impl Names {
    fn of<'a>(&'a self, id: &'a MemoryId) -> Option<&'a str> {
        let named = self.by_id.get(id).map(String::as_str);
        self.there
            .contains(id)
            .then(|| named.unwrap_or(id.as_str()))
    }
}

impl MemoryGraph {
    /// Writes what is valid into `sink`, as entities and relations. What was imported from such a
    /// file is given back as it was.
    pub(super) async fn look_for_entities(&self, mut sink: Sink<'_>) -> Result<Seen> {
        let backend = self.backend.as_ref();
        let names = self.names().await?;
        let (mut memories, mut left_out) = (0, 0);
        // That server's own file has no line end after the last line.
        let mut first = true;
        let mut pages = Memories::of(backend, MemoryFilter::default());
        while let Some(page) = pages.next().await? {
            let mut text = Vec::new();
            for memory in page
                .iter()
                .filter(|memory| !names.parts.contains(&memory.id))
            {
                let Some(name) = names.of(&memory.id) else {
                    continue;
                };
                let entity = self.entity(memory, name).await?;
                add_line(&mut text, &mut first, &Line::Entity(&entity));
            }
            memories += page.len() as u64;
            sink.take(text, page.len()).await;
        }
        let (relations, relationships) = self.relations(&names, &mut left_out).await?;
        for chunk in relations.chunks(1_000) {
            let mut text = Vec::new();
            for relation in chunk {
                add_line(&mut text, &mut first, &Line::Relation(relation));
            }
            sink.take(text, chunk.len()).await;
        }
        let mut pages = Quarantine::of(backend);
        while let Some(page) = pages.next().await? {
            left_out += page.len() as u64;
        }
        let counted = self.backend.statistics().await?;
        left_out += counted.relationships_ended + counted.memories.saturating_sub(memories);
        let (digest, bytes) = sink.digest();
        Ok(Seen {
            memories,
            relationships,
            quarantined: 0,
            left_out,
            bytes,
            digest,
        })
    }

    /// Names everything: what was an entity as it was called, any other memory by its title, which
    /// is made unique by its id where it has to be.
    async fn names(&self) -> Result<Names> {
        let mut names = Names::default();
        let mut taken = HashSet::new();
        let mut titles = Vec::new();
        let mut parts = Vec::new();
        let mut pages = Memories::of(self.backend.as_ref(), MemoryFilter::default());
        while let Some(page) = pages.next().await? {
            for memory in page {
                let id = memory.id.clone();
                let Some(kept) = knowledge_graph::kept(&memory) else {
                    titles.push((id, memory.title));
                    continue;
                };
                if let Some(whole) = kept.part_of {
                    parts.push((id, whole, memory.title));
                    continue;
                }
                let name = kept.name.unwrap_or_else(|| id.to_string());
                if !taken.insert(name.clone()) {
                    titles.push((id, name));
                    continue;
                }
                if name != id.as_str() {
                    names.by_id.insert(id.clone(), name);
                }
                names.there.insert(id);
            }
        }
        for (id, whole, title) in parts {
            match names.of(&whole).map(str::to_owned) {
                Some(name) => {
                    names.by_id.insert(id.clone(), name);
                    names.there.insert(id.clone());
                    names.parts.insert(id);
                }
                // What it went on with is gone.
                None => titles.push((id, title)),
            }
        }
        for (id, title) in titles {
            let mut name = title;
            while !taken.insert(name.clone()) {
                name = format!("{name} ({id})");
            }
            names.by_id.insert(id.clone(), name);
            names.there.insert(id);
        }
        Ok(names)
    }

    async fn entity(&self, memory: &Memory, name: &str) -> Result<Entity> {
        let Some(kept) = knowledge_graph::kept(memory).filter(|kept| kept.part_of.is_none()) else {
            return Ok(Entity {
                name: name.to_owned(),
                kind: memory.memory_type.to_string(),
                observations: vec![memory.content.clone()],
                more: serde_json::Map::new(),
            });
        };
        let text = self.whole_text(memory, &kept).await?;
        Ok(Entity {
            name: name.to_owned(),
            observations: knowledge_graph::observations(&kept, memory, &text),
            kind: kept.kind,
            more: kept.more,
        })
    }

    /// Returns the content with that of the memories that go on with it.
    async fn whole_text(&self, memory: &Memory, kept: &Kept) -> Result<String> {
        let mut text = memory.content.clone();
        // One is long, so they are not all read at once.
        for part in &kept.parts {
            let found = self
                .backend
                .memories(std::slice::from_ref(&part.id))
                .await?;
            if let Some(found) = found.first().filter(|found| found.valid_until.is_none()) {
                text.push_str(&part.after);
                text.push_str(&found.content);
            }
        }
        Ok(text)
    }

    /// Returns the relations in the order in which they were first kept, and how many relationships
    /// they are here; counts those that have an end which is not in the file.
    async fn relations(&self, names: &Names, left_out: &mut u64) -> Result<(Vec<Relation>, u64)> {
        let mut found: BTreeMap<(Timestamp, String), Vec<Relation>> = BTreeMap::new();
        let mut count = 0;
        let mut pages = Relationships::of(self.backend.as_ref(), RelationshipQuery::default());
        while let Some(page) = pages.next().await? {
            for relationship in page {
                let ends = names.of(&relationship.from).zip(names.of(&relationship.to));
                let Some((from, to)) = ends else {
                    *left_out += 1;
                    continue;
                };
                count += 1;
                if from == to {
                    // It joins the parts of one entity.
                    continue;
                }
                let relations = words(&relationship).into_iter().map(|word| {
                    let (from, to) = if word.backwards {
                        (to, from)
                    } else {
                        (from, to)
                    };
                    Relation {
                        from: from.to_owned(),
                        to: to.to_owned(),
                        word: word.text,
                    }
                });
                let order = (relationship.created_at, relationship.id.to_string());
                found.insert(order, relations.collect());
            }
        }
        Ok((found.into_values().flatten().collect(), count))
    }
}

fn words(relationship: &Relationship) -> Vec<Word> {
    if knowledge_graph::was_relations(relationship) {
        return knowledge_graph::words_of(relationship);
    }
    let text = relationship.relationship_type.as_str().to_owned();
    let backwards = false;
    vec![Word { text, backwards }]
}

fn add_line(text: &mut Vec<u8>, first: &mut bool, line: &Line<'_>) {
    if !std::mem::take(first) {
        text.push(b'\n');
    }
    serde_json::to_writer(text, line).expect("texts are plain data");
}
