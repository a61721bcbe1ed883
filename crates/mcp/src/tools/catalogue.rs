//! The tools as clients see them.

mod core;
mod extended;
mod output;
mod schema;

use memorygraph::ToolProfile;
use rmcp::model::{Tool, ToolAnnotations};
use serde_json::Value;

use self::schema::{object, with_required};

/// What a call may do to the graph.
#[derive(Clone, Copy)]
enum Effect {
    Reads,
    Adds,
    Changes,
    Removes,
}

/// Returns the tools of a profile, in the order in which an agent meets them.
pub(super) fn of(profile: ToolProfile) -> Vec<Tool> {
    let mut tools = core::tools();
    if profile == ToolProfile::Extended {
        tools.extend(extended::tools());
    }
    tools
}

fn tool(
    name: &'static str,
    description: &'static str,
    properties: Value,
    required: &[&str],
    effect: Effect,
) -> Tool {
    let (reads, destroys, repeats) = match effect {
        Effect::Reads => (true, false, true),
        Effect::Adds => (false, false, false),
        Effect::Changes => (false, false, true),
        Effect::Removes => (false, true, true),
    };
    let annotations = ToolAnnotations::new()
        .read_only(reads)
        .destructive(destroys)
        .idempotent(repeats)
        .open_world(false);
    Tool::new(
        name,
        description,
        object(with_required(properties, required)),
    )
    .with_raw_output_schema(object(output::of(name)))
    .with_annotations(annotations)
}
