use domain::{
    Page, PageRequest, Relationship, RelationshipId, RelationshipQuery, Timestamp,
    evidence::Outcome,
};
use ports::{BackendError, Batch, Change, Conflict, Cycles, ErrorKind, Expect, GraphBackendExt};

use crate::{MemoryGraph, Result, tries::Tries};

/// How a relationship ceases to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// From when it no longer holds; none for from now.
    pub until: Option<Timestamp>,
    /// The relationship that takes its place.
    pub by: Option<RelationshipId>,
}

impl MemoryGraph {
    /// Returns the relationship, whether it has ended or not, or `None` when there is none with
    /// this id.
    pub async fn relationship(&self, id: &RelationshipId) -> Result<Option<Relationship>> {
        Ok(self.backend.relationship(id).await?)
    }

    /// Lists relationships by ascending id.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) for a cursor of another query, or a limit
    ///   that is too large
    pub async fn relationships(
        &self,
        query: &RelationshipQuery,
        page: &PageRequest,
    ) -> Result<Page<Relationship>> {
        Ok(self.backend.relationships(query, page).await?)
    }

    /// Ends a relationship, which stays and can be asked for as of then, and returns it as it is
    /// now. Ending again what ended so already changes nothing.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ErrorKind::NotFound) when there is no such relationship, or none that takes
    ///   its place
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) when it would end before it begins, or
    ///   take its own place
    /// - [`Conflict`](ErrorKind::Conflict) when it ended at another moment, or because of another
    ///   relationship, than is said; the error carries it. Also when
    ///   [others never stop](Self#errors) changing it
    pub async fn invalidate(&self, id: &RelationshipId, ending: Ending) -> Result<Relationship> {
        const DOING: &str = "end a relationship";

        if ending.by.as_ref() == Some(id) {
            return Err(BackendError::new(ErrorKind::InvalidArgument, DOING)
                .because(format!(
                    "{id:?} is the relationship itself: name the one that takes its place, or none"
                ))
                .into());
        }
        self.correct(id, DOING, |before, now| {
            if let Some(ended) = before.valid_until {
                let same = ending.until.is_none_or(|until| until == ended)
                    && (ending.by.is_none() || ending.by == before.invalidated_by);
                return if same {
                    Ok(None)
                } else {
                    Err(ended_before(DOING, before, ended))
                };
            }
            let recorded_at = before.recorded_after(now);
            let until = ending.until.unwrap_or_else(|| now.max(before.valid_from));
            let ended = before
                .clone()
                .ended(until, ending.by.clone(), recorded_at)
                .map_err(BackendError::invalid(DOING))?;
            let change = Change::InvalidateRelationship {
                id: id.clone(),
                until,
                by: ending.by.clone(),
                recorded_at,
            };
            Ok(Some((change, ended)))
        })
        .await
    }

    /// Records that what a relationship says proved right or wrong, which moves its weights as
    /// [`Relationship::reinforced`] says, and returns it as it is now.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ErrorKind::NotFound) when there is no such relationship
    /// - [`Conflict`](ErrorKind::Conflict) when it has ended; the error carries it. Also when
    ///   [others never stop](Self#errors) changing it
    pub async fn reinforce(&self, id: &RelationshipId, outcome: Outcome) -> Result<Relationship> {
        const DOING: &str = "reinforce a relationship";

        self.correct(id, DOING, |before, now| {
            if let Some(ended) = before.valid_until {
                return Err(ended_before(DOING, before, ended));
            }
            let tried = before
                .clone()
                .reinforced(outcome, before.recorded_after(now));
            let change = Change::PutRelationship(Box::new(tried.clone()));
            Ok(Some((change, tried)))
        })
        .await
    }

    /// Removes a relationship, and returns what it was. Its history stays. To say that it no longer
    /// holds, [`invalidate`](Self::invalidate) it.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ErrorKind::NotFound) when there is no such relationship
    /// - [`Conflict`](ErrorKind::Conflict) when [others never stop](Self#errors) changing it
    pub async fn unrelate(&self, id: &RelationshipId) -> Result<Relationship> {
        self.correct(id, "remove a relationship", |before, _| {
            let change = Change::RemoveRelationship(id.clone());
            Ok(Some((change, before.clone())))
        })
        .await
    }

    /// Makes the change that `decide` finds right for the relationship as it is, and returns what
    /// it says will be the result; without a change, the relationship as it is.
    async fn correct(
        &self,
        id: &RelationshipId,
        doing: &'static str,
        decide: impl Fn(
            &Relationship,
            Timestamp,
        ) -> std::result::Result<Option<(Change, Relationship)>, BackendError>,
    ) -> Result<Relationship> {
        let mut tries = Tries::default();
        loop {
            let before = self.backend.relationship(id).await?.ok_or_else(|| {
                BackendError::new(ErrorKind::NotFound, doing)
                    .because(format!("no relationship has the id {id:?}"))
            })?;
            let Some((change, result)) = decide(&before, self.now())? else {
                return Ok(before);
            };
            let batch = Batch {
                // It is there already: no change here closes a cycle.
                cycles: Cycles::Allow,
                ..Batch::default()
            };
            let batch = batch
                .expect(Expect::RecordedAt(id.clone(), before.recorded_at))
                .then(change);
            match self.backend.apply(batch).await {
                Ok(_) => {
                    tracing::debug!(%id, doing, "done");
                    return Ok(result);
                }
                Err(error) => tries.again(error).await?,
            }
        }
    }
}

fn ended_before(doing: &'static str, found: &Relationship, ended: Timestamp) -> BackendError {
    let detail = format!(
        "{:?} ended at {ended}: it stays as it is, relate the memories again where that no longer \
         holds",
        found.id
    );
    let found = Some(Box::new(found.clone()));
    BackendError::conflict(doing, Conflict::Relationship { found }, detail)
}
