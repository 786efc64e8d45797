//! Bodies and messages that are too long, too deep, or no text at all, at every door.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::{Refused, Siege, wire};
use crate::harness::Socket;

const DOORS: [&str; 3] = ["/graphql", "/api/leads/createServerSideLead", "/api/v1/leads"];

/// Of a body that is too long.
const HUGE: usize = 20_000_000;

const PART: usize = 50_000;

const JSON: &str = "application/json";

pub async fn hostile_bodies_are_refused_for_little() {
    let mut siege = Siege::begin().await;
    for door in DOORS {
        too_long(&mut siege, door).await;
        unreadable(&mut siege, door).await;
        crowded(&mut siege, door).await;
        siege.serves().await;
    }
    variables(&mut siege).await;
    places(&mut siege).await;
    texts(&mut siege).await;
    heads(&mut siege).await;
    messages(&mut siege).await;
    siege.ends().await;
}

async fn too_long(siege: &mut Siege, door: &str) {
    let parts = || vec![vec![b' '; PART]; HUGE / PART];
    let refused = siege
        .suffers(&format!("20 MB to {door}"), async |siege| {
            siege.sent(door, JSON, parts()).await
        })
        .await;
    assert_eq!(refused.status, 413, "{door}: {refused:?}");
    let chunked = || {
        let chunk = [format!("{PART:x}\r\n").into_bytes(), vec![b' '; PART], b"\r\n".to_vec()].concat();
        vec![chunk; HUGE / PART]
    };
    let headers = [("content-type", JSON), ("transfer-encoding", "chunked")];
    let refused = siege
        .suffers(&format!("20 MB in chunks to {door}"), async |siege| {
            siege.sent_as(door, &headers, chunked()).await
        })
        .await;
    assert_eq!(refused.status, 413, "{door}: {refused:?}");
}

