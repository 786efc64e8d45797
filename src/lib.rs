#![allow(missing_docs)]
pub mod config;
pub mod domain;
pub mod entity;
pub mod http;
pub mod request_id;
pub mod secrets;
pub mod telemetry;
