//! Leadgraph: one server for every lead a company has. This page is the map.
//!
//! ```text
//!   GraphQL            LeadTrackr's route   JourneyBee's route        the command line, the demo
//!      │                       │                    │                            │
//!   graphql               rest::leadtrackr    rest::journeybee              cli, demo
//!      └──────── auth: a credential becomes a Caller ────────┘                   │
//!                              │                                                 │
//!              domain: an Op (on whose behalf) runs a rule; a Tx commits its rows and events together
//!                              │
//!                  entity: the tables, as migration/ made them
//! ```
//!
//! Edges translate, the domain decides. A table in `tests/it/boundaries.rs` says which module may name which.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`app`] | composition: pools, services, routers, shutdown; tests use it too |
//! | [`auth`] | credentials to callers: api keys, our tokens, an identity provider's |
//! | [`cli`] | the program's commands |
//! | [`client_address`] | where a request came from, behind trusted proxies too |
//! | [`config`] | typed settings from environment and flags |
//! | [`connection`] | the connection that a request came by |
//! | [`delivery`] | outgoing webhooks: the loop, signatures, and a client that connects to public addresses only |
//! | [`demo`] | `serve --demo`: a throw-away database with believable data |
//! | [`domain`] | the rules |
//! | [`entity`] | a file per table: columns and stored enums |
//! | [`graphiql`] | the page for explorers, bundled at build time |
//! | [`graphql`] | the schema as code, and its HTTP endpoint |
//! | [`http`] | the outermost router and the accept loop: limits, timeouts, probes |
//! | [`idempotency_header`] | the header by which a client says that it may send a write again |
//! | [`json_values`] | how much a JSON text holds, before it is read |
//! | [`request_id`] | the id that a request has in answers and logs |
//! | [`rest`] | the two compatibility routes, a folder each |
//! | [`secrets`] | the server's secret and the keys derived from it |
//! | [`telemetry`] | logs and request spans |
//! | [`turns`] | how much is worked on at a time |

pub mod app;
pub mod auth;
pub mod cli;
pub mod client_address;
pub mod config;
pub mod connection;
pub mod delivery;
pub mod demo;
pub mod domain;
pub mod entity;
pub mod graphiql;
pub mod graphql;
pub mod http;
pub mod idempotency_header;
pub mod json_values;
pub mod request_id;
pub mod rest;
pub mod secrets;
pub mod telemetry;
pub mod turns;
