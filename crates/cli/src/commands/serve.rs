#[cfg(unix)]
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    pin::{Pin, pin},
};

use memorygraph::{Config, MemoryGraph, Origin, Setting};
use memorygraph_mcp::{Http, Options};
use tokio::net::TcpListener;

use super::stop;
use crate::{
    arguments::Serve,
    failure::{Failure, tell},
};

/// Serves an agent over stdin and stdout, until stdin ends or the process is asked to end; or many
/// over HTTP, until it is asked.
pub(super) async fn serve(
    graph: &MemoryGraph,
    config: &Config,
    asked: &Serve,
) -> Result<(), Failure> {
    let options = Options {
        profile: asked.profile.unwrap_or(config.tool_profile.value),
    };
    let stop = async {
        if let Err(error) = stop::asked_to_end().await {
            tell(format_args!(
                "warning: signals do not end the server: {error}"
            ));
            std::future::pending::<()>().await;
        }
    };
    if let Some(address) = asked.http {
        let http = http(config, asked, address)?;
        #[cfg(unix)]
        if let Some(file) = &config.http_token_file {
            warn_of_readers(&file.value);
        }
        return serve_http(graph, options, address, http, stop).await;
    }
    let (input, output) = (tokio::io::stdin(), tokio::io::stdout());
    let served = memorygraph_mcp::serve(graph.clone(), options, input, output, stop).await;
    served.map_err(|error| Failure::failed(format!("serve the agent: {error}")))
}

/// Returns the configuration that options change, before anything is opened.
///
/// # Errors
///
/// Fails when the graph cannot be served as asked.
pub(super) fn config(config: &Config, asked: &Serve) -> Result<Config, Failure> {
    let mut config = config.clone();
    if let Some(file) = &asked.token_file {
        config.http_token = None;
        config.http_token_file = Some(Setting {
            value: file.clone(),
            origin: Origin::Flag("--token-file"),
        });
    }
    if let Some(address) = asked.http {
        let token = http(&config, asked, address)?.token;
        // What a pipe gives is there once.
        if let (Some(value), Some(file)) = (token, &config.http_token_file) {
            let origin = file.origin.clone();
            config.http_token = Some(Setting { value, origin });
        }
    }
    Ok(config)
}

/// Returns who is let in.
fn http(config: &Config, asked: &Serve, address: SocketAddr) -> Result<Http, Failure> {
    let http = Http {
        token: config.http_token()?,
        hosts: asked.allow_host.clone(),
        origins: asked.allow_origin.clone(),
    };
    http.check(address.ip()).map_err(Failure::usage)?;
    Ok(http)
}

async fn serve_http(
    graph: &MemoryGraph,
    options: Options,
    address: SocketAddr,
    http: Http,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), Failure> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|error| cannot_listen(address, &error))?;
    let address = listener.local_addr()?;
    let mut stop = pin!(stop);
    // Whoever reads the address may ask the server to end at once: by then it listens to that.
    if is_over(stop.as_mut()).await {
        return Ok(());
    }
    let whom = match http.token {
        Some(_) => "",
        None => " to all users of this machine, since there is no token",
    };
    tell(format_args!("serving on http://{address}/mcp{whom}"));
    let served = memorygraph_mcp::serve_http(graph.clone(), options, listener, http, stop).await;
    served.map_err(|error| Failure::failed(format!("serve agents: {error}")))
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Failure {
    let failure = Failure::failed(format!("listen on {address}: {error}"));
    match error.kind() {
        ErrorKind::AddrInUse => failure
            .hint("another program listens there: take another port, or 0 for any that is free"),
        ErrorKind::AddrNotAvailable => failure.hint(
            "this machine has no such address: take one that it has, or 0.0.0.0 for all of them",
        ),
        ErrorKind::PermissionDenied => {
            failure.hint("only the system's own programs may have that port: take one from 1024 on")
        }
        _ => failure,
    }
}

/// Begins a work that nobody waits for yet.
async fn is_over(work: Pin<&mut (impl Future<Output = ()> + Send)>) -> bool {
    tokio::select! {
        biased;
        () = work => true,
        () = std::future::ready(()) => false,
    }
}

/// Warns of a token that is no secret.
#[cfg(unix)]
fn warn_of_readers(file: &Path) {
    let readers = fs::metadata(file).map(|file| file.permissions().mode() & 0o044);
    if readers.is_ok_and(|readers| readers != 0) {
        let file = file.display();
        tell(format_args!(
            "warning: other users of this machine may read the token: chmod 600 {file}"
        ));
    }
}
