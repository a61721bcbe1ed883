use std::{cmp::Ordering, fmt};

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// A share from 0 to 1: importance, confidence, strength.
///
/// Never NaN and never negative zero, so scores have a total order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Score(f64);

impl Score {
    /// The least score.
    pub const ZERO: Self = Self(0.0);
    /// The greatest score.
    pub const ONE: Self = Self(1.0);

    /// Takes a value from 0 to 1.
    pub fn new(field: &'static str, value: f64) -> Result<Self, Invalid> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value + 0.0))
        } else {
            Err(Invalid::new(field, "is a number from 0 to 1", value))
        }
    }

    /// Takes a value that this crate wrote down as a constant.
    pub(crate) const fn constant(value: f64) -> Self {
        assert!(value >= 0.0 && value <= 1.0);
        Self(value)
    }

    /// Takes the nearest score: 0 for what is below or no number, 1 for what is above.
    pub fn clamped(value: f64) -> Self {
        if value.is_nan() {
            return Self::ZERO;
        }
        Self(value.clamp(0.0, 1.0) + 0.0)
    }

    /// Returns the number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl Eq for Score {}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl TryFrom<f64> for Score {
    type Error = Invalid;

    fn try_from(value: f64) -> Result<Self, Invalid> {
        Self::new("score", value)
    }
}

impl From<Score> for f64 {
    fn from(score: Score) -> Self {
        score.0
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_score_is_a_number_from_0_to_1(value in any::<f64>()) {
            match Score::new("strength", value) {
                Ok(score) => prop_assert!((0.0..=1.0).contains(&score.get())),
                Err(invalid) => {
                    prop_assert_eq!(invalid.field(), "strength");
                    prop_assert!(!(0.0..=1.0).contains(&value));
                }
            }
            prop_assert!((0.0..=1.0).contains(&Score::clamped(value).get()));
        }
    }

    #[test]
    fn negative_zero_is_zero() {
        assert!(Score::clamped(-0.0).get().is_sign_positive());
        assert_eq!(
            Score::new("x", -0.0).unwrap().cmp(&Score::ZERO),
            Ordering::Equal
        );
    }
}
