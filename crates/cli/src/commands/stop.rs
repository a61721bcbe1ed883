//! How a command ends before its end.

use std::{ffi::OsString, fs, io, path::PathBuf};

use crate::{arguments::Command, failure::Failure};

/// What the engine leaves beside a file that it writes.
const BESIDE: [&str; 4] = ["", "-journal", "-wal", "-shm"];

/// What somebody who stops a command should know.
pub(super) struct Stop {
    message: &'static str,
    /// What is being written outside this task, and of no use unless it is complete.
    partial: Option<PathBuf>,
}

impl Stop {
    /// Returns how a command is stopped that may take long; others end by themselves.
    pub(super) fn of(command: &Command) -> Option<Self> {
        let (message, partial) = match command {
            Command::Import(_) => (
                "stopped: what was imported so far is kept; the same command completes it",
                None,
            ),
            Command::Export(_) => (
                "stopped: nothing was exported; the same command begins again",
                None,
            ),
            Command::Backup(backup) => {
                let mut partial = backup.file.clone().into_os_string();
                partial.push(".partial");
                (
                    "stopped: nothing was backed up; the same command begins again",
                    Some(partial.into()),
                )
            }
            _ => return None,
        };
        Some(Self { message, partial })
    }

    /// Waits for `work`, until Ctrl-C is pressed or the process is asked to end.
    pub(super) async fn or<F>(&self, work: F) -> Result<(), Failure>
    where
        F: Future<Output = Result<(), Failure>>,
    {
        tokio::select! {
            // Listens before the work begins.
            biased;
            asked = asked_to_end() => asked?,
            done = work => return done,
        }
        for suffix in self.partial.iter().flat_map(|_| BESIDE) {
            let mut file: OsString = self.partial.clone().unwrap_or_default().into();
            file.push(suffix);
            // What is not there need not go.
            drop(fs::remove_file(file));
        }
        Err(Failure::interrupted(self.message))
    }
}

/// Returns when Ctrl-C is pressed or the process is asked to end.
pub(super) async fn asked_to_end() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
