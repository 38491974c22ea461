//! Writes the Kotlin and Swift sides of the border from a built library:
//! `keepsake-bindgen generate target/debug/libkeepsake.so --language kotlin --no-format --out-dir DIR`.
//! Its own crate, so that nothing that is shipped is built with it.

fn main() {
    uniffi::uniffi_bindgen_main();
}
