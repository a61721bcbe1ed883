//! How many requests each call costs, counted at the network, and what a request can carry.

mod counts;
mod texts;
