//! Believable memories, as many as one likes.
