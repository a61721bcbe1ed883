//! The files of `tests/corpus`, as they are and mutated.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};

use crate::mutation::{Mutation, mutation};

/// How many cases of each target are tried; without it each target has a number of its own, so that
/// all of them take seconds.
const CASES: &str = "FUZZ_CASES";

/// The seeds of a target.
pub(crate) struct Corpus {
    target: &'static str,
    seeds: Vec<(String, Vec<u8>)>,
}

/// Reads the folder of a target.
pub(crate) fn corpus(target: &'static str) -> Corpus {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let files = fs::read_dir(folder.join(target)).expect("each target has a folder");
    let mut seeds: Vec<(String, Vec<u8>)> = files
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    seeds.sort();
    Corpus { target, seeds }
}

/// As many cases as are asked for, else `usual`.
pub(crate) fn config(usual: u32) -> Config {
    let cases = env::var(CASES).map_or(usual, |cases| {
        cases
            .parse()
            .unwrap_or_else(|_| panic!("{CASES} is a number of cases"))
    });
    Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 4_096,
        ..Config::default()
    }
}

impl Corpus {
    /// Adds a seed that has its place elsewhere.
    pub(crate) fn with(mut self, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let seed = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self.seeds.push((path.display().to_string(), seed));
        self
    }

    /// Adds a seed that a test makes.
    pub(crate) fn with_made(mut self, name: &str, seed: Vec<u8>) -> Self {
        self.seeds.push((name.to_owned(), seed));
        self
    }

    /// Checks each seed, then as many mutated ones as are asked for, else `usual`.
    ///
    /// The input of a failure is made as small as it gets and kept in a file, to be added to the
    /// corpus.
    pub(crate) fn fuzz(&self, usual: u32, check: impl Fn(&[u8]) -> Result<(), TestCaseError>) {
        for (name, seed) in &self.seeds {
            if let Err(why) = check(seed) {
                panic!("the seed {}/{name}: {why}", self.target);
            }
        }
        let config = config(usual);
        let texts: Vec<Vec<u8>> = self.seeds.iter().map(|(_, text)| text.clone()).collect();
        let mutations = prop::collection::vec(mutation(), 1..8);
        let input = |seed: usize, mutations: &[Mutation]| {
            let mut input = texts[seed].clone();
            for mutation in mutations {
                mutation.befall(&mut input, &texts);
            }
            input
        };
        let strategy = (0..texts.len(), mutations);
        let answer = TestRunner::new(config).run(&strategy, |(seed, mutations)| {
            check(&input(seed, &mutations))
        });
        match answer {
            Ok(()) => {}
            Err(TestError::Fail(why, (seed, mutations))) => {
                let kept = self.keep(&input(seed, &mutations));
                panic!(
                    "{}: {why}\nof {} with {mutations:#?}\nthe input is in {}: add it to \
                     tests/corpus/{0}",
                    self.target,
                    self.seeds[seed].0,
                    kept.display()
                );
            }
            Err(TestError::Abort(why)) => panic!("{}: {why}", self.target),
        }
    }

    fn keep(&self, input: &[u8]) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        input.hash(&mut hasher);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{}-{:016x}", self.target, hasher.finish()));
        fs::write(&file, input).unwrap();
        file
    }
}
