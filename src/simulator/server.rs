//! HTTPS in front of the service, and HTTP in front of the endpoints of a managed identity, on one port.
//!
//! **Invariant:** nothing is decided here but how an answer travels: compressed, in chunks, cut off, or not at all.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use futures::stream::{self, Stream};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::answer::Answer;
use super::compress::compress;
use super::control::{self, State};
use super::faults::FaultKind;
use super::gate;
use super::managed_identity;
use super::request::Request;

// 15,000 rows are 14 MiB.
const LARGEST_BODY: usize = 256 << 20;
const CHUNK: usize = 64 << 10;

/// The state, shared by all connections.
#[derive(Debug, Clone)]
pub struct Shared(Arc<Mutex<State>>);

impl Shared {
    /// Shares a state.
    pub fn new(state: State) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    /// The state, for as long as the guard lives.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves until it is dropped, and with it every connection.
pub async fn serve(listener: TcpListener, tls: Arc<ServerConfig>, shared: Shared) {
    let acceptor = TlsAcceptor::from(tls);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(stream, acceptor.clone(), shared.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, shared: Shared) {
    // Small answers must not wait for the next packet.
    let _ = stream.set_nodelay(true);
    let mut first = [0];
    match stream.peek(&mut first).await {
        Ok(1) if first == [TLS_HANDSHAKE] => {
            if let Ok(stream) = acceptor.accept(stream).await {
                serve_stream(stream, shared, false).await;
            }
        }
        Ok(1) => serve_stream(stream, shared, true).await,
        _ => {}
    }
}

/// The first byte of a TLS connection (RFC 8446, 5.1).
const TLS_HANDSHAKE: u8 = 22;

async fn serve_stream<S>(stream: S, shared: Shared, is_plain: bool)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(move |request| answer(request, shared.clone(), is_plain));
    // An error is a client that went away, or a connection that a fault closed.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed on purpose")]
struct Closed;

async fn answer(request: hyper::Request<Incoming>, shared: Shared, is_plain: bool) -> Result<Response<Body>, Closed> {
    let (parts, body) = request.into_parts();
    let accepted = text(&parts.headers, &header::ACCEPT_ENCODING).unwrap_or_default();
    let body = to_bytes(Body::new(body), LARGEST_BODY).await.map_err(|_| Closed)?;
    let mut request = Request::new(
        parts.method,
        parts.uri.path(),
        parts.uri.query().unwrap_or_default(),
        String::from_utf8_lossy(&body).into_owned(),
    )
    .with_headers(parts.headers);
    request.is_plain = is_plain;

    let compression = shared.lock().service.options.compression;
    if request.is_plain && !managed_identity::is_at(&request.path) {
        // Only what Azure puts beside a machine is there without TLS.
        return Err(Closed);
    }
    if request.path.starts_with(control::PREFIX) {
        let answer = control::answer(&mut shared.lock(), &request);
        let encoded = compress(&answer.body, &accepted, compression);
        return Ok(respond(answer, encoded, whole));
    }
    let (number, plan, release, mut ticket) = {
        let mut state = shared.lock();
        let now = state.service.clock.elapsed();
        let number = state.log.begin(&request, now);
        // Under the same lock as the log, so that whoever sees the call there cannot let it go too early.
        let (plan, release) = (state.faults.plan(&request), state.faults.release());
        (number, plan, release, state.gate.arrive(&request))
    };
    if let Some(ticket) = &mut ticket {
        ticket.wait().await.map_err(|gate::Turned| Closed)?;
    }
    if plan.holds() {
        release.wait().await;
    }
    if let Some(latency) = plan.latency() {
        tokio::time::sleep(latency).await;
    }
    match plan.decisive {
        Some(FaultKind::Hang {}) => pending::<()>().await,
        Some(FaultKind::DropBefore {}) => return Err(Closed),
        _ => {}
    }
    let answer = shared.lock().service.answer(&request, &plan);
    let encoded = compress(&answer.body, &accepted, compression);
    let length = encoded.as_ref().map_or(answer.body.len(), |(_, body)| body.len());
    let cut = plan.decisive == Some(FaultKind::Truncate {});
    // Half of an answer without a body, such as that of a batch delete, would be the whole of it.
    let closes = plan.decisive == Some(FaultKind::DropAfter {}) || (cut && length == 0);
    {
        let mut state = shared.lock();
        let now = state.service.clock.elapsed();
        let (status, sent) = match (closes, cut) {
            (true, _) => (0, 0),
            (false, true) => (answer.status.as_u16(), half_of(length)),
            (false, false) => (answer.status.as_u16(), length),
        };
        state.log.end(number, status, answer.items, sent, now);
    }
    if let Some(ticket) = ticket {
        ticket.carried_out().await;
    }
    if closes {
        return Err(Closed);
    }
    let carry = if cut { half } else { whole };
    Ok(respond(answer, encoded, carry))
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

fn respond(answer: Answer, encoded: Option<(&'static str, Vec<u8>)>, carry: fn(Vec<u8>) -> Body) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status;
    response.headers_mut().extend(answer.headers);
    let body = match encoded {
        Some((form, body)) => {
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static(form));
            response
                .headers_mut()
                .insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
            body
        }
        None => answer.body,
    };
    if !body.is_empty() {
        *response.body_mut() = carry(body);
    }
    response
}

/// The body in chunks of a size that is not announced, as the real service streams it.
fn whole(body: Vec<u8>) -> Body {
    Body::from_stream(chunks(body.into()))
}

/// How much of a body is sent that is cut off.
fn half_of(length: usize) -> usize {
    length / 2
}

/// The first half of the body, and then the end of the connection.
fn half(mut body: Vec<u8>) -> Body {
    use futures::StreamExt;
    body.truncate(half_of(body.len()));
    // The error comes in its own turn, or else what was written before it would not leave the process.
    let cut = stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::other(Closed))
    });
    Body::from_stream(
        chunks(body.into())
            .map(|chunk| chunk.map_err(|never| match never {}))
            .chain(cut),
    )
}

fn chunks(body: Bytes) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::iter(
        (0..body.len())
            .step_by(CHUNK)
            .map(move |start| Ok(body.slice(start..body.len().min(start + CHUNK)))),
    )
}
