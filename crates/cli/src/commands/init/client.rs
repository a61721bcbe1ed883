//! The clients, each a value.

use std::path::PathBuf;

use super::{
    document::{Format, Lenience},
    entry::Shape,
    machine::{Machine, Place},
};

/// A program that starts MCP servers.
#[derive(Debug)]
pub(crate) struct Client {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// What people call it.
    pub(super) title: &'static str,
    pub(super) format: Format,
    pub(super) shape: Shape,
    /// The key of the servers in its file.
    pub(super) servers: &'static str,
    /// The files that it reads for a user. The first that is there counts, else the first that this
    /// machine has a place for; what a variable names counts before.
    files: &'static [Place],
    /// Files of other versions of it, written only where they are.
    also: &'static [Place],
    /// The files that it reads in a project; the first that is there counts, else the first.
    project: &'static [&'static str],
    /// What shows that it is on a machine.
    signs: &'static [Place],
    /// The file with what a user tells its agent, in each project.
    instructions: &'static [Place],
    /// The same, of a project.
    project_instructions: Option<&'static str>,
    /// What to do for the change to take hold.
    pub(super) then: &'static str,
}

/// Whose files are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    User,
    Project,
}

impl Client {
    /// Returns the files of its configuration; none where it has none in this scope.
    pub(super) fn files(&self, machine: &Machine, scope: Scope) -> Vec<PathBuf> {
        if scope == Scope::Project {
            let paths = self.project.iter().map(|file| machine.folder.join(file));
            return chosen(paths.collect()).into_iter().collect();
        }
        let places = self.files.iter();
        let named = places.clone().find_map(|place| match place {
            Place::Within(..) | Place::Named(_) => machine.path(*place),
            _ => None,
        });
        let paths = places.filter_map(|place| machine.path(*place));
        let file = named.or_else(|| chosen(paths.collect()));
        let also = self.also.iter().filter_map(|place| machine.path(*place));
        file.into_iter()
            .chain(also.filter(|path| path.exists()))
            .collect()
    }

    /// Returns the file with what its agents are told; none where there is none in this scope.
    pub(super) fn instructions(&self, machine: &Machine, scope: Scope) -> Option<PathBuf> {
        match scope {
            Scope::User => {
                let mut places = self.instructions.iter();
                places.find_map(|place| machine.path(*place))
            }
            Scope::Project => Some(machine.folder.join(self.project_instructions?)),
        }
    }

    /// Whether it is on the machine.
    pub(super) fn is_found(&self, machine: &Machine) -> bool {
        let mut signs = self.signs.iter().filter_map(|sign| machine.path(*sign));
        signs.any(|sign| sign.exists())
    }
}

/// Returns the first that is there, else the first.
fn chosen(paths: Vec<PathBuf>) -> Option<PathBuf> {
    let there = paths.iter().find(|path| path.exists()).cloned();
    there.or_else(|| paths.into_iter().next())
}

/// Most clients have this shape; each says what differs.
const USUAL: Client = Client {
    name: "",
    title: "",
    format: Format::Json(Lenience::Strict),
    shape: Shape::Plain,
    servers: "mcpServers",
    files: &[],
    also: &[],
    project: &[],
    signs: &[],
    instructions: &[],
    project_instructions: Some("AGENTS.md"),
    then: "Restart it.",
};

