//! Two changes of one memory, brought together field by field.

use std::fmt;

use domain::{Memory, MemoryContext};
use serde::Serialize;

/// How much of a value a conflict shows, in characters.
const SHOWN: usize = 60;

/// What came of merging a change into what others did meanwhile.
pub(crate) struct Merge {
    /// What they left, with our changes.
    pub(crate) memory: Memory,
    /// The fields that only they changed.
    pub(crate) theirs: Vec<&'static str>,
    /// The fields that both changed, to different values; in `memory` they are theirs.
    pub(crate) clashes: Vec<Clash>,
}

/// A field that both changed.
pub(crate) struct Clash {
    field: &'static str,
    theirs: String,
    ours: String,
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            theirs,
            ours,
        } = self;
        write!(f, "{field} (theirs {theirs}, ours {ours})")
    }
}

/// Merges our change, from `base` to `ours`, with that of others, from `base` to `theirs`. What is
/// not an author's to change, as version and times, is as they left it.
pub(crate) fn merge(base: &Memory, ours: &Memory, theirs: &Memory) -> Merge {
    let mut merge = Merge {
        memory: theirs.clone(),
        theirs: Vec::new(),
        clashes: Vec::new(),
    };
    macro_rules! fields {
        ($prefix:literal, $base:expr, $ours:expr, $theirs:expr, $into:expr; $($field:ident $name:literal)*) => {
            $($into.$field = merge.field(
                concat!($prefix, $name), &$base.$field, &$ours.$field, &$theirs.$field,
            ).clone();)*
        };
    }

    let mut memory = merge.memory.clone();
    fields! { "", base, ours, theirs, memory;
        memory_type "type"
        title "title"
        content "content"
        summary "summary"
        tags "tags"
        importance "importance"
        confidence "confidence"
        effectiveness "effectiveness"
        valid_until "valid_until"
        superseded_by "superseded_by"
    }

    let empty = MemoryContext::default();
    let [base, ours, theirs] = [base, ours, theirs].map(|one| one.context.as_ref());
    let [base, ours, theirs] = [base, ours, theirs].map(|one| one.unwrap_or(&empty));
    let mut context = theirs.clone();
    fields! { "context.", base, ours, theirs, context;
        project_path "project_path"
        files_involved "files_involved"
        languages "languages"
        frameworks "frameworks"
        technologies "technologies"
        git_commit "git_commit"
        git_branch "git_branch"
        working_directory "working_directory"
        timestamp "timestamp"
        session_id "session_id"
        user_id "user_id"
        additional_metadata "additional_metadata"
        tenant_id "tenant_id"
        team_id "team_id"
        visibility "visibility"
        created_by "created_by"
    }
    if context != *theirs {
        memory.context = Some(context);
    }
    merge.memory = memory;
    merge
}

impl Merge {
    /// Returns what the field is afterwards.
    fn field<'a, T: PartialEq + Serialize>(
        &mut self,
        field: &'static str,
        base: &T,
        ours: &'a T,
        theirs: &'a T,
    ) -> &'a T {
        if ours == theirs || theirs == base {
            return ours;
        }
        if ours == base {
            self.theirs.push(field);
        } else {
            self.clashes.push(Clash {
                field,
                theirs: shown(theirs),
                ours: shown(ours),
            });
        }
        theirs
    }
}

/// Writes a value as JSON has it, shortened.
fn shown(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
