//! The promises of [`GraphBackend`] as laws, so that every backend proves them in the same way.
//!
//! A backend writes a [`Harness`] and one line, and gets each law as a test with a name:
//!
//! ```text
//! #[derive(Default)]
//! struct SqliteHarness(TempDir);
//!
//! #[async_trait::async_trait]
//! impl contract::Harness for SqliteHarness {
//!     async fn open(&self) -> Arc<dyn GraphBackend> { .. }
//! }
//!
//! contract::backend_contract!(SqliteHarness);
//! ```
//!
//! A law is an ordinary function with a store of its own. Where a backend lacks a capability, the
//! law checks what it promises instead, so that no law is ever skipped.

mod around;
mod known_items;
mod laws;
mod samples;

pub mod chance;
pub mod corpus;
pub mod predecessors;

pub use around::{Around, Between};

use std::{error::Error, future::Future, sync::Arc};

use async_trait::async_trait;
use ports::GraphBackend;

/// What a law returns: an error is a failure like a failed assertion.
pub type LawResult = Result<(), LawError>;

/// Any error at all.
pub type LawError = Box<dyn Error + Send + Sync>;

/// Opens a backend for a law.
///
/// [`backend_contract!`] also needs `Default`: it makes a harness with a store of its own, which
/// is empty.
#[async_trait]
pub trait Harness: Send + Sync {
    /// Opens the store of this harness. May be called again, as after a restart or from another
    /// process: a durable backend then finds the same data, also while the first one is open.
    async fn open(&self) -> Arc<dyn GraphBackend>;

    /// Says how many statements, that is round trips, `backend` has run so far, for the laws that
    /// they do not grow with what a call carries. A backend without statements has run none.
    fn statements(&self, backend: &dyn GraphBackend) -> u64 {
        let _ = backend;
        0
    }
}

/// Makes a test of each law, in a module for each suite.
#[macro_export]
macro_rules! backend_contract {
    ($harness:ident) => {
        $crate::__for_each_law!(__define_tests($harness));
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __define_tests {
    (($harness:ident) $($suite:ident { $($law:ident,)* })*) => { $(mod $suite { $(
        #[test]
        fn $law() {
            let harness = <super::$harness as ::core::default::Default>::default();
            $crate::__run($crate::__laws::$suite::$law(&harness));
        }
    )* })* };
}

/// Makes `__laws`, and thereby uses each law once: one that is not listed is dead code.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_laws {
    (() $($suite:ident { $($law:ident,)* })*) => {
        #[doc(hidden)]
        pub mod __laws { $(
            #[doc(hidden)]
            pub mod $suite { pub use $crate::laws::$suite::{$($law),*}; }
        )* }
    };
}

__for_each_law!(__export_laws());

/// Runs a law to its end.
#[doc(hidden)]
pub fn __run(law: impl Future<Output = LawResult>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("the system gives two threads");
    if let Err(error) = runtime.block_on(law) {
        panic!("{error}\n{error:?}");
    }
}
