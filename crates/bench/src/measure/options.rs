use std::path::PathBuf;

use memorygraph_bench::Result;

/// What the command line asks for.
pub(crate) struct Options {
    /// Whether the table goes into the documentation.
    pub(crate) write: bool,
    /// Which rows.
    pub(crate) only: String,
    /// How many memories the large graph has.
    pub(crate) memories: usize,
    /// How often everything is measured.
    pub(crate) rounds: usize,
    /// Where stores are kept between runs.
    pub(crate) folder: PathBuf,
    /// The program that is measured as a server.
    pub(crate) server: PathBuf,
}

impl Options {
    pub(crate) fn read(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            write: false,
            only: String::new(),
            memories: 100_000,
            rounds: 3,
            folder: PathBuf::from("target/bench"),
            server: std::env::current_exe()?
                .with_file_name(format!("memorygraph{}", std::env::consts::EXE_SUFFIX)),
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
                "--memories" => options.memories = value()?.parse()?,
                "--rounds" => options.rounds = value()?.parse()?,
                "--server" => options.server = value()?.into(),
                _ => return Err(format!("there is no option {argument}").into()),
            }
        }
        if options.rounds == 0 || options.memories < 1_000 {
            return Err("at least 1 round and 1000 memories are measured".into());
        }
        if options.wants("serve") && !options.server.is_file() {
            return Err(format!(
                "{} is missing: cargo build --release -p memorygraph-cli, or --server PATH",
                options.server.display()
            )
            .into());
        }
        std::fs::create_dir_all(&options.folder)?;
        Ok(options)
    }

    pub(crate) fn wants(&self, name: &str) -> bool {
        name.contains(&self.only)
    }
}
