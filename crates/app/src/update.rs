use domain::{Memory, MemoryContext, MemoryId, MemoryType, PageRequest, Score, Timestamp};
use ports::{BackendError, Batch, Conflict, Expect};
use serde::Serialize;

use crate::{MemoryGraph, Result, merge::merge, tries::Tries};

/// The most states of a history that are read at once.
const STATES: u32 = 100;

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
    /// The version that the caller has seen, and that the change is meant for. When it is given,
    /// what others changed since is not overwritten; else the change is made to whatever is there.
    pub expected_version: Option<u32>,
}

/// What became of an [`Update`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Updated {
    /// The memory as it is now.
    pub memory: Memory,
    /// The fields that others changed since the version that the caller has seen, and that are as
    /// they left them; empty when nobody did.
    pub merged: Vec<&'static str>,
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
    /// and `updated_at` as they are, unless somebody wrote texts or tags past the application that
    /// are not in the form in which it keeps them: then that is the change.
    ///
    /// With an [`expected_version`](Update::expected_version) that has passed, the change is
    /// merged with what others did since, field by field: a field that only they changed stays
    /// theirs, and [`merged`](Updated::merged) names it. The tags are one field, and so is each
    /// field of the context.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ports::ErrorKind::NotFound) when there is no such memory
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) when it would break a limit of the
    ///   domain
    /// - [`Conflict`](ports::ErrorKind::Conflict) when others changed the same field to something
    ///   else since the expected version, or the history does not have that version; the error
    ///   carries the memory as it was found, and its message shows both sides. Also when
    ///   [others never stop](Self#errors) changing it
    ///
    /// # Examples
    ///
    /// ```
    /// use memorygraph::domain::MemoryType;
    /// use memorygraph::{Config, Draft, MemoryGraph, Update};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> memorygraph::Result<()> {
    /// # let graph = MemoryGraph::open(&Config::at(":memory:")).await?;
    /// let seen = graph.remember(Draft::new(MemoryType::Fix, "Pool", "It had 4 connections.")).await?;
    /// let title = Update { title: Some("Larger pool".into()), ..Update::default() };
    /// graph.update(&seen.id, &title).await?;
    ///
    /// // Somebody who has not seen that changes something else.
    /// let content = Update {
    ///     content: Some("It had 4 connections; now 32.".into()),
    ///     expected_version: Some(seen.version),
    ///     ..Update::default()
    /// };
    /// let updated = graph.update(&seen.id, &content).await?;
    /// assert_eq!(updated.memory.title, "Larger pool");
    /// assert_eq!(updated.merged, ["title"]);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn update(&self, id: &MemoryId, update: &Update) -> Result<Updated> {
        const DOING: &str = "update a memory";

        let mut tries = Tries::default();
        let mut seen: Option<Memory> = None;
        loop {
            let before = self.present(id, DOING).await?;
            let (mut memory, merged) = match update.expected_version {
                Some(expected) if expected != before.version => {
                    let base = match seen.take() {
                        Some(base) => base,
                        None => match self.state(&before, expected).await? {
                            Some(base) => base.normalised(),
                            None => return Err(other_version(DOING, expected, before).into()),
                        },
                    };
                    let theirs = before.clone().normalised();
                    let merge = merge(&base, &update.changed(&base), &theirs);
                    if !merge.clashes.is_empty() {
                        return Err(clash(DOING, expected, before, &merge.clashes).into());
                    }
                    seen = Some(base);
                    (merge.memory, merge.theirs)
                }
                _ => (update.changed(&before), Vec::new()),
            };
            if memory == before {
                return Ok(Updated { memory, merged });
            }
            let expect = Expect::Version(id.clone(), before.version);
            memory.version = before.version.saturating_add(1);
            memory.updated_at = self.now().max(before.updated_at);
            set_some(&mut memory.updated_by, update.author.as_ref());
            memory.check()?;
            let batch = Batch::default().expect(expect).put_memory(memory.clone());
            match self.backend.apply(batch).await {
                Ok(_) => {
                    tracing::debug!(%id, version = memory.version, ?merged, "updated");
                    return Ok(Updated { memory, merged });
                }
                Err(error) => {
                    tries.again(error).await?;
                    if update.expected_version == Some(before.version) {
                        seen = Some(before.normalised());
                    }
                }
            }
        }
    }

    /// Returns the state that the memory had in an earlier version, when its history has that.
    async fn state(&self, now: &Memory, version: u32) -> Result<Option<Memory>> {
        let behind = now.version.saturating_sub(version);
        if behind == 0 {
            return Ok(None);
        }
        let mut page = PageRequest::first(behind.min(STATES - 1) + 1)?;
        loop {
            let states = self.backend.memory_history(&now.id, &page).await?;
            // Versions descend, until those of another memory that once had this id.
            let reached = states
                .items
                .into_iter()
                .find(|state| state.version <= version);
            match (reached, states.next) {
                (Some(state), _) => return Ok(Some(state).filter(|it| it.version == version)),
                (None, Some(cursor)) => page = page.after(cursor),
                (None, None) => return Ok(None),
            }
        }
    }
}

fn other_version(doing: &'static str, expected: u32, found: Memory) -> BackendError {
    let detail = format!(
        "{:?} has version {}, and its history does not have {expected}: read it again, then decide",
        found.id, found.version
    );
    conflict(doing, found, detail)
}

fn clash(
    doing: &'static str,
    expected: u32,
    found: Memory,
    clashes: &[crate::merge::Clash],
) -> BackendError {
    let sides: Vec<String> = clashes.iter().map(ToString::to_string).collect();
    let detail = format!(
        "{:?} has version {}, not {expected}, and both sides changed {}: read it again, then decide",
        found.id,
        found.version,
        sides.join(", ")
    );
    conflict(doing, found, detail)
}

fn conflict(doing: &'static str, found: Memory, detail: String) -> BackendError {
    let conflict = Conflict::Memory {
        id: found.id.clone(),
        found: Some(Box::new(found)),
    };
    BackendError::conflict(doing, conflict, detail)
}
