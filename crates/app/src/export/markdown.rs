//! Markdown, one file a memory: front matter, relationships as links, and the content. A folder of
//! them opens in Obsidian as a vault.

mod folder;
mod front_matter;
mod name;
mod note;

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use domain::{AsOf, Memory, MemoryFilter, MemoryId, Relationship, RelationshipQuery};

use self::{folder::Folder, note::Note};
use super::{
    Existing, PartQuery, PartReport,
    pages::{Memories, Relationships},
};
use crate::{MemoryGraph, Result, aside::aside};

/// How many notes are written at once.
const NOTES: usize = 256;
/// How many memories are asked for at once when only their titles count.
const TITLES: usize = 500;

/// How to write notes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotesOptions {
    /// Of which memories; none for all, whether they still hold or not.
    pub part: Option<PartQuery>,
    /// What happens to notes that are in the folder already. What is no note of an export stays.
    pub existing: Existing,
}

impl MemoryGraph {
    /// Writes one Markdown file for each memory into a folder, which is made when it is not there.
    ///
    /// A note begins with front matter: all fields of the memory. Its title follows, then its
    /// relationships with type and direction, as links to other notes, and at last the content as
    /// it is. A file has the name of the title, as far as file systems and links allow, and a
    /// short text that follows from the id: the same memory always gets the same name, and no two
    /// get one name.
    ///
    /// The notes stand in `<folder>.partial` until all are written; then they take the place of
    /// those of an earlier export, which are known by how they begin. No other file is removed or
    /// replaced, and a failure half-way leaves what did not get its place where it stands. Only a
    /// page of memories with their relationships is held at a time, unless a part is asked for.
    /// What others change meanwhile may be seen in part. `progress` gets the number of notes so
    /// far.
    ///
    /// # Errors
    ///
    /// - as for [`part`](Self::part)
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) when there is something in the
    ///   folder, unless it is to be [replaced](Existing::Replace), and when a file there that is no
    ///   note of an export has the name of a note
    /// - [`Busy`](ports::ErrorKind::Busy) when another export writes into the same folder
    /// - [`Unauthorized`](ports::ErrorKind::Unauthorized) and [`Backend`](ports::ErrorKind::Backend)
    ///   when the folder cannot be written
    pub async fn export_notes(
        &self,
        folder: &Path,
        options: &NotesOptions,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<PartReport> {
        let (folder, existing) = (folder.to_owned(), options.existing);
        let folder = aside(move || Folder::begin(&folder, existing)).await?;
        let (folder, report) = match &options.part {
            Some(part) => self.notes_of_part(folder, part, progress).await?,
            None => self.notes_of_all(folder, progress).await?,
        };
        aside(move || folder.finish()).await?;
        tracing::info!(memories = report.memories, "wrote notes");
        Ok(report)
    }

    async fn notes_of_part(
        &self,
        mut folder: Folder,
        part: &PartQuery,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(Folder, PartReport)> {
        let part = self.part(part).await?;
        let titles = titles(&part.memories);
        let beside = beside(&part.relationships);
        let mut done = 0;
        for memories in part.memories.chunks(NOTES) {
            let notes = notes(memories, &beside, &titles);
            folder = put(folder, notes).await?;
            done += memories.len() as u64;
            progress(done);
        }
        Ok((folder, part.report()))
    }

    async fn notes_of_all(
        &self,
        mut folder: Folder,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(Folder, PartReport)> {
        let all = MemoryFilter {
            as_of: AsOf::Ever,
            ..MemoryFilter::default()
        };
        let mut pages = Memories::of(&*self.backend, all);
        let mut report = PartReport::default();
        while let Some(memories) = pages.next().await? {
            let relationships = self.touching(&memories).await?;
            let mut titles = titles(&memories);
            // Each relationship is counted where it begins.
            let begins = relationships
                .iter()
                .filter(|it| titles.contains_key(&it.from));
            report.relationships += begins.count() as u64;
            self.add_titles(&mut titles, &relationships).await?;
            let notes = notes(&memories, &beside(&relationships), &titles);
            folder = put(folder, notes).await?;
            report.memories += memories.len() as u64;
            progress(report.memories);
        }
        Ok((folder, report))
    }

    async fn touching(&self, memories: &[Memory]) -> Result<Vec<Relationship>> {
        let mut touching = Vec::new();
        if memories.is_empty() {
            return Ok(touching);
        }
        let query = RelationshipQuery {
            touching: memories.iter().map(|memory| memory.id.clone()).collect(),
            as_of: AsOf::Ever,
            ..RelationshipQuery::default()
        };
        let mut pages = Relationships::of(&*self.backend, query);
        while let Some(page) = pages.next().await? {
            touching.extend(page);
        }
        Ok(touching)
    }

    /// Adds the titles of the memories at the ends that have none yet.
    async fn add_titles(
        &self,
        titles: &mut HashMap<MemoryId, String>,
        relationships: &[Relationship],
    ) -> Result<()> {
        let missing: HashSet<&MemoryId> = relationships
            .iter()
            .flat_map(|it| [&it.from, &it.to])
            .filter(|id| !titles.contains_key(*id))
            .collect();
        let missing: Vec<MemoryId> = missing.into_iter().cloned().collect();
        for ids in missing.chunks(TITLES) {
            let found = self.backend.memories(ids).await?;
            titles.extend(found.into_iter().map(|memory| (memory.id, memory.title)));
        }
        Ok(())
    }
}

fn titles(memories: &[Memory]) -> HashMap<MemoryId, String> {
    let titled = memories.iter();
    titled
        .map(|memory| (memory.id.clone(), memory.title.clone()))
        .collect()
}

/// The relationships of each memory that has some.
type Beside<'a> = HashMap<&'a MemoryId, Vec<&'a Relationship>>;

fn beside(relationships: &[Relationship]) -> Beside<'_> {
    let mut beside = Beside::new();
    for relationship in relationships {
        for end in [&relationship.from, &relationship.to] {
            beside.entry(end).or_default().push(relationship);
        }
    }
    beside
}

fn notes(
    memories: &[Memory],
    beside: &Beside<'_>,
    titles: &HashMap<MemoryId, String>,
) -> Vec<Note> {
    memories
        .iter()
        .map(|memory| {
            let relationships = beside.get(&memory.id).map_or(&[][..], Vec::as_slice);
            note::of(memory, relationships, titles)
        })
        .collect()
}

async fn put(folder: Folder, notes: Vec<Note>) -> Result<Folder> {
    aside(move || {
        for note in &notes {
            folder.put(note)?;
        }
        Ok(folder)
    })
    .await
}
