//! Migrations to and from a real primary.

use std::path::Path;

use engines::{Sqld, SqldOptions, Tokens, closed_port};
use memorygraph::ports::ErrorKind;
use memorygraph::{Config, Origin, Secret, Setting, TursoMode, open_backend};

use super::stores::{Contents, file, go, memory, plain, put, put_everything, url};

fn said<T>(value: T) -> Setting<T> {
    Setting {
        value,
        origin: Origin::Flag("the test"),
    }
}

/// With `TURSO_DATABASE_URL`.
fn configured(url: &str) -> Config {
    Config {
        turso_database_url: Some(said(url.into())),
        ..plain()
    }
}

/// What a device sees that begins with nothing.
async fn seen_by_another(url: &str, path: &Path) -> Contents {
    let config = Config {
        turso_database_url: Some(said(url.into())),
        ..Config::turso(path)
    };
    let device = open_backend(&config).await.unwrap();
    device.replica().unwrap().sync().await.unwrap();
    let contents = Contents::of(&*device).await;
    device.close().await.unwrap();
    contents
}

/// Makes a graph in a file of SQLite, and says what is in it.
async fn made(path: &Path) -> Contents {
    let store = file("sqlite", path).await;
    put_everything(&*store).await;
    let contents = Contents::of(&*store).await;
    store.close().await.unwrap();
    contents
}

#[tokio::test]
async fn a_file_becomes_a_replica_that_other_devices_follow() {
    let primary = Sqld::start();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let before = made(&path("old.db")).await;
    let from = url("sqlite", &path("old.db"));

    // Nothing is made by a dry run, neither here nor there.
    let to = url("turso", &path("replica.db"));
    let config = configured(&primary.url());
    let would = go(&from, &to, &config, true).await.unwrap();
    assert_eq!(would.memories.added, 4);
    assert!(!path("replica.db").exists());
    assert_eq!(
        primary.rows("SELECT count(*) FROM sqlite_schema")[0][0].as_deref(),
        Some("0")
    );

    let migrated = go(&from, &to, &config, false).await.unwrap();
    assert_eq!(
        (migrated.memories.added, migrated.relationships.added),
        (4, 12)
    );
    assert!(migrated.verified.is_some());
    assert_eq!(
        seen_by_another(&primary.url(), &path("other.db")).await,
        before
    );
    assert_eq!(
        seen_by_another(&primary.url(), &path("replica.db")).await,
        before
    );

    // The same by its URL, into what is there already.
    let to = format!(
        "{}?primary={}",
        url("turso", &path("third.db")),
        primary.url()
    );
    for dry_run in [true, false] {
        let again = go(&from, &to, &plain(), dry_run).await.unwrap();
        assert_eq!((again.memories.added, again.memories.already_there), (0, 4));
        assert_eq!(path("third.db").exists(), !dry_run);
    }
}

