//! The tools: what an agent calls to remember, to find and to join.

#![expect(
    clippy::format_push_string,
    reason = "texts for readers are short, and writing to a string cannot fail"
)]

mod arguments;
mod bundle;
mod catalogue;
mod circumstances;
mod finding;
mod keeping;
mod listing;
mod past;
mod refusal;
mod relating;

#[cfg(test)]
mod tests;

use std::future::Future;

use memorygraph::{MemoryGraph, ToolProfile};
use rmcp::model::{CallToolResult, JsonObject, Tool};
use serde::de::DeserializeOwned;

use refusal::Refusal;

use crate::progress::Progress;

/// Returns the tools of a profile, as clients see them.
pub(crate) fn all(profile: ToolProfile) -> Vec<Tool> {
    catalogue::of(profile)
}

/// Calls one of the [tools](all). What cannot be done is told in the answer, with what to do about
/// it.
pub(crate) async fn call(
    graph: &MemoryGraph,
    tool: &Tool,
    arguments: JsonObject,
    progress: &Progress,
) -> CallToolResult {
    let answer = answer(graph, tool, arguments, progress).await;
    answer.unwrap_or_else(Refusal::into_result)
}

async fn answer(
    graph: &MemoryGraph,
    tool: &Tool,
    arguments: JsonObject,
    progress: &Progress,
) -> Result<CallToolResult, Refusal> {
    let mut given = arguments::checked(&tool.input_schema, arguments)?;
    let allowed = given
        .remove("allow_secrets")
        .is_some_and(|allowed| allowed == true);
    let writes = tool.input_schema["properties"]
        .get("allow_secrets")
        .is_some();
    if writes && !allowed {
        arguments::refuse_secrets(&given)?;
    }
    match &*tool.name {
        "recall_memories" => with(graph, given, finding::recall).await,
        "store_memory" => with(graph, given, keeping::store).await,
        "get_memory" => with(graph, given, keeping::get).await,
        "search_memories" => with(graph, given, finding::search).await,
        "update_memory" => with(graph, given, keeping::update).await,
        "delete_memory" => with(graph, given, keeping::delete).await,
        "create_relationship" => with(graph, given, relating::relate).await,
        "get_related_memories" => with(graph, given, relating::related).await,
        "get_recent_activity" => with(graph, given, past::activity).await,
        "get_memory_statistics" => with(graph, given, past::statistics).await,
        "store_memories" => with(graph, given, bundle::store).await,
        "search_relationships_by_context" => with(graph, given, circumstances::search).await,
        "contextual_search" => with(graph, given, relating::contextual).await,
        "find_memory_path" => with(graph, given, relating::path).await,
        "memory_history" => with(graph, given, past::history).await,
        "what_changed" => with(graph, given, past::changes).await,
        "invalidate_relationship" => with(graph, given, relating::invalidate).await,
        "reinforce_relationship" => with(graph, given, relating::reinforce).await,
        "suggest_relationship_type" => with(graph, given, relating::suggest).await,
        "sync_now" => {
            with(graph, given, |graph, asked| {
                past::sync(graph, asked, progress)
            })
            .await
        }
        other => unreachable!("{other} is in the catalogue alone"),
    }
}

async fn with<'a, T, F>(
    graph: &'a MemoryGraph,
    given: JsonObject,
    tool: impl FnOnce(&'a MemoryGraph, T) -> F,
) -> Result<CallToolResult, Refusal>
where
    T: DeserializeOwned,
    F: Future<Output = Result<CallToolResult, Refusal>> + 'a,
{
    Box::pin(tool(graph, arguments::read(given)?)).await
}
