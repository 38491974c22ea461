# The Swift side: the core for this machine, its bindings, and `swift test` in ios/. A Debian without Swift
# gets one in a folder of the user's cache (swift-linux.sh). What only Apple's systems have is not built here.
step_swift() {
    local swift cache="${XDG_CACHE_HOME:-$HOME/.cache}/keepsake/swift"
    heading "swift: the core and its bindings"
    if command -v swift >/dev/null; then
        swift=(swift)
    elif tests/steps/swift-linux.sh "$cache"; then
        swift=("$cache/enter" swift)
    else
        skipped=$((skipped + 1))
        echo "skipped: Swift is not to be had here"
        return
    fi
    if ! ios/generate.sh --features virtual-time; then
        failed=$((failed + 1))
        failures+=("swift: the core and its bindings")
        return
    fi
    swift_tests "${swift[@]}"
}

# swift_tests SWIFT…: `swift test`, counted by the lines that it prints.
swift_tests() {
    local log="$logs/swift" code ran bad
    heading "swift test"
    # A call of the core that hangs cannot be cancelled from Swift: a test's own time limit does not end it.
    (cd ios && timeout --kill-after=10 900 "$@" test 2>&1) | grep --line-buffered -v '^◇' | tee "$log"
    code=${PIPESTATUS[0]}
    ran=$(grep -cE '^✔ Test [^ ]+\(.*\) passed after' "$log")
    bad=$(grep -cE '^✘ Test [^ ]+\(.*\) failed after' "$log")
    # It failed without saying so (it did not build, or it crashed), or ran nothing: a failure too.
    if [ "$bad" -eq 0 ] && { [ "$code" -ne 0 ] || [ "$ran" -eq 0 ]; }; then bad=1; fi
    [ "$bad" -eq 0 ] || failures+=("swift test")
    passed=$((passed + ran))
    failed=$((failed + bad))
}
