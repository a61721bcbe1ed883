//! How a call that takes long gets on.

use rmcp::{
    RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::Peer,
};
use tokio::sync::mpsc;

/// Takes what a call says about how it gets on. It never holds up the call, and comes to nothing
/// when the client did not ask for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Option<mpsc::UnboundedSender<Step>>);

/// What a call said, to be told to a client.
#[derive(Debug)]
pub(crate) struct Steps {
    said: mpsc::UnboundedReceiver<Step>,
    token: ProgressToken,
}

#[derive(Debug, PartialEq)]
struct Step {
    done: f64,
    of: f64,
    message: String,
}

impl Progress {
    /// Returns where a call says how it gets on, and what brings that to the client who named
    /// `token`.
    pub(crate) fn told_as(token: ProgressToken) -> (Self, Steps) {
        let (says, said) = mpsc::unbounded_channel();
        (Self(Some(says)), Steps { said, token })
    }

    /// Says that so many steps are done `of` so many. The numbers of a call rise.
    pub(crate) fn report(&self, done: u32, of: u32, message: impl Into<String>) {
        if let Some(says) = &self.0 {
            let step = Step {
                done: done.into(),
                of: of.into(),
                message: message.into(),
            };
            // A client who is gone hears nothing.
            drop(says.send(step));
        }
    }
}

impl Steps {
    /// Tells everything that is said until the call is over.
    pub(crate) async fn tell(mut self, peer: &Peer<RoleServer>) {
        while let Some(step) = self.said.recv().await {
            let told = ProgressNotificationParam::new(self.token.clone(), step.done)
                .with_total(step.of)
                .with_message(step.message);
            if peer.notify_progress(told).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use adapter_memory::MemoryBackend;
    use memorygraph::{MemoryGraph, SystemClock, UuidV7Source};
    use rmcp::{ServiceExt, model::NumberOrString};
    use serde_json::{Value, json};
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

    use super::*;
    use crate::{Options, Server};

    #[test]
    fn what_a_call_says_comes_in_its_order_and_ends_with_it() {
        let token = ProgressToken(NumberOrString::Number(1));
        let (progress, mut steps) = Progress::told_as(token);
        progress.report(0, 2, "begun");
        progress.report(1, 2, "half");
        drop(progress);
        let mut next = || steps.said.try_recv();
        assert_eq!(next().unwrap().message, "begun");
        let half = next().unwrap();
        assert_eq!((half.done, half.of), (1.0, 2.0));
        assert_eq!(next(), Err(mpsc::error::TryRecvError::Disconnected));
    }

    #[tokio::test]
    async fn a_client_hears_each_step_under_its_token() {
        let backend = Arc::new(MemoryBackend::new());
        let graph = MemoryGraph::over(
            backend,
            Arc::new(SystemClock::new()),
            Arc::new(UuidV7Source),
        );
        let (mut here, there) = tokio::io::duplex(64 * 1024);
        let hello = json!({
            "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
                "protocolVersion": "2025-11-25", "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"},
            },
        });
        let hello = format!("{hello}\n");
        here.write_all(hello.as_bytes()).await.unwrap();
        let server = Server::new(graph, Options::default());
        let running = server.serve(tokio::io::split(there)).await.unwrap();

        let token = ProgressToken(NumberOrString::String("mine".into()));
        let (progress, steps) = Progress::told_as(token);
        progress.report(0, 1, "begun");
        progress.report(1, 1, "over");
        drop(progress);
        steps.tell(running.peer()).await;
        let mut said = BufReader::new(here).lines();
        said.next_line().await.unwrap();
        for (done, message) in [(0.0, "begun"), (1.0, "over")] {
            let line = said.next_line().await.unwrap().unwrap();
            let told: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(told["method"], "notifications/progress");
            let params = &told["params"];
            assert_eq!(params["progressToken"], "mine", "{told}");
            assert_eq!(params["progress"], done, "{told}");
            assert_eq!(params["total"], 1.0, "{told}");
            assert_eq!(params["message"], message, "{told}");
        }
    }

    #[test]
    fn nobody_has_to_listen() {
        Progress::default().report(1, 1, "done");
    }
}
