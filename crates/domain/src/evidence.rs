//! How evidence moves the weight of a relationship.

use crate::{Invalid, Relationship, RelationshipId, Score, Timestamp};

const DAY: f64 = 86_400.0;

/// How a trial of a relationship ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What it says proved right.
    Success,
    /// What it says proved wrong.
    Failure,
}

impl Relationship {
    /// Returns how much the relationship counts at `now`:
    ///
    /// `(strength + min(0.2, 0.05 √(evidence − 1))) × (0.5 + 0.5 success rate) × max(0.5, 1 − 0.01 days)`
    ///
    /// between 0 and 1, where the days go from the last trial, or the beginning of its validity,
    /// to `now`, and the factor of a missing success rate is 1.
    pub fn effective_strength(&self, now: Timestamp) -> Score {
        let evidence = f64::from(self.evidence_count.saturating_sub(1)).sqrt() * 0.05;
        let trusted = self.success_rate.map_or(1.0, |rate| 0.5 + 0.5 * rate.get());
        let since = self.last_validated.unwrap_or(self.valid_from);
        let days = (now.duration_since(since).as_secs_f64() / DAY).max(0.0);
        let fresh = (1.0 - 0.01 * days).max(0.5);
        Score::clamped((self.strength.get() + evidence.min(0.2)) * trusted * fresh)
    }

    /// Records a trial at `now`. A success adds 0.05 to the strength and 0.03 to the confidence, up
    /// to 1; a failure takes 0.025 and 0.015, down to 0.1.
    #[must_use]
    pub fn reinforced(mut self, outcome: Outcome, now: Timestamp) -> Self {
        let (strength, confidence) = match outcome {
            Outcome::Success => (0.05, 0.03),
            Outcome::Failure => (-0.025, -0.015),
        };
        self.strength = moved(self.strength, strength);
        self.confidence = moved(self.confidence, confidence);
        self.evidence_count = self.evidence_count.saturating_add(1);
        let trials = match outcome {
            Outcome::Success => &mut self.validation_count,
            Outcome::Failure => &mut self.counter_evidence_count,
        };
        *trials = trials.saturating_add(1);
        let right = f64::from(self.validation_count);
        self.success_rate = Some(Score::clamped(
            right / (right + f64::from(self.counter_evidence_count)),
        ));
        self.last_validated = Some(now);
        self.recorded_at = now;
        self
    }

    /// Takes the evidence of `other`, which states the same, instead of standing beside it: adds
    /// its evidence, keeps the greater strength and confidence, the earlier beginning, and its
    /// context where there was none; of two contexts the one of `other` is dropped. It is recorded
    /// [after](Self::recorded_after) it was, and not before `other` was.
    #[must_use]
    pub fn joined_by(mut self, other: &Self) -> Self {
        self.evidence_count = self.evidence_count.saturating_add(other.evidence_count);
        self.strength = self.strength.max(other.strength);
        self.confidence = self.confidence.max(other.confidence);
        if self.context.is_none() {
            self.context.clone_from(&other.context);
        }
        self.valid_from = self.valid_from.min(other.valid_from);
        self.recorded_at = self.recorded_after(other.recorded_at);
        self
    }

    /// Returns `now`, or the next moment after it was last recorded when that is later: each change
    /// is recorded at a moment of its own, by which two writers notice each other.
    pub fn recorded_after(&self, now: Timestamp) -> Timestamp {
        let last = self.recorded_at.as_microsecond();
        let next = Timestamp::from_microsecond(last.saturating_add(1));
        next.map_or(now, |next| next.max(now))
    }

    /// Ends the validity at `until`, as recorded at `now`, because of `by`. What has already ended
    /// stays as it ended.
    ///
    /// # Errors
    ///
    /// Fails when it would end before it begins.
    pub fn ended(
        mut self,
        until: Timestamp,
        by: Option<RelationshipId>,
        now: Timestamp,
    ) -> Result<Self, Invalid> {
        if self.valid_until.is_none() {
            self.valid_until = Some(until);
            self.validity().check()?;
            self.invalidated_by = by;
            self.recorded_at = now;
        }
        Ok(self)
    }
}

