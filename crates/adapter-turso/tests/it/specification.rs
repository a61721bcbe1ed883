//! Every point of the specification, by its own words. What configuration, the factory, migration and
//! several devices add to it is tested where they are.

mod connecting;
mod later;
mod queries;
mod syncing;
