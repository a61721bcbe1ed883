//! One JSON-RPC message a line.
//!
//! The transport that rmcp brings drops what it cannot read, so that whoever asked waits for ever,
//! and ends the server for a notification that comes too early. This one answers.

use std::{
    collections::{HashSet, VecDeque},
    io, mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rmcp::{
    ErrorData, RoleServer,
    model::{ClientJsonRpcMessage, ClientNotification, RequestId, ServerJsonRpcMessage},
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use serde::Deserialize;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    sync::Notify,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use crate::misread;

/// The longest line, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;

/// For how long more than answers is written at the end, while something is not answered.
const GRACE: Duration = Duration::from_secs(1);

/// How long a client has, when all else is over, to take what is being written.
const FAREWELL: Duration = Duration::from_secs(1);

/// What begins the files of some editors, and is no part of a message.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A client at the other end of a pair of pipes.
pub(crate) struct Lines<R, W> {
    read: BufReader<R>,
    /// What came of a line so far.
    line: Vec<u8>,
    /// Whether the line is too long to be kept.
    is_overlong: bool,
    write: Arc<tokio::sync::Mutex<Option<W>>>,
    open: Arc<Open>,
    /// The messages of a batch that are still to be served.
    batch: VecDeque<Value>,
    /// Whether a request came.
    has_begun: bool,
    has_ended: bool,
    /// Until when everything is still written, when nothing more is read.
    until: Option<Instant>,
    stop: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// Is cancelled when nothing more is read.
    closing: CancellationToken,
}

/// The ids of requests that are being answered.
#[derive(Default)]
struct Open {
    ids: Mutex<HashSet<RequestId>>,
    fewer: Notify,
}

impl Open {
    fn ids(&self) -> MutexGuard<'_, HashSet<RequestId>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove(&self, id: &RequestId) {
        self.ids().remove(id);
        self.fewer.notify_one();
    }

    /// Waits until there is none.
    async fn all_answered(&self) {
        while !self.ids().is_empty() {
            self.fewer.notified().await;
        }
    }
}

/// How reading went on.
enum Read {
    Line,
    Overlong,
    End,
}

impl<R, W> Lines<R, W>
where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send + 'static,
{
    /// Reads and writes until the input ends or `stop` does; then cancels `closing`, so that what
    /// would go on for ever ends, and the rest is answered.
    pub(crate) fn new(
        input: R,
        output: W,
        stop: impl Future<Output = ()> + Send + 'static,
        closing: CancellationToken,
    ) -> Self {
        Self {
            read: BufReader::new(input),
            line: Vec::new(),
            is_overlong: false,
            write: Arc::new(tokio::sync::Mutex::new(Some(output))),
            open: Arc::default(),
            batch: VecDeque::new(),
            has_begun: false,
            has_ended: false,
            until: None,
            stop: Box::pin(stop),
            closing,
        }
    }

    /// Reads to the end of a line. A caller that stops waiting loses nothing: what was read stays.
    async fn next_line(&mut self) -> io::Result<Read> {
        loop {
            let chunk = tokio::select! {
                biased;
                () = &mut self.stop => return Ok(Read::End),
                chunk = self.read.fill_buf() => chunk?,
            };
            if chunk.is_empty() {
                let rest = !mem::take(&mut self.is_overlong) && !self.line.is_empty();
                return Ok(if rest { Read::Line } else { Read::End });
            }
            let newline = chunk.iter().position(|byte| *byte == b'\n');
            let taken = newline.map_or(chunk.len(), |at| at + 1);
            if self.is_overlong || self.line.len() + taken > LONGEST {
                self.is_overlong = true;
                self.line = Vec::new();
            } else {
                self.line.extend_from_slice(&chunk[..taken]);
            }
            self.read.consume(taken);
            if newline.is_some() {
                let overlong = mem::take(&mut self.is_overlong);
                return Ok(if overlong { Read::Overlong } else { Read::Line });
            }
        }
    }

    /// Answers what goes no further. In a task of its own, since whoever reads may stop waiting at
    /// any time, and half a line must never be written.
    fn refuse(&self, error: ErrorData, id: Option<RequestId>) {
        let message = ServerJsonRpcMessage::error(error, id);
        tokio::spawn(write(Arc::clone(&self.write), message));
    }

    fn refuse_value(&self, value: &Value) {
        let (error, id) = misread::no_message(value);
        self.refuse(error, id);
    }

    /// Reads the message of a line; answers what is none.
    fn message(&mut self) -> Option<ClientJsonRpcMessage> {
        let line = mem::take(&mut self.line);
        let text = line.trim_ascii();
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        if text.is_empty() {
            return None;
        }
        if let Ok(message) = serde_json::from_slice(text) {
            return Some(message);
        }
        match serde_json::from_slice(text) {
            Ok(Value::Array(batch)) if !batch.is_empty() => self.batch.extend(batch),
            Ok(value) => self.refuse_value(&value),
            Err(error) => {
                let (error, id) = misread::not_json("this line", text, &error);
                self.refuse(error, id);
            }
        }
        None
    }

    /// Whether the message goes on to the server; answers what does not.
    fn admits(&mut self, message: &ClientJsonRpcMessage) -> bool {
        match message {
            ClientJsonRpcMessage::Request(request) => {
                self.has_begun = true;
                let is_new = self.open.ids().insert(request.id.clone());
                if !is_new {
                    let message = format!(
                        "a request with id {} is being answered: take another id",
                        request.id
                    );
                    // Without the id: it names the answer to the other one.
                    self.refuse(ErrorData::invalid_request(message, None), None);
                }
                is_new
            }
            ClientJsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    // What is cancelled has no answer that would say that it is over.
                    self.open.remove(id);
                }
                self.has_begun
            }
            _ => self.has_begun,
        }
    }
}