async fn unreadable(siege: &mut Siege, door: &str) {
    let bodies: [(&str, Vec<u8>); 8] = [
        ("bytes that are no text", b"{\"query\": \"{ \xff\xfe }\"}".to_vec()),
        ("half a surrogate", br#"{"query": "\ud800"}"#.to_vec()),
        ("200 KB of bytes that are no text", vec![0xff; 200_000]),
        ("40,000 lists", "[".repeat(40_000).into_bytes()),
        (
            "20,000 objects",
            format!("{{\"query\":{}", "{\"k\":".repeat(20_000)).into_bytes(),
        ),
        ("zeros", vec![0; 100_000]),
        (
            "a number of 100,000 digits",
            format!("{{\"query\":{}}}", "9".repeat(100_000)).into_bytes(),
        ),
        ("nothing", Vec::new()),
    ];
    for (name, body) in bodies {
        let refused = siege
            .suffers(&format!("{name} to {door}"), async |siege| {
                siege.sent(door, JSON, vec![body.clone()]).await
            })
            .await;
        assert_eq!(refused.status, 400, "{name} to {door}: {refused:?}");
    }
}

/// As many tiny parts as a body may have, and more.
async fn crowded(siege: &mut Siege, door: &str) {
    let list = |item: &str, count: usize| format!("[{}]", vec![item; count].join(","));
    let members = |name: &str| {
        let members: Vec<String> = (0..20_000).map(|at| format!("\"{name}{at}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    let twice = format!("{{{}}}", vec!["\"userData\":{}"; 12_000].join(","));
    // No project, nothing that the lead could be found by, no document: none of it may be stored.
    for (name, body, status) in [
        ("200,000 lists", "[".repeat(200_000), Some(413)),
        ("100,000 numbers", list("0", 100_000), Some(413)),
        ("80,000 objects", list("{}", 80_000), Some(413)),
        ("49,000 numbers", list("0", 49_000), None),
        ("20,000 members", members("k"), None),
        ("one member 12,000 times", twice, None),
        (
            "24,000 custom fields",
            format!(
                "{{\"associationType\":\"campaigns\",\"customFields\":{}}}",
                list("{}", 24_000)
            ),
            None,
        ),
        (
            "24,000 objects for a form",
            format!("{{\"userData\":{}}}", list("{}", 24_000)),
            None,
        ),
        (
            "20,000 members for a form",
            format!("{{\"formData\":{}}}", members("k")),
            None,
        ),
        (
            "U+0000 in 20,000 members",
            format!("{{\"userData\":{}}}", members("\\u0000")),
            None,
        ),
        (
            "40,000 halves of surrogates",
            format!("{{\"userData\":\"{}\"}}", "\\ud800".repeat(40_000)),
            None,
        ),
    ] {
        let refused = siege
            .suffers(&format!("{name} to {door}"), async |siege| {
                siege.sent(door, JSON, vec![body.clone().into_bytes()]).await
            })
            .await;
        let client_error = (400..500).contains(&refused.status);
        assert!(
            client_error && status.is_none_or(|status| refused.status == status),
            "{name} to {door}: {refused:?}"
        );
    }
}

/// One variable in many places, where it does not belong.
async fn places(siege: &mut Siege) {
    let field = "leads(first: $x, last: $x) { totalCount } ";
    let query = format!(
        "query($x: Int) {{ tags(first: 1) {{ nodes {{ {} }} }} }}",
        field.repeat(320)
    );
    let body = json!({"query": query, "variables": {"x": vec!["a"; 49_000]}}).to_string();
    let refused = siege
        .suffers("a list as the size of 320 pages", async |siege| {
            siege.sent("/graphql", JSON, vec![body.clone().into_bytes()]).await
        })
        .await;
    assert_eq!(refused.code(), Some("LIMIT_EXCEEDED"), "{refused:?}");
}

/// Variables as deep and as wide as they come.
async fn variables(siege: &mut Siege) {
    let widest = 1_000_000;
    const QUERY: &str = "query($v: LeadFilter) { leads(filter: $v) { totalCount } }";
    let lists = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{}1{}", "{\"and\":".repeat(depth), "}".repeat(depth));
    let wide = |item: &str, bytes: usize| vec![item; bytes / (item.len() + 1)].join(",");
    for (name, value, code) in [
        ("120 lists", lists(120), "GRAPHQL_VALIDATION_FAILED"),
        ("120 objects", objects(120), "GRAPHQL_VALIDATION_FAILED"),
        ("8,000 lists", lists(8_000), "BAD_REQUEST"),
        ("8,000 objects", objects(8_000), "BAD_REQUEST"),
        ("100,000 lists", lists(100_000), "LIMIT_EXCEEDED"),
        ("too wide a list", format!("[{}]", wide("0", widest)), "LIMIT_EXCEEDED"),
        (
            "too wide a list of lists",
            format!("{{\"email\":[{}]}}", wide("[]", widest)),
            "LIMIT_EXCEEDED",
        ),
        (
            "a wide list",
            format!("[{}]", wide("0", 98_000)),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "a wide list of lists",
            format!("{{\"and\":[{}]}}", wide("[]", 72_000)),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "a wide list of conditions, and one that is none",
            format!("{{\"and\":[{},0]}}", wide("{\"email\":{}}", 160_000)),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "a long text that is no filter",
            format!("\"{}\"", "x".repeat(widest)),
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ] {
        let body = format!("{{\"query\":\"{QUERY}\",\"variables\":{{\"v\":{value}}}}}");
        let refused = siege
            .suffers(&format!("{name} as a variable"), async |siege| {
                siege.sent("/graphql", JSON, vec![body.clone().into_bytes()]).await
            })
            .await;
        assert_eq!(refused.code(), Some(code), "{name}: {refused:?}");
        let mut url = url::form_urlencoded::Serializer::new(String::from("/graphql?"));
        let target = url
            .append_pair("query", QUERY)
            .append_pair("variables", &format!("{{\"v\":{value}}}"))
            .finish();
        let refused = siege
            .suffers(&format!("{name} as a variable in the URL"), async |siege| {
                let head = wire::head("GET", &target, &[("x-api-key", &siege.access.key)]);
                Refused::of(&wire::exchange(siege.server.port, vec![head]).await)
            })
            .await;
        assert!(refused.is_one(), "{name}: {refused:?}");
        let message = format!(
            "{{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{{\"query\":\"{QUERY}\",\"variables\":{{\"v\":{value}}}}}}}"
        );
        let heard = heard(siege, &format!("{name} as a variable of a message"), message.into()).await;
        assert!(
            matches!(heard, Heard::Errors | Heard::Closed(4400)),
            "{name}: {heard:?}"
        );
    }
}

/// One long text where a short one is asked for, in one place and in many.
async fn texts(siege: &mut Siege) {
    for places in [1, 40] {
        let asked: Vec<String> = (0..places)
            .map(|at| format!("a{at}: leads(filter: $v) {{ totalCount }}"))
            .collect();
        let query = format!("query($v: LeadFilter) {{ {} }}", asked.join(" "));
        let text = "\u{fdfa}".repeat(300_000);
        for filter in [
            json!({"search": text}),
            json!({"name": {"eq": text}}),
            json!({"email": {"contains": text}}),
        ] {
            let body = json!({"query": query, "variables": {"v": filter}}).to_string();
            let refused = siege
                .suffers(&format!("a long text in {places} places"), async |siege| {
                    siege.sent("/graphql", JSON, vec![body.clone().into_bytes()]).await
                })
                .await;
            assert_eq!(refused.code(), Some("LIMIT_EXCEEDED"), "{refused:?}");
        }
    }
}

/// Requests that are none, and bytes in URLs that are no text.
async fn heads(siege: &mut Siege) {
    let named = |count: usize| (0..count).map(|at| format!("x-{at}: y\r\n")).collect::<String>();
    let requests: [(&str, String, u16); 6] = [
        (
            "bytes that are no text",
            "GET /graphql?query=%ff%fe%7b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".into(),
            200,
        ),
        (
            "a long target",
            format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(100_000)),
            431,
        ),
        (
            "a long header",
            format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "a".repeat(1_000_000)),
            431,
        ),
        (
            "many headers",
            format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", named(10_000)),
            431,
        ),
        ("no HTTP", "\u{16}\u{3}\u{1}".repeat(1_000), 400),
        (
            "two lengths",
            "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}".into(),
            400,
        ),
    ];
    for (name, request, status) in requests {
        let bytes = request.into_bytes();
        let refused = siege
            .suffers(&format!("{name} in a head"), async |siege| {
                Refused::of(&wire::exchange(siege.server.port, vec![bytes.clone()]).await)
            })
            .await;
        assert_eq!(refused.status, status, "{name}: {refused:?}");
        assert!(refused.is_one(), "{name}: {refused:?}");
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Heard {
    /// An operation was refused.
    Errors,
    Closed(u16),
    /// No farewell.
    Dropped,
}

/// What a socket has to say to a message, or to bytes below it.
#[derive(Debug, Clone)]
enum Sent {
    Text(String),
    Bytes(Vec<Vec<u8>>),
}

impl From<String> for Sent {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

async fn heard(siege: &mut Siege, name: &str, sent: Sent) -> Heard {
    let bearer = json!({"authorization": format!("Bearer {}", siege.access.token)});
    let mut socket = Socket::enter(siege.server.port, bearer).await;
    siege
        .suffers(name, async |_| socket_says(&mut socket, sent).await)
        .await
}

async fn socket_says(socket: &mut Socket, sent: Sent) -> Heard {
    let parts = match sent {
        Sent::Text(text) => frames(&text, text.len()),
        Sent::Bytes(parts) => parts,
    };
    for part in parts {
        // It fails where the server has closed already.
        if socket.0.get_mut().write_all(&part).await.is_err() {
            break;
        }
    }
    loop {
        match timeout(Duration::from_secs(20), socket.0.next())
            .await
            .expect("in time")
        {
            Some(Ok(Message::Text(text))) => {
                let said: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert_eq!(said["type"], "error", "{text}");
                return Heard::Errors;
            }
            Some(Ok(Message::Close(close))) => return Heard::Closed(close.map_or(0, |close| close.code.into())),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Heard::Dropped,
        }
    }
}

/// A text in frames of so many bytes.
fn frames(text: &str, size: usize) -> Vec<Vec<u8>> {
    let chunks: Vec<&[u8]> = text.as_bytes().chunks(size.max(1)).collect();
    let last = chunks.len().saturating_sub(1);
    let frame = |(at, chunk): (usize, &&[u8])| {
        let (kind, end) = (u8::from(at == 0), if at == last { 0x80 } else { 0 });
        frame(kind | end, chunk)
    };
    chunks.iter().enumerate().map(frame).collect()
}

/// A frame, masked with zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first, 0x80 | 127];
    frame.extend((payload.len() as u64).to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

async fn messages(siege: &mut Siege) {
    let text = " ".repeat(HUGE);
    let endless = frame(1, b" ");
    for (name, sent, code) in [
        ("20 MB in a message", Sent::Text(text.clone()), 1009),
        (
            "20 MB in a message of many frames",
            Sent::Bytes(frames(&text, PART)),
            1009,
        ),
        (
            "20 MB in a message of tiny frames",
            Sent::Bytes([vec![endless.clone()], vec![frame(0, &[b' '; 16]).repeat(1_000); 1_200]].concat()),
            1009,
        ),
        (
            "bytes that are no text",
            Sent::Bytes(vec![frame(0x81, b"\xff\xfe")]),
            1007,
        ),
        ("an unknown kind of frame", Sent::Bytes(vec![frame(0x83, b"x")]), 1002),
        ("a long ping", Sent::Bytes(vec![frame(0x89, &[b'x'; 1_000])]), 1002),
        ("an unmasked frame", Sent::Bytes(vec![vec![0x81, 2, b'{', b'}']]), 1002),
        (
            "a begun message in a begun message",
            Sent::Bytes(vec![endless.clone(), endless]),
            1002,
        ),
        ("900,000 lists", Sent::Text("[".repeat(900_000)), 4400),
        (
            "30,000 objects",
            Sent::Text(format!("{{\"type\":{}", "{\"k\":".repeat(100_000))),
            4400,
        ),
        ("no JSON", Sent::Text("x".repeat(1_000_000)), 4400),
    ] {
        let heard = heard(siege, name, sent).await;
        assert_eq!(heard, Heard::Closed(code), "{name}");
    }
}
