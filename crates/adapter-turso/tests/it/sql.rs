//! SQL of the caller's own, where the contract does not reach: every value, every kind of parameter,
//! and what is refused in each mode.

use memorygraph_adapter_turso::TursoBackend;
use ports::{Access, ErrorKind, GraphBackend, Result, Row, SqlAccess, SqlParameters, SqlValue};

use crate::{
    graph::{all, ask, assert_fails, chain, found, run, value},
    world::{World, opened},
};

/// A backend in each mode; the two with a primary have their own.
struct Modes {
    backends: Vec<(&'static str, TursoBackend)>,
    _worlds: [World; 2],
}

impl Modes {
    async fn new() -> Self {
        let worlds = [World::new(), World::new()];
        let backends = vec![
            ("local", opened(worlds[0].local("local.db")).await),
            ("replica", opened(worlds[0].replica("replica.db")).await),
            ("remote", opened(worlds[1].remote()).await),
        ];
        Self {
            backends,
            _worlds: worlds,
        }
    }
}

async fn with(backend: &TursoBackend, sql: &str, values: Vec<SqlValue>) -> Result<Vec<Row>> {
    backend
        .execute_query(sql, SqlParameters::Positional(values), Access::Read)
        .await
}

/// Doubles that are hard to write as decimals and to read back.
const DOUBLES: [f64; 24] = [
    0.0,
    0.1,
    -0.1,
    1.0 / 3.0,
    2.0 / 3.0,
    1.0,
    1e15,
    1e16,
    9_007_199_254_740_992.0,
    9_007_199_254_740_994.0,
    1e22,
    1e23,
    1e100,
    1.797_693_134_862_315_7e308,
    2.225_073_858_507_201_4e-308,
    2.225_073_858_507_201e-308,
    5e-324,
    -5e-324,
    4.35,
    123_456_789.123_456_78,
    0.300_000_000_000_000_04,
    8.41e21,
    9.5e-322,
    std::f64::consts::PI,
];

#[tokio::test]
async fn a_real_comes_back_bit_for_bit() {
    let modes = Modes::new().await;
    for (mode, backend) in &modes.backends {
        let stored = "CREATE TABLE reals (n INTEGER PRIMARY KEY, x REAL)";
        run(backend, stored).await.unwrap();
        let mut differ = Vec::new();
        for (number, real) in DOUBLES.into_iter().enumerate() {
            let given = with(backend, "SELECT ?1 AS x", vec![SqlValue::Real(real)]);
            let given = given.await.unwrap()[0].0[0].1.clone();
            let insert = "INSERT INTO reals (n, x) VALUES (?1, ?2)";
            let number = i64::try_from(number).unwrap();
            let values = vec![SqlValue::Integer(number), SqlValue::Real(real)];
            let values = SqlParameters::Positional(values);
            backend
                .execute_query(insert, values, Access::Write)
                .await
                .unwrap();
            let sql = format!("SELECT x FROM reals WHERE n = {number}");
            let stored = value(backend, &sql).await;
            for (how, answer) in [("given", given), ("stored", stored)] {
                let same = matches!(answer, SqlValue::Real(x) if x.to_bits() == real.to_bits());
                if !same {
                    differ.push(format!("{how} {real:e}: {answer:?}"));
                }
            }
        }
        assert!(differ.is_empty(), "{mode}: {differ:#?}");
    }
}

/// What is no number in a database is none; infinity is one, which a primary cannot tell; and zero has
/// no sign.
#[tokio::test]
async fn reals_that_sql_does_not_have_become_what_sqlite_makes_of_them() {
    let modes = Modes::new().await;
    for (mode, backend) in &modes.backends {
        let answer = with(backend, "SELECT ?1 AS x", vec![SqlValue::Real(f64::NAN)]).await;
        let answer = &answer.unwrap()[0].0[0].1;
        assert!(matches!(answer, SqlValue::Null), "{mode}: {answer:?}");
        for real in [f64::INFINITY, f64::NEG_INFINITY] {
            let sql = "SELECT ?1 AS x, typeof(?1) AS t, ?1 > 1e308 OR ?1 < -1e308 AS is_greater";
            let row = with(backend, sql, vec![SqlValue::Real(real)]).await;
            match row {
                Ok(rows) => {
                    assert_eq!(rows[0].get("t"), Some(&SqlValue::from("real")), "{mode}");
                    assert_eq!(rows[0].get("is_greater"), Some(&SqlValue::Integer(1)));
                    assert_eq!(rows[0].get("x"), Some(&SqlValue::Real(real)), "{mode}");
                }
                Err(error) => {
                    assert_eq!(*mode, "remote", "{error}");
                    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
                    assert!(error.to_string().contains("infinite"), "{error}");
                }
            }
        }
        let zero = with(backend, "SELECT ?1 AS x", vec![SqlValue::Real(-0.0)]).await;
        assert_eq!(zero.unwrap()[0].0[0].1, SqlValue::Real(0.0), "{mode}");
    }
}

#[tokio::test]
async fn every_value_comes_back_as_it_was() {
    let modes = Modes::new().await;
    let every_byte: Vec<u8> = (0..=255).collect();
    let values = [
        SqlValue::Null,
        SqlValue::Integer(0),
        SqlValue::Integer(i64::MIN),
        SqlValue::Integer(i64::MAX),
        SqlValue::Integer(9_007_199_254_740_993),
        SqlValue::Text(String::new()),
        SqlValue::from("x'00' NULL 'quoted' ?1"),
        SqlValue::Blob(Vec::new()),
        SqlValue::Blob(every_byte),
        SqlValue::Blob(vec![0xff; 100_000]),
    ];
    for (mode, backend) in &modes.backends {
        run(backend, "CREATE TABLE kept (x)").await.unwrap();
        for given in &values {
            let rows = with(backend, "SELECT ?1 AS x", vec![given.clone()]).await;
            assert_eq!(rows.unwrap()[0].get("x"), Some(given), "{mode}");
            let insert = "INSERT INTO kept (x) VALUES (?1) RETURNING x";
            let values = SqlParameters::Positional(vec![given.clone()]);
            let rows = backend.execute_query(insert, values, Access::Write).await;
            assert_eq!(rows.unwrap()[0].get("x"), Some(given), "{mode}");
            assert_eq!(&value(backend, "SELECT x FROM kept").await, given, "{mode}");
            run(backend, "DELETE FROM kept").await.unwrap();
        }
    }
}

#[tokio::test]
async fn parameters_have_numbers_and_names() {
    let modes = Modes::new().await;
    let integer = SqlValue::Integer;
    for (mode, backend) in &modes.backends {
        let rows = with(
            backend,
            "SELECT ? AS a, ?1 AS b, ?3 AS c, ? AS d, '?' AS e -- ?",
            (1..=4).map(integer).collect(),
        )
        .await
        .unwrap();
        let columns = ["a", "b", "c", "d"].map(|name| rows[0].get(name).cloned());
        assert_eq!(columns, [1, 1, 3, 4].map(|n| Some(integer(n))), "{mode}");
        let names = ["one", "two", "three"].map(str::to_owned);
        let named = names.into_iter().zip((1..=3).map(integer)).collect();
        let rows = backend
            .execute_query(
                "SELECT :one AS a, @two AS b, $three AS c, :one AS d, ':two' AS e /* :four */",
                SqlParameters::Named(named),
                Access::Read,
            )
            .await
            .unwrap();
        let columns = ["a", "b", "c", "d"].map(|name| rows[0].get(name).cloned());
        assert_eq!(columns, [1, 2, 3, 1].map(|n| Some(integer(n))), "{mode}");
        assert_eq!(rows[0].get("e"), Some(&SqlValue::from(":two")));

        // One that is named has a number as well.
        let mixed = "SELECT :a AS a, ?2 AS b, :a + ?2 AS sum";
        let rows = with(backend, mixed, vec![integer(1), integer(2)]).await;
        assert_eq!(rows.unwrap()[0].get("sum"), Some(&integer(3)), "{mode}");
        for count in [1, 3] {
            let answer = with(backend, mixed, (0..count).map(integer).collect()).await;
            assert_fails(answer, ErrorKind::InvalidArgument, &["2 parameters"]);
        }
    }
}

#[tokio::test]
async fn a_semicolon_in_quotes_ends_no_statement() {
    let modes = Modes::new().await;
    for (mode, backend) in &modes.backends {
        let sql = "SELECT 'a;b' AS \"c;d\", ';' AS e -- ; f\n;";
        for access in [Access::Read, Access::Write] {
            let rows = backend
                .execute_query(sql, SqlParameters::NONE, access)
                .await
                .unwrap();
            assert_eq!(rows[0].get("c;d"), Some(&SqlValue::from("a;b")), "{mode}");
            assert_eq!(rows[0].get("e"), Some(&SqlValue::from(";")), "{mode}");
        }
    }
}

/// What a text leaves open does not reach into what travels with it.
#[tokio::test]
async fn a_statement_may_end_in_a_comment() {
    let modes = Modes::new().await;
    for (mode, backend) in &modes.backends {
        let groups = "SELECT count(*) FROM batches";
        let before = value(backend, groups).await;
        for (number, end) in ["-- done", ";-- done", "/* done */", "/* open", "; /* open"]
            .into_iter()
            .enumerate()
        {
            let insert = format!(
                "INSERT INTO nodes (id, properties) VALUES ('{number}', '{{}}') RETURNING id {end}"
            );
            let rows = run(backend, &insert).await;
            let rows = rows.unwrap_or_else(|error| panic!("{mode}: {end}: {error}"));
            let id = SqlValue::from(number.to_string());
            assert_eq!(rows[0].get("id"), Some(&id), "{mode}: {end}");
        }
        let there = value(backend, "SELECT count(*) FROM nodes").await;
        assert_eq!(there, SqlValue::Integer(5), "{mode}");
        let (SqlValue::Integer(before), SqlValue::Integer(after)) =
            (before, value(backend, groups).await)
        else {
            panic!("numbers");
        };
        // A primary remembers each, and new texts are read in groups of their own.
        let recorded = if *mode == "local" { 0 } else { 5 };
        assert!(after - before >= recorded, "{mode}: {before} {after}");
    }
}

#[tokio::test]
async fn a_trigger_is_one_statement() {
    let modes = Modes::new().await;
    for (mode, backend) in &modes.backends {
        run(backend, "CREATE TABLE log (id TEXT, n INTEGER)")
            .await
            .unwrap();
        let trigger = "CREATE TRIGGER logged AFTER INSERT ON nodes BEGIN
            INSERT INTO log (id, n) VALUES (new.id, CASE WHEN 1 THEN 2 ELSE 3 END);
            UPDATE log SET n = n + 1 WHERE id = new.id;
        END;";
        run(backend, trigger).await.unwrap();
        backend.apply(chain("c", 3)).await.unwrap();
        let logged = value(backend, "SELECT sum(n) FROM log").await;
        assert_eq!(logged, SqlValue::Integer(9), "{mode}");
        run(backend, "DROP TRIGGER logged").await.unwrap();
    }
}

/// The lanes own the transactions, the settings and the files, and a primary has other callers.
#[tokio::test]
async fn what_is_not_the_callers_to_change_is_refused() {
    let modes = Modes::new().await;
    for (mode, backend) in &modes.backends {
        backend.apply(chain("c", 2)).await.unwrap();
        for sql in [
            "BEGIN",
            "BEGIN IMMEDIATE",
            "COMMIT",
            "END",
            "ROLLBACK",
            "SAVEPOINT mine",
            "RELEASE job",
            "ROLLBACK TO job",
            "ATTACH '/tmp/elsewhere.db' AS other",
            "DETACH main",
            "VACUUM",
            "VACUUM INTO '/tmp/elsewhere.db'",
            "PRAGMA foreign_keys = OFF",
            "PRAGMA journal_mode = DELETE",
            "PRAGMA user_version = 7",
            "/* PRAGMA */ PRAGMA -- user_version\n user_version = 7",
            "PRAGMA writable_schema = ON",
            "PRAGMA wal_checkpoint",
            "CREATE TEMP TABLE nodes (id TEXT)",
            "CREATE TEMPORARY VIEW nodes AS SELECT 1",
            "CREATE TABLE temp.nodes (id TEXT)",
            "SELECT 1; SELECT 2",
            "SELECT 1; COMMIT",
            "EXPLAIN",
            "",
            " -- only a comment",
            ";",
        ] {
            for access in [Access::Read, Access::Write] {
                let answer = backend
                    .execute_query(sql, SqlParameters::NONE, access)
                    .await;
                let error = answer.expect_err(&format!("{mode}: {sql}"));
                let kind = error.kind();
                assert_eq!(kind, ErrorKind::InvalidArgument, "{mode}: {sql}: {error}");
                assert!(
                    error.to_string().starts_with("execute a query: "),
                    "{error}"
                );
            }
        }
        backend.apply(chain("d", 2)).await.unwrap();
        assert_eq!(found(backend, "lorem").await.len(), 4, "{mode}");
        let version = value(backend, "SELECT user_version FROM pragma_user_version").await;
        let newest = SqlValue::Integer(sql_graph::NEWEST.0.into());
        assert_eq!(version, newest, "{mode}");
    }
    assert!(!std::path::Path::new("/tmp/elsewhere.db").exists());
}

#[tokio::test]
async fn what_is_wrong_with_a_statement_is_told_and_changes_nothing() {
    let modes = Modes::new().await;
    for (mode, backend) in &modes.backends {
        for (sql, words) in [
            ("SELECT nonsense", "nonsense"),
            ("SELEC 1", "SELEC"),
            (
                "INSERT INTO nodes (id, properties) VALUES ('a', 'no JSON')",
                "",
            ),
            (
                "INSERT INTO nodes (id, properties) VALUES (NULL, '{}')",
                "nodes.id",
            ),
            (
                "INSERT INTO relationships (id, from_id, to_id, rel_type) VALUES ('r', 'a', 'b', 'SOLVES')",
                "FOREIGN KEY",
            ),
            ("SELECT * FROM no_such_table", "no_such_table"),
        ] {
            let answer = run(backend, sql).await;
            let error = answer.expect_err(&format!("{mode}: {sql}"));
            assert_eq!(
                error.kind(),
                ErrorKind::InvalidArgument,
                "{mode}: {sql}: {error}"
            );
            assert!(error.to_string().contains(words), "{mode}: {sql}: {error}");
        }
        let statistics = backend.statistics().await.unwrap();
        assert_eq!((statistics.memories, statistics.relationships), (0, 0));
    }
}

#[tokio::test]
async fn what_a_plain_insert_puts_is_found_at_once_also_by_parts_of_identifiers() {
    let modes = Modes::new().await;
    for (mode, backend) in &modes.backends {
        let insert = r#"INSERT INTO nodes (id, label, properties) VALUES
            ('one', 'Memory', '{"title": "getUserById", "content": "a 記憶 of it", "tags": ["Rust"]}')"#;
        run(backend, insert).await.unwrap();
        for text in ["getUserById", "user", "get user", "記憶", "rust"] {
            assert_eq!(found(backend, text).await, ["one"], "{mode}: {text}");
        }
        let update = r#"UPDATE nodes SET properties =
            '{"title": "parseHttpHeader", "content": "x", "tags": ["go"]}' WHERE id = 'one'"#;
        run(backend, update).await.unwrap();
        assert_eq!(found(backend, "header").await, ["one"], "{mode}");
        assert_eq!(found(backend, "user").await, [""; 0], "{mode}");
        run(backend, "DELETE FROM nodes").await.unwrap();
        assert_eq!(found(backend, "header").await, [""; 0], "{mode}");
        let listed = backend.list(&domain::ListQuery::default(), &all()).await;
        assert_eq!(listed.unwrap().items, [], "{mode}");
    }
}

#[tokio::test]
async fn columns_have_the_names_of_the_statement_in_its_order() {
    let modes = Modes::new().await;
    for (mode, backend) in &modes.backends {
        let sql = "SELECT 2 AS b, 1 AS a, 3 AS b, 1 + 1, 'ü' AS \"größe 記\" FROM (SELECT 1)";
        let rows = ask(backend, sql).await;
        let names: Vec<&str> = rows[0].0.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["b", "a", "b", "1 + 1", "größe 記"], "{mode}");
        assert_eq!(rows[0].get("b"), Some(&SqlValue::Integer(2)), "{mode}");
        assert_eq!(ask(backend, "SELECT 1 WHERE 0").await, [], "{mode}");
        let many = ask(
            backend,
            "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000) SELECT x FROM n",
        )
        .await;
        assert_eq!(many.len(), 5_000, "{mode}");
        assert_eq!(many[4_999].get("x"), Some(&SqlValue::Integer(5_000)));
    }
}
