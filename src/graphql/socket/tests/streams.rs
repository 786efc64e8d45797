//! Event streams over the same schema, byte by byte: what a stream says while nothing happens, and how it ends.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

struct Stream(TcpStream);

impl Server {
    async fn stream(&self, query: &str) -> Stream {
        let body = json!({ "query": query }).to_string();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer good\r\naccept: text/event-stream\r\n\
            content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len(),
        );
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all((head + &body).as_bytes()).await.unwrap();
        Stream(stream)
    }
}

impl Stream {
    /// What it says up to and with a text; everything, when it ends before.
    async fn until(&mut self, text: &str) -> String {
        let mut said = String::new();
        let mut space = [0; 16 * 1024];
        while !said.contains(text) {
            match timeout(Duration::from_secs(20), self.0.read(&mut space))
                .await
                .expect("in time")
            {
                Ok(read @ 1..) => said += &String::from_utf8_lossy(&space[..read]),
                Ok(_) | Err(_) => break,
            }
        }
        said
    }
}

/// The last chunk of a body: a stream that ends, and does not break off.
const END: &str = "0\r\n\r\n";

#[tokio::test]
async fn a_quiet_stream_says_that_it_lives() {
    let server = serve(limits()).await;
    let mut stream = server.stream("subscription { ticks(every: 100000) }").await;
    assert!(stream.until("\r\n\r\n").await.starts_with("HTTP/1.1 200 "));
    server.running(1).await;
    let begun = Instant::now();
    for _ in 0..3 {
        let said = timeout(Duration::from_secs(20), stream.until(":\n\n")).await.unwrap();
        assert!(said.ends_with(":\n\n\r\n"), "{said:?}");
    }
    assert!(begun.elapsed() > Duration::from_millis(500), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_stream_ends_with_what_its_credentials_stand_for() {
    let server = serve(limits()).await;
    let mut busy = server.stream("subscription { ticks(every: 20) }").await;
    let mut quiet = server.stream("subscription { ticks(every: 100000) }").await;
    server.running(2).await;
    assert!(busy.until("{\"ticks\":\"3\"}").await.contains("event: next"));
    server.doorman.good.send_replace(false);
    for stream in [&mut busy, &mut quiet] {
        let rest = timeout(Duration::from_secs(20), stream.until(END)).await.unwrap();
        assert!(rest.ends_with(END) && !rest.contains("event: complete"), "{rest}");
    }
    server.running(0).await;
}

#[tokio::test]
async fn a_stream_ends_with_the_server_and_an_answer_is_given() {
    let mut server = serve(limits()).await;
    let mut lasting = server.stream("subscription { ticks(every: 100000) }").await;
    let mut writing = server.stream("mutation { change }").await;
    server.running(1).await;
    for stream in [&mut lasting, &mut writing] {
        stream.until("\r\n\r\n").await;
    }
    drop(server.ending.take());
    let rest = timeout(Duration::from_secs(20), lasting.until(END)).await.unwrap();
    assert!(rest.ends_with(END) && !rest.contains("event: complete"), "{rest}");
    let rest = timeout(Duration::from_secs(20), writing.until(END)).await.unwrap();
    assert!(
        rest.contains("\"change\":true") && rest.contains("event: complete"),
        "{rest}"
    );
    server.running(0).await;
}

#[tokio::test]
async fn streams_take_places_and_give_them_back() {
    let server = serve(limits()).await;
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(server.stream("subscription { ticks(every: 100000) }").await);
    }
    server.running(4).await;
    let refused = server
        .stream("subscription { ticks(every: 1) }")
        .await
        .until("\"errors\"")
        .await;
    assert!(refused.starts_with("HTTP/1.1 429 "), "{refused}");
    drop(open);
    server.running(0).await;
    let mut next = server.stream("subscription { ticks(every: 1, most: 1) }").await;
    assert!(next.until(END).await.contains("event: complete"));
}

#[tokio::test]
async fn who_does_not_read_a_stream_loses_it() {
    let server = serve(limits()).await;
    let stream = server.stream("subscription { ticks(every: 0, bytes: 100000) }").await;
    server.running(1).await;
    // What the system's buffers do not take waits, and then it is over.
    server.running(0).await;
    drop(stream);
}
