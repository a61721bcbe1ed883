//! What a primary with tokens says to each, and that no token shows anywhere.

use std::{error::Error as _, fmt::Debug};

use engines::{Sqld, SqldOptions, Tokens};
use memorygraph_adapter_turso::{Mode, Token, TursoBackend, TursoOptions};
use ports::{BackendError, ErrorKind, GraphBackend, GraphBackendExt, Replica, SyncState};
use tempfile::TempDir;

use crate::{
    graph::{assert_fails, found, id, memory, run},
    log::heard,
    world::{Hands, opened},
};

/// A primary that asks for tokens, and a folder for devices.
struct Guarded {
    primary: Sqld,
    tokens: Tokens,
    /// What the primary keeps; it stays when another key is taken.
    data: TempDir,
    devices: TempDir,
}

impl Guarded {
    fn new() -> Self {
        let tokens = Tokens::new();
        let data = TempDir::new().unwrap();
        Self {
            primary: start(&tokens, &data, None),
            tokens,
            data,
            devices: TempDir::new().unwrap(),
        }
    }

    /// Makes the primary take the tokens of a key, and no others.
    fn take(&mut self, tokens: &Tokens) {
        self.primary.stop();
        self.primary = start(tokens, &self.data, Some(self.primary.port()));
    }

    fn options(&self, name: &str, token: Option<&str>) -> TursoOptions {
        TursoOptions {
            sync_url: Some(self.primary.url()),
            auth_token: token.map(Token::new),
            auto_sync: false,
            ..TursoOptions::new(self.devices.path().join(name), Hands::new())
        }
    }

    /// A replica, and a graph that is at the primary alone.
    fn modes(&self, token: Option<&str>) -> [TursoOptions; 2] {
        let replica = self.options("replica.db", token);
        let remote = TursoOptions {
            mode: Some(Mode::Remote),
            ..replica.clone()
        };
        [replica, remote]
    }

    /// Every token that there can be, with what is wrong about it.
    fn wrong(&self) -> Vec<(&'static str, Option<String>)> {
        vec![
            ("missing", None),
            ("empty", Some(String::new())),
            ("nonsense", Some("nonsense-that-is-no-token".to_owned())),
            ("another key's", Some(self.tokens.of_another_key())),
            ("expired", Some(self.tokens.expired())),
        ]
    }
}

fn start(tokens: &Tokens, data: &TempDir, port: Option<u16>) -> Sqld {
    Sqld::start_with(&SqldOptions {
        folder: Some(data.path().to_owned()),
        port,
        jwt_key: Some(tokens.key_file_content()),
    })
}

#[tokio::test]
async fn a_primary_is_opened_with_none_but_a_valid_token() {
    let guarded = Guarded::new();
    for (what, token) in guarded.wrong() {
        for options in guarded.modes(token.as_deref()) {
            let error = assert_fails(
                TursoBackend::create(options).await.map(drop),
                ErrorKind::Unauthorized,
                &[
                    "open the graph",
                    &guarded.primary.url(),
                    "does not take the token, or asks for one",
                    "make a new one and set TURSO_AUTH_TOKEN",
                ],
            );
            let left = std::fs::read_dir(guarded.devices.path()).unwrap().count();
            assert_eq!(left, 0, "{what}: files are left: {error}");
        }
    }
    let token = guarded.tokens.read_write();
    for options in guarded.modes(Some(&token)) {
        let backend = opened(options).await;
        backend.put_memory(memory("a")).await.unwrap();
    }
}

/// White space around it comes of files and of copying.
#[tokio::test]
async fn a_token_is_taken_without_the_white_space_around_it() {
    let guarded = Guarded::new();
    let token = format!(" {}\n", guarded.tokens.read_write());
    let backend = opened(guarded.options("replica.db", Some(&token))).await;
    backend.put_memory(memory("a")).await.unwrap();
}

#[tokio::test]
async fn a_token_for_reading_reads_and_syncs_and_does_not_write() {
    let guarded = Guarded::new();
    let writer = guarded.options("writer.db", Some(&guarded.tokens.read_write()));
    let writer = opened(writer).await;
    writer.put_memory(memory("a")).await.unwrap();
    for options in guarded.modes(Some(&guarded.tokens.read_only())) {
        let backend = opened(options).await;
        assert_eq!(found(&backend, "lorem").await, ["a"]);
        backend.sync().await.unwrap();
        let words = [
            &guarded.primary.url(),
            "takes the token for reading alone",
            "bring one that may write",
            "nothing was changed",
        ];
        assert_fails(
            backend.put_memory(memory("b")).await,
            ErrorKind::Unauthorized,
            &words,
        );
        assert_fails(
            run(&backend, "DELETE FROM nodes").await,
            ErrorKind::Unauthorized,
            &words,
        );
        assert_eq!(found(&backend, "lorem").await, ["a"]);
        assert_eq!(backend.health().await.unwrap().warnings, [""; 0]);
    }
    writer.put_memory(memory("c")).await.unwrap();
}

