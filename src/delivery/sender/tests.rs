//! Names that lie, and where requests go.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use super::*;

/// Answers each look-up with the next list; the last one for ever.
struct Changing {
    answers: Vec<Vec<&'static str>>,
    asked: AtomicUsize,
}

impl Names for Changing {
    fn look_up<'a>(&'a self, _: &'a str) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        let nth = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        let answer = self.answers[nth]
            .iter()
            .map(|address| address.parse().unwrap())
            .collect();
        Box::pin(async move { Ok(answer) })
    }
}

fn names(answers: &[&[&'static str]]) -> Arc<Changing> {
    Arc::new(Changing {
        answers: answers.iter().map(|answer| answer.to_vec()).collect(),
        asked: AtomicUsize::new(0),
    })
}

fn sender(names: Arc<dyn Names>, allowed: &[&str]) -> Sender {
    let allowed = allowed.iter().map(|network| network.parse().unwrap()).collect();
    Sender::new(names, Allowed(allowed), PlainHttp::Allowed, Duration::from_secs(2))
}

async fn post(sender: &Sender, url: &str) -> Result<Answer, SendError> {
    sender.post(url, HeaderMap::new(), "{}".into()).await
}

/// Takes connections on an address of this machine and says which request came.
async fn listen(address: [u8; 4], port: u16) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::from(address), port)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            let head = String::from_utf8_lossy(&request[..read]).into_owned();
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{head}", head.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (port, connections)
}

#[tokio::test]
async fn hosts_that_are_numbers_are_addresses_in_every_form() {
    let sender = sender(names(&[&["8.8.8.8"]]), &[]);
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.1",
        "127.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "①②⑦.⓪.⓪.①",
        "127.0.0.1.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[::]",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "[fd00:ec2::254]",
        "10.0.0.1",
        "192.168.0.1",
        "100.64.0.1",
    ] {
        let refused = post(&sender, &format!("http://{host}/")).await;
        assert!(matches!(refused, Err(SendError::Refused(_))), "{host}: {refused:?}");
    }
}

#[tokio::test]
async fn names_that_lead_inside_are_refused_whatever_else_they_lead_to() {
    for addresses in [
        &["127.0.0.1"][..],
        &["10.0.0.1"],
        &["::1"],
        &["::ffff:10.0.0.1"],
        &["8.8.8.8", "192.168.0.1"],
        &["2606:4700::1", "fe80::1"],
    ] {
        let sender = sender(names(&[addresses]), &[]);
        let refused = post(&sender, "https://inside.example/").await;
        assert!(
            matches!(refused, Err(SendError::Refused(_))),
            "{addresses:?}: {refused:?}"
        );
    }
    let none = sender(names(&[&[]]), &[]);
    assert!(matches!(
        post(&none, "https://nowhere.example/").await,
        Err(SendError::NoAddress(_))
    ));
}

#[tokio::test]
async fn a_name_that_changes_between_check_and_connection_is_asked_once() {
    let (port, good) = listen([127, 0, 0, 1], 0).await;
    let (_, bad) = listen([127, 0, 0, 2], port).await;
    let changing = names(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let sender = sender(Arc::clone(&changing) as Arc<dyn Names>, &["127.0.0.1/32"]);
    let url = format!("http://rebound.example:{port}/");
    assert_eq!(post(&sender, &url).await.unwrap().status, 200);
    assert_eq!(
        changing.asked.load(Ordering::SeqCst),
        1,
        "one look-up for check and connection"
    );
    let refused = post(&sender, &url).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "The receiver has a loopback address: webhooks are not sent there"
    );
    assert_eq!((good.load(Ordering::SeqCst), bad.load(Ordering::SeqCst)), (1, 0));
}

