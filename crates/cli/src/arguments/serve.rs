use clap::Args;
use memorygraph::ToolProfile;

#[derive(Args, Debug, Default)]
#[command(after_help = "\
It speaks the Model Context Protocol, one message a line, until stdin ends or it is sent SIGTERM; then
what is under way is finished. Logs go to stderr, as MEMORY_LOG_LEVEL says. Each client starts a
server of its own; they may all use the same graph. Without a command, and with stdin that is not
a terminal, memorygraph does the same.

Examples:
  memorygraph serve < /dev/null
  memorygraph serve --profile extended < /dev/null")]
pub(crate) struct Serve {
    #[arg(long, value_name = "NAME")]
    #[arg(help = "Which tools the agent sees: core or extended, else as MEMORY_TOOL_PROFILE says")]
    pub(crate) profile: Option<ToolProfile>,
}