#[tokio::test]
async fn a_token_for_reading_makes_no_graph() {
    let guarded = Guarded::new();
    for options in guarded.modes(Some(&guarded.tokens.read_only())) {
        let backend = TursoBackend::create(options).await.unwrap();
        assert_fails(
            backend.initialize_schema().await,
            ErrorKind::Unauthorized,
            &["takes the token for reading alone"],
        );
    }
}

#[tokio::test]
async fn a_token_that_stops_being_valid_is_told_and_reads_go_on() {
    let mut guarded = Guarded::new();
    let token = guarded.tokens.read_write();
    let [replica, remote] = guarded.modes(Some(&token));
    let (replica, remote) = (opened(replica).await, opened(remote).await);
    replica.put_memory(memory("a")).await.unwrap();

    guarded.take(&Tokens::new());
    let words = [
        "does not take the token",
        "make a new one",
        "TURSO_AUTH_TOKEN",
    ];
    assert_fails(
        Replica::sync(&replica).await,
        ErrorKind::Unauthorized,
        &words,
    );
    let status = replica.sync_status();
    assert_eq!(status.state, SyncState::Retrying);
    assert_eq!(status.last_error.unwrap().kind, ErrorKind::Unauthorized);
    for backend in [&replica, &remote] {
        assert_fails(
            backend.put_memory(memory("b")).await,
            ErrorKind::Unauthorized,
            &["does not take the token", "nothing was changed"],
        );
        let health = backend.health().await.unwrap();
        let warnings = health.warnings.join("\n");
        assert!(warnings.contains("does not take the token"), "{health:?}");
    }
    assert_eq!(found(&replica, "lorem").await, ["a"]);
    assert_fails(
        remote.memory(&id("a")).await,
        ErrorKind::Unauthorized,
        &words,
    );
    // What a replica has is read with a wrong token too, as offline.
    replica.close().await.unwrap();
    let [options, _] = guarded.modes(Some(&token));
    let replica = TursoBackend::create(options).await.unwrap();
    assert_eq!(found(&replica, "lorem").await, ["a"]);

    let tokens = std::mem::replace(&mut guarded.tokens, Tokens::new());
    guarded.take(&tokens);
    for backend in [&replica, &remote] {
        backend.put_memory(memory("b")).await.unwrap();
        assert_eq!(backend.health().await.unwrap().warnings, [""; 0]);
    }
    assert_eq!(replica.sync_status().last_error, None);
}

/// What was said and shown while a token did its work.
#[derive(Default)]
struct Shown(Vec<String>);

impl Shown {
    fn add(&mut self, shown: &impl Debug) {
        self.0.push(format!("{shown:?} {shown:#?}"));
    }

    fn add_error<T>(&mut self, answer: Result<T, BackendError>) {
        let Err(error) = answer else { return };
        self.add(&error);
        self.0.push(error.to_string());
        let mut below = error.source();
        while let Some(source) = below {
            self.0.push(format!("{source} {source:?}"));
            below = source.source();
        }
    }
}

#[tokio::test]
async fn a_token_shows_in_no_error_no_health_no_status_and_no_log_line() {
    let mut guarded = Guarded::new();
    let log = heard();
    let mut tokens: Vec<String> = guarded.wrong().into_iter().filter_map(|(_, t)| t).collect();
    tokens.retain(|token| !token.is_empty());
    tokens.extend([guarded.tokens.read_write(), guarded.tokens.read_only()]);
    let mut shown = Shown::default();
    let maker = guarded.options("maker.db", Some(&guarded.tokens.read_write()));
    opened(maker).await.close().await.unwrap();
    for token in &tokens {
        for options in guarded.modes(Some(token)) {
            shown.add(&options);
            let backend = TursoBackend::new(options);
            shown.add(&backend);
            shown.add_error(backend.connect().await);
            shown.add_error(backend.initialize_schema().await);
            shown.add_error(backend.put_memory(memory("a")).await);
            shown.add_error(run(&backend, "SELECT nonsense").await);
            shown.add_error(backend.health().await);
            if let Ok(health) = backend.health().await {
                shown.0.push(serde_json::to_string(&health).unwrap());
            }
            shown.add(&backend.sync_status());
            shown.0.push(backend.sync_status().to_prometheus());
            shown.add(&backend);
            shown.add_error(backend.close().await);
        }
    }
    let last = guarded.tokens.read_write();
    let backend = opened(guarded.options("last.db", Some(&last))).await;
    guarded.take(&Tokens::new());
    shown.add_error(backend.sync().await);
    shown.add_error(backend.put_memory(memory("b")).await);
    shown
        .0
        .push(serde_json::to_string(&backend.health().await.unwrap()).unwrap());
    shown
        .0
        .push(serde_json::to_string(&backend.sync_status()).unwrap());
    tokens.push(last);

    assert!(shown.0.len() > 50, "{} were shown", shown.0.len());
    assert!(!log.lines_with("WARN").is_empty(), "something was logged");
    for token in &tokens {
        let signature = token.rsplit('.').next().unwrap();
        for text in &shown.0 {
            assert!(!text.contains(signature), "{text}");
        }
        assert_eq!(log.lines_with(signature), [""; 0]);
    }
}
