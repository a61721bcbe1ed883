//! How the program that runs is started as a server.

use std::{
    env, fs,
    path::{Path, PathBuf, absolute},
};

use memorygraph::{Config, Flags, Listed};

use super::{client::Scope, entry::Server};
use crate::{
    arguments::Init,
    failure::{Failure, warn},
};

/// Returns how clients start the server, with the settings that hold now and that it would not find
/// by itself.
pub(super) fn server(
    config: &Config,
    asked: &Init,
    scope: Scope,
    as_json: bool,
) -> Result<Server, Failure> {
    let mut arguments = vec!["serve".to_owned()];
    if let Some(profile) = asked.profile {
        arguments.extend(["--profile".to_owned(), profile.as_str().to_owned()]);
    }
    let is_read = !asked.uninstall;
    Ok(Server {
        command: command(scope)?,
        arguments,
        environment: if is_read {
            environment(config, as_json)?
        } else {
            Vec::new()
        },
    })
}

/// Clients with windows do not have the `PATH` of a shell, so that the path has to be a whole one. In
/// a project, others read the file, and the program is elsewhere for them.
fn command(scope: Scope) -> Result<String, Failure> {
    let program = env::current_exe()
        .map_err(|error| Failure::failed(format!("find the path of this program: {error}")))?;
    let typed = typed(&program);
    if scope == Scope::Project && typed.is_some() {
        return Ok("memorygraph".to_owned());
    }
    // What a shell finds stays where it is when a new version comes, which the end of a link may not.
    let path = typed.unwrap_or(program);
    path.into_os_string().into_string().map_err(|path| {
        let message = format!("the path of this program is no text: {}", path.display());
        Failure::failed(message).hint("put it where the path is")
    })
}

/// Returns where a shell finds this program under its name; none where it finds another or none.
fn typed(program: &Path) -> Option<PathBuf> {
    let name = format!("memorygraph{}", env::consts::EXE_SUFFIX);
    let folders = env::var_os("PATH")?;
    let found = env::split_paths(&folders)
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file())?;
    let is_this = fs::canonicalize(&found).ok()? == fs::canonicalize(program).ok()?;
    (is_this && found.is_absolute()).then_some(found)
}

/// Returns what flags and variables say and the configuration file does not.
fn environment(config: &Config, as_json: bool) -> Result<Vec<(String, String)>, Failure> {
    let settings = config.list();
    let variables: Vec<_> = settings.iter().map(|setting| setting.variable).collect();
    let elsewhere = |name: &str| {
        let is_ours = variables.contains(&name);
        if is_ours { None } else { env::var_os(name) }
    };
    let found = Config::load(&Flags::default(), elsewhere)?.list();
    let is_said = |setting: &&Listed| {
        // A client that starts the server does not talk to it over HTTP.
        let is_for_http = setting.variable.starts_with("MEMORY_HTTP_");
        matches!(setting.origin, "flag" | "environment") && !is_for_http
    };
    let mut environment = Vec::new();
    for setting in settings.iter().filter(is_said) {
        let variable = setting.variable;
        if setting.is_hidden {
            let hint = match variable {
                "TURSO_AUTH_TOKEN" => {
                    "put it into a file and set TURSO_AUTH_TOKEN_FILE, or into config.toml"
                }
                _ => "put it into config.toml, which memorygraph config path names",
            };
            let message = format!("{variable} is a secret, so the server does not get it here");
            warn(&message, hint, as_json);
        } else if let Some(value) = &setting.value
            && found
                .iter()
                .all(|other| other.variable != variable || other.value != setting.value)
        {
            environment.push((variable.to_owned(), whole(variable, value)));
        }
    }
    Ok(environment)
}

/// A client starts the server in a folder of its own choice.
fn whole(variable: &str, value: &str) -> String {
    let is_path = variable.ends_with("_PATH") || variable.ends_with("_FILE");
    if !is_path || value == ":memory:" {
        return value.to_owned();
    }
    absolute(value).map_or_else(|_| value.to_owned(), |path| path.display().to_string())
}