/// All that are known, in the order of the documentation.
pub(crate) static CLIENTS: [Client; 11] = [
    Client {
        name: "claude-code",
        title: "Claude Code",
        shape: Shape::Typed,
        files: &[
            Place::Within("CLAUDE_CONFIG_DIR", ".claude.json"),
            Place::Home(".claude.json"),
        ],
        project: &[".mcp.json"],
        signs: &[
            Place::Named("CLAUDE_CONFIG_DIR"),
            Place::Home(".claude.json"),
            Place::Home(".claude"),
        ],
        instructions: &[
            Place::Within("CLAUDE_CONFIG_DIR", "CLAUDE.md"),
            Place::Home(".claude/CLAUDE.md"),
        ],
        project_instructions: Some("CLAUDE.md"),
        then: "Begin a new session; /mcp shows the server.",
        ..USUAL
    },
    Client {
        name: "claude-desktop",
        title: "Claude Desktop",
        files: &[
            Place::Package("Claude", "Claude/claude_desktop_config.json"),
            Place::Application("Claude/claude_desktop_config.json"),
        ],
        signs: &[
            Place::Application("Claude"),
            Place::Package("Claude", "Claude"),
        ],
        project_instructions: None,
        then: "Quit it, not only its window, and start it again.",
        ..USUAL
    },
    Client {
        name: "cursor",
        title: "Cursor",
        format: Format::Json(Lenience::Comments),
        files: &[Place::Home(".cursor/mcp.json")],
        project: &[".cursor/mcp.json"],
        signs: &[Place::Home(".cursor")],
        then: "Settings, Tools & MCP shows the server.",
        ..USUAL
    },
    Client {
        name: "vscode",
        title: "VS Code",
        format: Format::Json(Lenience::Full),
        shape: Shape::Typed,
        servers: "servers",
        files: &[Place::Application("Code/User/mcp.json")],
        project: &[".vscode/mcp.json"],
        signs: &[Place::Application("Code/User")],
        then: "The command \"MCP: List Servers\" shows the server.",
        ..USUAL
    },
    Client {
        name: "windsurf",
        title: "Windsurf",
        files: &[Place::Home(".codeium/windsurf/mcp_config.json")],
        signs: &[Place::Home(".codeium/windsurf")],
        instructions: &[Place::Home(".codeium/windsurf/memories/global_rules.md")],
        then: "Refresh the servers in Cascade, or restart it.",
        ..USUAL
    },
    Client {
        name: "cline",
        title: "Cline",
        files: &[
            Place::Named("CLINE_MCP_SETTINGS_PATH"),
            Place::Within("CLINE_DIR", "data/settings/cline_mcp_settings.json"),
            Place::Home(".cline/data/settings/cline_mcp_settings.json"),
        ],
        also: &[Place::Application(
            "Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        )],
        signs: &[
            Place::Named("CLINE_DIR"),
            Place::Home(".cline"),
            Place::Application("Code/User/globalStorage/saoudrizwan.claude-dev"),
        ],
        instructions: &[Place::Home(".cline/rules/memorygraph.md")],
        then: "MCP Servers, Installed shows the server.",
        ..USUAL
    },
    Client {
        name: "continue",
        title: "Continue",
        format: Format::Own,
        files: &[Place::Home(".continue/mcpServers/memorygraph.yaml")],
        project: &[".continue/mcpServers/memorygraph.yaml"],
        signs: &[Place::Home(".continue")],
        instructions: &[Place::Home(".continue/rules/memorygraph.md")],
        then: "Its agent mode has the tools.",
        ..USUAL
    },
    Client {
        name: "gemini",
        title: "Gemini CLI",
        format: Format::Json(Lenience::Comments),
        files: &[Place::Home(".gemini/settings.json")],
        project: &[".gemini/settings.json"],
        signs: &[Place::Home(".gemini")],
        instructions: &[Place::Home(".gemini/GEMINI.md")],
        project_instructions: Some("GEMINI.md"),
        then: "Begin a new session; /mcp shows the server.",
        ..USUAL
    },
    Client {
        name: "codex",
        title: "Codex",
        format: Format::Toml,
        servers: "mcp_servers",
        files: &[
            Place::Within("CODEX_HOME", "config.toml"),
            Place::Home(".codex/config.toml"),
        ],
        project: &[".codex/config.toml"],
        signs: &[Place::Named("CODEX_HOME"), Place::Home(".codex")],
        instructions: &[
            Place::Within("CODEX_HOME", "AGENTS.md"),
            Place::Home(".codex/AGENTS.md"),
        ],
        then: "Begin a new session; /mcp shows the server.",
        ..USUAL
    },
    Client {
        name: "zed",
        title: "Zed",
        format: Format::Json(Lenience::Full),
        servers: "context_servers",
        files: &[Place::ConfigOrRoaming("zed/settings.json")],
        project: &[".zed/settings.json"],
        signs: &[Place::ConfigOrRoaming("zed")],
        instructions: &[Place::ConfigOrRoaming("zed/AGENTS.md")],
        then: "The settings of the agent panel show the server.",
        ..USUAL
    },
    Client {
        name: "opencode",
        title: "opencode",
        format: Format::Json(Lenience::Full),
        shape: Shape::Opencode,
        servers: "mcp",
        files: &[
            Place::Config("opencode/opencode.json"),
            Place::Config("opencode/opencode.jsonc"),
        ],
        project: &["opencode.json", "opencode.jsonc"],
        signs: &[Place::Config("opencode")],
        instructions: &[Place::Config("opencode/AGENTS.md")],
        then: "Begin a new session.",
        ..USUAL
    },
];
