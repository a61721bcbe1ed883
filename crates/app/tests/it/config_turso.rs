use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use memorygraph::{Config, ConfigError, Origin, TursoMode};
use tempfile::TempDir;

use crate::config::{error_of, load};

const HOME: (&str, &str) = ("HOME", "/h");

/// A place for configuration that has this file.
fn with_file(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("memorygraph")).unwrap();
    fs::write(folder.path().join("memorygraph/config.toml"), text).unwrap();
    folder
}

fn token(config: &Config) -> Result<Option<String>, ConfigError> {
    let token = config.turso_token()?;
    Ok(token.map(|token| token.expose().to_owned()))
}

#[test]
fn turso_needs_nothing_to_be_set() {
    let config = load(&[HOME]).unwrap();
    assert_eq!(
        config.turso_path.value,
        PathBuf::from("/h/.memorygraph/memory.db")
    );
    assert_eq!(config.turso_path.value, config.sqlite_path.value);
    assert_eq!(config.turso_database_url, None);
    assert_eq!(config.turso_mode, None);
    assert!(config.turso_auto_sync.value);
    assert_eq!(config.turso_sync_interval.value, Duration::from_mins(5));
    assert_eq!(token(&config), Ok(None));
}

#[test]
fn every_variable_of_turso_is_read() {
    let config = load(&[
        HOME,
        ("MEMORY_TURSO_PATH", "~/replica.db"),
        ("TURSO_DATABASE_URL", "libsql://graph.example"),
        ("TURSO_AUTH_TOKEN", "open sesame"),
        ("MEMORY_TURSO_MODE", "Remote"),
        ("MEMORY_TURSO_AUTO_SYNC", "off"),
        ("MEMORY_TURSO_SYNC_INTERVAL", " 60 "),
    ]);
    let config = config.unwrap();
    assert_eq!(config.turso_path.value, PathBuf::from("/h/replica.db"));
    let url = config.turso_database_url.clone().unwrap();
    assert_eq!(url.value.as_str(), "libsql://graph.example");
    assert_eq!(url.origin, Origin::Environment("TURSO_DATABASE_URL"));
    assert_eq!(config.turso_mode.clone().unwrap().value, TursoMode::Remote);
    assert!(!config.turso_auto_sync.value);
    assert_eq!(config.turso_sync_interval.value, Duration::from_mins(1));
    assert_eq!(token(&config), Ok(Some("open sesame".to_owned())));
}

#[test]
fn the_file_has_the_same_values_below_the_environment() {
    let folder = with_file(
        "turso_path = \"~/file.db\"\nturso_database_url = \"libsql://file.example\"\n\
         turso_mode = \"replica\"\nturso_auto_sync = false\nturso_sync_interval = 7\n",
    );
    let file = Origin::File(folder.path().join("memorygraph/config.toml"));
    let place = ("XDG_CONFIG_HOME", folder.path().to_str().unwrap());
    let config = load(&[HOME, place]).unwrap();
    assert_eq!(config.turso_path.value, PathBuf::from("/h/file.db"));
    assert_eq!(config.turso_mode.clone().unwrap().value, TursoMode::Replica);
    assert_eq!(config.turso_auto_sync.origin, file);
    assert_eq!(config.turso_sync_interval.value, Duration::from_secs(7));

    let url = ("TURSO_DATABASE_URL", "libsql://env.example");
    let config = load(&[HOME, place, url]).unwrap();
    let url = config.turso_database_url.unwrap();
    assert_eq!(url.value.as_str(), "libsql://env.example");
}

#[test]
fn a_mode_or_an_interval_that_cannot_be_names_what_can() {
    assert_eq!(
        error_of(&[HOME, ("MEMORY_TURSO_MODE", "mirror")]),
        "MEMORY_TURSO_MODE is one of local, replica, remote, got \"mirror\""
    );
    for interval in ["0", "-5", "1.5", "soon", "99999999999"] {
        assert_eq!(
            error_of(&[HOME, ("MEMORY_TURSO_SYNC_INTERVAL", interval)]),
            format!(
                "MEMORY_TURSO_SYNC_INTERVAL is a whole number of seconds from 1 to 4294967295, \
                 got {interval:?}"
            )
        );
    }
    let error = error_of(&[HOME, ("MEMORY_TURSO_AUTO_SYNC", "perhaps")]);
    assert!(
        error.starts_with("MEMORY_TURSO_AUTO_SYNC is one of true, false"),
        "{error}"
    );
}

