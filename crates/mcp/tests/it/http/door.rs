use memorygraph::Secret;
use memorygraph_mcp::Http;
use serde_json::json;

use super::client::{Answer, Request, Service, hello};

const TOKEN: &str = "a-token-that-nobody-guesses";

fn with_token() -> Http {
    Http {
        token: Some(Secret::from(TOKEN.to_owned())),
        ..Http::default()
    }
}

/// Says hello with a header.
async fn greeted(service: &Service, name: &str, value: &str) -> Answer {
    let request = Request::post(&hello("2025-06-18")).with(name, value);
    request.to(service).await
}

async fn refused(service: &Service, name: &str, value: &str) -> (u16, String) {
    let answer = greeted(service, name, value).await;
    let status = answer.status;
    let message = answer.json().await["error"].as_str().unwrap().to_owned();
    (status, message)
}

#[tokio::test]
async fn a_token_opens_the_door_and_nothing_else_does() {
    let service = Service::on("127.0.0.1:0", with_token()).await;
    for scheme in ["Bearer", "bearer"] {
        let said = format!("{scheme} {TOKEN}");
        assert_eq!(greeted(&service, "Authorization", &said).await.status, 200);
    }
    let longer = format!("{TOKEN}s");
    let other = TOKEN.replace('t', "T");
    for wrong in ["x", &longer, &TOKEN[1..], &TOKEN[..TOKEN.len() - 1], &other] {
        let said = format!("Bearer {wrong}");
        let answer = greeted(&service, "Authorization", &said).await;
        assert_eq!(
            (answer.status, &*answer.headers["www-authenticate"]),
            (401, "Bearer")
        );
        let error = answer.json().await["error"].to_string();
        assert!(error.contains("not the right one"), "{error}");
        assert!(!error.contains(TOKEN), "{error}");
    }
    for none in ["", "Bearer", "Basic YTpi", TOKEN] {
        let answer = greeted(&service, "Authorization", none).await;
        assert_eq!(
            (answer.status, &*answer.headers["www-authenticate"]),
            (401, "Bearer")
        );
        let error = answer.json().await["error"].to_string();
        assert!(error.contains("Authorization: Bearer"), "{none:?}: {error}");
    }
    for method in ["GET", "DELETE", "OPTIONS"] {
        let answer = Request::new(method, "/mcp").to(&service).await;
        assert_eq!(answer.status, 401, "{method}");
    }
}

#[tokio::test]
async fn an_address_that_others_reach_is_not_served_without_a_token() {
    let service = Service::on("0.0.0.0:0", Http::default()).await;
    let error = service.server.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("MEMORY_HTTP_TOKEN"), "{error}");
    for address in ["192.0.2.7", "::", "2001:db8::1", "::ffff:192.0.2.7"] {
        let address = address.parse().unwrap();
        assert!(Http::default().check(address).is_err(), "{address}");
        assert_eq!(with_token().check(address), Ok(()));
    }
    for address in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"] {
        let address = address.parse().unwrap();
        assert_eq!(Http::default().check(address), Ok(()), "{address}");
    }
}

#[tokio::test]
async fn a_host_that_is_not_ours_is_refused() {
    let service = Service::new().await;
    let port = service.address.port();
    for ours in ["localhost", "LocalHost:1", "127.0.0.1", "[::1]:80"] {
        let answer = greeted(&service, "Host", ours).await;
        assert_eq!(answer.status, 200, "{ours}");
    }
    let foreign = format!("evil.example:{port}");
    for foreign in [
        &*foreign,
        "localhost.evil.example",
        "192.0.2.7",
        "[2001:db8::1]",
    ] {
        let (status, message) = refused(&service, "Host", foreign).await;
        assert_eq!(status, 403, "{foreign}");
        assert!(message.contains("--allow-host"), "{message}");
    }
    let (status, _) = refused(&service, "Host", "").await;
    assert_eq!(status, 400);
    let (status, _) = refused(&service, "Host", "a b").await;
    assert_eq!(status, 400);
    let elsewhere = Request::new("GET", "http://evil.example/mcp")
        .to(&service)
        .await;
    assert_eq!(elsewhere.status, 403);
}

