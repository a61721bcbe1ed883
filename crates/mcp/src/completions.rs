//! What an argument of a prompt, or a part of a resource's address, can be.

use std::collections::{HashMap, HashSet};

use domain::{
    Field, ListQuery, MAX_DEPTH, Memory, MemoryFilter, MemoryId, MemoryType, PageRequest,
    SearchMode, SearchQuery, Sort, text::fold,
};
use memorygraph::{Error, MemoryGraph};
use ports::ErrorKind;
use rmcp::{
    ErrorData,
    model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference},
};

use crate::{prompts, resources};

/// How many memories are looked at: the last changed ones. Beyond them, only what is typed to its
/// end is found.
const LOOKED_AT: usize = 2_000;

/// How many of them are read at once: each can be long.
const PAGE: u32 = 250;

/// What can be completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Completed {
    /// The id of a memory, also from words of its title.
    Id,
    /// How far around a memory.
    Depth,
    Project,
    Tag,
    Type,
    /// A person's own words.
    Nothing,
}

/// What was found, the best first.
struct Found {
    values: Vec<String>,
    /// Whether there may be others.
    is_part: bool,
}

/// Completes what `request` has so far.
///
/// # Errors
///
/// Fails for a prompt, a template or an argument that is not there, and when the store cannot be
/// read.
pub(crate) async fn complete(
    graph: &MemoryGraph,
    request: &CompleteRequestParams,
) -> Result<CompleteResult, ErrorData> {
    let argument = &request.argument;
    let completed = match &request.r#ref {
        Reference::Prompt(prompt) => prompts::completed(&prompt.name, &argument.name)?,
        Reference::Resource(template) => resources::completed(&template.uri, &argument.name)?,
        other => {
            let message = format!(
                "{} cannot be completed: ref is of the type ref/prompt or ref/resource",
                other.reference_type()
            );
            return Err(ErrorData::invalid_params(message, None));
        }
    };
    let typed = argument.value.trim();
    let found = match completed {
        Completed::Nothing => Ok(Found::all(Vec::new())),
        Completed::Depth => {
            let depths = (1..=MAX_DEPTH).map(|depth| depth.to_string());
            Ok(Found::all(
                depths.filter(|depth| depth.starts_with(typed)).collect(),
            ))
        }
        Completed::Type => {
            let typed = fold(typed).replace([' ', '-'], "_");
            let types = MemoryType::ALL.map(MemoryType::as_str).into_iter();
            let types = types.filter(|name| name.starts_with(&typed));
            Ok(Found::all(types.map(str::to_owned).collect()))
        }
        Completed::Id => ids(graph, typed).await,
        Completed::Tag => tags(graph, typed).await,
        Completed::Project => projects(graph, typed).await,
    };
    match found {
        Ok(found) => found.answer(),
        // Nothing can begin with it, as with a text that is longer than any.
        Err(error) if error.kind() == ErrorKind::InvalidArgument => Found::all(Vec::new()).answer(),
        Err(error) => Err(ErrorData::internal_error(error.to_string(), None)),
    }
}

impl Found {
    fn all(values: Vec<String>) -> Self {
        let is_part = false;
        Self { values, is_part }
    }

    /// Gives the first values, and says how many there are, when that is known.
    fn answer(self) -> Result<CompleteResult, ErrorData> {
        let Self {
            mut values,
            is_part,
        } = self;
        let total = u32::try_from(values.len()).ok().filter(|_| !is_part);
        let has_more = is_part || values.len() > CompletionInfo::MAX_VALUES;
        values.truncate(CompletionInfo::MAX_VALUES);
        let info = CompletionInfo::with_pagination(values, total, has_more);
        let info = info.map_err(|message| ErrorData::internal_error(message, None))?;
        Ok(CompleteResult::new(info))
    }
}

