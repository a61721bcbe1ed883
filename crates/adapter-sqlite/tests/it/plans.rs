//! Every statement finds what it needs through an index.

mod everything;

use std::{collections::BTreeSet, future::Future, path::Path, sync::Arc};

use domain::{ListQuery, MemoryFilter, MemoryType, Sort, Walk};
use memorygraph_adapter_sqlite::SqliteBackend;
use ports::GraphBackend;
use sqlite_engine::rusqlite::Connection;
use tempfile::TempDir;

use self::everything::{
    change_everything, list_everything, look_at_everything, make, relate_everything,
    search_everything, some_types, two_pages, walk_everything,
};
use crate::graph::{ever, id, opened, raw};

/// Runs `ask` on a backend of its own, and returns the statements that it ran.
async fn statements<F: Future<Output = ()>>(
    path: &Path,
    ask: impl FnOnce(Arc<SqliteBackend>) -> F,
) -> Vec<String> {
    let backend = Arc::new(opened(path).await);
    backend.statements().keep_texts();
    ask(Arc::clone(&backend)).await;
    backend.statements().texts()
}

/// Returns the lines of the engine's plan for a statement.
fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .unwrap();
    let mut rows = statement.raw_query();
    let mut plan = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        plan.push(row.get(3).unwrap());
    }
    plan
}

/// A line of a plan that looks slow, and why it is not.
struct Excuse {
    /// What the statement has in it.
    statement: &'static str,
    /// What the line has in it.
    line: &'static str,
    why: &'static str,
}

const EXCUSES: [Excuse; 9] = [
    Excuse {
        statement: "FROM nodes AS n WHERE",
        line: "SCAN n USING INDEX nodes_",
        why: "a list follows the index of its order and ends at the limit, whatever its filter is",
    },
    Excuse {
        statement: "FROM relationships AS r WHERE",
        line: "SCAN r USING INDEX sqlite_autoindex_relationships_1",
        why: "a list of all relationships follows their ids and ends at the limit",
    },
    Excuse {
        statement: "FROM nodes AS n WHERE",
        line: "USE TEMP B-TREE FOR ORDER BY",
        why: "a list of one type, project or time in another order sorts what the filter leaves",
    },
    Excuse {
        statement: "r.rel_type IN (SELECT value",
        line: "USE TEMP B-TREE FOR ORDER BY",
        why: "the relationships of several types come type by type",
    },
    Excuse {
        statement: "AS touching CROSS JOIN relationships",
        line: "USE TEMP B-TREE FOR ORDER BY",
        why: "what touches some memories is few",
    },
    Excuse {
        statement: "AS tagged CROSS JOIN nodes",
        line: "USE TEMP B-TREE FOR",
        why: "so few memories have the tags that sorting them is quicker than looking for them",
    },
    Excuse {
        statement: "ORDER BY asked.key",
        line: "USE TEMP B-TREE FOR ORDER BY",
        why: "the words of a question are few",
    },
    Excuse {
        statement: "(SELECT count(*) FROM nodes_fts_docsize)",
        line: "SCAN nodes_fts_docsize",
        why: "the engine counts a table by its pages, and this one has the smallest rows",
    },
    Excuse {
        statement: "GROUP BY n.type",
        line: "SCAN n USING INDEX nodes_type",
        why: "statistics_read_nothing_but_an_index shows that the table is not read",
    },
];

/// Says whether a line of a plan shows that a table is read from end to end, or that rows are
/// sorted.
fn looks_slow(line: &str) -> bool {
    let Some(scanned) = line.strip_prefix("SCAN ") else {
        return line.contains("TEMP B-TREE") || line.contains("AUTOMATIC");
    };
    let (name, how) = scanned.split_once(' ').unwrap_or((scanned, ""));
    match name {
        // Parameters, what other parts of the statement have found, what other programs put
        // lately, the tables, the version: all few.
        "asked"
        | "json_each"
        | "read"
        | "tagged"
        | "touching"
        | "reached"
        | "CONSTANT"
        | "unread"
        | "sqlite_schema"
        | "pragma_user_version" => false,
        // M: the rows that match.
        "f" | "nodes_fts" => !how.contains(":M"),
        // A range of the words.
        "w" => how == "VIRTUAL TABLE INDEX 0:",
        _ => !name.starts_with('(') && !how.starts_with("USING COVERING INDEX"),
    }
}

