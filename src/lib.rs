#![allow(missing_docs)]
pub mod config;
pub mod domain;
pub mod entity;
pub mod request_id;