/// Finds ids that begin with what was typed, then memories whose title has words that do, then those
/// of all memories that a search finds by their title.
async fn ids(graph: &MemoryGraph, typed: &str) -> Result<Found, Error> {
    let (recent, is_part) = recent(graph).await?;
    let mut found: Vec<MemoryId> = Vec::new();
    if is_part && let Ok(id) = MemoryId::new(typed) {
        let memories = graph.backend().memories(&[id]).await?;
        found.extend(memories.into_iter().map(|memory| memory.id));
    }
    let by_id = |known: &&Known| known.id.as_str().starts_with(typed);
    found.extend(recent.iter().filter(by_id).map(|known| known.id.clone()));
    let typed_words: Vec<String> = words(typed).collect();
    if !typed_words.is_empty() {
        let by_title = |known: &&Known| {
            let title: Vec<String> = words(&known.title).collect();
            let has = |typed: &String| title.iter().any(|word| word.starts_with(typed.as_str()));
            typed_words.iter().all(has)
        };
        found.extend(recent.iter().filter(by_title).map(|known| known.id.clone()));
        if is_part {
            let query = SearchQuery {
                text: typed.to_owned(),
                mode: SearchMode::Strict,
                filter: MemoryFilter::default(),
            };
            let page = PageRequest::first(100)?;
            // Not as a person's search, which counts as use.
            let hits = graph.backend().search(&query, &page).await?.items;
            let by_title = hits
                .into_iter()
                .filter(|hit| hit.fields.contains(&Field::Title));
            found.extend(by_title.map(|hit| hit.memory.id));
        }
    }
    let mut seen = HashSet::new();
    found.retain(|id| seen.insert(id.clone()));
    Ok(Found {
        values: found.iter().map(|id| id.as_str().to_owned()).collect(),
        is_part,
    })
}

async fn tags(graph: &MemoryGraph, typed: &str) -> Result<Found, Error> {
    let typed = typed.to_lowercase();
    let whole = MemoryFilter {
        tags: vec![typed.clone()],
        ..MemoryFilter::default()
    };
    names(graph, &typed, whole, |known| known.tags.clone()).await
}

async fn projects(graph: &MemoryGraph, typed: &str) -> Result<Found, Error> {
    let whole = MemoryFilter {
        project_path: Some(typed.to_owned()),
        ..MemoryFilter::default()
    };
    let project = |known: &Known| known.project.iter().cloned().collect();
    names(graph, typed, whole, project).await
}

/// Finds names that begin with what was typed, the most frequent first; `whole` asks for what has
/// exactly that name.
async fn names(
    graph: &MemoryGraph,
    typed: &str,
    whole: MemoryFilter,
    of: impl Fn(&Known) -> Vec<String>,
) -> Result<Found, Error> {
    let (recent, is_part) = recent(graph).await?;
    let mut counted: HashMap<String, usize> = HashMap::new();
    let names = recent.iter().flat_map(of);
    for name in names.filter(|name| name.starts_with(typed)) {
        *counted.entry(name).or_default() += 1;
    }
    if is_part && !typed.is_empty() && !counted.contains_key(typed) {
        let (sort, page) = (Sort::RecentlyUpdated, PageRequest::first(1)?);
        let query = ListQuery {
            filter: whole,
            sort,
        };
        if !graph.list(&query, &page).await?.items.is_empty() {
            counted.insert(typed.to_owned(), 1);
        }
    }
    let mut counted: Vec<_> = counted.into_iter().collect();
    counted.sort_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then_with(|| a.cmp(b)));
    Ok(Found {
        values: counted.into_iter().map(|(name, _)| name).collect(),
        is_part,
    })
}

/// What values are made of.
struct Known {
    id: MemoryId,
    title: String,
    tags: Vec<String>,
    project: Option<String>,
}

impl From<Memory> for Known {
    fn from(memory: Memory) -> Self {
        Self {
            project: memory.project_path().map(str::to_owned),
            id: memory.id,
            title: memory.title,
            tags: memory.tags,
        }
    }
}

/// Returns the last changed memories, and whether there are others.
async fn recent(graph: &MemoryGraph) -> Result<(Vec<Known>, bool), Error> {
    let query = ListQuery {
        filter: MemoryFilter::default(),
        sort: Sort::RecentlyUpdated,
    };
    let mut page = PageRequest::first(PAGE)?;
    let mut recent = Vec::new();
    loop {
        let found = graph.list(&query, &page).await?;
        recent.extend(found.items.into_iter().map(Known::from));
        match found.next {
            Some(cursor) if recent.len() < LOOKED_AT => page = page.after(cursor),
            next => return Ok((recent, next.is_some())),
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(fold)
}
