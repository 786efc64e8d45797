//! The name of one request, in its log lines and in its answer.

/// Put into the request's extensions by `http`, answered as `x-request-id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);
