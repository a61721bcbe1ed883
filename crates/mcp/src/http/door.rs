//! Who is let in: whoever asks for a host that is ours, comes from no page that is not, and has the
//! token. A page of the web that gave its name our address would fail at each of them.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

use axum::{
    Extension,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
            ACCESS_CONTROL_REQUEST_HEADERS, AUTHORIZATION, HOST, ORIGIN, VARY, WWW_AUTHENTICATE,
        },
        uri::Authority,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Http, connections::Reached, refusal};

/// Hosts, origins and the token that are let in.
#[derive(Debug)]
pub(super) struct Door {
    token: Option<[u8; 32]>,
    hosts: BTreeSet<String>,
    origins: BTreeSet<String>,
}

/// What a request is told that is not let in.
type Refused = (StatusCode, String);

impl Door {
    /// Fails for hosts and origins that nobody could ask for.
    pub(super) fn new(http: &Http) -> Result<Self, String> {
        let hosts = http.hosts.iter().map(|host| {
            plain_host(host).ok_or_else(|| {
                format!(
                    "{host:?} is no name of a host: leave out the scheme, the port and the path"
                )
            })
        });
        let origins = http.origins.iter().map(|origin| {
            plain_origin(origin).ok_or_else(|| {
                format!("{origin:?} is no origin of a page: it has the form https://example.org")
            })
        });
        Ok(Self {
            token: http.token.as_ref().map(|token| digest(token.expose())),
            hosts: hosts.collect::<Result<_, _>>()?,
            origins: origins.collect::<Result<_, _>>()?,
        })
    }

    /// Whether a client that reached an address asks for one of our hosts.
    fn knows_host(&self, uri: &Uri, headers: &HeaderMap, reached: IpAddr) -> Result<(), Refused> {
        let mut named = headers.get_all(HOST).iter();
        let (host, another) = (named.next(), named.next());
        let host = host.and_then(|host| host.to_str().ok());
        let host = host.and_then(|host| host.parse::<Authority>().ok());
        let (Some(host), None) = (host, another) else {
            let message = "a request has one Host header, with the name of the server";
            return Err((StatusCode::BAD_REQUEST, message.to_owned()));
        };
        for authority in [Some(&host), uri.authority()].into_iter().flatten() {
            let name = authority.host().to_ascii_lowercase();
            if !is_local(&name, reached) && !self.hosts.contains(&name) {
                let message = format!(
                    "the host {name} is not served: ask for the address itself, or let the server \
                     be started with --allow-host {name}"
                );
                return Err((StatusCode::FORBIDDEN, message));
            }
        }
        Ok(())
    }

    /// Returns the origin of the page that asks, if it is one that may read the answer.
    fn knows_origin(
        &self,
        headers: &HeaderMap,
        reached: IpAddr,
    ) -> Result<Option<HeaderValue>, Refused> {
        let Some(said) = headers.get(ORIGIN) else {
            return Ok(None);
        };
        let origin = said.to_str().ok().and_then(plain_origin);
        if origin
            .as_ref()
            .is_some_and(|origin| self.origins.contains(origin))
        {
            return Ok(Some(said.clone()));
        }
        let host = origin.as_deref().and_then(host_of);
        if host.is_some_and(|host| reached.is_loopback() && is_local(&host, reached)) {
            return Ok(None);
        }
        let message = match origin {
            Some(origin) => format!(
                "pages of {origin} are not served: let the server be started with --allow-origin \
                 {origin}"
            ),
            None => "pages without an origin of their own are not served".to_owned(),
        };
        Err((StatusCode::FORBIDDEN, message))
    }

    /// Whether the token is the right one. How long it takes says nothing about it.
    fn knows_token(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let Some(token) = &self.token else {
            return Ok(());
        };
        let said = headers
            .get(AUTHORIZATION)
            .and_then(|said| said.to_str().ok());
        let said = said.and_then(|said| said.split_once(' '));
        let said = said.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let message = match said {
            Some((_, said)) if digest(said.trim()).ct_eq(token).into() => return Ok(()),
            Some(_) => "the token is not the right one: send the one that the server has",
            None => "a token is needed: send the header Authorization: Bearer TOKEN",
        };
        Err((StatusCode::UNAUTHORIZED, message.to_owned()))
    }
}

/// Lets a request in, or answers it.
pub(super) async fn guard(
    State(door): State<Arc<Door>>,
    Extension(Reached(reached)): Extension<Reached>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let origin = door
        .knows_host(request.uri(), headers, reached)
        .and_then(|()| door.knows_origin(headers, reached));
    let origin = match origin {
        Ok(origin) => origin,
        Err(refused) => return refuse(&refused),
    };
    let mut response = if request.method() == Method::OPTIONS && origin.is_some() {
        // A browser asks what it may send, without the token.
        preflight(headers)
    } else {
        match door.knows_token(headers) {
            Ok(()) => next.run(request).await,
            Err(refused) => refuse(&refused),
        }
    };
    if let Some(origin) = origin {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let exposed = HeaderValue::from_static("mcp-session-id, www-authenticate");
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        headers.append(VARY, HeaderValue::from_name(ORIGIN));
    }
    response
}

fn refuse((status, message): &Refused) -> Response {
    let mut response = refusal(*status, message);
    if *status == StatusCode::UNAUTHORIZED {
        let bearer = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(WWW_AUTHENTICATE, bearer);
    }
    response
}

/// Lets a page send what it wants to send: which pages may is decided already.
fn preflight(headers: &HeaderMap) -> Response {
    let asked = headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let methods = HeaderValue::from_static("GET, POST, DELETE");
    let mut allowed: Vec<(HeaderName, _)> = vec![(ACCESS_CONTROL_ALLOW_METHODS, methods)];
    allowed.extend(asked.map(|asked| (ACCESS_CONTROL_ALLOW_HEADERS, asked)));
    let allowed: HeaderMap = allowed.into_iter().collect();
    (StatusCode::NO_CONTENT, allowed).into_response()
}

/// All digests have one length, whatever was sent.
fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Whether a name is that of an address, or of this machine where the address is of no other one.
fn is_local(name: &str, address: IpAddr) -> bool {
    let named = name
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    match named {
        Ok(named) => {
            named.to_canonical() == address || named.is_loopback() && address.is_loopback()
        }
        Err(_) => name == "localhost" && address.is_loopback(),
    }
}

/// Returns a name as clients send it, without a port.
fn plain_host(host: &str) -> Option<String> {
    let is_bare_v6 = host.parse::<std::net::Ipv6Addr>().is_ok();
    let host = if is_bare_v6 {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let authority: Authority = host.parse().ok()?;
    (authority.host() == host && !host.is_empty() && host != "*").then(|| host.to_ascii_lowercase())
}

/// Returns an origin as browsers send it.
fn plain_origin(origin: &str) -> Option<String> {
    let uri: Uri = origin.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    let is_plain = uri.path() == "/" && uri.query().is_none() && !authority.as_str().contains('@');
    let authority = authority.as_str().to_ascii_lowercase();
    let usual = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    let authority = authority.strip_suffix(usual).unwrap_or(&authority);
    is_plain.then(|| format!("{scheme}://{authority}"))
}

fn host_of(origin: &str) -> Option<String> {
    let uri: Uri = origin.parse().ok()?;
    uri.host().map(str::to_owned)
}