/// Writes a message as one line.
async fn write<W: AsyncWrite + Unpin>(
    to: Arc<tokio::sync::Mutex<Option<W>>>,
    message: ServerJsonRpcMessage,
) -> io::Result<()> {
    let mut line = serde_json::to_vec(&message)?;
    line.push(b'\n');
    let mut to = to.lock().await;
    let to = to.as_mut().ok_or(io::ErrorKind::NotConnected)?;
    to.write_all(&line).await?;
    to.flush().await
}

impl<R, W> Transport<RoleServer> for Lines<R, W>
where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        match &item {
            ServerJsonRpcMessage::Response(response) => {
                self.open.remove(&response.id);
            }
            ServerJsonRpcMessage::Error(error) => {
                if let Some(id) = &error.id {
                    self.open.remove(id);
                }
            }
            _ => {}
        }
        write(Arc::clone(&self.write), item)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(value) = self.batch.pop_front() {
                match ClientJsonRpcMessage::deserialize(&value) {
                    Ok(message) if self.admits(&message) => return Some(message),
                    Ok(_) => {}
                    Err(_) => self.refuse_value(&value),
                }
                continue;
            }
            if self.has_ended {
                self.closing.cancel();
                let until = self.until.get_or_insert_with(|| Instant::now() + GRACE);
                // When this has returned, rmcp writes nothing but answers: whoever tells something
                // before the answer would wait for nothing.
                let answered = timeout_at(*until, self.open.all_answered()).await;
                if answered.is_err() {
                    tracing::debug!("the client does not hear what comes before late answers");
                }
                return None;
            }
            match self.next_line().await {
                Ok(Read::Line) => {
                    if let Some(message) = self.message()
                        && self.admits(&message)
                    {
                        return Some(message);
                    }
                }
                Ok(Read::Overlong) => {
                    let message = format!("a message has at most {LONGEST} bytes: send less");
                    self.refuse(ErrorData::invalid_request(message, None), None);
                }
                Ok(Read::End) => self.has_ended = true,
                Err(error) => {
                    tracing::warn!(%error, "cannot read what the client sends");
                    self.has_ended = true;
                }
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        let ended = async {
            match self.write.lock().await.take() {
                Some(mut write) => write.shutdown().await,
                None => Ok(()),
            }
        };
        // A client that does not read is waited for no longer.
        timeout(FAREWELL, ended).await.unwrap_or(Ok(()))
    }
}
