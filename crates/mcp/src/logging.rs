//! What a client that asked for it hears beside the answers.
#![expect(
    deprecated,
    reason = "clients in the field ask for it; the protocol is to lose it some day"
)]

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use ports::SyncStatus;
use rmcp::{
    RoleServer,
    model::{CallToolResult, LoggingLevel, LoggingMessageNotificationParam},
    service::RequestContext,
};
use serde_json::{Value, json};

/// What one client wants to hear.
#[derive(Debug, Default)]
pub(crate) struct Logging {
    level: Mutex<Option<LoggingLevel>>,
    /// How many failed syncs were told.
    failed_syncs: AtomicU64,
}

/// Something to hear. It never says what a memory says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    level: LoggingLevel,
    data: Value,
}

impl Entry {
    /// Tells that something that a client asked for failed inside.
    pub(crate) fn failure(doing: &str, kind: &str) -> Self {
        let level = match kind {
            "busy" | "unreachable" => LoggingLevel::Warning,
            _ => LoggingLevel::Error,
        };
        let data = json!({ "message": format!("{doing} failed"), "kind": kind });
        Self { level, data }
    }

    /// Tells of a call that failed inside; none when it succeeded, or the caller can mend it.
    pub(crate) fn of_call(tool: &str, result: &CallToolResult) -> Option<Self> {
        let answer = result.structured_content.as_ref()?;
        let kind = answer["error"]["kind"].as_str()?;
        let is_inside = matches!(
            kind,
            "busy" | "unreachable" | "unauthorized" | "corrupt" | "schema" | "closed" | "backend"
        );
        is_inside.then(|| Self::failure(tool, kind))
    }
}

impl Logging {
    /// From now on, what is at least as grave as `level` is told.
    pub(crate) fn set(&self, level: LoggingLevel) {
        *self.level.lock().unwrap_or_else(PoisonError::into_inner) = Some(level);
    }

    /// Says from which level on whoever sent a request wants to hear; none for nothing.
    fn wanted(&self, context: &RequestContext<RoleServer>) -> Option<LoggingLevel> {
        let version = context.protocol_version();
        if version.is_some_and(|version| !version.has_initialize()) {
            return context.meta.log_level();
        }
        *self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whoever sent a request what is grave enough for them.
    pub(crate) async fn tell(
        &self,
        context: &RequestContext<RoleServer>,
        entries: impl IntoIterator<Item = Entry>,
    ) {
        let Some(wanted) = self.wanted(context) else {
            return;
        };
        for Entry { level, data } in entries {
            if level as u8 >= wanted as u8 {
                let message = LoggingMessageNotificationParam::new(level, data);
                let message = message.with_logger("memorygraph");
                if context.peer.notify_logging_message(message).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Tells of syncs that failed since this was last asked.
    pub(crate) fn of_sync(&self, status: Option<SyncStatus>) -> Option<Entry> {
        let status = status?;
        let told = self
            .failed_syncs
            .fetch_max(status.failures, Ordering::Relaxed);
        let error = status.last_error.filter(|_| told < status.failures)?;
        Some(Entry::failure(
            "a sync with the primary",
            &error.kind.to_string(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use ports::{ErrorKind, Latency, SyncError, SyncState};

    use super::*;

    #[test]
    fn a_call_that_failed_inside_is_told_without_what_was_in_it() {
        let told = |kind: &str| {
            let error = json!({ "error": { "kind": kind, "message": "of \"the pool\"" } });
            Entry::of_call("get_memory", &CallToolResult::structured_error(error))
        };
        let entry = told("corrupt").unwrap();
        assert_eq!(entry.level, LoggingLevel::Error);
        assert!(!entry.data.to_string().contains("pool"), "{entry:?}");
        assert_eq!(told("busy").unwrap().level, LoggingLevel::Warning);
        assert_eq!(told("not_found"), None);
        assert_eq!(
            Entry::of_call("x", &CallToolResult::structured(json!({}))),
            None
        );
    }

    #[test]
    fn each_failed_sync_is_told_once() {
        let failed = |failures| {
            Some(SyncStatus {
                state: SyncState::Retrying,
                last_success: None,
                age: None,
                interval: None,
                last_error: Some(SyncError {
                    kind: ErrorKind::Unreachable,
                    message: "gone".to_owned(),
                    at: Timestamp::UNIX_EPOCH,
                }),
                notices: Vec::new(),
                successes: 0,
                failures,
                frames: 0,
                latency: Latency::default(),
            })
        };
        let logging = Logging::default();
        assert_eq!(logging.of_sync(None), None);
        assert_eq!(logging.of_sync(failed(0)), None);
        assert!(logging.of_sync(failed(2)).is_some());
        assert_eq!(logging.of_sync(failed(2)), None);
        assert!(logging.of_sync(failed(3)).is_some());
    }
}
