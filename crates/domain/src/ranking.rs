//! Which memories match a question best.

/// The most hits of one search whose first page asks for no more than that.
pub const SEARCH_DEPTH: u32 = 256;
