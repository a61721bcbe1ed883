//! What stands around everything that a client can ask for.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use rmcp::ErrorData;

/// Something panicked while a request was answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Broken(String);

impl Broken {
    /// What the client hears.
    pub(crate) fn message(&self) -> String {
        format!(
            "the server made a mistake ({}); nothing was half changed, and it goes on: please \
             report it",
            self.0
        )
    }
}

impl From<Broken> for ErrorData {
    fn from(broken: Broken) -> Self {
        Self::internal_error(broken.message(), None)
    }
}

/// Waits for `work`; a panic in it is logged and ends nothing else.
pub(crate) async fn guarded<T>(doing: &str, work: impl Future<Output = T>) -> Result<T, Broken> {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        // What panicked is dropped and not looked at again.
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => {
                let message = message_of(panic.as_ref());
                tracing::error!(doing, message, "a panic was caught");
                Poll::Ready(Err(Broken(message)))
            }
        }
    })
    .await
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_an_error_that_tells_of_it() {
        let broken = guarded("test", async {
            tokio::task::yield_now().await;
            assert_eq!(1 + 1, 3, "sums are {}", "wrong");
        });
        let error = ErrorData::from(broken.await.unwrap_err());
        assert_eq!(error.code.0, -32603);
        assert!(error.message.contains("sums are wrong"), "{error:?}");
    }

    #[tokio::test]
    async fn what_does_not_panic_comes_through() {
        assert_eq!(guarded("test", async { 7 }).await, Ok(7));
    }
}
