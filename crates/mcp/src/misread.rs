//! What is said of text that is no message.

use rmcp::{ErrorData, model::RequestId};
use serde::Deserialize;
use serde_json::Value;

/// What can be read of a message that is not JSON to the end.
#[derive(Deserialize)]
struct Head {
    id: Option<RequestId>,
}

/// Says that a text is not JSON; `what` it is that was sent. With the id of the request that it would
/// be, where that can be read.
pub(crate) fn not_json(
    what: &str,
    text: &[u8],
    error: &serde_json::Error,
) -> (ErrorData, Option<RequestId>) {
    let head = serde_json::from_slice::<Head>(text).ok();
    let message = format!("{what} is not JSON: {error}");
    (
        ErrorData::parse_error(message, None),
        head.and_then(|head| head.id),
    )
}

/// Says that a value is no message, with the id that it has where that is one.
pub(crate) fn no_message(value: &Value) -> (ErrorData, Option<RequestId>) {
    let id = value.get("id");
    let id = id.and_then(|id| RequestId::deserialize(id).ok());
    let message =
        "this is no JSON-RPC 2.0 message: send {\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": …}";
    (ErrorData::invalid_request(message, None), id)
}
