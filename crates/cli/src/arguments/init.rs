use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use memorygraph::ToolProfile;

use crate::commands::init::{CLIENTS, Client};

#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
#[command(after_help = "\
Without CLIENT it lists the clients, which of them are here, and which have the server. A client starts
the server by itself; a running client has to be restarted. In a file, other entries, comments and
the order stay, and what was there before is kept beside it, as FILE.memorygraph.bak. A file that
does not parse is left alone.

What --path, --backend and the environment say, and config.toml does not, is written into the
entry. Tokens and keys never are: TURSO_AUTH_TOKEN_FILE names a file that has one.

With --json the answer is {\"clients\": [{\"client\", \"file\", \"change\", …}]}.

Examples:
  memorygraph init
  memorygraph init claude-code codex --dry-run
  memorygraph init claude-code --instructions
  memorygraph init cursor vscode --project
  memorygraph init zed --print
  memorygraph init claude-code --instructions --uninstall")]
pub(crate) struct Init {
    /// The clients that get the server
    #[arg(value_name = "CLIENT", value_parser = client())]
    pub(crate) clients: Vec<&'static Client>,
    /// Every client that is found on this machine
    #[arg(long, conflicts_with = "clients")]
    pub(crate) all: bool,
    /// Write the files of the project in this folder instead of those of the user
    #[arg(long)]
    pub(crate) project: bool,
    /// Also tell agents when to use the memory, in AGENTS.md, CLAUDE.md or what the client reads
    #[arg(long)]
    pub(crate) instructions: bool,
    /// Which tools the server shows; without it, its settings say which
    #[arg(long, value_name = "PROFILE", value_parser = profile())]
    pub(crate) profile: Option<ToolProfile>,
    /// Take out what this command wrote, and nothing else
    #[arg(long, conflicts_with_all = ["profile", "print"])]
    pub(crate) uninstall: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print what to add by hand, and change nothing
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) print: bool,
}

fn profile() -> impl TypedValueParser<Value = ToolProfile> {
    let names = [ToolProfile::Core, ToolProfile::Extended].map(ToolProfile::as_str);
    PossibleValuesParser::new(names).try_map(|name| name.parse::<ToolProfile>())
}

fn client() -> impl TypedValueParser<Value = &'static Client> {
    PossibleValuesParser::new(CLIENTS.iter().map(|client| client.name)).map(|name| {
        let mut clients = CLIENTS.iter();
        let found = clients.find(|client| client.name == name);
        found.expect("clap lets only their names through")
    })
}
