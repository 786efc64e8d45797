use super::*;

#[tokio::test]
async fn a_body_is_read_up_to_its_limit_and_no_further() {
    assert_eq!(read_body(Body::from("abcd"), 4).await, Ok("abcd".to_owned()));
    assert_eq!(read_body(Body::from("abcde"), 4).await, Err(BodyError::TooLarge));
    assert_eq!(read_body(Body::from(vec![0xff]), 4).await, Err(BodyError::Broken));
    assert_eq!(read_body(chunks(&["ab", "cd"]), 4).await, Ok("abcd".to_owned()));
    assert_eq!(read_body(chunks(&["ab", "cde"]), 4).await, Err(BodyError::TooLarge));
}

/// A body of unknown length.
fn chunks(chunks: &'static [&'static str]) -> Body {
    let chunks = chunks.iter().map(|chunk| Ok::<_, std::io::Error>(*chunk));
    Body::from_stream(futures_util::stream::iter(chunks))
}

#[tokio::test]
async fn panics_become_faults() {
    let panics = async { panic!("on purpose") };
    assert!(matches!(contain::<()>(panics).await, Err(Error::Internal(_))));
    let panics = async { panic!("on purpose") };
    assert!(matches!(
        to_completion::<()>(Kept::default(), panics).await,
        Err(Error::Internal(_))
    ));
}
