#![allow(missing_docs)]
pub mod app;
pub mod auth;
pub mod cli;
pub mod config;
pub mod demo;
pub mod domain;
pub mod entity;
pub mod graphiql;
pub mod graphql;
pub mod http;
pub mod request_id;
pub mod rest;
pub mod secrets;
pub mod telemetry;
