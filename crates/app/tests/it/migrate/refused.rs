//! What is refused, before anything is touched.

use std::fs;

use memorygraph::domain::MemoryType;
use memorygraph::ports::{Access, ErrorKind, SqlParameters};
use memorygraph::{Config, Draft, MemoryGraph};

use super::stores::{SCHEMES, file, go, memory, plain, put, set_schema_version, url};

#[tokio::test]
async fn one_file_is_not_two_stores() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graph.db");
    let [one, other] = SCHEMES;
    let store = file(one, &path).await;
    put(&*store, [memory("a")], []).await;
    store.close().await.unwrap();
    let bytes = fs::read(&path).unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    let mut names = vec![path.clone(), folder.path().join("in/../graph.db")];
    #[cfg(unix)]
    {
        let (soft, hard) = (folder.path().join("soft.db"), folder.path().join("hard.db"));
        std::os::unix::fs::symlink(&path, &soft).unwrap();
        fs::hard_link(&path, &hard).unwrap();
        names.extend([soft, hard]);
    }
    for name in names {
        for (from, to) in [
            (url(one, &path), url(other, &name)),
            (url(other, &name), url(one, &path)),
        ] {
            let refused = go(&from, &to, &plain(), false).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
            assert!(
                refused.to_string().contains("are the same file"),
                "{refused}"
            );
        }
    }
    assert!(fs::read(&path).unwrap() == bytes);
}

#[tokio::test]
async fn a_source_has_to_hold_a_graph() {
    let folder = tempfile::tempdir().unwrap();
    let [from, to] = SCHEMES;
    let target = folder.path().join("new.db");
    fs::write(folder.path().join("empty.db"), "").unwrap();
    fs::write(folder.path().join("notes.txt"), "notes ".repeat(200)).unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    for (name, kind) in [
        ("absent.db", ErrorKind::NotFound),
        ("absent/graph.db", ErrorKind::NotFound),
        ("empty.db", ErrorKind::NotFound),
        ("notes.txt", ErrorKind::Corrupt),
        ("folder", ErrorKind::InvalidArgument),
    ] {
        let source = folder.path().join(name);
        for dry_run in [false, true] {
            let (from, to) = (url(from, &source), url(to, &target));
            let refused = go(&from, &to, &plain(), dry_run).await.unwrap_err();
            assert_eq!(refused.kind(), kind, "{refused}");
            assert!(refused.to_string().contains(name), "{refused}");
        }
    }
    assert_eq!(
        fs::metadata(folder.path().join("empty.db")).unwrap().len(),
        0
    );
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        3,
        "nothing was made"
    );

    // Of a newer program.
    let graph = folder.path().join("newer.db");
    let store = file(from, &graph).await;
    store.close().await.unwrap();
    set_schema_version(&graph, 99);
    let refused = go(&url(from, &graph), &url(to, &target), &plain(), false)
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Schema);
    assert!(!target.exists());
}

#[tokio::test]
async fn what_breaks_a_rule_is_named_and_carried_once_it_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let [from, to] = SCHEMES;
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    let store = file(from, &old).await;
    put(&*store, [memory("a"), memory("b")], []).await;
    let door = store.sql_access().unwrap();
    let reword = |title: &str| {
        format!(
            "UPDATE nodes SET properties = json_set(properties, '$.title', '{title}') WHERE id = 'b'"
        )
    };
    let long = reword(&"long ".repeat(100));
    door.execute_query(&long, SqlParameters::NONE, Access::Write)
        .await
        .unwrap();
    let (source, target) = (url(from, &old), url(to, &new));
    for dry_run in [true, false] {
        let refused = go(&source, &target, &plain(), dry_run).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Corrupt);
        let words = refused.to_string();
        assert!(
            words.starts_with("\"b\" of the source cannot be carried: title "),
            "{words}"
        );
    }
    let short = reword("short");
    door.execute_query(&short, SqlParameters::NONE, Access::Write)
        .await
        .unwrap();
    store.close().await.unwrap();
    let migrated = go(&source, &target, &plain(), false).await.unwrap();
    assert_eq!(migrated.verified.unwrap().memories, 2);
}

#[tokio::test]
async fn a_home_folder_is_expanded() {
    let home = tempfile::tempdir().unwrap();
    let [from, to] = SCHEMES;
    let old = home.path().join("old.db");
    let config = if from == "sqlite" {
        Config::sqlite(&old)
    } else {
        Config::turso(&old)
    };
    let graph = MemoryGraph::open(&config).await.unwrap();
    graph
        .remember(Draft::new(MemoryType::Fix, "Pool", "It had 4."))
        .await
        .unwrap();
    graph.close().await.unwrap();

    let options = memorygraph::migrate::Options::default();
    let environment = |name: &str| {
        let is_home = name == "HOME" || name == "USERPROFILE";
        is_home.then(|| home.path().into())
    };
    let (source, target) = (format!("{from}:~/old.db"), format!("{to}:~/in/new.db"));
    let route = memorygraph::migrate::Route::new(&source, &target, &plain(), &environment).unwrap();
    let ends = route.open(&options).await.unwrap();
    assert!(home.path().join("in/new.db").exists());
    ends.close().await.unwrap();
}
