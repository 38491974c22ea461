# The rooms by themselves: lints, documentation, unit and integration tests.
step_fmt() { lint "cargo fmt" cargo fmt --all --check; }

step_clippy() {
    lint "cargo clippy" cargo clippy --quiet --workspace --all-targets --features keepsake-ffi/virtual-time -- -D warnings
}

step_doc() {
    RUSTDOCFLAGS="-D warnings" lint "cargo doc" cargo doc --quiet --workspace --no-deps
}

step_unit() {
    cargo_tests rooms --workspace --exclude keepsake-tests --features keepsake-ffi/virtual-time
}
