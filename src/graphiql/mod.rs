//! The pages a person opens in a browser: GraphiQL at `/graphiql` and a front page that names the
//! doors. The build script bundles GraphiQL with all that it loads, so that it works without the
//! internet; a server built without it answers with a page that says how to get it.

mod negotiate;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use negotiate::Coding;

/// One file of the bundle, embedded as it goes over the wire.
struct Asset {
    /// Below `/graphiql/`.
    path: &'static str,
    content_type: &'static str,
    /// Of the uncompressed content.
    hash: &'static str,
    /// The name contains a hash of the content.
    immutable: bool,
    brotli: &'static [u8],
    gzip: &'static [u8],
    /// Small files only: with the large ones the bundle would take three times the room.
    raw: Option<&'static [u8]>,
}

// ASSETS, sorted by path; empty when the page was not bundled.
include!(concat!(env!("OUT_DIR"), "/graphiql.rs"));

const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Monaco sets inline styles, brings its fonts in the style sheet and runs in workers. Goes with
/// every file, because a worker obeys the policy of its own script.
const GRAPHIQL_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; \
     font-src 'self' data:; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The static pages: their own style element and icon, nothing else.
const PLAIN_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// `/graphiql` and the files it loads. Open to anybody: the page holds no data, and whoever uses it
/// types a token into it.
pub fn router() -> Router {
    Router::new()
        .route("/graphiql", get(page))
        .route("/graphiql/", get(page))
        .route("/graphiql/{*path}", get(file))
}

/// `/`: what this server is and where its doors are. `graphiql` says whether [`router`] is served too.
pub fn home(graphiql: bool) -> Router {
    let explorer = if graphiql {
        include_str!("home_explorer.html")
    } else {
        ""
    };
    let page = include_str!("home.html").replace("<!-- explorer -->", explorer);
    Router::new().route("/", get(async move || plain(StatusCode::OK, page)))
}

async fn page(request: HeaderMap) -> Response {
    match find("index.html") {
        Some(index) => serve(index, &request),
        None => plain(StatusCode::NOT_FOUND, include_str!("missing.html")),
    }
}

async fn file(Path(path): Path<String>, request: HeaderMap) -> Response {
    match find(&path) {
        Some(asset) => serve(asset, &request),
        None => (StatusCode::NOT_FOUND, "no such file\n").into_response(),
    }
}

fn find(path: &str) -> Option<&'static Asset> {
    let index = ASSETS.binary_search_by(|asset| asset.path.cmp(path)).ok()?;
    ASSETS.get(index)
}

fn serve(asset: &'static Asset, request: &HeaderMap) -> Response {
    let Some((coding, bytes)) = asset.representation(request) else {
        return (
            StatusCode::NOT_ACCEPTABLE,
            "sent with content-encoding br or gzip only\n",
        )
            .into_response();
    };
    // A strong tag names one representation, so each coding has its own.
    let tag = format!("\"{}-{}\"", asset.hash, coding.name());

    let mut response = if negotiate::is_known(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(Body::from(bytes));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
        if coding != Coding::Identity {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        }
        response
    };
    let headers = response.headers_mut();
    guard(headers, GRAPHIQL_POLICY);
    headers.insert(CACHE_CONTROL, if asset.immutable { FOREVER } else { REVALIDATE });
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(
        ETAG,
        HeaderValue::try_from(tag).expect("hexadecimal digits and a coding's name"),
    );
    response
}

impl Asset {
    /// The best form that the client takes, if there is one.
    fn representation(&self, request: &HeaderMap) -> Option<(Coding, &'static [u8])> {
        negotiate::acceptable(request)
            .into_iter()
            .find_map(|coding| Some((coding, self.bytes(coding)?)))
    }

    fn bytes(&self, coding: Coding) -> Option<&'static [u8]> {
        match coding {
            Coding::Brotli => Some(self.brotli),
            Coding::Gzip => Some(self.gzip),
            Coding::Identity => self.raw,
        }
    }
}

fn plain(status: StatusCode, page: impl Into<Body>) -> Response {
    let mut response = Response::new(page.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    guard(headers, PLAIN_POLICY);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, REVALIDATE);
    response
}

fn guard(headers: &mut HeaderMap, policy: HeaderValue) {
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}
