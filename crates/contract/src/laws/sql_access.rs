use domain::{AsOf, ListQuery, Memory, MemoryFilter, MemoryType, SearchMode, Sort};
use ports::{
    Access, ErrorKind, GraphBackend, GraphBackendExt, Result, Row, SqlAccess, SqlParameters,
    SqlValue,
};
use serde_json::json;

use crate::{
    Harness, LawResult,
    samples::{
        assert_fails, assert_finds, assert_names, at, batch, contents, first, found_as, id, memory,
        memory_names, open, remove_memory, titled,
    },
};

/// Returns the door for SQL; where there is none, the backend refuses as it says.
fn sql(store: &dyn GraphBackend) -> Option<&dyn SqlAccess> {
    match (store.capabilities().sql_access, store.sql_access()) {
        (true, Ok(sql)) => Some(sql),
        (true, Err(error)) => panic!("the backend says that it speaks SQL, and not: {error}"),
        (false, Ok(_)) => panic!("the backend says that it speaks no SQL, and does"),
        (false, Err(error)) => {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            None
        }
    }
}

fn positional<const N: usize>(values: [SqlValue; N]) -> SqlParameters {
    SqlParameters::Positional(values.into())
}

fn named<const N: usize>(values: [(&str, SqlValue); N]) -> SqlParameters {
    let values = values.map(|(name, value)| (name.to_owned(), value));
    SqlParameters::Named(values.into())
}

fn row<const N: usize>(columns: [(&str, SqlValue); N]) -> Row {
    Row(columns.map(|(name, value)| (name.to_owned(), value)).into())
}

/// Puts a memory as any program would.
async fn insert(sql: &dyn SqlAccess, id: &str, properties: &serde_json::Value) -> Result<()> {
    let statement = "INSERT INTO nodes (id, label, properties) VALUES (?, 'Memory', ?)";
    let parameters = positional([id.into(), properties.to_string().into()]);
    let rows = sql
        .execute_query(statement, parameters, Access::Write)
        .await?;
    assert_eq!(rows, []);
    Ok(())
}

/// A backend speaks SQL exactly when it says so.
pub async fn a_backend_speaks_sql_when_it_says_so(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    if let Some(sql) = sql(&*store) {
        let statement = "SELECT 1 AS one";
        let rows = sql
            .execute_query(statement, SqlParameters::NONE, Access::Read)
            .await?;
        assert_eq!(rows, [row([("one", SqlValue::Integer(1))])]);
    }
    Ok(())
}

/// Rows have their columns by name in the order of the statement, with values of every kind.
pub async fn rows_are_maps_in_column_order(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let Some(sql) = sql(&*store) else {
        return Ok(());
    };
    let statement = "SELECT 2 AS z, 1.5 AS a, 'it''s' AS text, x'00ff' AS blob, NULL AS absent \
                     UNION ALL SELECT 9223372036854775807, -0.5, '', x'', 3 ORDER BY 1";
    let rows = sql
        .execute_query(statement, SqlParameters::NONE, Access::Read)
        .await?;
    let expected = [
        row([
            ("z", SqlValue::Integer(2)),
            ("a", SqlValue::Real(1.5)),
            ("text", "it's".into()),
            ("blob", SqlValue::Blob(vec![0, 255])),
            ("absent", SqlValue::Null),
        ]),
        row([
            ("z", SqlValue::Integer(i64::MAX)),
            ("a", SqlValue::Real(-0.5)),
            ("text", "".into()),
            ("blob", SqlValue::Blob(vec![])),
            ("absent", SqlValue::Integer(3)),
        ]),
    ];
    assert_eq!(rows, expected);
    Ok(())
}

