use std::sync::Arc;

use memorygraph::{MemoryGraph, ToolProfile};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock,
        CustomRequest, CustomResult, ErrorCode, GetPromptRequestParams, GetPromptResponse,
        Implementation, InitializeRequestParams, ListPromptsResult, ListResourceTemplatesResult,
        ListResourcesResult, ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams,
        ReadResourceResponse, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{Options, guard::guarded, prompts, resources, tools};

/// What a model is told about the server as a whole.
const INSTRUCTIONS: &str = "\
A memory that outlives the conversation. Before you work, call recall_memories with the task in plain \
words. After you work, keep what was learned with store_memory, one fact each, and join it with \
create_relationship. Never store secrets.";

/// How many requests are worked on at once; more wait.
const AT_ONCE: u32 = 32;

/// How long a client may keep lists that change with the program alone, in milliseconds.
const AN_HOUR: u64 = 3_600_000;

type Context = RequestContext<RoleServer>;

/// Answers what one client asks over a graph.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
}

/// What the servers of all clients have in common.
#[derive(Debug)]
struct Shared {
    graph: MemoryGraph,
    profile: ToolProfile,
    tools: Vec<Tool>,
    places: Semaphore,
    closing: CancellationToken,
}

impl Server {
    /// Shows the tools of a profile over `graph`.
    pub fn new(graph: MemoryGraph, options: Options) -> Self {
        let shared = Shared {
            graph,
            profile: options.profile,
            tools: tools::all(options.profile),
            places: Semaphore::new(AT_ONCE as usize),
            closing: CancellationToken::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Returns the server of another client, over the same graph and with the same bound on how
    /// much is done at once.
    #[must_use]
    pub fn for_another_client(&self) -> Self {
        let shared = Arc::clone(&self.shared);
        Self { shared }
    }

    /// Ends what clients listen to, and returns when no call is under way. Whoever calls this has
    /// seen to it that no more calls arrive.
    pub async fn close(&self) {
        self.shared.closing.cancel();
        // Nobody closes the places.
        drop(self.shared.places.acquire_many(AT_ONCE).await);
    }

    /// Does `work` when there is a place for it, unless the client no longer wants it.
    async fn unless_cancelled<T>(
        &self,
        context: &Context,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::select! {
            biased;
            () = context.ct.cancelled() => None,
            done = async {
                let _place = self.shared.places.acquire().await.ok()?;
                Some(work.await)
            } => done,
        }
    }

    fn tool(&self, name: &str) -> Option<&Tool> {
        self.shared.tools.iter().find(|tool| tool.name == name)
    }

    fn no_tool(&self, name: &str) -> ErrorData {
        let names: Vec<_> = self.shared.tools.iter().map(|tool| tool.name.as_ref()).collect();
        let profile = self.shared.profile;
        let names = names.join(", ");
        let message = format!(
            "the tool profile {profile} has no tool {name:?}; its tools are {names}. \
             MEMORY_TOOL_PROFILE chooses another profile"
        );
        ErrorData::invalid_params(message, None)
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_prompts()
            .enable_resources()
            .enable_tools()
            .build();
        let name = Implementation::new("memorygraph", env!("CARGO_PKG_VERSION"));
        ServerConfig::new(capabilities)
            .with_server_info(name.with_title("MemoryGraph"))
            .with_instructions(INSTRUCTIONS)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tool(name).cloned()
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        on_first_page(request)?;
        Ok(ListToolsResult::with_all_items(self.shared.tools.to_vec())
            .with_ttl_ms(AN_HOUR)
            .with_cache_scope(CacheScope::Private))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = request.name.as_ref();
        let tool = self.tool(name).ok_or_else(|| self.no_tool(name))?;
        let arguments = request.arguments.unwrap_or_default();
        // On the heap: some tools' futures are large.
        let work = Box::pin(tools::call(&self.shared.graph, tool, arguments));
        let work = self.unless_cancelled(&context, guarded(name, work));
        let result = match work.await {
            Some(Ok(result)) => result,
            Some(Err(broken)) => tool_error(broken.message()),
            None => tool_error("cancelled: nothing was half changed".to_owned()),
        };
        Ok(result.into())
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        on_first_page(request)?;
        Ok(ListResourcesResult::with_all_items(resources::all()))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        on_first_page(request)?;
        Ok(ListResourceTemplatesResult::with_all_items(
            resources::templates(),
        ))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let work = guarded(&request.uri, resources::read(&self.shared.graph, &request.uri));
        let work = self.unless_cancelled(&context, work);
        let cancelled = || ErrorData::internal_error("cancelled", None);
        Ok(work.await.ok_or_else(cancelled)???.into())
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        on_first_page(request)?;
        Ok(ListPromptsResult::with_all_items(prompts::all()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        Ok(prompts::get(&request.name, &arguments)?.into())
    }

    /// A known method arrives here when its parameters do not fit.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: Context,
    ) -> Result<CustomResult, ErrorData> {
        let method = request.method.as_str();
        let given = request.params.unwrap_or_default();
        let wrong = match method {
            "initialize" => misfit::<InitializeRequestParams>(given),
            "tools/call" => misfit::<CallToolRequestParams>(given),
            "resources/read" => misfit::<ReadResourceRequestParams>(given),
            "prompts/get" => misfit::<GetPromptRequestParams>(given),
            "tools/list" | "resources/list" | "resources/templates/list" | "prompts/list" => {
                misfit::<PaginatedRequestParams>(given)
            }
            _ => {
                let message = format!("there is no method {method}");
                return Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None));
            }
        };
        let message = format!("the params of {method} do not fit: {wrong}");
        Err(ErrorData::invalid_params(message, None))
    }
}

/// Fails for a cursor: every list has one page.
fn on_first_page(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        None => Ok(()),
        Some(_) => Err(ErrorData::invalid_params(
            "this list has one page: leave out the cursor",
            None,
        )),
    }
}

fn tool_error(message: String) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(message)])
}

fn misfit<T: DeserializeOwned>(params: Value) -> String {
    match serde_json::from_value::<T>(params) {
        Ok(_) => "they are an object".to_owned(),
        Err(error) => error.to_string(),
    }
}
