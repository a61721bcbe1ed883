//! What was compiled is what was asked for.

use std::collections::BTreeSet;

use memorygraph_sqlite_engine as sqlite_engine;

#[test]
fn version_is_that_of_the_source() {
    assert_eq!(sqlite_engine::version(), sqlite3mc_src::SQLITE_VERSION);
}

#[test]
fn compile_options_are_those_we_ask_for() {
    let connection = sqlite_engine::open_in_memory().unwrap();
    let options: BTreeSet<String> = connection
        .prepare("PRAGMA compile_options")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();

    for option in [
        "THREADSAFE=1",
        "ENABLE_FTS5",
        "ENABLE_MATH_FUNCTIONS",
        "ENABLE_DBSTAT_VTAB",
        "DQS=0",
        "DEFAULT_FOREIGN_KEYS",
        "DEFAULT_MEMSTATUS=0",
        "TEMP_STORE=2",
    ] {
        assert!(
            options.contains(option),
            "{option} is missing in {options:#?}"
        );
    }
    assert_eq!(
        options.contains("ENABLE_API_ARMOR"),
        cfg!(debug_assertions),
        "calls are checked in debug builds and only there"
    );
}

#[test]
fn foreign_keys_are_on() {
    let connection = sqlite_engine::open_in_memory().unwrap();
    let on: bool = connection
        .pragma_query_value(None, "foreign_keys", |row| row.get(0))
        .unwrap();
    assert!(on);
}

#[test]
fn misspelt_column_in_double_quotes_is_an_error() {
    let connection = sqlite_engine::open_in_memory().unwrap();
    let error = connection
        .query_row("SELECT \"titel\"", [], |_| Ok(()))
        .unwrap_err();
    assert!(
        error.to_string().contains("no such column"),
        "{error} is about a column"
    );
}

#[cfg(unix)]
#[test]
fn exported_names_are_all_ours() {
    let archive = concat!(env!("OUT_DIR"), "/libmemorygraph_sqlite.a");
    let nm = std::process::Command::new("nm")
        .args(["-g", archive])
        .output()
        .unwrap();
    assert!(
        nm.status.success(),
        "{}",
        String::from_utf8_lossy(&nm.stderr)
    );

    let listing = String::from_utf8(nm.stdout).unwrap();
    // Lines that define a symbol are `address kind name`; lines that need one have no address.
    let exported: Vec<&str> = listing
        .lines()
        .filter_map(
            |line| match line.split_whitespace().collect::<Vec<_>>()[..] {
                [_address, _kind, name] => Some(name.trim_start_matches('_')),
                _ => None,
            },
        )
        .collect();

    assert!(exported.contains(&"memorygraph_sqlite_api"));
    let foreign: Vec<_> = exported
        .iter()
        .filter(|name| !name.starts_with("memorygraph_sqlite_"))
        .collect();
    assert!(foreign.is_empty(), "exported: {foreign:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn sqlite_of_the_system_is_not_loaded() {
    assert_eq!(sqlite_engine::version(), sqlite3mc_src::SQLITE_VERSION);
    let loaded = std::fs::read_to_string("/proc/self/maps").unwrap();
    assert!(loaded.contains("libc.so"), "libraries are listed");
    assert!(!loaded.contains("libsqlite3"), "{loaded}");
}
