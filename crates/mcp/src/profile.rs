use std::{fmt, str::FromStr};

/// Which tools a server shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Those that every agent needs: recall, store, correct, connect.
    #[default]
    Core,
    /// All: also paths, histories, statistics, and many memories at once.
    Extended,
}

impl Profile {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Core, Self::Extended];

    /// Returns the name, as it stands in `MEMORY_TOOL_PROFILE`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Extended => "extended",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL
            .into_iter()
            .find(|profile| profile.as_str() == name);
        known.ok_or_else(|| format!("no tool profile is called {name:?}: take core or extended"))
    }
}
