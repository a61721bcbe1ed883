//! The tasks of this workspace: `cargo xtask TASK`.
//!
//! A task is one module with a `run` function and one line in [`TASKS`]. This crate depends on next
//! to nothing, so that a task starts at once; what needs the graph runs as a program of its own.

mod ci;
mod engines;
mod repository;
mod tidy;

use std::process::ExitCode;

/// What can be asked for, in the order in which `cargo xtask help` shows it.
const TASKS: &[Task] = &[
    Task {
        name: "ci",
        about: ci::ABOUT,
        run: ci::run,
    },
    Task {
        name: "tidy",
        about: tidy::ABOUT,
        run: tidy::run,
    },
    Task {
        name: "engines",
        about: engines::ABOUT,
        run: engines::run,
    },
    Task {
        name: "help",
        about: "shows this text",
        run: help,
    },
];

/// A task by its name. `run` gets the arguments behind the name.
struct Task {
    name: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<(), Failure>,
}

/// Why a task did not succeed: one variant for each exit code.
#[derive(Debug)]
enum Failure {
    /// The task ran and found something wrong: exit code 1.
    Failed(String),
    /// The command line asks for something that is not there: exit code 2.
    Usage(String),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Failed(reason)) => {
            eprintln!("{reason}");
            ExitCode::from(1)
        }
        Err(Failure::Usage(reason)) => {
            eprintln!("{reason}\n\n{}", usage());
            ExitCode::from(2)
        }
    }
}

/// Runs the task that the first argument names.
fn dispatch(arguments: &[String]) -> Result<(), Failure> {
    let Some((name, rest)) = arguments.split_first() else {
        return Err(Failure::Usage("no task given".to_owned()));
    };
    let name = if matches!(name.as_str(), "-h" | "--help") {
        "help"
    } else {
        name
    };
    match TASKS.iter().find(|task| task.name == name) {
        Some(task) => (task.run)(rest),
        None => Err(Failure::Usage(format!("there is no task `{name}`"))),
    }
}

/// Refuses arguments on behalf of a task that takes none.
fn expect_no_arguments(task: &str, arguments: &[String]) -> Result<(), Failure> {
    match arguments.first() {
        Some(argument) => Err(Failure::Usage(format!("`{task}` takes no `{argument}`"))),
        None => Ok(()),
    }
}

#[expect(
    clippy::print_stdout,
    reason = "help that was asked for is what this program has to say"
)]
fn help(arguments: &[String]) -> Result<(), Failure> {
    expect_no_arguments("help", arguments)?;
    println!("{}", usage());
    Ok(())
}

fn usage() -> String {
    let line = |task: &Task| {
        let about = task.about.replace('\n', "\n          ");
        format!("  {:<8}{about}", task.name)
    };
    let tasks: Vec<_> = TASKS.iter().map(line).collect();
    format!(
        "Usage: cargo xtask TASK [ARGUMENTS]\n\nTasks:\n{}\n\n\
         Exit codes: 0 done, 1 the task failed, 2 the command line was wrong.",
        tasks.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn an_unknown_task_is_a_usage_error_that_names_it() {
        let Err(Failure::Usage(reason)) = dispatch(&words("polish")) else {
            panic!("`polish` is no task");
        };
        assert!(reason.contains("`polish`"), "{reason}");
    }

    #[test]
    fn no_task_is_a_usage_error() {
        assert!(matches!(dispatch(&[]), Err(Failure::Usage(_))));
    }

    #[test]
    fn a_task_without_arguments_refuses_them() {
        assert!(matches!(
            dispatch(&words("tidy --fast")),
            Err(Failure::Usage(_))
        ));
        assert!(matches!(
            dispatch(&words("ci --only polish")),
            Err(Failure::Usage(_))
        ));
        assert!(matches!(
            dispatch(&words("ci --only")),
            Err(Failure::Usage(_))
        ));
    }

    #[test]
    fn usage_names_every_task() {
        for task in TASKS {
            assert!(usage().contains(task.name), "{}", task.name);
        }
    }
}
