use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Invalid, Timestamp,
    invalid::{check_text, parse_name},
    time::{check_time, document},
};

/// Where a memory comes from: the project, the files, the tools, the people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemoryContext {
    /// The project's folder or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_path: Option<String>,
    /// Paths of the files it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files_involved: Vec<String>,
    /// Programming languages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Frameworks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frameworks: Vec<String>,
    /// Other technologies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub technologies: Vec<String>,
    /// The commit that was checked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_commit: Option<String>,
    /// The branch that was checked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_branch: Option<String>,
    /// The folder of the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_directory: Option<String>,
    /// When the context was taken.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "document::optional"
    )]
    pub timestamp: Option<Timestamp>,
    /// The session of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The user whom the agent served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// What the other fields have no place for.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub additional_metadata: Map<String, Value>,
    /// The tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// The team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
    /// For whom it is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Who recorded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
}

/// For whom a memory is meant. It is a statement of the author: no query filters by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the field's own")]
pub enum Visibility {
    Private,
    Project,
    Team,
    Public,
}

impl Visibility {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Private, Self::Project, Self::Team, Self::Public];

    /// Returns the name that files and tools use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Project => "project",
            Self::Team => "team",
            Self::Public => "public",
        }
    }
}

impl std::str::FromStr for Visibility {
    type Err = Invalid;

    fn from_str(name: &str) -> Result<Self, Invalid> {
        parse_name("visibility", name, Self::ALL.into_iter(), Self::as_str)
    }
}

impl MemoryContext {
    /// The most entries of a list.
    pub const MOST_ENTRIES: usize = 1_000;
    /// The longest text, in characters.
    pub const LONGEST_TEXT: usize = 4_096;
    /// The largest `additional_metadata`, in bytes of JSON.
    pub const LARGEST_METADATA: usize = 100_000;

    /// Fails unless every field keeps its limit.
    pub fn check(&self) -> Result<(), Invalid> {
        let texts = [
            ("context.project_path", &self.project_path),
            ("context.git_commit", &self.git_commit),
            ("context.git_branch", &self.git_branch),
            ("context.working_directory", &self.working_directory),
            ("context.session_id", &self.session_id),
            ("context.user_id", &self.user_id),
            ("context.tenant_id", &self.tenant_id),
            ("context.team_id", &self.team_id),
            ("context.created_by", &self.created_by),
        ];
        for (field, text) in texts {
            check_text(
                field,
                text.as_deref().unwrap_or_default(),
                0,
                Self::LONGEST_TEXT,
            )?;
        }
        let lists = [
            ("context.files_involved", &self.files_involved),
            ("context.languages", &self.languages),
            ("context.frameworks", &self.frameworks),
            ("context.technologies", &self.technologies),
        ];
        for (field, list) in lists {
            if list.len() > Self::MOST_ENTRIES {
                let rule = format!("has at most {} entries", Self::MOST_ENTRIES);
                return Err(Invalid::new(field, rule, list.len()));
            }
            for entry in list {
                check_text(field, entry, 0, Self::LONGEST_TEXT)?;
            }
        }
        if let Some(time) = self.timestamp {
            check_time("context.timestamp", time)?;
        }
        let size = serde_json::to_string(&self.additional_metadata).map_or(0, |json| json.len());
        if size > Self::LARGEST_METADATA {
            let rule = format!("has at most {} bytes of JSON", Self::LARGEST_METADATA);
            return Err(Invalid::new("context.additional_metadata", rule, size));
        }
        Ok(())
    }
}
