use memorygraph::Config;
use serde::Serialize;

use crate::{
    failure::{Failure, tell},
    output::Output,
    table::Table,
};

/// The settings, for programs.
#[derive(Serialize)]
struct Answer {
    file: Option<File>,
    settings: Vec<memorygraph::Listed>,
}

/// Where the configuration file is looked for.
#[derive(Serialize)]
struct File {
    path: String,
    exists: bool,
}

fn file() -> Option<File> {
    let path = Config::file(|name| std::env::var_os(name))?;
    Some(File {
        exists: path.exists(),
        path: path.display().to_string(),
    })
}

/// Shows where the configuration file is looked for; works also when it cannot be read.
pub(crate) fn path(output: &mut Output) -> Result<(), Failure> {
    let Some(file) = file() else {
        return Err(Failure::not_found("there is no place for config.toml here")
            .hint("set HOME or XDG_CONFIG_HOME"));
    };
    if output.is_json() {
        return Ok(output.json(&file)?);
    }
    if !file.exists {
        tell("There is no such file yet.");
    }
    Ok(output.line(&file.path)?)
}

/// Shows every setting, and who said it.
pub(super) fn config(config: &Config, output: &mut Output) -> Result<(), Failure> {
    let settings = config.list();
    let file = file();
    if output.is_json() {
        return Ok(output.json(&Answer { file, settings })?);
    }
    let mut table = Table::new(&["SETTING", "VALUE", "SET BY"], 1);
    for setting in settings {
        let value = if setting.is_hidden {
            "(hidden)".to_owned()
        } else {
            setting.value.unwrap_or_else(|| "-".to_owned())
        };
        let by = setting.set_by.unwrap_or_else(|| setting.origin.to_owned());
        table.row([setting.variable.to_owned(), value, by]);
    }
    output.lines(table.lines(output.width()))?;
    if let Some(file) = file {
        let state = if file.exists { "" } else { " (not there)" };
        output.line("")?;
        output.line(format_args!("config.toml: {}{state}", file.path))?;
    }
    Ok(())
}