/// Parameters are given by position, or by name, and come back as they are.
pub async fn parameters_are_positional_or_named(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let Some(sql) = sql(&*store) else {
        return Ok(());
    };
    let values = [
        SqlValue::Null,
        SqlValue::Integer(i64::MIN),
        SqlValue::Real(0.1 + 0.2),
        "quote ' double \" ж 🚀".into(),
        SqlValue::Blob(vec![0, 1, 255]),
    ];
    let name = |name: &str| name.to_owned();
    let expected = Row(["a", "b", "c", "d", "e"]
        .map(name)
        .into_iter()
        .zip(values.clone())
        .collect());
    let by_position = "SELECT ?1 AS a, ?2 AS b, ?3 AS c, ?4 AS d, ?5 AS e";
    let parameters = SqlParameters::Positional(values.to_vec());
    let rows = sql
        .execute_query(by_position, parameters, Access::Read)
        .await?;
    assert_eq!(rows, std::slice::from_ref(&expected));
    let by_name = "SELECT :p1 AS a, @p2 AS b, $p3 AS c, :p4 AS d, :p5 AS e";
    let parameters = ["p1", "p2", "p3", "p4", "p5"]
        .map(name)
        .into_iter()
        .zip(values);
    let parameters = SqlParameters::Named(parameters.collect());
    let rows = sql.execute_query(by_name, parameters, Access::Read).await?;
    assert_eq!(rows, [expected]);
    let twice = named([("p", 7.into())]);
    let rows = sql
        .execute_query("SELECT :p + :p AS sum", twice, Access::Read)
        .await?;
    assert_eq!(rows, [row([("sum", SqlValue::Integer(14))])]);
    Ok(())
}

/// A value is data, whatever it looks like.
pub async fn a_value_is_data(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let Some(sql) = sql(&*store) else {
        return Ok(());
    };
    store.put_memory(memory("a")).await?;
    for hostile in [
        "x'); DELETE FROM nodes; --",
        "x' OR '1' = '1",
        "\"; DROP TABLE nodes",
    ] {
        let statement = "SELECT id FROM nodes WHERE id = ?";
        let parameters = positional([hostile.into()]);
        let rows = sql
            .execute_query(statement, parameters, Access::Write)
            .await?;
        assert_eq!(rows, []);
    }
    assert_eq!(contents(&*store).await?.memories, [memory("a")]);
    Ok(())
}

/// What a plain insertion puts is a memory at once: read, listed, searched and counted.
pub async fn an_inserted_memory_is_searched_at_once(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let Some(sql) = sql(&*store) else {
        return Ok(());
    };
    let properties = json!({
        "type": "fix",
        "title": "Walrus repair",
        "content": "Überraschung in getUserById",
        "tags": ["zoo"],
        "summary": "tusks",
        "importance": 0.75,
    });
    insert(sql, "plain", &properties).await?;
    for text in ["walrus", "uberraschung", "user", "ZOO", "tusk"] {
        assert_finds(&*store, &[(text, &["plain"])]).await?;
    }
    let read = store
        .memory(&id("plain"))
        .await?
        .expect("the inserted memory");
    assert_eq!(
        (read.memory_type, read.title.as_str()),
        (MemoryType::Fix, "Walrus repair")
    );
    assert_eq!(read.content, "Überraschung in getUserById");
    assert_eq!(read.importance.get().to_bits(), 0.75_f64.to_bits());
    assert_eq!(read.tags, ["zoo"]);
    assert_eq!(contents(&*store).await?.memories, [read]);
    assert_eq!(store.statistics().await?.memories, 1);
    Ok(())
}

/// A title, or a content, is enough to be found by it.
pub async fn a_title_or_a_content_is_enough(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let Some(sql) = sql(&*store) else {
        return Ok(());
    };
    insert(sql, "title", &json!({"type": "task", "title": "walrus"})).await?;
    insert(sql, "content", &json!({"content": "narwhal"})).await?;
    assert_finds(
        &*store,
        &[("walrus", &["title"]), ("narwhal", &["content"])],
    )
    .await?;
    assert_eq!(contents(&*store).await?.memories.len(), 2);
    Ok(())
}

