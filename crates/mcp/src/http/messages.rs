//! Messages on their way in, and what is answered to what is none.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use rmcp::{
    ErrorData,
    model::{RequestId, ServerJsonRpcMessage},
};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::sessions::{SESSION, SESSIONS, Sessions};
use crate::misread;

/// The largest message, in bytes.
pub(super) const LARGEST: usize = 4 * 1024 * 1024;

/// How long a client has to send a message.
const PATIENCE: Duration = Duration::from_secs(30);

/// When a client may try again that finds all sessions in use, in seconds.
const AGAIN: &str = "60";

/// What all messages pass.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) sessions: Arc<Sessions>,
    /// Counts the messages whose answer is not written yet.
    pub(super) answers: TaskTracker,
    pub(super) open: Open,
}

/// The requests of sessions that are being answered.
#[derive(Clone, Default)]
pub(super) struct Open(Arc<Mutex<HashSet<Key>>>);

/// A session, and the id that a request has in it.
type Key = (HeaderValue, RequestId);

/// Keeps an id from being taken again, until this is dropped.
struct Claim {
    open: Open,
    key: Key,
}

/// What a request or a notification is known by.
#[derive(Deserialize)]
struct Asked {
    id: Option<RequestId>,
    method: String,
}

/// Passes a request on with a body that was read within bounds, and answers as the protocol has it
/// where that body is no message.
pub(super) async fn pass(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let (mut head, body) = request.into_parts();
    // Some clients name one of the two that the protocol asks for, or none.
    let both = HeaderValue::from_static("application/json, text/event-stream");
    head.headers.insert(ACCEPT, both);
    let using = desk.sessions.using(&head.headers).await;
    if head.method != Method::POST {
        let ends_session = head.method == Method::DELETE;
        let response = next.run(Request::from_parts(head, body)).await;
        if ends_session && response.status() == StatusCode::ACCEPTED {
            // Clients in the field tell their users that an end which is only accepted failed.
            return StatusCode::NO_CONTENT.into_response();
        }
        return until_written(response, using);
    }
    let bytes = match read(body).await {
        Ok(bytes) => bytes,
        Err(refused) => return refused,
    };
    let asked = serde_json::from_slice::<Asked>(&bytes).ok();
    if let Some(refused) = desk.has_no_session_for(asked.as_ref()).await {
        return refused;
    }
    let claim = match desk.open.claim(&head.headers, asked) {
        Ok(claim) => claim,
        Err(id) => {
            let message = format!("a request with id {id} is being answered: take another id");
            let error = ErrorData::invalid_request(message, None);
            return error_of(StatusCode::BAD_REQUEST, error, Some(id));
        }
    };
    let underway = desk.answers.token();
    let is_json = is_json(&head.headers);
    let request = Request::from_parts(head, Body::from(bytes.clone()));
    let response = next.run(request).await;
    if response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE && is_json {
        let (error, id) = what_is_wrong(&bytes);
        return error_of(StatusCode::BAD_REQUEST, error, id);
    }
    // A new session is named in the answer.
    let using = match using {
        Some(using) => Some(using),
        None => desk.sessions.using(response.headers()).await,
    };
    until_written(response, (underway, claim, using))
}

/// Keeps something until the last of an answer is written.
fn until_written(response: Response, kept: impl Send + Sync + 'static) -> Response {
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _kept = &kept;
            frame
        }))
    })
}

/// Reads what a client sends, as long as that is neither too large nor too slow.
async fn read(body: Body) -> Result<Bytes, Response> {
    let body = Limited::new(body, LARGEST).collect();
    let (status, message) = match timeout(PATIENCE, body).await {
        Ok(Ok(body)) => return Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => (
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("a message has at most {LARGEST} bytes: send less"),
        ),
        Ok(Err(error)) => (
            StatusCode::BAD_REQUEST,
            format!("the message ends early: {error}"),
        ),
        Err(_) => (
            StatusCode::REQUEST_TIMEOUT,
            format!(
                "the message took more than {} s: send it at once",
                PATIENCE.as_secs()
            ),
        ),
    };
    Err(error_of(
        status,
        ErrorData::invalid_request(message, None),
        None,
    ))
}

impl Desk {
    /// Refuses a client that wants a session when all are in use.
    async fn has_no_session_for(&self, asked: Option<&Asked>) -> Option<Response> {
        let greeting = asked.filter(|asked| asked.method == "initialize")?;
        if self.sessions.make_room().await {
            return None;
        }
        let message = format!(
            "{SESSIONS} sessions are in use, and there are no more: try again when a client is \
             gone, or has ended one with DELETE"
        );
        let error = ErrorData::internal_error(message, None);
        let mut refused = error_of(StatusCode::SERVICE_UNAVAILABLE, error, greeting.id.clone());
        let again = HeaderValue::from_static(AGAIN);
        refused.headers_mut().insert(RETRY_AFTER, again);
        Some(refused)
    }
}

impl Open {
    /// Returns the id of a request when another one of its session has it: only one would get an
    /// answer.
    fn claim(&self, headers: &HeaderMap, asked: Option<Asked>) -> Result<Option<Claim>, RequestId> {
        let id = asked.and_then(|asked| asked.id);
        let (Some(session), Some(id)) = (headers.get(SESSION), id) else {
            return Ok(None);
        };
        let key = (session.clone(), id);
        if self.keys().insert(key.clone()) {
            let open = self.clone();
            return Ok(Some(Claim { open, key }));
        }
        Err(key.1)
    }

    fn keys(&self) -> MutexGuard<'_, HashSet<Key>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.open.keys().remove(&self.key);
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let said = headers
        .get(CONTENT_TYPE)
        .and_then(|said| said.to_str().ok());
    let kind = said.and_then(|said| said.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// Says why a body is no message, and which one it would be.
fn what_is_wrong(bytes: &[u8]) -> (ErrorData, Option<RequestId>) {
    match serde_json::from_slice(bytes) {
        Ok(Value::Array(_)) => {
            let message = "a request has one message: send those of a batch one by one";
            (ErrorData::invalid_request(message, None), None)
        }
        Ok(value) => misread::no_message(&value),
        Err(error) => misread::not_json("the body", bytes, &error),
    }
}

fn error_of(status: StatusCode, error: ErrorData, id: Option<RequestId>) -> Response {
    (status, Json(ServerJsonRpcMessage::error(error, id))).into_response()
}
