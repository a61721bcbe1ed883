#![expect(
    deprecated,
    reason = "clients in the field subscribe and ask for logs in ways that are to go"
)]

use std::sync::Arc;

use memorygraph::{MemoryGraph, ToolProfile};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams,
        CompleteResult, ContentBlock, CustomRequest, CustomResult, ErrorCode,
        GetPromptRequestParams, GetPromptResponse, Implementation, ListPromptsResult,
        ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
        ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
        SetLevelRequestParams, SubscribeRequestParams, SubscriptionFilter, Tool,
        UnsubscribeRequestParams,
    },
    service::{RequestContext, SubscriptionContext},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Options, completions,
    guard::{Broken, guarded},
    logging::{Entry, Logging},
    misfit::misfit,
    places::{Full, Places},
    progress::{Progress, Steps},
    prompts, resources,
    subscriptions::Subscriptions,
    tools,
    updates::Updates,
};

/// What a model is told about the server as a whole.
const INSTRUCTIONS: &str = "\
A memory that outlives the conversation. Before you work, call recall_memories with the task in plain \
words. After you work, keep what was learned with store_memory, one fact each, and join it with \
create_relationship. Never store secrets.";

/// How many requests are worked on at once; more wait.
const AT_ONCE: u32 = 32;

/// How many wait, of all clients together.
const WAITING: usize = 1_024;

/// How long a client may keep lists that change with the program alone, in milliseconds.
const AN_HOUR: u64 = 3_600_000;

/// Says in an error that too much is under way.
const OVERLOADED: ErrorCode = ErrorCode(-32_000);

type Context = RequestContext<RoleServer>;

/// Answers what one client asks over a graph.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    subscriptions: Subscriptions,
    logging: Logging,
}

/// What the servers of all clients have in common.
#[derive(Debug)]
struct Shared {
    graph: MemoryGraph,
    profile: ToolProfile,
    tools: Vec<Tool>,
    places: Places,
    updates: Arc<Updates>,
    closing: CancellationToken,
}

/// Why something that a client asked for was not done.
#[derive(Debug)]
enum NotDone {
    Cancelled,
    Full(Full),
    Broken(Broken),
}

impl NotDone {
    fn message(&self) -> String {
        match self {
            Self::Cancelled => "cancelled: nothing was half changed".to_owned(),
            Self::Full(full) => full.message(),
            Self::Broken(broken) => broken.message(),
        }
    }

    /// What is logged of it.
    fn entry(&self, doing: &str) -> Option<Entry> {
        match self {
            Self::Cancelled => None,
            Self::Full(_) => Some(Entry::failure(doing, "busy")),
            Self::Broken(_) => Some(Entry::failure(doing, "panic")),
        }
    }
}

impl From<NotDone> for ErrorData {
    fn from(not_done: NotDone) -> Self {
        let code = match &not_done {
            NotDone::Full(_) => OVERLOADED,
            NotDone::Cancelled | NotDone::Broken(_) => ErrorCode::INTERNAL_ERROR,
        };
        Self::new(code, not_done.message(), None)
    }
}

impl Server {
    /// Shows the tools of a profile over `graph`.
    pub fn new(graph: MemoryGraph, options: Options) -> Self {
        let closing = CancellationToken::new();
        Self::of(Arc::new(Shared {
            updates: Updates::new(graph.clone(), closing.clone()),
            graph,
            profile: options.profile,
            tools: tools::all(options.profile),
            places: Places::new(AT_ONCE, WAITING),
            closing,
        }))
    }

    /// Returns the server of another client, over the same graph and with the same bound on how
    /// much is done at once.
    #[must_use]
    pub fn for_another_client(&self) -> Self {
        Self::of(Arc::clone(&self.shared))
    }

    fn of(shared: Arc<Shared>) -> Self {
        Self {
            subscriptions: Subscriptions::of(shared.updates.client()),
            logging: Logging::default(),
            shared,
        }
    }

    /// Ends what clients listen to, and returns when no call is under way. Whoever calls this has
    /// seen to it that no more calls arrive.
    pub async fn close(&self) {
        self.shared.closing.cancel();
        self.shared.places.all_free().await;
    }

    /// What ends when it is cancelled: all that clients listen to.
    pub(crate) fn closing(&self) -> &CancellationToken {
        &self.shared.closing
    }

    /// Does `work` when there is a place for it, unless the client no longer wants it.
    async fn done<T>(
        &self,
        context: &Context,
        doing: &str,
        work: impl Future<Output = T>,
    ) -> Result<T, NotDone> {
        tokio::select! {
            biased;
            () = context.ct.cancelled() => Err(NotDone::Cancelled),
            done = async {
                let _place = self.shared.places.take().await.map_err(NotDone::Full)?;
                guarded(doing, work).await.map_err(NotDone::Broken)
            } => done,
        }
    }

