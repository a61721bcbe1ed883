//! The gate that every change passes: `cargo xtask ci`.

mod tools;

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::{Failure, engines, repository, tidy};
use tools::Tool;

/// What `cargo xtask help` says.
pub(crate) const ABOUT: &str = "runs every check, and stops at the first that fails\n\
    --only STEP   runs this step alone; may be repeated\n\
    --list        shows the steps and their commands";

/// What proptest draws its cases from here: the same for every run, so that a change fails for what
/// it breaks, never for what was drawn. Whoever fuzzes leaves it out.
const SAME_CASES: (&str, &str) = ("PROPTEST_RNG_SEED", "20260101");

/// The checks, cheap ones first, so that a slip shows within seconds.
const STEPS: &[Step] = &[
    Step::command("fmt", "cargo fmt --all --check"),
    Step {
        name: "tidy",
        what: What::Tidy,
    },
    Step::tool("typos", tools::TYPOS, "typos"),
    Step::command(
        "clippy",
        "cargo clippy --workspace --all-targets --quiet -- -D warnings",
    ),
    Step {
        name: "doc",
        what: What::Command {
            line: "cargo doc --workspace --no-deps --quiet",
            environment: &[("RUSTDOCFLAGS", "-D warnings")],
            tool: None,
        },
    },
    Step::command("doctest", "cargo test --workspace --doc --quiet"),
    Step::command("engines", engines::FETCH),
    Step::tool(
        "test",
        tools::NEXTEST,
        "cargo nextest run --workspace --profile ci",
    ),
    // Whoever embeds the application takes one backend or the other.
    Step::tool(
        "sqlite",
        tools::NEXTEST,
        "cargo nextest run -p memorygraph -p memorygraph-cli --no-default-features --features sqlite \
         --profile ci",
    ),
    Step::tool(
        "turso",
        tools::NEXTEST,
        "cargo nextest run -p memorygraph -p memorygraph-cli --no-default-features --features turso \
         --profile ci",
    ),
    Step::tool("machete", tools::MACHETE, "cargo machete --skip-target-dir"),
    Step::tool(
        "deny",
        tools::DENY,
        "cargo deny check bans licenses sources",
    ),
];

/// One check of the gate.
struct Step {
    name: &'static str,
    what: What,
}

enum What {
    /// A command that is a failure when it says so. No argument of it has a space inside.
    Command {
        line: &'static str,
        environment: &'static [(&'static str, &'static str)],
        tool: Option<Tool>,
    },
    /// Our own rules, without starting another process.
    Tidy,
}

impl Step {
    const fn command(name: &'static str, line: &'static str) -> Self {
        Self {
            name,
            what: What::Command {
                line,
                environment: &[],
                tool: None,
            },
        }
    }

    const fn tool(name: &'static str, tool: Tool, line: &'static str) -> Self {
        Self {
            name,
            what: What::Command {
                line,
                environment: &[],
                tool: Some(tool),
            },
        }
    }

    /// The command as one would type it.
    fn line(&self) -> String {
        match self.what {
            What::Tidy => "cargo xtask tidy".to_owned(),
            What::Command {
                line, environment, ..
            } => {
                let assigned = environment
                    .iter()
                    .map(|(name, value)| format!("{name}='{value}' "));
                assigned.chain([line.to_owned()]).collect()
            }
        }
    }

    fn run(&self, root: &Path) -> Result<(), Failure> {
        let What::Command {
            line,
            environment,
            tool,
        } = &self.what
        else {
            return tidy::run(&[]);
        };
        let path = match tool {
            Some(tool) => tool.ensure(root)?,
            None => std::env::var_os("PATH").unwrap_or_default(),
        };
        let mut words = line.split_whitespace();
        let program = words.next().expect("a command has a first word");
        run_command(
            Command::new(program)
                .args(words)
                .envs(environment.iter().copied())
                .envs([SAME_CASES])
                .env("PATH", path)
                .current_dir(root),
        )
    }
}

/// Runs the steps that `arguments` ask for, and prints how long each took.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let steps = match Request::parse(arguments)? {
        Request::List => {
            for step in STEPS {
                eprintln!("{:<8} {}", step.name, step.line());
            }
            return Ok(());
        }
        Request::Run(steps) => steps,
    };
    let root = repository::root();
    let started = Instant::now();
    let mut done = Vec::new();
    for step in &steps {
        eprintln!("\n==> {}: {}", step.name, step.line());
        let step_started = Instant::now();
        let outcome = step.run(&root);
        let took = step_started.elapsed();
        let word = if outcome.is_ok() { "passed" } else { "failed" };
        eprintln!("==> {} {word} in {}", step.name, seconds(took));
        done.push((step.name, word, took));
        if let Err(Failure::Failed(reason) | Failure::Usage(reason)) = outcome {
            let left: Vec<_> = steps[done.len()..].iter().map(|step| step.name).collect();
            eprintln!("{}", summary(&done, &left, started.elapsed()));
            return Err(Failure::Failed(format!(
                "\n{reason}\n`{}` failed. To see it alone: cargo xtask ci --only {}",
                step.name, step.name
            )));
        }
    }
    eprintln!("{}", summary(&done, &[], started.elapsed()));
    Ok(())
}

