use axum::routing::get;
use http::header::CONTENT_TYPE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const SHORT: Times = Times {
    first_request: Duration::from_secs(30),
    idle: Duration::from_secs(30),
    answer: Duration::from_millis(300),
    farewell: Duration::from_millis(300),
    look: Duration::from_millis(50),
};

async fn server(times: Times) -> SocketAddr {
    let config =
        crate::config::Config::for_tests(crate::domain::database::DatabaseTarget::Sqlite("unused".into())).http;
    let events = async || ([(CONTENT_TYPE, "text/event-stream")], vec![b'x'; 100_000]);
    let router = Router::new().route("/", get(async || vec![b'x'; 100_000]));
    let router = router.route("/index.html", get(events));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { serve_within(times, listener, router, &config, std::future::pending()).await });
    address
}

/// `/` and `/index.html`, in HPACK's static table.
const WHOLE: u8 = 0x84;
const STREAM: u8 = 0x85;

/// A client of HTTP/2 that asks once, with a window of so many bytes for the answer. How long the server bears it.
async fn borne(times: Times, path: u8, window: u32) -> Duration {
    let mut client = TcpStream::connect(server(times).await).await.unwrap();
    let began = Instant::now();
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat()
    };
    let settings = [&[0, 4][..], &window.to_be_bytes()].concat();
    // GET of http://x
    let head = [0x82, 0x86, path, 0x41, 1, b'x'];
    let asked = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(4, 0, 0, &settings),
        frame(1, 5, 1, &head),
        // The whole connection's window.
        frame(8, 0, 0, &1_000_000_u32.to_be_bytes()),
    ];
    client.write_all(&asked.concat()).await.unwrap();
    let read = tokio::time::timeout(Duration::from_secs(20), everything(&mut client)).await;
    let heard = read.expect("it is closed in the end");
    let bytes = heard.iter().filter(|byte| **byte == b'x').count();
    assert_eq!(bytes >= 100_000, window >= 100_000, "{bytes} bytes have come");
    began.elapsed()
}

/// All that the server says. It is answered that the client is there whenever it asks.
async fn everything(client: &mut TcpStream) -> Vec<u8> {
    let (mut heard, mut head) = (Vec::new(), [0; 9]);
    while client.read_exact(&mut head).await.is_ok() {
        let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
        if client.read_exact(&mut payload).await.is_err() {
            break;
        }
        // A PING that is no answer.
        if (head[3], head[4]) == (6, 0) {
            head[4] = 1;
            let _ = client.write_all(&[&head[..], &payload].concat()).await;
        }
        heard.extend(payload);
    }
    heard
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_not_kept() {
    for window in [0, 1, 40_000] {
        let borne = borne(SHORT, WHOLE, window).await;
        // Beside what its size takes.
        assert!(
            (Duration::from_secs(6)..Duration::from_secs(15)).contains(&borne),
            "{borne:?}"
        );
    }
    for window in [0, 1, 40_000] {
        let borne = borne(SHORT, STREAM, window).await;
        assert!(borne < Duration::from_secs(15), "{borne:?}");
    }
}

#[tokio::test]
async fn a_connection_by_which_nothing_is_asked_is_closed() {
    let short = Times {
        idle: Duration::from_millis(500),
        ..SHORT
    };
    let borne = borne(short, WHOLE, 1_000_000).await;
    assert!(
        (Duration::from_millis(500)..Duration::from_secs(10)).contains(&borne),
        "{borne:?}"
    );
}

#[tokio::test]
async fn no_address_of_the_internet_takes_all_connections() {
    let shares = Shares {
        crowd: Crowd::new(40, SHARE),
        proxies: TrustedProxies(vec!["198.51.100.0/24".parse().unwrap()]),
        told: Mutex::default(),
    };
    let taken = |address: &str| {
        let address = address.parse().unwrap();
        let places: Vec<_> = std::iter::from_fn(|| shares.of(address)).take(30).collect();
        places.len()
    };
    for (address, places) in [
        ("192.0.2.1", 10),
        ("2001:db8::1", 10),
        ("198.51.100.7", 30),
        ("::ffff:198.51.100.7", 30),
        ("127.0.0.1", 30),
        ("10.0.0.1", 30),
    ] {
        assert_eq!(taken(address), places, "{address}");
    }
    let _some: Vec<_> = (0..10)
        .map(|_| shares.of("2001:db8::1".parse().unwrap()).unwrap())
        .collect();
    assert!(shares.of("2001:db8:0:ffff::1".parse().unwrap()).is_none(), "one site");
    assert!(shares.of("2001:db8:1::1".parse().unwrap()).is_some());
}
