#!/usr/bin/env bash
# Builds the Rust core for this machine, and writes its Swift side and C header into ios/Generated.
#   generate.sh [--release] [CARGO ARGUMENTS]
# Nothing that lies in Generated is committed. Tests want `--features virtual-time`.
set -euo pipefail
cd "$(dirname "$0")/.."

profile=debug
for argument in "$@"; do [ "$argument" = --release ] && profile=release; done

# Apart: built together, the library would be built with what only the generator needs.
cargo build --quiet -p keepsake-ffi "$@"
cargo build --quiet -p keepsake-bindgen
target=$(cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
library=$target/$profile/libkeepsake.so
[ "$(uname)" = Darwin ] && library=$target/$profile/libkeepsake.dylib

written=$(mktemp -d)
trap 'rm -rf "$written"' EXIT
"$target/debug/keepsake-bindgen" generate "$library" --language swift --no-format \
    --out-dir "$written"

# Only what is new is replaced: the Swift build does not begin anew for nothing.
place() { cmp -s "$1" "$2" || { mkdir -p "$(dirname "$2")" && cp "$1" "$2"; }; }
to=ios/Generated
place "$written/KeepsakeCore.swift" $to/KeepsakeCore/KeepsakeCore.swift
place "$written/KeepsakeCoreFFI.h" $to/KeepsakeCoreFFI/KeepsakeCoreFFI.h
place "$written/KeepsakeCoreFFI.modulemap" $to/KeepsakeCoreFFI/module.modulemap
mkdir -p $to/lib
ln -sfn "$library" $to/lib/
