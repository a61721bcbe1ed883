use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::{
    Direction, Invalid, MemoryId, RelationshipId, RelationshipType, Score, Timestamp, Validity,
    circumstances::{self, Circumstances},
    invalid::check_text,
    text::{self, Question, Term},
    time::{check_time, document},
};

/// A typed, weighted statement that joins two memories.
///
/// A relationship of a symmetric type is one statement seen from both ends: `from` and `to` then
/// only say how it was written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relationship {
    /// Names it; never changes.
    pub id: RelationshipId,
    /// Where it begins.
    #[serde(rename = "from_memory_id")]
    pub from: MemoryId,
    /// Where it ends.
    #[serde(rename = "to_memory_id")]
    pub to: MemoryId,
    /// What it says.
    #[serde(rename = "type")]
    pub relationship_type: RelationshipType,
    /// How much it matters.
    pub strength: Score,
    /// How sure its author is.
    pub confidence: Score,
    /// Under which circumstances it holds, in free text of at most 10,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// How often it was stated.
    #[serde(default = "Relationship::first_evidence")]
    pub evidence_count: u32,
    /// How often it proved right.
    #[serde(default)]
    pub validation_count: u32,
    /// How often it proved wrong.
    #[serde(default)]
    pub counter_evidence_count: u32,
    /// The share of the trials in which it proved right; none before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_rate: Option<Score>,
    /// When it was last tried.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "document::optional"
    )]
    pub last_validated: Option<Timestamp>,
    /// When it was first kept.
    #[serde(serialize_with = "document::time")]
    pub created_at: Timestamp,
    /// When the graph last learned something about it.
    #[serde(serialize_with = "document::time")]
    pub recorded_at: Timestamp,
    /// From when it holds.
    #[serde(serialize_with = "document::time")]
    pub valid_from: Timestamp,
    /// From when it no longer holds.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "document::optional"
    )]
    pub valid_until: Option<Timestamp>,
    /// The relationship that took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalidated_by: Option<RelationshipId>,
}

impl Relationship {
    /// The longest context, in characters.
    pub const LONGEST_CONTEXT: usize = 10_000;

    /// Makes a relationship with the strength and confidence of its type that is new, and valid,
    /// at `now`.
    pub fn new(
        id: RelationshipId,
        from: MemoryId,
        relationship_type: RelationshipType,
        to: MemoryId,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            from,
            to,
            relationship_type,
            strength: relationship_type.default_strength(),
            confidence: relationship_type.default_confidence(),
            context: None,
            evidence_count: Self::first_evidence(),
            validation_count: 0,
            counter_evidence_count: 0,
            success_rate: None,
            last_validated: None,
            created_at: now,
            recorded_at: now,
            valid_from: now,
            valid_until: None,
            invalidated_by: None,
        }
    }

    /// The evidence of a relationship that was stated once.
    pub const fn first_evidence() -> u32 {
        1
    }

    /// When it holds.
    pub fn validity(&self) -> Validity {
        Validity {
            from: self.valid_from,
            until: self.valid_until,
        }
    }

    /// Reads what the free text says about scope, conditions and evidence.
    pub fn circumstances(&self) -> Option<Circumstances> {
        self.context.as_deref().map(circumstances::read)
    }

    /// Says whether it differs from `before` in more than `invalidated_by`.
    pub fn is_new_state_of(&self, before: &Self) -> bool {
        let named = Self {
            invalidated_by: self.invalidated_by.clone(),
            ..before.clone()
        };
        *self != named
    }

    /// Says whether the context has every word that is asked for.
    pub fn context_answers(&self, asked: &Question) -> bool {
        let Some(context) = &self.context else {
            return false;
        };
        let mut terms: HashSet<Term> = text::terms(context).into_iter().collect();
        terms.extend(text::terms(&text::expansion(context)));
        asked.is_answered(|term| terms.contains(term))
    }

    /// Returns the other end as seen from `memory`, when the relationship can be followed from
    /// there in `direction`.
    pub fn other_end(&self, memory: &MemoryId, direction: Direction) -> Option<&MemoryId> {
        let both = direction == Direction::Both || self.relationship_type.is_symmetric();
        if self.from == *memory && (both || direction == Direction::Outgoing) {
            Some(&self.to)
        } else if self.to == *memory && (both || direction == Direction::Incoming) {
            Some(&self.from)
        } else {
            None
        }
    }

    /// Says whether both state the same: the same type between the same ends, whatever their order
    /// where the type is symmetric.
    pub fn states_the_same(&self, other: &Self) -> bool {
        self.statement() == other.statement()
    }

    /// Returns what it states: two relationships that state the same have equal statements.
    pub fn statement(&self) -> (RelationshipType, &MemoryId, &MemoryId) {
        let (from, to) = if self.relationship_type.is_symmetric() && self.to < self.from {
            (&self.to, &self.from)
        } else {
            (&self.from, &self.to)
        };
        (self.relationship_type, from, to)
    }

    /// Fails unless every field keeps its limit.
    pub fn check(&self) -> Result<(), Invalid> {
        if self.from == self.to {
            return Err(Invalid::new(
                "to_memory_id",
                "is another memory than from_memory_id",
                &self.to,
            ));
        }
        check_text(
            "relationship context",
            self.context.as_deref().unwrap_or_default(),
            0,
            Self::LONGEST_CONTEXT,
        )?;
        if self.evidence_count == 0 {
            return Err(Invalid::new("evidence_count", "counts from 1", 0));
        }
        check_time("created_at", self.created_at)?;
        check_time("recorded_at", self.recorded_at)?;
        if let Some(time) = self.last_validated {
            check_time("last_validated", time)?;
        }
        self.validity().check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relationship(kind: RelationshipType) -> Relationship {
        let [from, to] = ["a", "b"].map(|id| MemoryId::new(id).unwrap());
        let id = RelationshipId::new("r").unwrap();
        Relationship::new(id, from, kind, to, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_new_relationship_takes_its_weights_from_its_type() {
        for kind in RelationshipType::ALL {
            let relationship = relationship(kind);
            relationship.check().unwrap();
            assert_eq!(relationship.strength, kind.default_strength());
            assert_eq!(relationship.confidence, kind.default_confidence());
        }
    }

    #[test]
    fn a_symmetric_relationship_is_followed_from_both_ends() {
        for kind in RelationshipType::ALL {
            let relationship = relationship(kind);
            let (a, b) = (&relationship.from, &relationship.to);
            assert_eq!(relationship.other_end(a, Direction::Outgoing), Some(b));
            assert_eq!(relationship.other_end(b, Direction::Incoming), Some(a));
            let backwards = relationship.other_end(b, Direction::Outgoing);
            assert_eq!(backwards.is_some(), kind.is_symmetric(), "{kind}");
            let other = MemoryId::new("c").unwrap();
            assert_eq!(relationship.other_end(&other, Direction::Both), None);
        }
    }

    #[test]
    fn order_matters_unless_symmetric() {
        for kind in RelationshipType::ALL {
            let one = relationship(kind);
            let mut other = one.clone();
            std::mem::swap(&mut other.from, &mut other.to);
            assert_eq!(one.states_the_same(&other), kind.is_symmetric(), "{kind}");
        }
    }

    #[test]
    fn a_relationship_joins_two_memories() {
        let mut relationship = relationship(RelationshipType::Solves);
        relationship.to = relationship.from.clone();
        let error = relationship.check().unwrap_err().to_string();
        assert_eq!(
            error,
            "to_memory_id is another memory than from_memory_id, got a"
        );
    }
}
