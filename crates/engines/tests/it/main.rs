//! The engines start, end and can be reached; the proxy makes the trouble that it promises.

mod proxy;
mod sqld;
mod tokens;