#[tokio::test]
async fn a_request_names_the_host_and_all_of_the_path() {
    let (port, _) = listen([127, 0, 0, 1], 0).await;
    let sender = sender(names(&[&["127.0.0.1"]]), &["127.0.0.0/8"]);
    let answer = post(&sender, &format!("http://hooks.example:{port}/a/b?c=d"))
        .await
        .unwrap();
    let head = String::from_utf8(answer.body).unwrap();
    assert!(head.starts_with("POST /a/b?c=d HTTP/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("host: hooks.example:{port}\r\n")), "{head}");
    assert!(head.contains("connection: close"), "{head}");
}

#[tokio::test]
async fn silence_and_plain_text_where_tls_is_expected_are_errors() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let sender = sender(names(&[&["127.0.0.1"]]), &["127.0.0.0/8"]);
    let slow = post(&sender, &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
    assert_eq!(slow.to_string(), "no answer within 2 s");
    let (plain, _) = listen([127, 0, 0, 1], 0).await;
    let error = post(&sender, &format!("https://127.0.0.1:{plain}/")).await.unwrap_err();
    assert!(matches!(error, SendError::Tls(_)), "{error}");
    drop(silent);
    let error = post(&sender, &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
    assert!(matches!(error, SendError::Connect(..)), "{error}");
}

/// Answers with this head, and with a byte every now and then after it, for ever.
async fn drip(head: &'static str) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        while stream.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(50)).await;
        }
    });
    port
}

#[tokio::test]
async fn the_status_counts_however_slowly_the_body_comes() {
    let sender = sender(names(&[&["127.0.0.1"]]), &["127.0.0.0/8"]);
    for (head, status) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", 200),
        (
            "HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 100000\r\n\r\n",
            503,
        ),
    ] {
        let port = drip(head).await;
        let began = Instant::now();
        let answer = post(&sender, &format!("http://127.0.0.1:{port}/")).await.unwrap();
        let took = began.elapsed();
        assert!(
            took < Duration::from_secs(4),
            "{took:?}: no longer than it may take in all"
        );
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers.contains_key("retry-after"), status == 503);
        let body = String::from_utf8(answer.body).unwrap();
        assert!(body.len() > 3 && body.bytes().all(|byte| byte == b'x'), "{body}");
    }
}

#[tokio::test]
async fn a_head_that_drips_is_no_answer() {
    let sender = sender(names(&[&["127.0.0.1"]]), &["127.0.0.0/8"]);
    let port = drip("HTTP/1.1 200 OK\r\nx: ").await;
    let slow = post(&sender, &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
    assert_eq!(slow.to_string(), "no answer within 2 s");
}

#[tokio::test]
async fn little_of_an_answer_is_read_and_silence_is_not_waited_for() {
    let names = names(&[&["127.0.0.1"]]);
    let sender = Sender::new(
        names,
        Allowed(vec!["127.0.0.0/8".parse().unwrap()]),
        PlainHttp::Allowed,
        Duration::from_secs(60),
    );
    // One says all that anybody will hear, the other the beginning of more.
    for (chunk, read) in [(vec![b'x'; 16 * 1024], MOST_READ), (vec![b'x'; 16], 16)] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n";
            stream.write_all(head).await.unwrap();
            stream.write_all(&chunk).await.unwrap();
            while chunk.len() > 16 && stream.write_all(&chunk).await.is_ok() {}
            // Until the other end is closed.
            let _ = stream.read(&mut request).await;
        });
        let began = Instant::now();
        let answer = post(&sender, &format!("http://127.0.0.1:{port}/")).await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        assert_eq!((answer.status, answer.body.len()), (200, read));
        served.await.unwrap();
    }
}

#[tokio::test]
async fn nothing_is_sent_in_the_clear_unless_that_is_allowed() {
    let (port, connections) = listen([127, 0, 0, 1], 0).await;
    let allowed = Allowed(vec!["127.0.0.0/8".parse().unwrap()]);
    let time = Duration::from_secs(2);
    let sender = Sender::new(names(&[&["127.0.0.1"]]), allowed, PlainHttp::Refused, time);
    let refused = post(&sender, &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
    assert_eq!(refused.to_string(), "the URL does not begin with https");
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}
