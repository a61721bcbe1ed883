//! A network that is slow, cut, silent, or loses answers.

mod lost;
mod slow;
mod torn;
