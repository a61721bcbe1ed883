use memorygraph::{Config, MemoryGraph};
use memorygraph_mcp::Options;

use super::stop;
use crate::{
    arguments::Serve,
    failure::{Failure, tell},
};

/// Serves an agent over stdin and stdout, until stdin ends or the process is asked to end.
pub(super) async fn serve(
    graph: &MemoryGraph,
    config: &Config,
    asked: &Serve,
) -> Result<(), Failure> {
    let options = Options {
        profile: asked.profile.unwrap_or(config.tool_profile.value),
    };
    let stop = async {
        if let Err(error) = stop::asked_to_end().await {
            tell(format_args!(
                "warning: signals do not end the server: {error}"
            ));
            std::future::pending::<()>().await;
        }
    };
    let (input, output) = (tokio::io::stdin(), tokio::io::stdout());
    let served = memorygraph_mcp::serve(graph.clone(), options, input, output, stop).await;
    served.map_err(|error| Failure::failed(format!("serve the agent: {error}")))
}