/// What the command line asks for.
enum Request {
    List,
    Run(Vec<&'static Step>),
}

impl Request {
    fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut steps = Vec::new();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => return Ok(Self::List),
                "--only" => steps.push(step_named(arguments.next())?),
                other => return Err(Failure::Usage(format!("`ci` takes no `{other}`"))),
            }
        }
        if steps.is_empty() {
            steps.extend(STEPS);
        }
        Ok(Self::Run(steps))
    }
}

fn step_named(name: Option<&String>) -> Result<&'static Step, Failure> {
    name.and_then(|name| STEPS.iter().find(|step| step.name == name))
        .ok_or_else(|| {
            let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
            Failure::Usage(format!("`--only` takes one of: {}", names.join(", ")))
        })
}

/// Runs a command as a shell would. `cargo run` tells its program which package it is; to a step
/// that asks, as `cargo-machete` does, that would be a lie.
pub(crate) fn run_command(command: &mut Command) -> Result<(), Failure> {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    let status = command.status().map_err(|err| {
        Failure::Failed(format!("start {}: {err}", command.get_program().display()))
    })?;
    if status.success() {
        return Ok(());
    }
    let mut line: OsString = command.get_program().to_owned();
    for argument in command.get_args() {
        line.push(" ");
        line.push(argument);
    }
    Err(Failure::Failed(format!("{}: {status}", line.display())))
}

/// One line for each step, with those that did not run, and the whole time.
fn summary(done: &[(&str, &str, Duration)], left: &[&str], whole: Duration) -> String {
    let line = |name: &str, word: &str, took| format!("  {name:<8} {word:<8} {:>8}", seconds(took));
    let mut lines = vec!["\nSummary".to_owned()];
    lines.extend(
        done.iter()
            .map(|(name, word, took)| line(name, word, *took)),
    );
    lines.extend(left.iter().map(|name| format!("  {name:<8} not run")));
    lines.push(line("all", "", whole));
    lines.join("\n")
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, Failure> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Request::parse(&words)
    }

    #[test]
    fn without_arguments_every_step_runs() {
        let Ok(Request::Run(steps)) = parse("") else {
            panic!("a list of steps")
        };
        assert_eq!(steps.len(), STEPS.len());
    }

    #[test]
    fn only_picks_steps_in_the_order_given() {
        let Ok(Request::Run(steps)) = parse("--only doc --only fmt") else {
            panic!("a list of steps")
        };
        assert_eq!(
            steps.iter().map(|step| step.name).collect::<Vec<_>>(),
            ["doc", "fmt"]
        );
    }

    #[test]
    fn an_unknown_step_is_answered_with_the_steps_there_are() {
        let Err(Failure::Usage(reason)) = parse("--only polish") else {
            panic!("no such step")
        };
        assert!(reason.contains("clippy"), "{reason}");
    }

    #[test]
    fn a_line_shows_the_environment_it_needs() {
        let doc = step_named(Some(&"doc".to_owned())).expect("a step");
        assert_eq!(
            doc.line(),
            "RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --quiet"
        );
    }

    #[test]
    fn a_command_that_fails_is_named() {
        let Err(Failure::Failed(reason)) = run_command(Command::new("false").arg("alarm")) else {
            panic!("`false` fails")
        };
        assert!(reason.starts_with("false alarm: "), "{reason}");
    }

    #[test]
    fn a_command_is_not_told_that_it_is_this_package() {
        // Under cargo, this test has the variable itself.
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some());
        let script = "test -z \"${CARGO_PKG_NAME+set}\"";
        assert!(run_command(Command::new("sh").args(["-c", script])).is_ok());
    }

    #[test]
    fn the_summary_names_what_did_not_run() {
        let done = [("fmt", "failed", Duration::from_millis(1500))];
        let text = summary(&done, &["tidy"], Duration::from_secs(2));
        assert!(text.contains("  fmt      failed      1.5 s\n"), "{text}");
        assert!(text.contains("  tidy     not run\n"), "{text}");
    }
}
