use ports::{BackendError, ErrorKind};

/// How often a change is tried again.
const MOST: u32 = 20;

/// Counts how often a change was tried against what others change at the same time.
#[derive(Debug, Default)]
pub(crate) struct Tries(u32);

impl Tries {
    /// Returns when the change should be tried again, after others had their turn.
    ///
    /// # Errors
    ///
    /// Fails with `error` when that is no conflict, or there were too many.
    pub(crate) async fn again(&mut self, error: BackendError) -> Result<(), BackendError> {
        if error.kind() != ErrorKind::Conflict || self.0 == MOST {
            return Err(error);
        }
        self.0 += 1;
        tokio::task::yield_now().await;
        Ok(())
    }
}