#[tokio::test]
async fn a_primary_is_filled_and_emptied_again_without_a_replica() {
    let (one, other) = (Sqld::start(), Sqld::start());
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let before = made(&path("old.db")).await;
    let back = url("sqlite", &path("back.db"));
    for (from, to) in [
        (url("sqlite", &path("old.db")), one.url()),
        (one.url(), other.url()),
        (other.url(), back.clone()),
    ] {
        let migrated = go(&from, &to, &plain(), false).await.unwrap();
        assert_eq!(
            (migrated.memories.added, migrated.relationships.added),
            (4, 12),
            "{to}"
        );
        assert!(migrated.is_complete());
    }
    assert_eq!(Contents::at("sqlite", &path("back.db")).await, before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[tokio::test]
async fn a_replica_is_a_source_also_without_its_primary() {
    let mut primary = Sqld::start();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let before = made(&path("old.db")).await;
    let config = configured(&primary.url());
    let replica = url("turso", &path("replica.db"));
    go(&url("sqlite", &path("old.db")), &replica, &config, false)
        .await
        .unwrap();

    // It has what another device has written meanwhile.
    let late = format!(
        "{}?primary={}",
        url("turso", &path("late.db")),
        primary.url()
    );
    let store = file("sqlite", &path("one.db")).await;
    put(&*store, [memory("late")], []).await;
    store.close().await.unwrap();
    go(&url("sqlite", &path("one.db")), &late, &plain(), false)
        .await
        .unwrap();
    let migrated = go(&replica, &url("sqlite", &path("all.db")), &config, false)
        .await
        .unwrap();
    assert_eq!((migrated.memories.added, migrated.notices.len()), (5, 0));

    // As a file of its own it would be damaged.
    let refused = go(&replica, &url("sqlite", &path("x.db")), &plain(), false)
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    let same = go(&replica, &primary.url(), &config, false)
        .await
        .unwrap_err();
    assert!(same.to_string().contains("are the same primary"), "{same}");

    primary.stop();
    let migrated = go(&replica, &url("sqlite", &path("left.db")), &config, false)
        .await
        .unwrap();
    assert_eq!(migrated.memories.added, 5);
    let notice = migrated.notices.join("\n");
    assert!(
        notice.contains("could not be synced, so this is its state of 20"),
        "{notice}"
    );
    let mut left = Contents::at("sqlite", &path("left.db")).await;
    assert!(left.memories.remove("late").is_some());
    assert_eq!(left, before);
}

#[tokio::test]
async fn a_local_file_stays_one_where_a_primary_is_configured() {
    let primary = Sqld::start();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let before = made(&path("old.db")).await;
    let config = configured(&primary.url());
    // The source is what it is; the target becomes a replica.
    let from = url("turso", &path("old.db"));
    go(&from, &url("turso", &path("new.db")), &config, false)
        .await
        .unwrap();
    assert_eq!(
        seen_by_another(&primary.url(), &path("other.db")).await,
        before
    );
    // A target that is a graph of its own cannot become one.
    let refused = go(&url("turso", &path("new.db")), &from, &config, false)
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    // Where all is local, it is a file.
    let local = Config {
        turso_mode: Some(said(TursoMode::Local)),
        ..config
    };
    go(&from, &url("turso", &path("local.db")), &local, false)
        .await
        .unwrap();
    assert_eq!(Contents::at("sqlite", &path("local.db")).await, before);
}

#[tokio::test]
async fn a_token_goes_where_it_belongs() {
    let tokens = Tokens::new();
    let start = || {
        Sqld::start_with(&SqldOptions {
            jwt_key: Some(tokens.key_file_content()),
            ..SqldOptions::default()
        })
    };
    let (one, other, open) = (start(), start(), Sqld::start());
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    made(&path("old.db")).await;
    let from = url("sqlite", &path("old.db"));
    let token = Secret::from(tokens.read_write());
    let with_token = |config: Config| Config {
        turso_auth_token: Some(said(token.clone())),
        ..config
    };

    let refused = go(&from, &one.url(), &plain(), false).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unauthorized);
    go(&from, &one.url(), &with_token(plain()), false)
        .await
        .unwrap();

    // Whose is it?
    let refused = go(&one.url(), &open.url(), &with_token(plain()), false)
        .await
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("set TURSO_DATABASE_URL to the one"),
        "{refused}"
    );
    let config = with_token(configured(&one.url()));
    let migrated = go(&one.url(), &open.url(), &config, false).await.unwrap();
    assert_eq!(migrated.memories.added, 4);
    let refused = go(&from, &other.url(), &config, false).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unauthorized);
    assert!(
        refused.to_string().contains("it was sent no token"),
        "{refused}"
    );
    assert!(!format!("{refused:?}").contains(token.expose()));
}

#[tokio::test]
async fn a_primary_that_is_not_there_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    made(&path("old.db")).await;
    let gone = format!("http://127.0.0.1:{}", closed_port());
    let from = url("sqlite", &path("old.db"));
    let replica = format!("{}?primary={gone}", url("turso", &path("replica.db")));
    for (from, to) in [
        (&from, &gone),
        (&from, &replica),
        (&gone, &url("sqlite", &path("new.db"))),
    ] {
        let refused = go(from, to, &plain(), false).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unreachable, "{refused}");
    }
    // An empty primary is no source.
    let empty = Sqld::start();
    let to = url("sqlite", &path("new.db"));
    let refused = go(&empty.url(), &to, &plain(), false).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound, "{refused}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
