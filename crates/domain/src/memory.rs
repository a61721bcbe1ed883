use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::{
    Invalid, MemoryContext, MemoryId, Score, Timestamp, Validity,
    invalid::{check_text, parse_name},
    time::{check_time, document},
};

/// Something that an agent or a person learned and wants to find again.
///
/// The fields are open, and [`check`](Self::check) is the one place that knows their limits: every
/// backend calls it before it keeps anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Names it; never changes.
    pub id: MemoryId,
    /// What kind of thing it is.
    #[serde(rename = "type")]
    pub memory_type: MemoryType,
    /// One line, 1 to 200 characters.
    pub title: String,
    /// All of it, 1 to 50,000 characters.
    pub content: String,
    /// The gist, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// At most 50 words or phrases in lower case, 1 to 100 characters each, none of them twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<MemoryContext>,
    /// How much it matters.
    #[serde(default = "Memory::default_importance")]
    pub importance: Score,
    /// How sure its author is.
    #[serde(default = "Memory::default_confidence")]
    pub confidence: Score,
    /// How well it worked when it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effectiveness: Option<Score>,
    /// How often it was recalled.
    #[serde(default)]
    pub usage_count: u32,
    /// When it was first kept.
    #[serde(serialize_with = "document::time")]
    pub created_at: Timestamp,
    /// When it was last changed; usage does not count as a change.
    #[serde(serialize_with = "document::time")]
    pub updated_at: Timestamp,
    /// When it was last recalled.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "document::optional"
    )]
    pub last_accessed: Option<Timestamp>,
    /// Counts the changes from 1, so that two writers notice each other.
    #[serde(default = "Memory::first_version")]
    pub version: u32,
    /// Who changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
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
    /// The memory that took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<MemoryId>,
}

impl Memory {
    /// The longest title, in characters.
    pub const LONGEST_TITLE: usize = 200;
    /// The longest content, in characters.
    pub const LONGEST_CONTENT: usize = 50_000;
    /// The longest summary, in characters.
    pub const LONGEST_SUMMARY: usize = 500;
    /// The most tags.
    pub const MOST_TAGS: usize = 50;
    /// The longest tag, in characters.
    pub const LONGEST_TAG: usize = 100;
    /// The longest `updated_by`, in characters.
    pub const LONGEST_AUTHOR: usize = 128;

    /// Makes a memory with the default scores that is new, and valid, at `now`.
    pub fn new(
        id: MemoryId,
        memory_type: MemoryType,
        title: impl Into<String>,
        content: impl Into<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            memory_type,
            title: title.into(),
            content: content.into(),
            summary: None,
            tags: Vec::new(),
            context: None,
            importance: Self::default_importance(),
            confidence: Self::default_confidence(),
            effectiveness: None,
            usage_count: 0,
            created_at: now,
            updated_at: now,
            last_accessed: None,
            version: Self::first_version(),
            updated_by: None,
            valid_from: now,
            valid_until: None,
            superseded_by: None,
        }
    }

    /// The importance of a memory whose author did not say: 0.5.
    pub const fn default_importance() -> Score {
        Score::constant(0.5)
    }

    /// The confidence of a memory whose author did not say: 0.8.
    pub const fn default_confidence() -> Score {
        Score::constant(0.8)
    }

    /// The version of a memory that was never changed: 1.
    pub const fn first_version() -> u32 {
        1
    }

    /// When it holds.
    pub fn validity(&self) -> Validity {
        Validity {
            from: self.valid_from,
            until: self.valid_until,
        }
    }

    /// Returns the project that it belongs to, when its context names one.
    pub fn project_path(&self) -> Option<&str> {
        self.context.as_ref()?.project_path.as_deref()
    }

    /// Returns its state as a history keeps it: as if it had never been used.
    #[must_use]
    pub fn unused(&self) -> Self {
        Self {
            usage_count: 0,
            last_accessed: None,
            ..self.clone()
        }
    }

    /// Says whether it differs from `before` in more than how often it was used.
    pub fn is_new_state_of(&self, before: &Self) -> bool {
        self.unused() != before.unused()
    }

    /// Brings texts into the form that [`check`](Self::check) demands where this loses nothing:
    /// trims title, content and summary, of the content whole lines alone, since the indentation of
    /// the first may mean something, drops an empty summary, and puts tags in lower case, each
    /// once, without empty ones.
    #[must_use]
    pub fn normalised(mut self) -> Self {
        trim(&mut self.title);
        trim_lines(&mut self.content);
        self.summary = self.summary.take().and_then(|mut summary| {
            trim(&mut summary);
            (!summary.is_empty()).then_some(summary)
        });
        self.tags = normalised_tags(&self.tags);
        self
    }

    /// Fails unless every field keeps its limit.
    pub fn check(&self) -> Result<(), Invalid> {
        check_text("title", &self.title, 1, Self::LONGEST_TITLE)?;
        check_not_blank("title", &self.title)?;
        check_text("content", &self.content, 1, Self::LONGEST_CONTENT)?;
        check_not_blank("content", &self.content)?;
        if let Some(summary) = &self.summary {
            check_text("summary", summary, 1, Self::LONGEST_SUMMARY)?;
        }
        self.check_tags()?;
        if let Some(context) = &self.context {
            context.check()?;
        }
        check_time("created_at", self.created_at)?;
        check_time("updated_at", self.updated_at)?;
        if let Some(time) = self.last_accessed {
            check_time("last_accessed", time)?;
        }
        if self.version == 0 {
            return Err(Invalid::new("version", "counts from 1", 0));
        }
        check_text(
            "updated_by",
            self.updated_by.as_deref().unwrap_or_default(),
            0,
            Self::LONGEST_AUTHOR,
        )?;
        self.validity().check()
    }

    fn check_tags(&self) -> Result<(), Invalid> {
        if self.tags.len() > Self::MOST_TAGS {
            let rule = format!("has at most {} entries", Self::MOST_TAGS);
            return Err(Invalid::new("tags", rule, self.tags.len()));
        }
        let mut seen = HashSet::new();
        for tag in &self.tags {
            check_text("tag", tag, 1, Self::LONGEST_TAG)?;
            if *tag != tag.trim().to_lowercase() {
                let rule = "is in lower case without spaces around it";
                return Err(Invalid::new("tag", rule, format_args!("{tag:?}")));
            }
            if !seen.insert(tag) {
                return Err(Invalid::new("tag", "stands once", format_args!("{tag:?}")));
            }
        }
        Ok(())
    }
}

