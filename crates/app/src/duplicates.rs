use std::collections::HashMap;

use domain::{AsOf, ListQuery, Memory, MemoryFilter, MemoryId, PageRequest, Sort};
use ports::{BackendError, Conflict};

use crate::{MemoryGraph, Result};

/// What happens to a memory that says what another one says already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Duplicates {
    /// It is refused, and the error names the other one.
    #[default]
    Refuse,
    /// Both are kept.
    Keep,
}

/// A memory that is about to be kept.
pub(crate) struct Candidate {
    pub(crate) memory: Memory,
    pub(crate) duplicates: Duplicates,
}

/// What makes two memories duplicates: their content, and the project that they belong to.
type Saying<'a> = (&'a str, Option<&'a str>);

fn saying(memory: &Memory) -> Saying<'_> {
    (&memory.content, memory.project_path())
}

impl MemoryGraph {
    /// Fails when a candidate that refuses duplicates says what a valid memory of its project says
    /// already, or another candidate before it. The memory `except` does not count.
    pub(crate) async fn refuse_duplicates(
        &self,
        doing: &'static str,
        candidates: &[Candidate],
        except: Option<&MemoryId>,
    ) -> Result<()> {
        let mut first: HashMap<Saying<'_>, &Memory> = HashMap::new();
        let mut refusing: HashMap<Saying<'_>, usize> = HashMap::new();
        for (at, candidate) in candidates.iter().enumerate() {
            let memory = &candidate.memory;
            let refuses = candidate.duplicates == Duplicates::Refuse;
            let said = first.get(&saying(memory)).filter(|_| refuses);
            if let Some(before) = said {
                let place = place(at, candidates.len());
                let detail = format!(
                    "{place}{:?} says the same as {:?}, which comes with it: leave one out, or \
                     keep both",
                    memory.title, before.title
                );
                return Err(duplicate(doing, before.id.clone(), None, detail));
            }
            first.insert(saying(memory), memory);
            if refuses {
                refusing.insert(saying(memory), at);
            }
        }
        if refusing.is_empty() {
            return Ok(());
        }

        let contents = refusing.keys().map(|(content, _)| (*content).to_owned());
        let query = ListQuery {
            filter: MemoryFilter {
                contents: contents.collect(),
                project_path: common_project(refusing.keys()).map(str::to_owned),
                as_of: AsOf::Latest,
                ..MemoryFilter::default()
            },
            sort: Sort::Oldest,
        };
        let mut page = PageRequest::first(PageRequest::LARGEST)?;
        loop {
            let listed = self.backend.list(&query, &page).await?;
            for found in listed.items {
                // An id that is taken is trouble of another kind.
                let same = refusing.get(&saying(&found)).filter(|at| {
                    candidates[**at].memory.id != found.id && except != Some(&found.id)
                });
                if let Some(&at) = same {
                    let place = place(at, candidates.len());
                    let detail = format!(
                        "{place}{:?} says what the memory {:?} ({:?}) says already: update that \
                         one, or keep both",
                        candidates[at].memory.title, found.id, found.title,
                    );
                    return Err(duplicate(doing, found.id.clone(), Some(found), detail));
                }
            }
            match listed.next {
                Some(cursor) => page = page.after(cursor),
                None => return Ok(()),
            }
        }
    }
}

/// Returns the project that all of them belong to.
fn common_project<'a>(mut sayings: impl Iterator<Item = &'a Saying<'a>>) -> Option<&'a str> {
    let (_, project) = *sayings.next()?;
    project.filter(|_| sayings.all(|(_, other)| *other == project))
}

/// Says which of many it is.
pub(crate) fn place(at: usize, count: usize) -> String {
    if count == 1 {
        String::new()
    } else {
        format!("memory {} of {count}: ", at + 1)
    }
}

fn duplicate(
    doing: &'static str,
    id: MemoryId,
    found: Option<Memory>,
    detail: String,
) -> crate::Error {
    let found = found.map(Box::new);
    BackendError::conflict(doing, Conflict::Memory { id, found }, detail).into()
}
