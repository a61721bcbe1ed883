use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use memorygraph::ToolProfile;

#[derive(Args, Debug, Default)]
#[command(after_help = "\
It speaks the Model Context Protocol, one message a line, until stdin ends or it is sent SIGTERM;
then what is under way is finished. Logs go to stderr, as MEMORY_LOG_LEVEL says. Each client starts
a server of its own; they may all use the same graph. Without a command, and with stdin that is
not a terminal, memorygraph does the same.

With --http, one server has many clients, at http://ADDRESS/mcp, until it is sent SIGTERM:

  memorygraph serve --http 127.0.0.1:8123
  memorygraph serve --http 192.0.2.7:8123 --token-file token --allow-host memory.example.org

On an address that other machines reach it needs a token of 16 or more characters, from --token-file
or MEMORY_HTTP_TOKEN; openssl rand -hex 32 makes one. Clients send it as Authorization: Bearer. It
speaks no TLS: put a proxy that does before it. Nobody needs the token for /health.

Examples:
  memorygraph serve < /dev/null
  memorygraph serve --profile extended < /dev/null")]
pub(crate) struct Serve {
    #[arg(long, value_name = "NAME")]
    #[arg(help = "Which tools the agent sees: core or extended, else as MEMORY_TOOL_PROFILE says")]
    pub(crate) profile: Option<ToolProfile>,
    /// Serve over HTTP, on an address such as 127.0.0.1:8123; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    pub(crate) http: Option<SocketAddr>,
    #[arg(long, value_name = "FILE", requires = "http")]
    #[arg(help = "The file that has the token which clients send, else as MEMORY_HTTP_TOKEN says")]
    pub(crate) token_file: Option<PathBuf>,
    /// A name by which clients reach the server; its address is one, and on loopback localhost
    #[arg(long, value_name = "NAME", requires = "http")]
    pub(crate) allow_host: Vec<String>,
    #[arg(long, value_name = "ORIGIN", requires = "http")]
    #[arg(help = "The origin of web pages that may use the server, as https://example.org")]
    pub(crate) allow_origin: Vec<String>,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let local = text
        .strip_prefix("localhost:")
        .map(|port| format!("127.0.0.1:{port}"));
    let address = local.as_deref().unwrap_or(text).parse();
    address.map_err(|_| "it is an address of this machine and a port, as 127.0.0.1:8123".to_owned())
}
