use std::path::PathBuf;

use memorygraph_bench::Result;

/// What the command line asks for.
pub(crate) struct Options {
    /// Whether the table goes into the documentation.
    pub(crate) write: bool,
    /// Which rows.
    pub(crate) only: String,
    /// How many memories the graphs of local mode have.
    pub(crate) memories: Vec<usize>,
    /// How often everything of local mode is measured.
    pub(crate) rounds: usize,
    /// Where graphs are kept between runs.
    pub(crate) folder: PathBuf,
}

impl Options {
    pub(crate) fn read(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            write: false,
            only: String::new(),
            memories: vec![10_000, 100_000],
            rounds: 5,
            folder: PathBuf::from("target/bench"),
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--write" => options.write = true,
                "--only" => options.only.clone_from(value()?),
                "--memories" => {
                    let sizes = value()?.split(',').map(str::parse);
                    options.memories = sizes.collect::<std::result::Result<_, _>>()?;
                }
                "--rounds" => options.rounds = value()?.parse()?,
                _ => return Err(format!("there is no option {argument}").into()),
            }
        }
        if options.rounds == 0 || options.memories.iter().any(|memories| *memories < 1_000) {
            return Err("at least 1 round and 1000 memories are measured".into());
        }
        std::fs::create_dir_all(&options.folder)?;
        Ok(options)
    }

    pub(crate) fn wants(&self, name: &str) -> bool {
        name.contains(&self.only)
    }

    /// Whether any of these rows is to be measured.
    pub(crate) fn wants_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.wants(name))
    }

    /// Returns the command that measures the same again.
    pub(crate) fn command(&self) -> String {
        let sizes: Vec<String> = self.memories.iter().map(ToString::to_string).collect();
        format!(
            "cargo run --release -p memorygraph-bench --bin turso -- --write --memories {} --rounds {}",
            sizes.join(","),
            self.rounds
        )
    }
}
