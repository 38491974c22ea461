# The Swift side: the core for this machine, its bindings, and `swift test` in ios/. A Debian without Swift
# gets one in a folder of the user's cache (swift-linux.sh). What only Apple's systems have is not built here.
step_swift() {
    local enter=() swift cache="${XDG_CACHE_HOME:-$HOME/.cache}/keepsake/swift"
    heading "swift: the core and its bindings"
    if command -v swift >/dev/null; then
        swift=(swift)
    elif tests/steps/swift-linux.sh "$cache"; then
        enter=("$cache/enter")
        swift=("${enter[@]}" swift)
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
    if ! stories_of_seeds; then
        failed=$((failed + 1))
        failures+=("swift: stories of seeds")
    fi
    swift_tests swift-test "${swift[@]}" test --skip KeepsakeScenarios
    # Apart: what crosses is counted for the whole process.
    if [ "$(uname)" = Linux ] && counting_core; then
        swift_tests swift-crossings ${enter[@]+"${enter[@]}"} \
            env LD_PRELOAD="$PWD/target/bindings/counted/libkeepsakecounted.so" swift test --filter CrossingTests
        grep '^a ' "$logs/swift-crossings"
    fi
    # Apart: they keep every core busy, and other tests wait for real time.
    KEEPSAKE_STORIES=$PWD/$stories \
        swift_tests swift-scenarios "${swift[@]}" test --filter KeepsakeScenarios
    echo "$(grep -c '^scenario .* passed$' "$logs/swift-scenarios") scenarios passed in Swift"
}

# swift_tests NAME COMMAND…: a `swift test`, counted by the lines that it prints. Each scenario counts, and
# what plays them does not.
swift_tests() {
    local name=$1 log="$logs/$1" code ran bad
    shift
    heading "$name"
    # A call of the core that hangs cannot be cancelled from Swift: a test's own time limit does not end it.
    (cd ios && timeout --kill-after=10 900 "$@" 2>&1) | tee "$log" |
        grep --line-buffered -vE '^◇|^scenario .* passed$'
    code=${PIPESTATUS[0]}
    ran=$(grep -vE '^✔ Test aStory' "$log" |
        grep -cE '^✔ Test [^ ]+\(.*\) passed after|^scenario .* passed$')
    bad=$(grep -vE '^✘ Test aStory' "$log" |
        grep -cE '^✘ Test [^ ]+\(.*\) failed after|^scenario .* failed$')
    # It failed without saying so (it did not build, or it crashed), or ran nothing: a failure too.
    if [ "$bad" -eq 0 ] && { [ "$code" -ne 0 ] || [ "$ran" -eq 0 ]; }; then bad=1; fi
    [ "$bad" -eq 0 ] || failures+=("$name")
    passed=$((passed + ran))
    failed=$((failed + bad))
}
