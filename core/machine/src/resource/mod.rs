//! The machine of one resource under way.