#[tokio::test]
async fn a_host_that_is_allowed_by_name_is_served_on_every_address() {
    let http = Http {
        hosts: vec!["Memory.example.org".to_owned(), "fd00::1".to_owned()],
        ..with_token()
    };
    let service = Service::on("0.0.0.0:0", http).await;
    for (host, status) in [
        ("memory.example.org", 200),
        ("memory.example.org:443", 200),
        ("[fd00::1]:443", 200),
        ("127.0.0.1", 200),
        ("localhost", 200),
        ("example.org", 403),
        ("0.0.0.0", 403),
    ] {
        let request = Request::post(&hello("2025-06-18"))
            .with("Authorization", &format!("Bearer {TOKEN}"))
            .with("Host", host);
        assert_eq!(request.to(&service).await.status, status, "{host}");
    }
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused() {
    let service = Service::new().await;
    for foreign in [
        "https://evil.example",
        "http://localhost.evil.example",
        "null",
        "x",
    ] {
        let (status, _) = refused(&service, "Origin", foreign).await;
        assert_eq!(status, 403, "{foreign}");
    }
    for local in [
        "http://localhost:3000",
        "http://127.0.0.1",
        "http://[::1]:9",
    ] {
        let answer = greeted(&service, "Origin", local).await;
        assert_eq!(answer.status, 200, "{local}");
        // It is heard, as programs with a window say it, but no page may read the answer.
        assert_eq!(answer.headers.get("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_ask_and_read() {
    let http = Http {
        origins: vec!["https://Page.example:443/".to_owned()],
        ..with_token()
    };
    let service = Service::on("127.0.0.1:0", http).await;
    let page = "https://page.example";
    let preflight = Request::new("OPTIONS", "/mcp")
        .with("Origin", page)
        .with("Access-Control-Request-Method", "POST")
        .with(
            "Access-Control-Request-Headers",
            "authorization,mcp-session-id",
        )
        .to(&service)
        .await;
    assert_eq!(preflight.status, 204);
    let allowed = |name: &str| preflight.headers[&format!("access-control-allow-{name}")].as_str();
    assert_eq!(allowed("origin"), page);
    assert_eq!(allowed("methods"), "GET, POST, DELETE");
    assert_eq!(allowed("headers"), "authorization,mcp-session-id");

    let request = Request::post(&hello("2025-06-18")).with("Origin", page);
    assert_eq!(request.clone().to(&service).await.status, 401);
    let answer = request
        .with("Authorization", &format!("Bearer {TOKEN}"))
        .to(&service)
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["access-control-allow-origin"], page);
    let exposed = &answer.headers["access-control-expose-headers"];
    assert!(exposed.contains("mcp-session-id"), "{exposed}");
    assert_eq!(
        refused(&service, "Origin", "https://page.example:8443")
            .await
            .0,
        403
    );
}

#[test]
fn what_is_no_host_and_no_origin_is_told() {
    let loopback = [127, 0, 0, 1].into();
    for host in ["", "http://a.example", "a.example:80", "a.example/mcp", "*"] {
        let http = Http {
            hosts: vec![host.to_owned()],
            ..Http::default()
        };
        let error = http.check(loopback).unwrap_err();
        assert!(error.contains("no name of a host"), "{error}");
    }
    for origin in [
        "",
        "*",
        "a.example",
        "https://a.example/page",
        "https://u@a.example",
    ] {
        let http = Http {
            origins: vec![origin.to_owned()],
            ..Http::default()
        };
        let error = http.check(loopback).unwrap_err();
        assert!(error.contains("https://example.org"), "{error}");
    }
}

#[tokio::test]
async fn a_watcher_hears_that_all_is_well_and_other_paths_are_not_there() {
    let service = Service::on("127.0.0.1:0", with_token()).await;
    let health = Request::new("GET", "/health").to(&service).await;
    assert_eq!(health.status, 200);
    assert_eq!(health.text().await, "ok");
    for path in [
        "/",
        "/mcp/",
        "/mcp/a",
        "/sse",
        "/.well-known/oauth-protected-resource",
    ] {
        let answer = Request::new("GET", path).to(&service).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(
            answer.json().await,
            json!({"error": "the server is at /mcp"})
        );
    }
}

#[test]
fn a_token_is_not_shown() {
    let shown = format!("{:?}", with_token());
    assert!(shown.contains("token") && !shown.contains(TOKEN), "{shown}");
}
