//! stub
mod formats; mod group; mod size; mod skipped; mod walk;
fn main() {}
