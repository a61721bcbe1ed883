use std::{ffi::OsString, fs, path::PathBuf};

use memorygraph::{BackendName, Config, ConfigError, Flags, LogLevel, Origin};

/// Loads with these variables and nothing else.
fn load(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    load_with(&Flags::default(), variables)
}

fn load_with(flags: &Flags, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::load(flags, |name| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| OsString::from(value))
    })
}

fn error_of(variables: &[(&str, &str)]) -> String {
    load(variables).unwrap_err().to_string()
}

#[test]
fn without_a_word_the_defaults_hold() {
    let config = load(&[("HOME", "/home/ada")]).unwrap();
    assert_eq!(config.backend.value, BackendName::Sqlite);
    let path = PathBuf::from("/home/ada/.memorygraph/memory.db");
    assert_eq!(config.sqlite_path.value, path);
    assert_eq!(config.sqlite_path.origin, Origin::Default);
    assert_eq!(config.sqlite_key, None);
    assert!(!config.allow_cycles.value);
    assert_eq!(config.log_level.value, LogLevel::Info);
}

#[test]
fn a_flag_goes_before_the_environment_and_that_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("memorygraph")).unwrap();
    let file = folder.path().join("memorygraph/config.toml");
    fs::write(
        &file,
        "sqlite_path = \"~/file.db\"\nallow_cycles = true\nlog_level = \"warn\"\n",
    )
    .unwrap();
    let environment = [
        ("HOME", "/home/ada"),
        ("XDG_CONFIG_HOME", folder.path().to_str().unwrap()),
        ("MEMORY_SQLITE_PATH", "/env.db"),
        ("MEMORY_LOG_LEVEL", "debug"),
    ];

    let config = load(&environment[..2]).unwrap();
    assert_eq!(config.sqlite_path.value, PathBuf::from("/home/ada/file.db"));
    assert_eq!(config.sqlite_path.origin, Origin::File(file.clone()));
    assert!(config.allow_cycles.value);

    let config = load(&environment).unwrap();
    assert_eq!(config.sqlite_path.value, PathBuf::from("/env.db"));
    assert_eq!(
        config.sqlite_path.origin,
        Origin::Environment("MEMORY_SQLITE_PATH")
    );
    assert_eq!(config.log_level.value, LogLevel::Debug);
    assert_eq!(config.allow_cycles.origin, Origin::File(file));

    let flags = Flags {
        path: Some("flag.db".into()),
        backend: Some("sqlite".into()),
    };
    let config = load_with(&flags, &environment).unwrap();
    assert_eq!(config.sqlite_path.value, PathBuf::from("flag.db"));
    assert_eq!(config.sqlite_path.origin, Origin::Flag("--path"));
    assert_eq!(config.backend.origin, Origin::Flag("--backend"));
}

#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    let config = load(&[
        ("HOME", "/h"),
        ("MEMORY_BACKEND", ""),
        ("MEMORY_SQLITE_KEY", ""),
    ]);
    let config = config.unwrap();
    assert_eq!(config.backend.origin, Origin::Default);
    assert_eq!(config.sqlite_key, None);
}

#[test]
fn the_home_folder_stands_for_a_tilde_only_at_the_beginning() {
    let path = |path| load(&[("HOME", "/h"), ("MEMORY_SQLITE_PATH", path)]).unwrap();
    let path = |text| path(text).sqlite_path.value;
    assert_eq!(path("~/a.db"), PathBuf::from("/h/a.db"));
    assert_eq!(path("~ada/a.db"), PathBuf::from("~ada/a.db"));
    assert_eq!(path("b/~/a.db"), PathBuf::from("b/~/a.db"));
    assert_eq!(path(":memory:"), PathBuf::from(":memory:"));
    assert_eq!(
        error_of(&[("MEMORY_SQLITE_PATH", "~/a.db")]),
        "MEMORY_SQLITE_PATH begins with ~, and there is no home folder: set it to a full path"
    );
}

#[test]
fn what_is_none_of_the_choices_names_them() {
    let home = ("HOME", "/h");
    assert_eq!(
        error_of(&[home, ("MEMORY_BACKEND", "mongo")]),
        "MEMORY_BACKEND is one of sqlite, got \"mongo\""
    );
    assert_eq!(
        error_of(&[home, ("MEMORY_BACKEND", "turso")]),
        "MEMORY_BACKEND is one of sqlite (this build does not have turso), got \"turso\""
    );
    assert_eq!(
        error_of(&[home, ("MEMORY_LOG_LEVEL", "loud")]),
        "MEMORY_LOG_LEVEL is one of off, error, warn, info, debug, trace, got \"loud\""
    );
    let error = error_of(&[home, ("MEMORY_ALLOW_CYCLES", "perhaps")]);
    assert!(
        error.starts_with("MEMORY_ALLOW_CYCLES is one of true, false"),
        "{error}"
    );
    let flags = Flags {
        backend: Some("mongo".into()),
        ..Flags::default()
    };
    let error = load_with(&flags, &[home]).unwrap_err().to_string();
    assert_eq!(error, "--backend is one of sqlite, got \"mongo\"");
}

#[test]
fn switches_are_read_as_people_write_them() {
    for (text, value) in [("TRUE", true), ("1", true), ("yes", true), (" off ", false)] {
        let config = load(&[("HOME", "/h"), ("MEMORY_ALLOW_CYCLES", text)]).unwrap();
        assert_eq!(config.allow_cycles.value, value, "{text}");
    }
}

#[test]
fn a_secret_is_not_shown() {
    let config = load(&[("HOME", "/h"), ("MEMORY_SQLITE_KEY", "open sesame")]).unwrap();
    assert_eq!(
        config.sqlite_key.as_ref().unwrap().value.expose(),
        "open sesame"
    );
    assert!(!format!("{config:?}").contains("sesame"));
}

#[test]
fn a_file_without_a_meaning_is_an_error_that_shows_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("memorygraph")).unwrap();
    let file = folder.path().join("memorygraph/config.toml");
    let error = |text: &str| {
        fs::write(&file, text).unwrap();
        let home = folder.path().to_str().unwrap();
        let error = error_of(&[("HOME", "/h"), ("XDG_CONFIG_HOME", home)]);
        error
            .strip_prefix(&format!("{}: ", file.display()))
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        error("sqlite_pfad = \"x\""),
        "\"sqlite_pfad\" has no meaning; the keys are backend, sqlite_path, sqlite_key, \
         allow_cycles, log_level"
    );
    assert_eq!(
        error("backend = \"mongo\""),
        "backend is one of sqlite, got \"mongo\""
    );
    assert_eq!(
        error("allow_cycles = []"),
        "allow_cycles is a text, a number, true or false"
    );
    let broken = error("backend = \"sqlite\"\nsqlite_key = \"open sesame");
    assert!(broken.starts_with("line 2 is not TOML"), "{broken}");
    assert!(!broken.contains("sesame"), "{broken}");
}
