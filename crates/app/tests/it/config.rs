use std::{ffi::OsString, fs, path::PathBuf};

use memorygraph::{BackendName, Config, ConfigError, Flags, LogLevel, Origin, ToolProfile};

/// The names of the backends that this build has.
pub(crate) fn backends() -> String {
    BackendName::names().collect::<Vec<_>>().join(", ")
}

/// Loads with these variables and nothing else.
pub(crate) fn load(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    load_with(&Flags::default(), variables)
}

pub(crate) fn load_with(flags: &Flags, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::load(flags, |name| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| OsString::from(value))
    })
}

pub(crate) fn error_of(variables: &[(&str, &str)]) -> String {
    load(variables).unwrap_err().to_string()
}

#[test]
fn without_a_word_the_defaults_hold() {
    let config = load(&[("HOME", "/home/ada")]).unwrap();
    let default = BackendName::names().next().unwrap();
    assert_eq!(config.backend.value.as_str(), default);
    let path = PathBuf::from("/home/ada/.memorygraph/memory.db");
    assert_eq!(config.sqlite_path.value, path);
    assert_eq!(config.sqlite_path.origin, Origin::Default);
    assert_eq!(config.sqlite_key, None);
    assert!(!config.allow_cycles.value);
    assert_eq!(config.tool_profile.value, ToolProfile::Core);
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
        backend: BackendName::names().next().map(OsString::from),
    };
    let config = load_with(&flags, &environment).unwrap();
    assert_eq!(config.path().value, PathBuf::from("flag.db"));
    assert_eq!(config.path().origin, Origin::Flag("--path"));
    assert_eq!(config.backend.origin, Origin::Flag("--backend"));
}

#[test]
fn the_path_flag_is_for_the_chosen_backend_alone() {
    for name in BackendName::names() {
        let flags = Flags {
            path: Some("flag.db".into()),
            backend: Some(name.into()),
        };
        let config = load_with(&flags, &[("HOME", "/h")]).unwrap();
        for (backend, path) in [
            ("sqlite", &config.sqlite_path),
            ("turso", &config.turso_path),
        ] {
            let expected = if backend == name {
                "flag.db"
            } else {
                "/h/.memorygraph/memory.db"
            };
            assert_eq!(path.value, PathBuf::from(expected), "{backend} of {name}");
        }
    }
}

#[test]
fn a_program_says_where_and_the_rest_is_as_by_default() {
    let default = load(&[("HOME", "/h")]).unwrap();
    let config = Config::at("graph.db");
    assert_eq!(config.backend, default.backend);
    assert_eq!(config.path().value, PathBuf::from("graph.db"));
    let same = Config {
        sqlite_path: default.sqlite_path.clone(),
        turso_path: default.turso_path.clone(),
        ..config
    };
    assert_eq!(same, default);
    assert_eq!(Config::sqlite("a.db").backend.value, BackendName::Sqlite);
    let turso = Config::turso("a.db");
    assert_eq!(turso.backend.value, BackendName::Turso);
    assert_eq!(turso.path().value, PathBuf::from("a.db"));
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
    let backends = backends();
    assert_eq!(
        error_of(&[home, ("MEMORY_BACKEND", "mongo")]),
        format!("MEMORY_BACKEND is one of {backends}, got \"mongo\"")
    );
    for absent in ["sqlite", "turso"] {
        if BackendName::names().all(|name| name != absent) {
            assert_eq!(
                error_of(&[home, ("MEMORY_BACKEND", absent)]),
                format!(
                    "MEMORY_BACKEND is one of {backends} (this build does not have {absent}), \
                     got {absent:?}"
                )
            );
        }
    }
    assert_eq!(
        error_of(&[home, ("MEMORY_TOOL_PROFILE", "full")]),
        "MEMORY_TOOL_PROFILE is one of core, extended, got \"full\""
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
    let expected = format!("--backend is one of {backends}, got \"mongo\"");
    assert_eq!(error, expected);
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
         turso_path, turso_database_url, turso_auth_token, turso_auth_token_file, turso_mode, \
         turso_auto_sync, turso_sync_interval, allow_cycles, tool_profile, http_token, \
         http_token_file, log_level"
    );
    assert_eq!(
        error("backend = \"mongo\""),
        format!("backend is one of {}, got \"mongo\"", backends())
    );
    assert_eq!(
        error("allow_cycles = []"),
        "allow_cycles is a text, a number, true or false"
    );
    let broken = error("backend = \"sqlite\"\nsqlite_key = \"open sesame");
    assert!(broken.starts_with("line 2 is not TOML"), "{broken}");
    assert!(!broken.contains("sesame"), "{broken}");
}

