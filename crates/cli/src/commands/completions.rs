use std::fs;

use clap::CommandFactory;
use serde_json::json;

use crate::{
    arguments::{Arguments, Completions, Man},
    failure::Failure,
    output::Output,
    table::on_one_line,
};

/// Writes the script of a shell to stdout.
pub(crate) fn completions(asked: &Completions, output: &mut Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(asked.shell, &mut command, "memorygraph", &mut script);
    Ok(output.bytes(&script)?)
}

/// Writes the first manual page to stdout, or all of them into a folder.
pub(crate) fn man(asked: &Man, output: &mut Output) -> Result<(), Failure> {
    let Some(folder) = &asked.folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
        return Ok(output.bytes(&page)?);
    };
    let failed = |error: std::io::Error| {
        Failure::failed(format!("write into {}: {error}", folder.display()))
    };
    fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(Arguments::command(), folder).map_err(failed)?;
    if output.is_json() {
        return Ok(output.json(&json!({"folder": folder.display().to_string()}))?);
    }
    let shown = on_one_line(&folder.display().to_string());
    Ok(output.line(format_args!("The manual pages are in {shown}"))?)
}