/// A statement and its plan, to be read by people.
fn shown(sql: &str, plan: &[String]) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    format!("{}\n    {}", words.join(" "), plan.join("\n    "))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_uses_an_index() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    make(&path).await;
    let mut all = BTreeSet::new();
    all.extend(statements(&path, look_at_everything).await);
    all.extend(statements(&path, list_everything).await);
    all.extend(statements(&path, search_everything).await);
    all.extend(statements(&path, relate_everything).await);
    all.extend(statements(&path, walk_everything).await);
    all.extend(statements(&path, change_everything).await);
    assert!(all.len() > 200, "only {} statements ran", all.len());

    let connection = raw(&path);
    let mut slow = Vec::new();
    let mut used = BTreeSet::new();
    for sql in all.iter().filter(|sql| !sql.starts_with("PRAGMA")) {
        let plan = plan(&connection, sql);
        for line in plan.iter().filter(|line| looks_slow(line)) {
            let excuse = EXCUSES
                .iter()
                .position(|excuse| sql.contains(excuse.statement) && line.contains(excuse.line));
            match excuse {
                Some(excuse) => _ = used.insert(excuse),
                None => slow.push(shown(sql, &plan)),
            }
        }
    }
    assert!(slow.is_empty(), "slow statements:\n{}", slow.join("\n"));
    for (number, excuse) in EXCUSES.iter().enumerate() {
        assert!(used.contains(&number), "no statement needs: {}", excuse.why);
    }
}

/// Returns the plans of the first page and of the second one.
async fn list_plans(path: &Path, query: ListQuery) -> [Vec<String>; 2] {
    let statements = statements(path, async |backend| {
        two_pages(|page| {
            let (backend, query) = (&backend, &query);
            async move { backend.list(query, &page).await }
        })
        .await;
    })
    .await;
    // A condition that says where the page begins makes the statement longer.
    let mut lists: Vec<&String> = statements
        .iter()
        .filter(|sql| sql.contains("ORDER BY"))
        .collect();
    lists.sort_by_key(|sql| sql.len());
    let connection = raw(path);
    let plans: Vec<_> = lists
        .into_iter()
        .map(|sql| plan(&connection, sql))
        .collect();
    plans.try_into().expect("the list has two pages")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_order_is_that_of_an_index_and_a_later_page_begins_inside_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    make(&path).await;
    for (sort, index, place) in [
        (Sort::RecentlyUpdated, "nodes_updated", "updated_at<?"),
        (Sort::Newest, "nodes_created", "created_at<?"),
        (Sort::Oldest, "nodes_created", "created_at>?"),
        (Sort::MostImportant, "nodes_importance", "importance<?"),
    ] {
        for filter in [MemoryFilter::default(), ever()] {
            let [first, second] = list_plans(&path, ListQuery { filter, sort }).await;
            assert_eq!(first, [format!("SCAN n USING INDEX {index}")]);
            assert_eq!(second, [format!("SEARCH n USING INDEX {index} ({place})")]);
        }
    }
    let of_type = MemoryFilter {
        types: vec![MemoryType::Solution],
        ..MemoryFilter::default()
    };
    let of_project = MemoryFilter {
        project_path: Some("/project/7".to_owned()),
        ..MemoryFilter::default()
    };
    for (filter, index, column) in [
        (of_type, "nodes_type", "type"),
        (of_project, "nodes_project", "project_path"),
    ] {
        let sort = Sort::RecentlyUpdated;
        let [first, second] = list_plans(&path, ListQuery { filter, sort }).await;
        assert_eq!(
            first,
            [format!("SEARCH n USING INDEX {index} ({column}=?)")]
        );
        let place = format!("{column}=? AND updated_at<?");
        assert_eq!(second, [format!("SEARCH n USING INDEX {index} ({place})")]);
    }
}

/// Returns how many columns the statement reads from a table, to which an index only leads.
fn columns_from_tables(connection: &Connection, sql: &str) -> usize {
    let mut statement = connection.prepare(&format!("EXPLAIN {sql}")).unwrap();
    let mut rows = statement.raw_query();
    let mut steps: Vec<(String, i64, i64)> = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push((
            row.get(1).unwrap(),
            row.get(2).unwrap(),
            row.get(4).unwrap(),
        ));
    }
    let tables: BTreeSet<i64> = steps
        .iter()
        .filter(|(step, ..)| step == "DeferredSeek")
        .map(|(_, _, table)| *table)
        .collect();
    let reads =
        |(step, cursor, _): &&(String, i64, i64)| step == "Column" && tables.contains(cursor);
    steps.iter().filter(reads).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statistics_read_nothing_but_an_index() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    make(&path).await;
    let statements = statements(&path, async |backend| {
        backend.statistics().await.unwrap();
    })
    .await;
    let counts: Vec<_> = statements
        .iter()
        .filter(|sql| sql.contains("GROUP BY"))
        .collect();
    assert_eq!(counts.len(), 2);
    let connection = raw(&path);
    for sql in counts {
        assert_eq!(columns_from_tables(&connection, sql), 0, "{sql}");
    }
}

/// A walk along what has no end goes through an index alone until it knows what to return.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_of_a_walk_reads_nothing_but_an_index() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    make(&path).await;
    for types in some_types() {
        let statements = statements(&path, async |backend| {
            let walk = Walk {
                types,
                ..Walk::new(id("m1"))
            };
            backend.walk(&walk).await.unwrap();
        })
        .await;
        let steps: Vec<_> = statements
            .iter()
            .filter(|sql| sql.contains("UNION ALL"))
            .collect();
        assert_eq!(steps.len(), 1);
        assert_eq!(
            columns_from_tables(&raw(&path), steps[0]),
            0,
            "{}",
            steps[0]
        );
    }
}