/// Puts tags in the form in which they are kept and compared: trimmed, in lower case, each once in
/// the order of first appearance, without empty ones.
pub(crate) fn normalised_tags(tags: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    tags.iter()
        .map(|tag| tag.trim().to_lowercase())
        .filter(|tag| !tag.is_empty() && seen.insert(tag.clone()))
        .collect()
}

fn trim(text: &mut String) {
    let trimmed = text.trim();
    if trimmed.len() < text.len() {
        *text = trimmed.to_owned();
    }
}

/// Removes blank lines at the beginning, and white space at the end.
fn trim_lines(text: &mut String) {
    let ended = text.trim_end();
    let blank = ended.len() - ended.trim_start().len();
    let begin = ended[..blank].rfind('\n').map_or(0, |newline| newline + 1);
    let trimmed = &ended[begin..];
    if trimmed.len() < text.len() {
        *text = trimmed.to_owned();
    }
}

fn check_not_blank(field: &'static str, text: &str) -> Result<(), Invalid> {
    if text.trim().is_empty() {
        return Err(Invalid::new(
            field,
            "is not blank",
            format_args!("{text:?}"),
        ));
    }
    Ok(())
}

/// What kind of thing a memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the field's own")]
pub enum MemoryType {
    Task,
    CodePattern,
    Problem,
    Solution,
    Project,
    Technology,
    Error,
    Fix,
    Command,
    FileContext,
    Workflow,
    General,
    Conversation,
}

impl MemoryType {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Task,
        Self::CodePattern,
        Self::Problem,
        Self::Solution,
        Self::Project,
        Self::Technology,
        Self::Error,
        Self::Fix,
        Self::Command,
        Self::FileContext,
        Self::Workflow,
        Self::General,
        Self::Conversation,
    ];

    /// Returns the name that files and tools use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::CodePattern => "code_pattern",
            Self::Problem => "problem",
            Self::Solution => "solution",
            Self::Project => "project",
            Self::Technology => "technology",
            Self::Error => "error",
            Self::Fix => "fix",
            Self::Command => "command",
            Self::FileContext => "file_context",
            Self::Workflow => "workflow",
            Self::General => "general",
            Self::Conversation => "conversation",
        }
    }
}

impl std::fmt::Display for MemoryType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for MemoryType {
    type Err = Invalid;

