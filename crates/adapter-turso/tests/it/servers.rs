//! URLs that lead to no primary: each says what is wrong and leaves nothing behind.

use std::{fs, time::Duration};

use engines::{closed_port, serve_not_libsql};
use memorygraph_adapter_turso::{Mode, Token, TursoBackend, TursoOptions};
use ports::{ErrorKind, GraphBackend, GraphBackendExt};
use tempfile::TempDir;

use crate::{
    graph::{assert_fails, id, memory},
    world::{Hands, World, opened},
};

/// Opens a replica and a remote graph there; both have to fail alike, and leave no file.
async fn assert_refused(url: &str, kind: ErrorKind, words: &[&str]) {
    for mode in [None, Some(Mode::Remote)] {
        let folder = TempDir::new().unwrap();
        let options = TursoOptions {
            sync_url: Some(url.to_owned()),
            mode,
            patience: Duration::from_secs(20),
            ..TursoOptions::new(folder.path().join("replica.db"), Hands::new())
        };
        let backend = TursoBackend::new(options);
        let error = assert_fails(backend.connect().await, kind, words);
        assert!(error.to_string().starts_with("open the graph: "), "{error}");
        assert!(!backend.is_connected());
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 0, "files are left: {error}");
    }
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_unreachable() {
    let url = "http://no-such-primary.invalid:8080";
    let words = [url, "cannot be reached", "check the network and the URL"];
    assert_refused(url, ErrorKind::Unreachable, &words).await;
}

#[tokio::test]
async fn a_closed_port_is_unreachable() {
    let url = format!("http://127.0.0.1:{}", closed_port());
    let words = [&url, "cannot be reached", "refused", "check the network"];
    assert_refused(&url, ErrorKind::Unreachable, &words).await;
}

#[tokio::test]
async fn a_server_that_is_no_primary_is_told_apart() {
    let server = serve_not_libsql();
    let words = [&server.url(), "is no libSQL primary", "TURSO_DATABASE_URL"];
    assert_refused(&server.url(), ErrorKind::InvalidArgument, &words).await;
}

#[tokio::test]
async fn a_url_whose_path_leads_nowhere_is_told_apart() {
    let world = World::new();
    let url = format!("{}/some/where", world.primary.url());
    let words = [&url, "has no such database", "TURSO_DATABASE_URL"];
    assert_refused(&url, ErrorKind::InvalidArgument, &words).await;
}

#[tokio::test]
async fn a_slash_behind_the_url_does_no_harm() {
    let world = World::new();
    for mode in [None, Some(Mode::Remote)] {
        let options = TursoOptions {
            sync_url: Some(format!("{}/", world.network.url())),
            mode,
            ..world.replica("replica.db")
        };
        let backend = opened(options).await;
        backend.put_memory(memory("a")).await.unwrap();
        assert!(backend.memory(&id("a")).await.unwrap().is_some());
        backend.close().await.unwrap();
    }
}

#[tokio::test]
async fn https_to_a_server_without_encryption_is_unreachable() {
    let world = World::new();
    for scheme in ["https", "libsql"] {
        let url = format!("{scheme}://127.0.0.1:{}", world.primary.port());
        let words = [&url, "cannot be reached", "check the network and the URL"];
        assert_refused(&url, ErrorKind::Unreachable, &words).await;
    }
}

#[tokio::test]
async fn schemes_that_no_primary_has_are_refused() {
    for url in [
        "",
        "graph.example",
        "ftp://graph.example",
        "ws://graph.example",
        "wss://graph.example",
        "sqlite://graph.db",
        "HTTP//graph.example",
        "https:/graph.example",
    ] {
        let words = ["begins with libsql://, https:// or http://"];
        assert_refused(url, ErrorKind::InvalidArgument, &words).await;
    }
    for url in [
        "https://",
        "libsql:///path",
        "http:// /",
        "file:///graph.db",
    ] {
        assert_refused(url, ErrorKind::InvalidArgument, &["names no host"]).await;
    }
}

#[tokio::test]
async fn a_token_in_the_url_is_refused_and_not_repeated() {
    for url in [
        "https://user:secret@graph.example",
        "libsql://graph.example?authToken=secret",
        "libsql://graph.example#secret",
        "secret://graph.example",
    ] {
        let folder = TempDir::new().unwrap();
        let options = TursoOptions {
            sync_url: Some(url.to_owned()),
            ..TursoOptions::new(folder.path().join("replica.db"), Hands::new())
        };
        let shown = format!("{options:?}");
        let error = assert_fails(
            TursoBackend::create(options).await.map(drop),
            ErrorKind::InvalidArgument,
            &["the URL of the primary"],
        );
        assert!(!format!("{error} {error:?} {shown}").contains("secret"));
    }
}

#[tokio::test]
async fn a_token_does_not_travel_unencrypted_to_another_machine() {
    let folder = TempDir::new().unwrap();
    let options = TursoOptions {
        sync_url: Some("http://graph.example".to_owned()),
        auth_token: Some(Token::new("secret")),
        ..TursoOptions::new(folder.path().join("replica.db"), Hands::new())
    };
    assert_fails(
        TursoBackend::create(options).await.map(drop),
        ErrorKind::InvalidArgument,
        &["unencrypted", "use https:// or libsql://"],
    );
}

/// A replica that has synced opens whatever has become of the URL, and says what is wrong.
#[tokio::test]
async fn a_replica_that_has_synced_opens_where_the_url_leads_to_no_primary() {
    let world = World::new();
    let made = opened(world.replica("replica.db")).await;
    made.put_memory(memory("a")).await.unwrap();
    made.close().await.unwrap();
    let server = serve_not_libsql();
    for (url, kind) in [
        (server.url(), ErrorKind::InvalidArgument),
        (
            format!("http://127.0.0.1:{}", closed_port()),
            ErrorKind::Unreachable,
        ),
    ] {
        let options = TursoOptions {
            sync_url: Some(url),
            auto_sync: true,
            ..world.replica("replica.db")
        };
        let backend = TursoBackend::create(options).await.unwrap();
        assert!(backend.memory(&id("a")).await.unwrap().is_some());
        let status = backend.replica().unwrap().sync_status();
        assert_eq!(status.last_error.unwrap().kind, kind);
        assert_fails(backend.put_memory(memory("b")).await, kind, &[]);
        backend.close().await.unwrap();
    }
    let backend = opened(world.replica("replica.db")).await;
    backend.put_memory(memory("b")).await.unwrap();
}
