//! Carries a graph from one store into another: from SQLite to Turso, back, or between files and
//! primaries.
//!
//! Everything that the graph is comes along: ids, times, validity, versions, counters, what has ended
//! and what took its place, also cycles, and what is in quarantine. What it was does not: earlier
//! states of memories and relationships stay in the source, and the report says how many. What the
//! target has already stays as it is:
//!
//! - A memory or relationship with the same id that says the same is there already. How often and
//!   when a memory was used says nothing: a target that is in use is no other graph.
//! - One with the same id that says something else is left alone, and the report names it.
//! - A relationship that states what another one without an end states would reinforce that one:
//!   it is left out, and the report names it. What it took the place of then names the other one.
//!
//! So migrating again does what is left to do, after an interruption of any kind too. The source is
//! only read, and nothing is ever removed.
//!
//! [`migrate`] works over any two backends; a [`Route`] opens them from URLs.

mod carry;
mod compare;
mod order;
mod place;
mod quarantine;
mod route;
mod sum;
mod verify;

use domain::{PageRequest, RelationshipId};
use ports::{ErrorKind, GraphBackend, Reinforced};
use serde::Serialize;

use crate::Result;

pub(crate) use route::is_same_file;
pub use route::{Ends, Route};

/// The most memories or relationships that are read at once, and that go into the target at once.
///
/// A page of each end, and the changes made of it, is what is held at a time: a few MiB, or 300 MiB
/// where every memory has all the text that it may have. To that come the relationships that a
/// relationship of the page leads to by what took their place, the named differences, and nothing
/// that grows with the graph.
const PAGE: u32 = 500;
/// The most bytes of text that go into the target at once, unless one memory alone has more.
const LARGEST: usize = 4 << 20;
/// The most differences that a report or an error names; the others are counted.
const NAMED: usize = 1_000;

/// How to migrate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Only look, and report what would be done.
    pub dry_run: bool,
}

/// How far a migration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// How many memories or relationships it has got through.
    pub done: u64,
    /// How many there were when it began.
    pub total: u64,
}

/// What a migration does, in this order; a dry run does not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Stage {
    Memories,
    Relationships,
    Verify,
}

/// What a migration did, or for a dry run would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Migrated {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// What became of the memories.
    pub memories: Tally,
    /// What became of the relationships.
    pub relationships: Tally,
    /// What became of what the source has in quarantine.
    pub quarantined: KeptAside,
    /// What the target has under the same id and with another content, which was left as it is; at
    /// most 1,000, the tallies count all.
    pub differing: Vec<Differing>,
    /// The relationships that were left out since another one of the target states the same; at
    /// most 1,000, the tally counts all.
    pub stated_already: Vec<Reinforced>,
    /// What the verification found; none for a dry run.
    pub verified: Option<Verified>,
    /// What a person should know, in words.
    pub notices: Vec<String>,
}

/// What became of the memories or relationships of the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// How many the source has.
    pub read: u64,
    /// How many were not in the target and are now.
    pub added: u64,
    /// How many were in the target already, and say the same there.
    pub already_there: u64,
    /// How many were in the target already, and say something else there.
    pub differing: u64,
    /// How many were left out since the target states the same; memories never are.
    pub stated_already: u64,
}

/// What became of records in quarantine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KeptAside {
    /// How many the source has.
    pub read: u64,
    /// How many were not in quarantine in the target and are now.
    pub added: u64,
    /// How many were in quarantine there already.
    pub already_there: u64,
}

/// Something that source and target have under one id with different contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Differing {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
}

/// What can be carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Memory,
    Relationship,
}

/// What was found in the target afterwards. Those that differ and those that were left out are not
/// among it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many memories of the source it has, equal in every field but their usage.
    pub memories: u64,
    /// How many relationships of the source it has, equal in every field.
    pub relationships: u64,
    /// How many of what the source has in quarantine it has there.
    pub quarantined: u64,
    /// The sum of their SHA-256, cut to 128 bits, in hexadecimal; equal in source and target.
    pub digest: String,
    /// How many searches, each for the title of a memory, found it as they do in the source; at
    /// most 20.
    pub searches: u64,
}

