use domain::{Memory, MemoryContext, MemoryId, MemoryType, Score, Timestamp};
use ports::{BackendError, Batch, Conflict, ErrorKind, Expect};

use crate::{Error, MemoryGraph, Result};

/// How often a change is tried again against a memory that others change at the same time.
const TRIES: usize = 5;

/// What to change about a memory; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// What kind of thing it is.
    pub memory_type: Option<MemoryType>,
    /// One line.
    pub title: Option<String>,
    /// All of it.
    pub content: Option<String>,
    /// The gist; an empty text removes it.
    pub summary: Option<String>,
    /// All tags, in place of those before.
    pub tags: Option<Vec<String>>,
    /// Where it comes from, in place of what was there.
    pub context: Option<MemoryContext>,
    /// How much it matters.
    pub importance: Option<Score>,
    /// How sure its author is.
    pub confidence: Option<Score>,
    /// How well it worked when it was used.
    pub effectiveness: Option<Score>,
    /// From when it no longer holds.
    pub valid_until: Option<Timestamp>,
    /// The memory that took its place.
    pub superseded_by: Option<MemoryId>,
    /// Who changes it.
    pub author: Option<String>,
    /// The version that the caller has seen. When it is given, the change is made to that version
    /// or not at all; else to whatever version is there.
    pub expected_version: Option<u32>,
}

impl Update {
    fn changed(&self, before: &Memory) -> Memory {
        let mut memory = before.clone();
        set(&mut memory.memory_type, self.memory_type.as_ref());
        set(&mut memory.title, self.title.as_ref());
        set(&mut memory.content, self.content.as_ref());
        set_some(&mut memory.summary, self.summary.as_ref());
        set(&mut memory.tags, self.tags.as_ref());
        set_some(&mut memory.context, self.context.as_ref());
        set(&mut memory.importance, self.importance.as_ref());
        set(&mut memory.confidence, self.confidence.as_ref());
        set_some(&mut memory.effectiveness, self.effectiveness.as_ref());
        set_some(&mut memory.valid_until, self.valid_until.as_ref());
        set_some(&mut memory.superseded_by, self.superseded_by.as_ref());
        memory.normalised()
    }
}

fn set<T: Clone>(place: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        place.clone_from(value);
    }
}

fn set_some<T: Clone>(place: &mut Option<T>, value: Option<&T>) {
    if value.is_some() {
        *place = value.cloned();
    }
}

impl MemoryGraph {
    /// Changes a memory and returns it as it is now. A change that changes nothing leaves version
    /// and `updated_at` as they are.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ErrorKind::NotFound) when there is no such memory
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) when it would break a limit of the domain
    /// - [`Conflict`](ErrorKind::Conflict) when it has another version than the expected one; the
    ///   error carries the memory as it was found
    pub async fn update(&self, id: &MemoryId, update: &Update) -> Result<Memory> {
        const DOING: &str = "update a memory";

        let mut tries = 0;
        loop {
            let before = self.present(id, DOING).await?;
            if let Some(expected) = update.expected_version
                && expected != before.version
            {
                return Err(other_version(DOING, expected, before).into());
            }
            let mut memory = update.changed(&before);
            if memory == before {
                return Ok(before);
            }
            let expect = Expect::Version(id.clone(), before.version);
            memory.version = before.version.saturating_add(1);
            memory.updated_at = self.now().max(before.updated_at);
            set_some(&mut memory.updated_by, update.author.as_ref());
            memory.check()?;
            let batch = Batch::default().expect(expect).put_memory(memory.clone());
            match self.backend.apply(batch).await.map_err(Error::from) {
                Ok(_) => {
                    tracing::debug!(%id, version = memory.version, "updated");
                    return Ok(memory);
                }
                Err(error) if error.kind() == ErrorKind::Conflict && tries < TRIES => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

fn other_version(doing: &'static str, expected: u32, found: Memory) -> BackendError {
    let detail = format!(
        "{:?} has version {}, not {expected}: read it again, then decide",
        found.id, found.version
    );
    let conflict = Conflict::Memory {
        id: found.id.clone(),
        found: Some(Box::new(found)),
    };
    BackendError::conflict(doing, conflict, detail)
}
