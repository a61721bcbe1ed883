//! Remembers with `POST /memories {"type", "title", "content"}`, recalls with `GET /recall?q=`.
use axum::extract::{Json, Query, State};
use axum::{Router, http::StatusCode, routing};
use memorygraph::domain::{Hit, Memory, MemoryFilter, MemoryType, PageRequest};
use memorygraph::{Config, Draft, MemoryGraph, ports::ErrorKind};
use std::{collections::HashMap, error::Error};

type Answer<T> = Result<Json<T>, (StatusCode, String)>;
type Asked = Query<HashMap<String, String>>;

#[derive(serde::Deserialize)]
struct New {
    r#type: MemoryType,
    title: String,
    content: String,
}

async fn remember(State(graph): State<MemoryGraph>, Json(new): Json<New>) -> Answer<Memory> {
    let draft = Draft::new(new.r#type, new.title, new.content);
    graph.remember(draft).await.map(Json).map_err(refused)
}

async fn recall(State(graph): State<MemoryGraph>, asked: Asked) -> Answer<Vec<Hit>> {
    let text = asked.get("q").map_or("", String::as_str);
    let page = PageRequest::first(10).map_err(refused)?;
    let found = graph.recall(text, MemoryFilter::default(), &page).await;
    found.map(|page| Json(page.items)).map_err(refused)
}

fn refused(error: impl Into<memorygraph::Error>) -> (StatusCode, String) {
    let error = error.into();
    let status = match error.kind() {
        ErrorKind::InvalidArgument => StatusCode::BAD_REQUEST,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, error.to_string())
}

pub(crate) async fn serve<T>(
    graph: MemoryGraph,
    listener: tokio::net::TcpListener,
    stop: impl Future<Output = T> + Send + 'static,
) -> Result<(), Box<dyn Error>> {
    let memories = Router::new().route("/memories", routing::post(remember));
    let routes = memories.route("/recall", routing::get(recall));
    let server = axum::serve(listener, routes.with_state(graph.clone()));
    let stop = async { drop(stop.await) };
    let served = server.with_graceful_shutdown(stop).await;
    Ok(graph.close().await.map(|()| served)??)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let graph = MemoryGraph::open(&Config::from_env()?).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    serve(graph, listener, tokio::signal::ctrl_c()).await
}
