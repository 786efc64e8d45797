#![allow(missing_docs)]
pub mod auth;
pub mod config;
pub mod domain;
pub mod entity;
pub mod graphql;
pub mod http;
pub mod request_id;
pub mod rest;
pub mod secrets;
pub mod telemetry;
