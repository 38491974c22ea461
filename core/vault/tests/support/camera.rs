//! Minimal originals as cameras write them, built byte by byte.
