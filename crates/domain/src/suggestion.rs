//! Which relationship would fit between two memories.

use serde::Serialize;

use crate::{MemoryType, RelationshipType, Score};

/// A relationship type that may fit, and how likely it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// The type.
    #[serde(rename = "type")]
    pub relationship_type: RelationshipType,
    /// How likely it fits.
    pub confidence: Score,
}

/// Suggests relationship types from a memory of type `from` to one of type `to`, the likeliest
/// first; never empty.
pub fn suggest(from: MemoryType, to: MemoryType) -> Vec<Suggestion> {
    use MemoryType as M;
    use RelationshipType as R;

    let rules: &[(R, f64)] = match (from, to) {
        (M::Solution, M::Problem) => &[(R::Solves, 0.8), (R::Addresses, 0.7)],
        (M::Fix, M::Error) => &[(R::Solves, 0.9), (R::Addresses, 0.7)],
        (M::Fix | M::Solution, M::Problem | M::Error) => &[(R::Solves, 0.7), (R::Addresses, 0.6)],
        (M::Technology, M::Technology) => &[(R::WorksWith, 0.6), (R::AlternativeTo, 0.5)],
        (M::Task, M::Task) => &[(R::Follows, 0.6), (R::DependsOn, 0.5), (R::ParallelTo, 0.4)],
        (M::CodePattern, M::CodePattern) => {
            &[(R::SimilarTo, 0.6), (R::VariantOf, 0.5), (R::Improves, 0.4)]
        }
        (M::Problem | M::Error, M::Project | M::FileContext | M::Technology) => {
            &[(R::OccursIn, 0.6)]
        }
        (M::CodePattern | M::Technology | M::Command, M::Project | M::Workflow) => {
            &[(R::UsedIn, 0.6)]
        }
        _ => &[(R::RelatedTo, 0.5)],
    };
    rules
        .iter()
        .map(|&(relationship_type, confidence)| Suggestion {
            relationship_type,
            confidence: Score::clamped(confidence),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_comes_first_and_something_always_comes() {
        for from in MemoryType::ALL {
            for to in MemoryType::ALL {
                let suggestions = suggest(from, to);
                assert!(!suggestions.is_empty(), "{from} {to}");
                assert!(suggestions.is_sorted_by(|a, b| a.confidence >= b.confidence));
            }
        }
        let best = suggest(MemoryType::Fix, MemoryType::Error)[0];
        assert_eq!(best.relationship_type, RelationshipType::Solves);
        assert_eq!(best.confidence, Score::clamped(0.9));
    }
}