#[test]
fn a_token_may_stand_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "  open sesame\n").unwrap();
    let config = load(&[
        ("HOME", folder.path().to_str().unwrap()),
        ("TURSO_AUTH_TOKEN_FILE", "~/token"),
    ]);
    let config = config.unwrap();
    assert_eq!(config.turso_auth_token_file.as_ref().unwrap().value, file);
    assert_eq!(token(&config), Ok(Some("open sesame".to_owned())));
    // A token that was replaced is read again.
    fs::write(&file, "another").unwrap();
    assert_eq!(token(&config), Ok(Some("another".to_owned())));
}

#[test]
fn a_token_file_that_has_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = |path: &Path| {
        let config = load(&[HOME, ("TURSO_AUTH_TOKEN_FILE", path.to_str().unwrap())]).unwrap();
        token(&config).unwrap_err().to_string()
    };
    let missing = folder.path().join("missing");
    let said = error(&missing);
    let expected = format!(
        "TURSO_AUTH_TOKEN_FILE names {}, which cannot be read: ",
        missing.display()
    );
    assert!(said.starts_with(&expected), "{said}");
    assert!(error(folder.path()).contains("cannot be read"));
    let empty = folder.path().join("empty");
    fs::write(&empty, " \n").unwrap();
    assert!(error(&empty).ends_with("which is empty"));
    let bytes = folder.path().join("bytes");
    fs::write(&bytes, b"secret\xff").unwrap();
    let said = error(&bytes);
    assert!(
        said.contains("cannot be read") && !said.contains("secret"),
        "{said}"
    );
}

#[test]
fn of_two_tokens_at_the_same_place_neither_is_guessed() {
    let both = [
        HOME,
        ("TURSO_AUTH_TOKEN", "sesame"),
        ("TURSO_AUTH_TOKEN_FILE", "/token"),
    ];
    assert_eq!(
        error_of(&both),
        "TURSO_AUTH_TOKEN and TURSO_AUTH_TOKEN_FILE are both set: keep one of them"
    );
    let folder = with_file("turso_auth_token = \"sesame\"\nturso_auth_token_file = \"/token\"\n");
    let place = ("XDG_CONFIG_HOME", folder.path().to_str().unwrap());
    let error = error_of(&[HOME, place]);
    assert!(
        error.contains("turso_auth_token_file are both set"),
        "{error}"
    );
    assert!(!error.contains("sesame"), "{error}");
}

#[test]
fn a_token_of_the_environment_goes_before_one_of_the_file() {
    let folder = with_file("turso_auth_token_file = \"/token\"\n");
    let place = ("XDG_CONFIG_HOME", folder.path().to_str().unwrap());
    let config = load(&[HOME, place, ("TURSO_AUTH_TOKEN", "sesame")]).unwrap();
    assert_eq!(token(&config), Ok(Some("sesame".to_owned())));
    assert_eq!(config.turso_auth_token_file, None);

    let folder = with_file("turso_auth_token = \"sesame\"\n");
    let place = ("XDG_CONFIG_HOME", folder.path().to_str().unwrap());
    let config = load(&[HOME, place, ("TURSO_AUTH_TOKEN_FILE", "/token")]).unwrap();
    assert_eq!(config.turso_auth_token, None);
    assert!(config.turso_auth_token_file.is_some());
}

#[test]
fn debug_shows_no_token_wherever_it_was_put() {
    for url in [
        "libsql://graph.example?authToken=sesame",
        "libsql://me:sesame@graph.example/",
        "libsql://me:se@same@graph.example#sesame",
        "graph.example?token=sesame",
        "libsql://graph.example/db?next=http://x@sesame",
    ] {
        let config = load(&[
            HOME,
            ("TURSO_DATABASE_URL", url),
            ("TURSO_AUTH_TOKEN", "sesame"),
        ]);
        let config = config.unwrap();
        let shown = format!("{config:?}");
        assert!(
            !shown.contains("sesame") && !shown.contains("same@"),
            "{shown}"
        );
        assert!(shown.contains("graph.example"), "{shown}");
        assert_eq!(config.turso_database_url.unwrap().value.as_str(), url);
    }
}