/// A document may lack what has a default, hold nulls, and spell types and tags in any case.
pub async fn a_document_may_have_other_forms(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let Some(sql) = sql(&*store) else {
        return Ok(());
    };
    let nulls = json!({
        "title": "nulls", "type": null, "tags": null, "importance": null, "confidence": null,
        "usage_count": null, "summary": null,
    });
    let odd = json!({
        "title": "odd", "type": "Fix", "tags": ["Redis", null, 2024, "redis"], "importance": "high",
        "confidence": 7, "valid_until": "2026-01-01T02:00:00+02:00",
    });
    insert(sql, "nulls", &nulls).await?;
    insert(sql, "odd", &odd).await?;
    let found = store.memory(&id("nulls")).await?.expect("it is there");
    assert_eq!(found.memory_type, MemoryType::General);
    let found = store.memory(&id("odd")).await?.expect("it is there");
    assert_eq!(
        (found.memory_type, &found.tags),
        (MemoryType::Fix, &vec!["redis".to_owned()])
    );
    assert_eq!(found.importance, Memory::default_importance());
    assert_eq!(found.valid_until, Some(at(0)));
    let query = ListQuery {
        filter: MemoryFilter {
            tags: vec!["REDIS".to_owned()],
            types: vec![MemoryType::Fix],
            as_of: AsOf::Ever,
            ..MemoryFilter::default()
        },
        sort: Sort::MostImportant,
    };
    assert_eq!(
        memory_names(&store.list(&query, &first(9)).await?.items),
        ["odd"]
    );
    assert_eq!(
        store.statistics().await?.memories_by_type[&MemoryType::Fix],
        1
    );
    // Later changes and removals leave nothing behind.
    store.put_memory(titled("odd", "even")).await?;
    assert_eq!(store.list(&query, &first(9)).await?.items, []);
    store.apply(batch().then(remove_memory("odd"))).await?;
    assert_eq!(contents(&*store).await?.memories.len(), 1);
    Ok(())
}

/// What SQL changes or deletes is changed or gone in every other answer.
pub async fn what_sql_changes_is_changed(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let Some(sql) = sql(&*store) else {
        return Ok(());
    };
    store.put_memory(titled("a", "walrus")).await?;
    store.put_memory(titled("b", "walrus")).await?;
    let update = "UPDATE nodes SET properties = json_set(properties, '$.title', ?) WHERE id = 'a'";
    let parameters = positional(["narwhal".into()]);
    sql.execute_query(update, parameters, Access::Write).await?;
    let delete = "DELETE FROM nodes WHERE id = :id";
    let parameters = named([("id", "b".into())]);
    sql.execute_query(delete, parameters, Access::Write).await?;
    assert_finds(&*store, &[("walrus", &[]), ("narwhal", &["a"])]).await?;
    let changed = Memory {
        title: "narwhal".to_owned(),
        ..titled("a", "walrus")
    };
    assert_eq!(contents(&*store).await?.memories, [changed]);
    Ok(())
}

/// With read access nothing changes, whatever the statement.
pub async fn read_access_cannot_write(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let Some(sql) = sql(&*store) else {
        return Ok(());
    };
    store.put_memory(memory("a")).await?;
    let statements = [
        "INSERT INTO nodes (id, label, properties) VALUES ('b', 'Memory', '{}')",
        "DELETE FROM nodes",
        "UPDATE nodes SET label = 'x'",
        "DELETE FROM nodes RETURNING id",
        "WITH x AS (SELECT 1) DELETE FROM nodes",
        "DROP TABLE nodes",
        "CREATE TABLE more (id)",
        "PRAGMA user_version = 99",
    ];
    for statement in statements {
        let refused = sql
            .execute_query(statement, SqlParameters::NONE, Access::Read)
            .await;
        assert_fails(refused, ErrorKind::InvalidArgument);
        assert_eq!(
            contents(&*store).await?.memories,
            [memory("a")],
            "{statement}"
        );
    }
    store.put_memory(memory("b")).await?;
    Ok(())
}