    /// Does as [`done`](Self::done), for what is answered with an error of the protocol.
    async fn answered<T>(
        &self,
        context: &Context,
        doing: &str,
        work: impl Future<Output = Result<T, ErrorData>>,
    ) -> Result<T, ErrorData> {
        let done = self.done(context, doing, work).await;
        let entry = match &done {
            Ok(Err(error)) if error.code == ErrorCode::INTERNAL_ERROR => {
                Some(Entry::failure(doing, "backend"))
            }
            Ok(_) => None,
            Err(not_done) => not_done.entry(doing),
        };
        self.log(context, entry).await;
        done?
    }

    /// Tells the client what it wants to hear of.
    async fn log(&self, context: &Context, entry: Option<Entry>) {
        let failed_sync = self.logging.of_sync(self.shared.graph.sync_status());
        let entries = entry.into_iter().chain(failed_sync);
        self.while_heard(context, self.logging.tell(context, entries))
            .await;
    }

    /// Tells the client something beside the answer, while there is somebody who takes it: at the
    /// end, nothing but answers is written.
    async fn while_heard(&self, context: &Context, telling: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = self.shared.closing.cancelled() => {}
            () = context.ct.cancelled() => {}
            () = telling => {}
        }
    }

    async fn tell(&self, context: &Context, steps: Option<Steps>) {
        if let Some(steps) = steps {
            self.while_heard(context, steps.tell(&context.peer)).await;
        }
    }

    fn tool(&self, name: &str) -> Option<&Tool> {
        self.shared.tools.iter().find(|tool| tool.name == name)
    }

    fn no_tool(&self, name: &str) -> ErrorData {
        let names: Vec<_> = self
            .shared
            .tools
            .iter()
            .map(|tool| tool.name.as_ref())
            .collect();
        let profile = self.shared.profile;
        let names = names.join(", ");
        let others = tools::all(ToolProfile::Extended);
        let advice = if others.iter().any(|tool| tool.name == name) {
            "; MEMORY_TOOL_PROFILE=extended has it"
        } else {
            ""
        };
        let message = format!(
            "the tool profile {profile} has no tool {name:?}; its tools are {names}{advice}"
        );
        ErrorData::invalid_params(message, None)
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_completions()
            .enable_logging()
            .enable_prompts()
            .enable_resources()
            .enable_resources_subscribe()
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
        Ok(ListToolsResult::with_all_items(self.shared.tools.clone())
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
        let token = context.meta.get_progress_token();
        let (progress, steps) = match token.map(Progress::told_as) {
            Some((progress, steps)) => (progress, Some(steps)),
            None => (Progress::default(), None),
        };
        let annotations = tool.annotations.as_ref();
        let only_reads = annotations.and_then(|annotations| annotations.read_only_hint);
        // On the heap: some tools' futures are large. It ends with the progress.
        let work = Box::pin(async move {
            let writes = only_reads != Some(true);
            let _writing = writes.then(|| self.shared.updates.writing());
            tools::call(&self.shared.graph, tool, arguments, &progress).await
        });
        let work = self.done(&context, name, work);
        let (done, ()) = tokio::join!(work, self.tell(&context, steps));
        let (result, entry) = match done {
            Ok(result) => {
                let entry = Entry::of_call(name, &result);
                (result, entry)
            }
            Err(not_done) => (tool_error(not_done.message()), not_done.entry(name)),
        };
        self.log(&context, entry).await;
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
        let read = resources::read(&self.shared.graph, &request.uri);
        let read = self.answered(&context, "resources/read", read).await?;
        Ok(read.into())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: Context,
    ) -> Result<(), ErrorData> {
        let subscribed = self.subscriptions.subscribe(&request.uri, &context.peer);
        self.answered(&context, "resources/subscribe", subscribed)
            .await
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _: Context,
    ) -> Result<(), ErrorData> {
        self.subscriptions.unsubscribe(&request.uri);
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(self.subscriptions.accept(requested))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.subscriptions.listen(&context).await;
        Ok(())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: Context,
    ) -> Result<CompleteResult, ErrorData> {
        let completed = completions::complete(&self.shared.graph, &request);
        self.answered(&context, "completion/complete", completed)
            .await
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: Context,
    ) -> Result<(), ErrorData> {
        if is_without_handshake(&context) {
            let message = "this version of the protocol has no logging/setLevel: a request says \
                           which log it wants, by io.modelcontextprotocol/logLevel in its _meta";
            return Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None));
        }
        self.logging.set(request.level);
        Ok(())
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
        Err(misfit(request))
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

fn is_without_handshake(context: &Context) -> bool {
    let version = context.protocol_version();
    version.is_some_and(|version| !version.has_initialize())
}

#[cfg(test)]
mod tests;