    fn from_str(name: &str) -> Result<Self, Invalid> {
        parse_name("memory type", name, Self::ALL.into_iter(), Self::as_str)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn memory() -> Memory {
        let id = MemoryId::new("m").unwrap();
        Memory::new(
            id,
            MemoryType::Fix,
            "a title",
            "some content",
            Timestamp::UNIX_EPOCH,
        )
    }

    fn error_of(change: impl FnOnce(&mut Memory)) -> String {
        let mut memory = memory();
        change(&mut memory);
        memory.check().unwrap_err().to_string()
    }

    #[test]
    fn a_new_memory_is_valid() {
        memory().check().unwrap();
    }

    #[test]
    fn each_limit_names_field_rule_and_value() {
        let cases = [
            (
                error_of(|m| m.title.clear()),
                "title has 1 to 200 characters, got 0",
            ),
            (
                error_of(|m| m.title = "ы".repeat(201)),
                "title has 1 to 200 characters, got 201",
            ),
            (error_of(|m| m.title = "   ".into()), "title is not blank"),
            (
                error_of(|m| m.content = "x".repeat(50_001)),
                "content has 1 to 50000 characters, got 50001",
            ),
            (
                error_of(|m| m.content = "\0".into()),
                "content must not hold the NUL character",
            ),
            (
                error_of(|m| m.summary = Some("x".repeat(501))),
                "summary has 1 to 500 characters, got 501",
            ),
            (
                error_of(|m| m.tags = vec!["x".into(); 51]),
                "tags has at most 50 entries, got 51",
            ),
            (
                error_of(|m| m.tags = vec!["Ärger".into()]),
                "tag is in lower case",
            ),
            (
                error_of(|m| m.tags = vec!["a".into(), "a".into()]),
                "tag stands once",
            ),
            (
                error_of(|m| m.tags = vec![String::new()]),
                "tag has 1 to 100 characters, got 0",
            ),
            (error_of(|m| m.version = 0), "version counts from 1, got 0"),
            (
                error_of(|m| m.valid_until = Some(Timestamp::from_second(-1).unwrap())),
                "valid_until is not before valid_from",
            ),
        ];
        for (error, start) in cases {
            assert!(error.starts_with(start), "{error}");
        }
    }

    #[test]
    fn limits_count_characters() {
        let mut memory = memory();
        memory.title = "ы".repeat(200);
        memory.content = "字".repeat(50_000);
        memory.check().unwrap();
    }

    #[test]
    fn the_indentation_of_the_first_line_stays() {
        let cases = [
            (
                "\n \n    def f():\n        pass\n\n",
                "    def f():\n        pass",
            ),
            ("  one line  ", "  one line"),
            ("one line", "one line"),
            (" \n\t ", ""),
        ];
        for (content, expected) in cases {
            let content = content.to_owned();
            let memory = Memory {
                content,
                ..memory()
            }
            .normalised();
            assert_eq!(memory.content, expected);
        }
    }

    #[test]
    fn an_unknown_type_names_the_choices() {
        let error = "pattern".parse::<MemoryType>().unwrap_err().to_string();
        assert!(
            error.contains("code_pattern") && error.contains("\"pattern\""),
            "{error}"
        );
        for kind in MemoryType::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(
            title in ".*", content in ".*", summary in proptest::option::of(".*"),
            tags in proptest::collection::vec(".*", 0..8),
        ) {
            let raw = Memory { title, content, summary, tags, ..memory() };
            let once = raw.normalised();
            prop_assert_eq!(once.clone().normalised(), once);
        }

        #[test]
        fn a_normalised_memory_of_visible_text_is_valid(
            title in "[ \t]{0,3}[\\PC&&[^ ]]\\PC{0,150}", tags in proptest::collection::vec("\\PC{0,90}", 0..8),
        ) {
            let memory = Memory { title, tags, ..memory() }.normalised();
            prop_assume!(!memory.title.is_empty());
            prop_assert_eq!(memory.check(), Ok(()));
        }

        #[test]
        fn a_memory_survives_json(title in "\\PC{1,50}", usage_count: u32, importance in 0.0..=1.0) {
            let memory = Memory {
                title, usage_count, importance: Score::clamped(importance),
                context: Some(MemoryContext { git_branch: Some("main".into()), ..MemoryContext::default() }),
                ..memory()
            };
            let json = serde_json::to_string(&memory).unwrap();
            prop_assert_eq!(serde_json::from_str::<Memory>(&json).unwrap(), memory);
        }
    }
}