/// SQL that is wrong is the caller's fault, and the store works on.
pub async fn wrong_sql_is_refused(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let Some(sql) = sql(&*store) else {
        return Ok(());
    };
    let statements = [
        "SELEKT 1", // spellchecker:disable-line
        "SELECT * FROM no_such_table",
        "SELECT no_such_column",
        "SELECT",
        "",
        "  ",
        "-- nothing but a comment",
    ];
    for statement in statements {
        for access in [Access::Read, Access::Write] {
            let refused = sql
                .execute_query(statement, SqlParameters::NONE, access)
                .await;
            let error = assert_fails(refused, ErrorKind::InvalidArgument);
            assert_names(&error, &["execute a query: "]);
        }
    }
    store.put_memory(memory("a")).await?;
    Ok(())
}

/// One text holds one statement.
pub async fn several_statements_are_refused(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let Some(sql) = sql(&*store) else {
        return Ok(());
    };
    store.put_memory(memory("a")).await?;
    let statements = [
        "SELECT 1; SELECT 2",
        "SELECT 1; DELETE FROM nodes",
        "DELETE FROM nodes WHERE id = 'b'; DELETE FROM nodes",
    ];
    for statement in statements {
        for access in [Access::Read, Access::Write] {
            let refused = sql
                .execute_query(statement, SqlParameters::NONE, access)
                .await;
            assert_fails(refused, ErrorKind::InvalidArgument);
        }
    }
    assert_eq!(contents(&*store).await?.memories, [memory("a")]);
    let ended = "SELECT 1 AS x; -- the end";
    let rows = sql
        .execute_query(ended, SqlParameters::NONE, Access::Read)
        .await?;
    assert_eq!(rows, [row([("x", SqlValue::Integer(1))])]);
    Ok(())
}

/// A parameter that is missing, or one too many, is refused, and nothing happens.
pub async fn parameters_have_to_fit(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let Some(sql) = sql(&*store) else {
        return Ok(());
    };
    store.put_memory(memory("a")).await?;
    let cases = [
        ("SELECT ?1, ?2", positional(["x".into()])),
        ("SELECT ?", SqlParameters::NONE),
        ("SELECT ?", positional(["x".into(), "y".into()])),
        ("SELECT :a, :b", named([("a", "x".into())])),
        ("SELECT :a", named([("a", "x".into()), ("c", "y".into())])),
        ("SELECT :a", named([])),
        ("SELECT 1", positional(["x".into()])),
        ("DELETE FROM nodes WHERE id <> ?", SqlParameters::NONE),
    ];
    for (statement, parameters) in cases {
        for access in [Access::Read, Access::Write] {
            let refused = sql
                .execute_query(statement, parameters.clone(), access)
                .await;
            assert_fails(refused, ErrorKind::InvalidArgument);
        }
    }
    assert_eq!(contents(&*store).await?.memories, [memory("a")]);
    Ok(())
}

/// A statement that returns what it wrote commits too.
pub async fn a_returning_write_commits(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let Some(sql) = sql(&*store) else {
        return Ok(());
    };
    let statement = "INSERT INTO nodes (id, label, properties) \
                     VALUES (:id, 'Memory', json_object('title', :title)) RETURNING id";
    let parameters = named([("id", "new".into()), ("title", "walrus".into())]);
    let rows = sql
        .execute_query(statement, parameters, Access::Write)
        .await?;
    assert_eq!(rows, [row([("id", "new".into())])]);
    let found = found_as(&*store, "walrus", SearchMode::Normal).await?;
    assert_eq!(found, ["new".to_owned()].into());
    let other = open(h).await?;
    let durable = other.capabilities().durable;
    assert_eq!(other.memory(&id("new")).await?.is_some(), durable);
    Ok(())
}

/// What was closed speaks no SQL.
pub async fn what_was_closed_speaks_no_sql(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let Some(sql) = sql(&*store) else {
        return Ok(());
    };
    store.close().await?;
    for access in [Access::Read, Access::Write] {
        let refused = sql
            .execute_query("SELECT 1", SqlParameters::NONE, access)
            .await;
        assert_fails(refused, ErrorKind::Closed);
    }
    Ok(())
}
