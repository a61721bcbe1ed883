use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Invalid, Score, invalid::parse_name};

/// The family that a relationship type belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the field's own")]
pub enum Category {
    Causal,
    Solution,
    Context,
    Learning,
    Similarity,
    Workflow,
    Quality,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Causal,
        Self::Solution,
        Self::Context,
        Self::Learning,
        Self::Similarity,
        Self::Workflow,
        Self::Quality,
    ];

    /// Returns the name that files and tools use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Causal => "causal",
            Self::Solution => "solution",
            Self::Context => "context",
            Self::Learning => "learning",
            Self::Similarity => "similarity",
            Self::Workflow => "workflow",
            Self::Quality => "quality",
        }
    }

    /// The types of this category, in the order of the table.
    pub fn types(self) -> impl Iterator<Item = RelationshipType> {
        RelationshipType::ALL
            .into_iter()
            .filter(move |kind| kind.category() == self)
    }
}

/// What a type says beyond its name.
struct Properties {
    category: Category,
    strength: Score,
    confidence: Score,
    inverse: Option<RelationshipType>,
    acyclic: bool,
}

/// How the inverse is written in the table: none, the type itself, or another type.
macro_rules! inverse {
    ($own:ident one_way) => {
        None
    };
    ($own:ident symmetric) => {
        Some(RelationshipType::$own)
    };
    ($own:ident (inverse $other:ident)) => {
        Some(RelationshipType::$other)
    };
}

macro_rules! cyclic {
    (acyclic) => {
        true
    };
    (free) => {
        false
    };
}

macro_rules! relationship_types {
    ($($category:ident { $($name:ident $text:literal $strength:literal $confidence:literal $inverse:tt $cyclic:ident;)* })*) => {
        /// How one memory relates to another.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "the names are the field's own")]
        pub enum RelationshipType {
            $($(#[serde(rename = $text)] $name,)*)*
        }

        impl RelationshipType {
            /// All of them, by category.
            pub const ALL: [Self; 35] = [$($(Self::$name,)*)*];

            /// Returns the name that files and tools use.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($(Self::$name => $text,)*)*
                }
            }

            const fn properties(self) -> Properties {
                match self {
                    $($(Self::$name => Properties {
                        category: Category::$category,
                        strength: Score::constant($strength),
                        confidence: Score::constant($confidence),
                        inverse: inverse!($name $inverse),
                        acyclic: cyclic!($cyclic),
                    },)*)*
                }
            }
        }
    };
}

// A cycle contradicts a type that orders its ends in time, by need or by rank. Feedback loops are
// real, so what merely triggers or leads to something may come back to it.
relationship_types! {
    Causal {
        Causes         "CAUSES"          0.8 0.7 one_way acyclic;
        Triggers       "TRIGGERS"        0.7 0.7 one_way free;
        LeadsTo        "LEADS_TO"        0.6 0.6 one_way free;
        Prevents       "PREVENTS"        0.7 0.7 one_way free;
        Breaks         "BREAKS"          0.8 0.7 one_way free;
    }
    Solution {
        Solves         "SOLVES"          0.9 0.8 one_way free;
        Addresses      "ADDRESSES"       0.7 0.7 one_way free;
        AlternativeTo  "ALTERNATIVE_TO"  0.6 0.7 symmetric free;
        Improves       "IMPROVES"        0.7 0.7 one_way acyclic;
        Replaces       "REPLACES"        0.8 0.8 (inverse DeprecatedBy) acyclic;
    }
    Context {
        OccursIn       "OCCURS_IN"       0.6 0.8 one_way free;
        AppliesTo      "APPLIES_TO"      0.6 0.7 one_way free;
        WorksWith      "WORKS_WITH"      0.7 0.7 symmetric free;
        Requires       "REQUIRES"        0.8 0.8 one_way acyclic;
        UsedIn         "USED_IN"         0.6 0.7 one_way free;
    }
    Learning {
        BuildsOn       "BUILDS_ON"       0.7 0.8 one_way acyclic;
        Contradicts    "CONTRADICTS"     0.8 0.6 symmetric free;
        Confirms       "CONFIRMS"        0.7 0.8 one_way free;
        Generalizes    "GENERALIZES"     0.6 0.7 (inverse Specializes) acyclic;
        Specializes    "SPECIALIZES"     0.6 0.7 (inverse Generalizes) acyclic;
    }
    Similarity {
        SimilarTo      "SIMILAR_TO"      0.6 0.7 symmetric free;
        VariantOf      "VARIANT_OF"      0.7 0.7 one_way free;
        RelatedTo      "RELATED_TO"      0.5 0.6 symmetric free;
        AnalogyTo      "ANALOGY_TO"      0.5 0.6 one_way free;
        OppositeOf     "OPPOSITE_OF"     0.7 0.7 symmetric free;
    }
    Workflow {
        Follows        "FOLLOWS"         0.7 0.8 one_way acyclic;
        DependsOn      "DEPENDS_ON"      0.8 0.8 one_way acyclic;
        Enables        "ENABLES"         0.7 0.7 one_way free;
        Blocks         "BLOCKS"          0.8 0.7 one_way acyclic;
        ParallelTo     "PARALLEL_TO"     0.6 0.7 symmetric free;
    }
    Quality {
        EffectiveFor   "EFFECTIVE_FOR"   0.8 0.7 one_way free;
        IneffectiveFor "INEFFECTIVE_FOR" 0.7 0.7 one_way free;
        PreferredOver  "PREFERRED_OVER"  0.7 0.7 one_way acyclic;
        DeprecatedBy   "DEPRECATED_BY"   0.8 0.8 (inverse Replaces) acyclic;
        ValidatedBy    "VALIDATED_BY"    0.8 0.8 one_way free;
    }
}

