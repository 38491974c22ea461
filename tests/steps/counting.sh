# What stands between a host and the core and counts all that crosses, for tests that have a limit for it:
# written from the header that uniffi writes for Swift, for hosts in every language.
counting_core() {
    local to=target/bindings/counted
    mkdir -p $to &&
        cargo build --quiet -p keepsake-bindgen &&
        target/debug/keepsake-bindgen generate target/debug/libkeepsake.so \
            --language swift --no-format --out-dir $to &&
        target/debug/keepsake-counting $to/KeepsakeCoreFFI.h >$to/counting.c &&
        cc -shared -fPIC -O1 -I $to -o $to/libkeepsakecounted.so $to/counting.c \
            -Wl,--no-as-needed -L target/debug -lkeepsake -Wl,-rpath,"$PWD/target/debug"
}
