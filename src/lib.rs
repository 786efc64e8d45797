#![allow(missing_docs)]
pub mod domain;
pub mod entity;
