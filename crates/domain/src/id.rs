use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{Invalid, invalid::check_text};

/// The longest id, in characters.
const LONGEST: usize = 128;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        ///
        /// Any text of 1 to 128 characters; cheap to clone.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a text of 1 to 128 characters.
            pub fn new(id: impl AsRef<str>) -> Result<Self, Invalid> {
                check_text($field, id.as_ref(), 1, LONGEST)?;
                Ok(Self(id.as_ref().into()))
            }

            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(id: &str) -> Result<Self, Invalid> {
                Self::new(id)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(id: String) -> Result<Self, Invalid> {
                Self::new(id)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().to_owned()
            }
        }
    };
}

id! {
    /// Names one memory.
    MemoryId, "memory id"
}
id! {
    /// Names one relationship.
    RelationshipId, "relationship id"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_1_to_128_characters_of_any_script() {
        assert!(MemoryId::new("").is_err());
        assert!(MemoryId::new("я".repeat(128)).is_ok());
        let error = MemoryId::new("я".repeat(129)).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("memory id has 1 to 128 characters, got 129")
        );
        assert!(MemoryId::new("a\0b").is_err());
    }
}
