# The library as a phone carries it: optimised for size, stripped. What takes the space: ffi/README.md.
most_bytes=4000000

step_size() { lint "size: the phone library, at most $most_bytes bytes" phone_library_fits; }

phone_library_fits() {
    cargo rustc --quiet -p keepsake-ffi --profile phone --lib --crate-type cdylib || return 1
    local library=target/phone/libkeepsake.so bytes
    [ "$(uname)" = Darwin ] && library=target/phone/libkeepsake.dylib
    bytes=$(wc -c <"$library") && echo "$bytes bytes" && [ "$bytes" -le "$most_bytes" ]
}
