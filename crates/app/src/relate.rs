use domain::{
    AsOf, Direction, MemoryId, PageRequest, Relationship, RelationshipId, RelationshipQuery,
    RelationshipType, Score, Timestamp,
};
use ports::{BackendError, Batch, Conflict, GraphBackendExt, Reinforced};
use serde::Serialize;

use crate::{MemoryGraph, Result, tries::Tries};

/// A relationship to be: what its author says. Id and times are the application's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Names it, when its author wants to; else it becomes a new UUID.
    pub id: Option<RelationshipId>,
    /// Where it begins.
    pub from: MemoryId,
    /// What it says.
    pub relationship_type: RelationshipType,
    /// Where it ends.
    pub to: MemoryId,
    /// How much it matters; none for the default of its type.
    pub strength: Option<Score>,
    /// How sure its author is; none for the default of its type.
    pub confidence: Option<Score>,
    /// Under which circumstances it holds, in free text. When it reinforces what is stated already,
    /// it is kept only where that has none.
    pub context: Option<String>,
    /// From when it holds; none for from now.
    pub valid_from: Option<Timestamp>,
}

impl Link {
    /// Begins a link with the defaults of its type.
    pub fn new(from: MemoryId, relationship_type: RelationshipType, to: MemoryId) -> Self {
        Self {
            id: None,
            from,
            relationship_type,
            to,
            strength: None,
            confidence: None,
            context: None,
            valid_from: None,
        }
    }

    pub(crate) fn into_relationship(self, id: RelationshipId, now: Timestamp) -> Relationship {
        let plain = Relationship::new(id, self.from, self.relationship_type, self.to, now);
        Relationship {
            strength: self.strength.unwrap_or(plain.strength),
            confidence: self.confidence.unwrap_or(plain.confidence),
            context: self
                .context
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty()),
            valid_from: self.valid_from.unwrap_or(now),
            ..plain
        }
    }
}

/// What became of a [`Link`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Linked {
    /// The relationship that is kept now.
    pub relationship: Relationship,
    /// Whether it was there before and took the evidence of this one.
    pub reinforced: bool,
    /// What joins the same memories and cannot hold together with it. They are kept: which of them
    /// is right is for the author to say.
    pub contradictions: Vec<Relationship>,
}

impl Linked {
    pub(crate) fn of(relationship: Relationship, reinforced: bool) -> Self {
        Self {
            relationship,
            reinforced,
            contradictions: Vec::new(),
        }
    }
}

impl MemoryGraph {
    /// Joins two memories. Stating again what is stated already reinforces it: it gains the
    /// evidence, as [`Relationship::joined_by`] says, and keeps its context where it has one.
    ///
    /// An id that is taken is looked for before the write: of two callers that bring the same new
    /// id at the same moment, the later one may replace what the other one stated.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ports::ErrorKind::NotFound) when either memory is not there
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) when both are the same memory, or
    ///   it breaks another limit of the domain
    /// - [`Conflict`](ports::ErrorKind::Conflict) when it would close a cycle of a type that has
    ///   none, unless cycles are allowed, or when it brings the id of a relationship that is there;
    ///   and when [others never stop](Self#errors) removing what it reinforces
    pub async fn relate(&self, link: Link) -> Result<Linked> {
        let id = match &link.id {
            Some(id) => {
                self.refuse_taken(id).await?;
                id.clone()
            }
            None => RelationshipId::new(self.next_id())?,
        };
        let relationship = link.into_relationship(id, self.now());
        relationship.check()?;
        let batch = Batch {
            cycles: self.cycles,
            ..Batch::default()
        };
        let batch = batch.put_relationship(relationship.clone());
        let mut tries = Tries::default();
        let mut linked = loop {
            let receipt = self.backend.apply(batch.clone()).await?;
            let Some(reinforced) = receipt.reinforced.into_iter().next() else {
                break Linked::of(relationship, false);
            };
            match self.backend.relationship(&reinforced.kept).await? {
                Some(kept) => break Linked::of(kept, true),
                // Somebody removed it in between, and this with it: it is stated anew.
                None => tries.again(removed(&reinforced)).await?,
            }
        };
        self.find_contradictions(std::slice::from_mut(&mut linked))
            .await?;
        let kept = &linked.relationship;
        let kind = kept.relationship_type;
        tracing::debug!(id = %kept.id, from = %kept.from, to = %kept.to, %kind, "related");
        Ok(linked)
    }

    /// Fails when a relationship has this id.
    pub(crate) async fn refuse_taken(&self, id: &RelationshipId) -> Result<()> {
        let Some(found) = self.backend.relationship(id).await? else {
            return Ok(());
        };
        let detail = format!(
            "{:?} {} {:?} has the id {id:?}: bring another one, or none",
            found.from, found.relationship_type, found.to
        );
        let found = Some(Box::new(found));
        let conflict = Conflict::Relationship { found };
        Err(BackendError::conflict("relate", conflict, detail).into())
    }

    /// Adds to each what has no end, joins the same memories, in the same direction where that
    /// means something, and cannot hold together with it.
    pub(crate) async fn find_contradictions(&self, linked: &mut [Linked]) -> Result<()> {
        let mut query = RelationshipQuery {
            direction: Direction::Both,
            as_of: AsOf::Latest,
            ..RelationshipQuery::default()
        };
        for stated in linked.iter().map(|linked| &linked.relationship) {
            let mut types = stated.relationship_type.contradictions().peekable();
            if types.peek().is_some() {
                query.touching.push(stated.from.clone());
                query.types.extend(types);
            }
        }
        if query.touching.is_empty() {
            return Ok(());
        }
        let mut page = PageRequest::first(PageRequest::LARGEST)?;
        loop {
            let found = self.backend.relationships(&query, &page).await?;
            for other in found.items {
                for one in linked.iter_mut() {
                    let stated = &one.relationship;
                    let mut types = stated.relationship_type.contradictions();
                    let opposed = types.any(|kind| kind == other.relationship_type);
                    if opposed && joins_alike(stated, &other) {
                        one.contradictions.push(other.clone());
                    }
                }
            }
            match found.next {
                Some(cursor) => page = page.after(cursor),
                None => return Ok(()),
            }
        }
    }
}

pub(crate) fn removed(reinforced: &Reinforced) -> BackendError {
    let detail = format!(
        "{:?}, which states the same, is removed again and again: try it later",
        reinforced.kept
    );
    let conflict = Conflict::Relationship { found: None };
    BackendError::conflict("relate", conflict, detail)
}

fn joins_alike(one: &Relationship, other: &Relationship) -> bool {
    let directed = !one.relationship_type.is_symmetric() && !other.relationship_type.is_symmetric();
    (one.from == other.from && one.to == other.to)
        || (!directed && one.from == other.to && one.to == other.from)
}