/// Pairs that cannot both hold between the same two memories.
const CONTRADICTIONS: [(RelationshipType, RelationshipType); 5] = [
    (RelationshipType::Solves, RelationshipType::IneffectiveFor),
    (RelationshipType::Confirms, RelationshipType::Contradicts),
    (
        RelationshipType::EffectiveFor,
        RelationshipType::IneffectiveFor,
    ),
    (RelationshipType::Enables, RelationshipType::Blocks),
    (RelationshipType::Prevents, RelationshipType::Causes),
];

impl RelationshipType {
    /// The family that it belongs to.
    pub const fn category(self) -> Category {
        self.properties().category
    }

    /// The strength of a relationship whose author did not say.
    pub const fn default_strength(self) -> Score {
        self.properties().strength
    }

    /// The confidence of a relationship whose author did not say.
    pub const fn default_confidence(self) -> Score {
        self.properties().confidence
    }

    /// The type that says the same from the other end, when there is one.
    pub const fn inverse(self) -> Option<Self> {
        self.properties().inverse
    }

    /// Says whether it reads the same from both ends: one relationship, no direction.
    pub fn is_symmetric(self) -> bool {
        self.inverse() == Some(self)
    }

    /// Says whether following it must never lead back to where one began.
    pub const fn is_acyclic(self) -> bool {
        self.properties().acyclic
    }

    /// The symmetric types, in the order of the table.
    pub fn symmetric() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| kind.is_symmetric())
    }

    /// The types that cannot hold between the same two memories together with this one.
    pub fn contradictions(self) -> impl Iterator<Item = Self> {
        CONTRADICTIONS.into_iter().filter_map(move |(a, b)| {
            if a == self {
                Some(b)
            } else if b == self {
                Some(a)
            } else {
                None
            }
        })
    }
}

impl fmt::Display for RelationshipType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RelationshipType {
    type Err = Invalid;

    fn from_str(name: &str) -> Result<Self, Invalid> {
        parse_name(
            "relationship type",
            name,
            Self::ALL.into_iter(),
            Self::as_str,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_five_types() {
        for category in Category::ALL {
            assert_eq!(category.types().count(), 5, "{}", category.as_str());
        }
    }

    #[test]
    fn inverses_are_mutual_and_agree_on_cycles() {
        for kind in RelationshipType::ALL {
            if let Some(inverse) = kind.inverse() {
                assert_eq!(inverse.inverse(), Some(kind), "{kind}");
                assert_eq!(inverse.is_acyclic(), kind.is_acyclic(), "{kind}");
            }
            assert!(!(kind.is_symmetric() && kind.is_acyclic()), "{kind}");
        }
        assert_eq!(RelationshipType::symmetric().count(), 7);
    }

    #[test]
    fn names_are_read_and_written_alike() {
        for kind in RelationshipType::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(kind.as_str().to_lowercase().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        let error = "FIXES".parse::<RelationshipType>().unwrap_err().to_string();
        assert!(
            error.contains("SOLVES") && error.contains("\"FIXES\""),
            "{error}"
        );
    }

    #[test]
    fn contradictions_hold_both_ways() {
        for kind in RelationshipType::ALL {
            for other in kind.contradictions() {
                assert!(
                    other.contradictions().any(|back| back == kind),
                    "{kind} {other}"
                );
            }
        }
        assert_eq!(RelationshipType::IneffectiveFor.contradictions().count(), 2);
    }
}
