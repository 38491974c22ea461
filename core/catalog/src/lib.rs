//! stub: see seen.rs

pub mod seen;
