#!/usr/bin/env bash
# Builds the Rust core for the iPhone and its simulator, and packs both into the framework that Package.swift
# names: ios/Generated/KeepsakeCoreFFI.xcframework. Needs a Mac with Xcode, and Rust from rustup.
#   make-xcframework.sh
set -euo pipefail
cd "$(dirname "$0")/.."

[ "$(uname)" = Darwin ] || { echo "make-xcframework: this needs a Mac with Xcode" >&2; exit 1; }
device=aarch64-apple-ios
simulators=(aarch64-apple-ios-sim x86_64-apple-ios)
# The same as in Package.swift: the oldest iOS that the objects run on.
export IPHONEOS_DEPLOYMENT_TARGET=16.0

rustup target add "$device" "${simulators[@]}"
for target in "$device" "${simulators[@]}"; do
    # Of this kind alone: beside a Rust library Cargo would not optimise it as a whole.
    cargo rustc --profile phone -p keepsake-ffi --lib --crate-type staticlib --target "$target"
done
# The Swift side comes from a library for this machine: only its metadata is read.
ios/generate.sh --release

built=$(cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
to=ios/Generated
packing=$(mktemp -d)
trap 'rm -rf "$packing"' EXIT
mkdir "$packing/simulator" "$packing/headers"
# A framework has one library for all simulators.
lipo -create -output "$packing/simulator/libkeepsake.a" \
    "$built/${simulators[0]}/phone/libkeepsake.a" "$built/${simulators[1]}/phone/libkeepsake.a"
cp $to/KeepsakeCoreFFI/KeepsakeCoreFFI.h $to/KeepsakeCoreFFI/module.modulemap "$packing/headers/"
rm -rf $to/KeepsakeCoreFFI.xcframework
xcodebuild -create-xcframework \
    -library "$built/$device/phone/libkeepsake.a" -headers "$packing/headers" \
    -library "$packing/simulator/libkeepsake.a" -headers "$packing/headers" \
    -output $to/KeepsakeCoreFFI.xcframework