#[test]
fn every_setting_is_listed_with_its_place_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("memorygraph")).unwrap();
    let file = folder.path().join("memorygraph/config.toml");
    fs::write(&file, "allow_cycles = true\n").unwrap();
    let environment = [
        ("HOME", "/home/ada"),
        ("XDG_CONFIG_HOME", folder.path().to_str().unwrap()),
        ("MEMORY_SQLITE_KEY", "open sesame"),
        (
            "TURSO_DATABASE_URL",
            "libsql://ada:sesame@example.test?authToken=sesame",
        ),
        ("TURSO_AUTH_TOKEN", "sesame"),
        ("MEMORY_HTTP_TOKEN", "open-sesame-please"),
    ];
    let flags = Flags {
        path: Some("~/flag.db".into()),
        ..Flags::default()
    };
    let listed = load_with(&flags, &environment).unwrap().list();
    let names: Vec<_> = listed.iter().map(|listed| listed.variable).collect();
    assert_eq!(names.len(), 15, "{names:?}");
    assert!(!format!("{listed:?}").contains("sesame"), "{listed:?}");
    let of = |variable: &str| {
        let found = listed.iter().find(|listed| listed.variable == variable);
        let found = found.unwrap();
        (
            found.value.as_deref().unwrap_or_default(),
            found.is_hidden,
            found.origin,
            found.set_by.as_deref().unwrap_or_default(),
        )
    };
    let path_variable = match BackendName::names().next() {
        Some("sqlite") => "MEMORY_SQLITE_PATH",
        _ => "MEMORY_TURSO_PATH",
    };
    assert_eq!(
        of(path_variable),
        ("/home/ada/flag.db", false, "flag", "--path")
    );
    let file = file.to_str().unwrap();
    assert_eq!(of("MEMORY_ALLOW_CYCLES"), ("true", false, "file", file));
    let secret = ("", true, "environment", "MEMORY_SQLITE_KEY");
    assert_eq!(of("MEMORY_SQLITE_KEY"), secret);
    let url = "libsql://example.test";
    let by = ("environment", "TURSO_DATABASE_URL");
    assert_eq!(of("TURSO_DATABASE_URL"), (url, false, by.0, by.1));
    assert_eq!(of("MEMORY_TURSO_MODE"), ("replica", false, "default", ""));
    let seconds = ("300", false, "default", "");
    assert_eq!(of("MEMORY_TURSO_SYNC_INTERVAL"), seconds);
}

#[test]
fn each_key_that_the_file_may_have_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("memorygraph")).unwrap();
    let path = folder.path().join("memorygraph/config.toml");
    fs::write(&path, "no_such_key = 1\n").unwrap();
    let environment = [("XDG_CONFIG_HOME", folder.path().to_str().unwrap())];
    let error = error_of(&environment);
    let (_, keys) = error.split_once("the keys are ").unwrap();
    let listed = Config::at(":memory:").list();
    let listed: Vec<_> = listed.iter().map(|listed| listed.key.as_str()).collect();
    assert_eq!(keys.split(", ").collect::<Vec<_>>(), listed);
    let looked_for = Config::file(|name| {
        let found = environment.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| OsString::from(value))
    });
    assert_eq!(looked_for, Some(path));
}

#[test]
fn a_token_for_clients_is_said_or_in_a_file_and_hard_to_guess() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let path = file.to_str().unwrap();
    let said = |token: &str| load(&[("HOME", "/h"), ("MEMORY_HTTP_TOKEN", token)]).unwrap();
    let in_file = |token: &str| {
        fs::write(&file, token).unwrap();
        load(&[("HOME", "/h"), ("MEMORY_HTTP_TOKEN_FILE", path)]).unwrap()
    };
    let good = "0123456789abcdef";
    assert_eq!(load(&[("HOME", "/h")]).unwrap().http_token(), Ok(None));
    for config in [
        said(good),
        said(&format!(" {good}\n")),
        in_file(&format!("{good}\r\n")),
        in_file(&format!("\u{feff}{good}\n")),
    ] {
        assert_eq!(config.http_token().unwrap().unwrap().expose(), good);
        assert!(!format!("{config:?}").contains(good));
    }
    for bad in [&good[1..], "   ", "0123456789 abcdef", "0123456789abcdéf"] {
        let error = said(bad).http_token().unwrap_err().to_string();
        assert_eq!(
            error,
            "MEMORY_HTTP_TOKEN is 16 or more characters without spaces; openssl rand -hex 32 makes \
             one"
        );
        let error = in_file(bad).http_token().unwrap_err().to_string();
        let reason = if bad.trim().is_empty() {
            "is empty"
        } else {
            "has no token: one is 16 or more characters without spaces; openssl rand -hex 32 \
             makes one"
        };
        assert_eq!(
            error,
            format!("MEMORY_HTTP_TOKEN_FILE names {path}, which {reason}")
        );
    }
    let both = [
        ("HOME", "/h"),
        ("MEMORY_HTTP_TOKEN", good),
        ("MEMORY_HTTP_TOKEN_FILE", path),
    ];
    assert_eq!(
        error_of(&both),
        "MEMORY_HTTP_TOKEN and MEMORY_HTTP_TOKEN_FILE are both set: keep one of them"
    );
}
