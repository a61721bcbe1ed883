//! Compiles `SQLite` into one object whose only exported names are ours.

use std::env;

/// What this `SQLite` is able to do, and how. `PRAGMA compile_options` lists them.
const OPTIONS: &[(&str, &str)] = &[
    // Any thread may use any connection; rusqlite refuses an engine without it.
    ("SQLITE_THREADSAFE", "1"),
    ("SQLITE_ENABLE_FTS5", "1"),
    ("SQLITE_ENABLE_MATH_FUNCTIONS", "1"),
    ("SQLITE_ENABLE_DBSTAT_VTAB", "1"),
    // A text in double quotes is a name, so a misspelt column is an error instead of a string.
    ("SQLITE_DQS", "0"),
    ("SQLITE_DEFAULT_FOREIGN_KEYS", "1"),
    // Memory statistics would take one lock in all threads at each allocation.
    ("SQLITE_DEFAULT_MEMSTATUS", "0"),
];

fn main() {
    println!("cargo::rerun-if-changed=src/engine.c");

    let mut build = cc::Build::new();
    build
        .file("src/engine.c")
        .include(sqlite3mc_src::source_dir())
        // Also where Rust is compiled for debugging: tests wait for SQLite more than for us.
        .opt_level(2)
        .debug(false)
        .warnings(false);

    for &(option, value) in OPTIONS {
        build.define(option, value);
    }
    // Checks the arguments of each call, to tell a misuse from a crash.
    if env::var("PROFILE").is_ok_and(|profile| profile == "debug") {
        build.define("SQLITE_ENABLE_API_ARMOR", "1");
    }
    // SQLite asks for these two instead of assuming that a system has them.
    if env::var_os("CARGO_CFG_UNIX").is_some() {
        build.define("HAVE_LOCALTIME_R", "1");
    }
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux" || os == "android") {
        build.define("HAVE_FDATASYNC", "1");
    }

    build.compile("memorygraph_sqlite");
}
