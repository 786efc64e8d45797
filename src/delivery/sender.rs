//! Sends one request over a connection of its own, to an address that was checked: the very address is connected to, so
//! that no name can lead elsewhere in between. No proxy, no redirects, little of the answer read, little time.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::{HOST, HeaderMap, HeaderValue};
use http::{HeaderName, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use url::{Host, Url};

use super::address::{Allowed, Refused};
use crate::domain::webhook_endpoints::PlainHttp;

/// How much of an answer is read at most.
const MOST_READ: usize = 64 * 1024;

/// How long the body of an answer may pause: its head has said all that matters.
const SILENCE: Duration = Duration::from_secs(1);

/// Addresses of a name that are tried.
const MOST_TRIED: usize = 4;

/// Looks up the addresses of a name.
pub trait Names: Send + Sync + 'static {
    fn look_up<'a>(&'a self, name: &'a str) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;
}

/// As the machine knows names.
#[derive(Debug)]
pub struct SystemNames;

impl Names for SystemNames {
    fn look_up<'a>(&'a self, name: &'a str) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Sends requests. Cheap to clone.
#[derive(Clone)]
pub struct Sender {
    names: Arc<dyn Names>,
    allowed: Allowed,
    plain_http: PlainHttp,
    timeout: Duration,
    tls: TlsConnector,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Sender")
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}

/// What a receiver said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// How the body begins.
    pub body: Vec<u8>,
}

/// Why nothing was heard. Read by whoever looks into the delivery.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error("the URL cannot be used")]
    Url,
    #[error("the URL does not begin with https")]
    Plain,
    #[error("the name {0} is not known: {1}")]
    Name(String, io::Error),
    #[error("the name {0} has no address")]
    NoAddress(String),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("no connection to {0}: {1}")]
    Connect(IpAddr, io::Error),
    #[error("no secure connection: {0}")]
    Tls(io::Error),
    #[error("the connection broke: {0}")]
    Http(#[from] hyper::Error),
    #[error("no answer within {0} s")]
    Slow(u64),
}

impl Sender {
    /// # Panics
    /// Never: the cryptography is compiled in.
    pub fn new(names: Arc<dyn Names>, allowed: Allowed, plain_http: PlainHttp, timeout: Duration) -> Self {
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let tls = ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider knows the usual versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            names,
            allowed,
            plain_http,
            timeout,
            tls: TlsConnector::from(Arc::new(tls)),
        }
    }

    /// # Errors
    /// Whatever kept an answer from being heard in time.
    pub async fn post(&self, url: &str, headers: HeaderMap, body: String) -> Result<Answer, SendError> {
        let until = Instant::now() + self.timeout;
        let slow = |_elapsed| SendError::Slow(self.timeout.as_secs());
        let url = Url::parse(url).map_err(|_| SendError::Url)?;
        // It was checked when it was written; perhaps it was allowed then.
        if url.scheme() == "http" && self.plain_http == PlainHttp::Refused {
            return Err(SendError::Plain);
        }
        let request = request(&url, headers, body)?;
        let wire = timeout_at(until, self.connection(&url)).await.map_err(slow)??;
        let handshake = hyper::client::conn::http1::Builder::new()
            .max_buf_size(MOST_READ)
            .handshake(TokioIo::new(wire));
        let (mut requests, connection) = handshake.await?;
        let answer = async {
            let head = timeout_at(until, requests.send_request(request)).await;
            Ok(read(head.map_err(slow)??, until).await)
        };
        // The connection ends with this future: both are polled here, and nothing is left behind.
        tokio::pin!(answer, connection);
        let mut is_open = true;
        loop {
            tokio::select! {
                answer = &mut answer => return answer,
                // An error of the connection reaches the answer, too.
                _ = &mut connection, if is_open => is_open = false,
            }
        }
    }

    async fn connection(&self, url: &Url) -> Result<Box<dyn Wire>, SendError> {
        let host = url.host().ok_or(SendError::Url)?;
        let port = url.port_or_known_default().ok_or(SendError::Url)?;
        let addresses = self.addresses(&host).await?;
        let stream = connect(&addresses, port).await?;
        match url.scheme() {
            "https" => {
                let name = server_name(&host)?;
                let stream = self.tls.connect(name, stream).await.map_err(SendError::Tls)?;
                Ok(Box::new(stream))
            }
            "http" => Ok(Box::new(stream)),
            _ => Err(SendError::Url),
        }
    }

    /// Where the host is, every address of it good. Hosts that are numbers, in whatever form, are addresses by now.
    async fn addresses(&self, host: &Host<&str>) -> Result<Vec<IpAddr>, SendError> {
        let addresses = match host {
            Host::Ipv4(address) => vec![IpAddr::V4(*address)],
            Host::Ipv6(address) => vec![IpAddr::V6(*address)],
            Host::Domain(name) => {
                let found = self.names.look_up(name).await;
                found.map_err(|error| SendError::Name((*name).to_owned(), error))?
            }
        };
        // One bad address spoils the name: whoever gave it to us wants it to be reached.
        for address in &addresses {
            self.allowed.check(*address)?;
        }
        match addresses.is_empty() {
            true => Err(SendError::NoAddress(host.to_string())),
            false => Ok(addresses),
        }
    }
}

/// The first of these addresses that takes a connection. Each gets its share of the time.
async fn connect(addresses: &[IpAddr], port: u16) -> Result<TcpStream, SendError> {
    let mut last = None;
    for address in addresses.iter().take(MOST_TRIED) {
        let connecting = TcpStream::connect(SocketAddr::new(*address, port));
        match timeout(CONNECT, connecting).await {
            Ok(Ok(stream)) => {
                // Small requests: nothing is gained by waiting for more.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => last = Some(SendError::Connect(*address, error)),
            Err(_elapsed) => last = Some(SendError::Connect(*address, io::ErrorKind::TimedOut.into())),
        }
    }
    Err(last.unwrap_or(SendError::Url))
}

/// How long one address may take to answer at all.
const CONNECT: Duration = Duration::from_secs(5);

fn server_name(host: &Host<&str>) -> Result<ServerName<'static>, SendError> {
    match host {
        Host::Domain(name) => ServerName::try_from((*name).to_owned()).map_err(|_| SendError::Url),
        Host::Ipv4(address) => Ok(ServerName::IpAddress(IpAddr::V4(*address).into())),
        Host::Ipv6(address) => Ok(ServerName::IpAddress(IpAddr::V6(*address).into())),
    }
}

fn request(url: &Url, headers: HeaderMap, body: String) -> Result<Request<Full<Bytes>>, SendError> {
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = target.parse().map_err(|_| SendError::Url)?;
    *request.headers_mut() = headers;
    let host = HeaderValue::try_from(host).map_err(|_| SendError::Url)?;
    request.headers_mut().insert(HOST, host);
    request
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    Ok(request)
}

const CONNECTION: HeaderName = http::header::CONNECTION;

/// What requests go over, encrypted or not.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// The answer with the beginning of its body. One that breaks off, takes too long, or is not HTTP any more, is an answer
/// all the same: its head says what became of the delivery.
async fn read(answer: Response<Incoming>, until: Instant) -> Answer {
    let (head, mut rest) = answer.into_parts();
    let mut body = Vec::new();
    while body.len() < MOST_READ
        && let Ok(Some(Ok(frame))) = timeout_at(until.min(Instant::now() + SILENCE), rest.frame()).await
    {
        if let Ok(data) = frame.into_data() {
            let room = MOST_READ - body.len();
            body.extend_from_slice(&data[..data.len().min(room)]);
        }
    }
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body,
    }
}

#[cfg(test)]
mod tests;