/// Moves a score by a step; a step down stops at 0.1 and never lifts what is already below.
fn moved(score: Score, step: f64) -> Score {
    let floor = if step < 0.0 {
        score.get().min(0.1)
    } else {
        0.0
    };
    Score::clamped((score.get() + step).max(floor))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{MemoryId, RelationshipType};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn relationship() -> Relationship {
        let [from, to] = ["a", "b"].map(|id| MemoryId::new(id).unwrap());
        let id = RelationshipId::new("r").unwrap();
        Relationship::new(id, from, RelationshipType::Solves, to, at(0))
    }

    #[test]
    fn the_formula_of_effective_strength() {
        let mut relationship = relationship();
        relationship.strength = Score::clamped(0.5);
        assert_eq!(relationship.effective_strength(at(0)), Score::clamped(0.5));
        relationship.evidence_count = 5;
        assert!((relationship.effective_strength(at(0)).get() - 0.6).abs() < 1e-9);
        relationship.success_rate = Some(Score::clamped(0.5));
        assert!((relationship.effective_strength(at(0)).get() - 0.45).abs() < 1e-9);
        let ten_days = relationship.effective_strength(at(864_000)).get();
        assert!((ten_days - 0.405).abs() < 1e-9);
        let years = relationship.effective_strength(at(864_000_000)).get();
        assert!((years - 0.225).abs() < 1e-9);
    }

    #[test]
    fn trials_move_strength_and_success_rate() {
        let after = relationship().reinforced(Outcome::Success, at(5));
        assert!((after.strength.get() - 0.95).abs() < 1e-9);
        assert_eq!(after.success_rate, Some(Score::ONE));
        assert_eq!(
            (after.evidence_count, after.last_validated),
            (2, Some(at(5)))
        );
        let after = after.reinforced(Outcome::Failure, at(6));
        assert_eq!(after.success_rate, Some(Score::clamped(0.5)));
        assert_eq!((after.recorded_at, after.created_at), (at(6), at(0)));
    }

    #[test]
    fn a_relationship_ends_once() {
        let ended = relationship().ended(at(9), None, at(10)).unwrap();
        assert_eq!(
            (ended.valid_until, ended.recorded_at),
            (Some(at(9)), at(10))
        );
        assert_eq!(ended.clone().ended(at(20), None, at(21)).unwrap(), ended);
        assert!(relationship().ended(at(-1), None, at(10)).is_err());
    }

    #[test]
    fn what_is_joined_twice_at_one_moment_is_recorded_later_each_time() {
        let first = relationship();
        let second = first.clone().joined_by(&first);
        let third = second.clone().joined_by(&first);
        assert!(second.recorded_at > first.recorded_at);
        assert!(third.recorded_at > second.recorded_at);
        let last = Timestamp::MAX;
        assert_eq!(third.recorded_after(last), last);
    }

    proptest! {
        #[test]
        fn a_join_is_recorded_after_the_one_and_not_before_the_other(
            mine in -1_000_i64..1_000, theirs in -1_000_i64..1_000,
        ) {
            let at = |microsecond| Timestamp::from_microsecond(microsecond).unwrap();
            let recorded = |moment| Relationship { recorded_at: at(moment), ..relationship() };
            let joined = recorded(mine).joined_by(&recorded(theirs)).recorded_at;
            prop_assert!(joined > at(mine) && joined >= at(theirs));
            // Never later than it has to be.
            prop_assert_eq!(joined, at(theirs.max(mine + 1)));
        }

        #[test]
        fn weights_stay_scores(
            strength in 0.0..=1.0, evidence: u32, rate in proptest::option::of(0.0..=1.0),
            days in -10_000_i64..10_000, trials in proptest::collection::vec(any::<bool>(), 0..80),
        ) {
            let mut relationship = relationship();
            relationship.strength = Score::clamped(strength);
            relationship.evidence_count = evidence.max(1);
            relationship.success_rate = rate.map(Score::clamped);
            let now = at(days * 86_400);
            prop_assert!(relationship.effective_strength(now) <= Score::ONE);
            for success in trials {
                let outcome = if success { Outcome::Success } else { Outcome::Failure };
                let before = relationship.clone();
                relationship = relationship.reinforced(outcome, now);
                prop_assert_eq!(success, relationship.strength > before.strength || (before.strength == Score::ONE && success));
                prop_assert!(relationship.check().is_ok());
            }
        }

        #[test]
        fn joining_never_loses_evidence(mine in 1_u32.., theirs in 1_u32..) {
            let mut one = relationship();
            one.evidence_count = mine;
            let mut other = relationship();
            other.evidence_count = theirs;
            let joined = one.clone().joined_by(&other);
            prop_assert!(joined.evidence_count >= mine.max(theirs));
            prop_assert!(joined.strength >= one.strength.max(other.strength));
        }
    }
}
