use std::collections::{BTreeMap, HashMap};

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
    /// Whether its id is its author's.
    pub(crate) is_named: bool,
    pub(crate) duplicates: Duplicates,
}

/// What makes two memories duplicates: their content, and the project that they belong to.
pub(crate) type Saying<'a> = (&'a str, Option<&'a str>);

pub(crate) fn saying(memory: &Memory) -> Saying<'_> {
    (&memory.content, memory.project_path())
}

/// What says the same as a candidate.
pub(crate) enum Said {
    /// A candidate before it.
    Before(usize),
    /// A memory that is kept.
    Kept(Box<Memory>),
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
        let said = self.said_already(candidates, except).await?;
        let Some((at, said)) = said.into_iter().next() else {
            return Ok(());
        };
        let (place, title) = (place(at, candidates.len()), &candidates[at].memory.title);
        Err(match said {
            Said::Before(before) => {
                let before = &candidates[before].memory;
                let detail = format!(
                    "{place}{title:?} says the same as {:?}, which comes with it: leave one out, \
                     or keep both",
                    before.title
                );
                duplicate(doing, before.id.clone(), None, detail)
            }
            Said::Kept(found) => {
                let detail = format!(
                    "{place}{title:?} says what the memory {:?} ({:?}) says already: update that \
                     one, or keep both",
                    found.id, found.title,
                );
                duplicate(doing, found.id.clone(), Some(found), detail)
            }
        })
    }

    /// Returns which of the candidates that refuse duplicates say what a valid memory of their
    /// project says already, or another candidate before them, by their places. The memory
    /// `except` does not count.
    pub(crate) async fn said_already(
        &self,
        candidates: &[Candidate],
        except: Option<&MemoryId>,
    ) -> Result<BTreeMap<usize, Said>> {
        let mut already = BTreeMap::new();
        let mut first: HashMap<Saying<'_>, usize> = HashMap::new();
        let mut refusing: HashMap<Saying<'_>, usize> = HashMap::new();
        for (at, candidate) in candidates.iter().enumerate() {
            let said = saying(&candidate.memory);
            let refuses = candidate.duplicates == Duplicates::Refuse;
            match first.get(&said).filter(|_| refuses) {
                Some(before) => {
                    already.insert(at, Said::Before(*before));
                }
                None if refuses => {
                    refusing.insert(said, at);
                }
                None => {}
            }
            first.entry(said).or_insert(at);
        }
        if refusing.is_empty() {
            return Ok(already);
        }

        let mut left = refusing.len();
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
                let same = refusing.get(&saying(&found)).copied().filter(|at| {
                    candidates[*at].memory.id != found.id && except != Some(&found.id)
                });
                if let Some(at) = same.filter(|at| !already.contains_key(at)) {
                    already.insert(at, Said::Kept(Box::new(found)));
                    left -= 1;
                }
            }
            match listed.next {
                Some(cursor) if left > 0 => page = page.after(cursor),
                _ => return Ok(already),
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
    found: Option<Box<Memory>>,
    detail: String,
) -> crate::Error {
    BackendError::conflict(doing, Conflict::Memory { id, found }, detail).into()
}
