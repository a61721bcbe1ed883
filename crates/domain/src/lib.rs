//! The values of a memory graph: memories, the relationships that join them, the questions one
//! can ask, and the rules that hold wherever they are kept.
//!
//! Nothing here does I/O, asks a clock or rolls dice: what a function returns depends on what it
//! was given.

mod context;
mod id;
mod invalid;
mod memory;
mod page;
mod query;
mod relationship;
mod relationship_type;
mod score;
mod time;

pub mod circumstances;
pub mod evidence;
pub mod network;
pub mod ranking;
pub mod repair;
pub mod secrets;
pub mod suggestion;
pub mod text;

pub use context::{MemoryContext, Visibility};
pub use id::{MemoryId, RelationshipId};
pub use invalid::Invalid;
pub use memory::{Memory, MemoryType};
pub use page::{Cursor, Page, PageRequest};
pub use query::{
    Direction, Field, Hit, ListQuery, MAX_DEPTH, MemoryFilter, Path, PathQuery, RelationshipQuery,
    SearchMode, SearchQuery, Sort, Step, Walk, Walked,
};
pub use relationship::Relationship;
pub use relationship_type::{Category, RelationshipType};
pub use score::Score;
pub use time::{AsOf, Timestamp, Validity, check_time, next_microsecond, parse_time, time_text};