/// A graph could not be migrated. What had been carried stays in the target, and the next attempt
/// goes on from there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// A URL names no store. It is not shown, since it may hold a token.
    #[error("{end} {rule}")]
    Url {
        /// Which: `--from` or `--to`.
        end: &'static str,
        /// What would have been right.
        rule: String,
    },
    /// Both ends are the same store.
    #[error("--from and --to are the same {what}: name another place for one of them")]
    SameStore {
        /// What both are.
        what: &'static str,
    },
    /// There are two primaries and one token.
    #[error(
        "--from and --to are two primaries, and a token opens one of them: set TURSO_DATABASE_URL to \
         the one that TURSO_AUTH_TOKEN is for, or migrate to a file first, and from there with the \
         other token"
    )]
    WhoseToken,
    /// There is nothing to carry.
    #[error("{location} holds no graph: name the store that --from should be")]
    NoGraph {
        /// Where one should be.
        location: String,
    },
    /// Something of the source breaks a rule of the graph.
    #[error(
        "{id:?} of the source cannot be carried: {reason}; correct it there and run the same command \
         again"
    )]
    Unfit {
        /// Which.
        id: String,
        /// Which rule, and how.
        reason: String,
    },
    /// Another program changed one of the ends.
    #[error(
        "{what} was changed while it was migrated: run the same command again, which goes on from here"
    )]
    Changed {
        /// Which end.
        what: &'static str,
    },
    /// What should be in the target is not.
    #[error("the target was verified and is not as it should be: {}", .found.join("; "))]
    Verification {
        /// What is wrong, one sentence each; never empty.
        found: Vec<String>,
    },
}

impl MigrateError {
    /// The decision that the caller can take.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Url { .. } | Self::SameStore { .. } | Self::WhoseToken => {
                ErrorKind::InvalidArgument
            }
            Self::NoGraph { .. } => ErrorKind::NotFound,
            Self::Unfit { .. } => ErrorKind::Corrupt,
            Self::Changed { .. } => ErrorKind::Busy,
            Self::Verification { .. } => ErrorKind::Backend,
        }
    }
}

/// The first page, and how long every page is.
fn first_page() -> PageRequest {
    PageRequest::first(PAGE).expect("it is in range")
}

impl Migrated {
    fn note_differing(&mut self, kind: Kind, id: &str) {
        if self.differing.len() < NAMED {
            let id = id.to_owned();
            self.differing.push(Differing { kind, id });
        }
    }

    fn note_stated(&mut self, given: &RelationshipId, kept: &RelationshipId) {
        if self.stated_already.len() < NAMED {
            let (given, kept) = (given.clone(), kept.clone());
            self.stated_already.push(Reinforced { given, kept });
        }
    }

    /// Whether all that was to be carried could be: nothing differs.
    pub fn is_complete(&self) -> bool {
        self.memories.differing == 0 && self.relationships.differing == 0
    }
}

/// Carries the graph of `from` into `to`, then reads both again and compares them.
///
/// Reads pages of 500 and writes batches of at most as many, so the graph may be of any size; only
/// relationships that took each other's place in a circle go in together, however many they are.
/// Memories come before relationships, and what is in quarantine last. Earlier states stay in the
/// source; a notice says how many, when there are any. A replica is synced before it is read. The schema of `to` has
/// to be initialised. `progress` is called often.
///
/// A dry run calls nothing that changes `to`. It does not see that two relationships of the source
/// state the same when they are far apart, so it may count one too many as added.
///
/// Whoever reinforces a relationship in the target at the very moment in which it is carried there
/// finds it reinforced by that; everything else that other programs do to the target is safe.
///
/// # Errors
///
/// - [`Corrupt`](ErrorKind::Corrupt) when something of the source cannot be read or breaks a rule
/// - [`Busy`](ErrorKind::Busy) when another program changed the source in between
/// - [`Backend`](ErrorKind::Backend) when the verification fails; the error names what differs
pub async fn migrate(
    from: &dyn GraphBackend,
    to: &dyn GraphBackend,
    options: &Options,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Migrated> {
    let mut migrated = Migrated {
        dry_run: options.dry_run,
        ..Migrated::default()
    };
    if let Ok(replica) = from.replica()
        && let Err(error) = replica.sync().await
    {
        // What the copy has may be all that is left of the graph.
        let last = replica.sync_status().last_success;
        let last = last.map_or("an unknown time".to_owned(), domain::time_text);
        migrated.notices.push(format!(
            "the source is a replica that could not be synced, so this is its state of {last}: {error}"
        ));
    }
    let statistics = from.statistics().await?;
    if statistics.earlier_states > 0 {
        let states = match statistics.earlier_states {
            1 => "1 earlier state of a memory or relationship stays".to_owned(),
            states => format!("{states} earlier states of memories and relationships stay"),
        };
        migrated.notices.push(format!(
            "{states} in the source, since the target tells only its own past: keep the source for \
             `memorygraph history`"
        ));
    }
    let carried = carry::all(from, to, &statistics, &mut migrated, progress).await?;
    if statistics.quarantined > 0 {
        migrated.quarantined = quarantine::carry(from, to, options.dry_run).await?;
    }
    if !options.dry_run {
        let verified = verify::all(from, to, &carried, &migrated, progress).await?;
        migrated.verified = Some(verified);
    }
    tracing::info!(
        memories = migrated.memories.added,
        relationships = migrated.relationships.added,
        "migrated"
    );
    Ok(migrated)
}
