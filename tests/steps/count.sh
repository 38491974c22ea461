# Counting. A step adds to these; `summary` prints the last line and gives the exit code.
passed=0
failed=0
skipped=0
failures=()

# A directory of ours for logs, gone at the end.
logs=$(mktemp -d) || exit 1
trap 'rm -rf "$logs"' EXIT

heading() { printf '\n== %s\n' "$*"; }

# lint NAME COMMAND…: one step that counts as one.
lint() {
    local name=$1
    shift
    heading "$name"
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        failures+=("$name")
    fi
}

# cargo_tests NAME ARGUMENTS…: a `cargo test`, counted by the result lines that it prints. A test
# that cannot run here writes why to $KEEPSAKE_SKIPPED and is counted as skipped, not as passed.
cargo_tests() {
    local name=$1 log="$logs/$1" code sums ran=0 bad=0 ignored=0 left_out
    shift
    heading "cargo test: $name"
    export KEEPSAKE_SKIPPED="$logs/$name.skipped"
    : >"$KEEPSAKE_SKIPPED"
    cargo test "$@" 2>&1 | tee "$log"
    code=${PIPESTATUS[0]}
    sums=$(sed -nE 's/^test result: .* ([0-9]+) passed; ([0-9]+) failed; ([0-9]+) ignored;.*/\1 \2 \3/p' "$log")
    while read -r p f i; do
        [ -n "$p" ] || continue
        ran=$((ran + p)) bad=$((bad + f)) ignored=$((ignored + i))
    done <<<"$sums"
    left_out=$(wc -l <"$KEEPSAKE_SKIPPED")
    sed 's/^/skipped: /' "$KEEPSAKE_SKIPPED"
    # It failed without saying so (it did not build, or it was killed): that is a failure too.
    if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    [ "$bad" -eq 0 ] || failures+=("$name")
    passed=$((passed + ran - left_out))
    failed=$((failed + bad))
    skipped=$((skipped + ignored + left_out))
}

# surefire_tests NAME CODE FOLDER…: what Maven's surefire reports (a file for each class) after it ended
# with CODE.
surefire_tests() {
    local name=$1 code=$2 reports ran=0 bad=0 left_out=0 t e s f
    shift 2
    reports=$(find "$@" -name 'TEST-*.xml' 2>/dev/null)
    while read -r t e s f; do
        [ -n "$t" ] || continue
        ran=$((ran + t)) bad=$((bad + e + f)) left_out=$((left_out + s))
    done < <(surefire_sums $reports)
    echo "$((ran - bad - left_out)) passed, $bad failed, $left_out skipped"
    passed=$((passed + ran - bad - left_out))
    skipped=$((skipped + left_out))
    # It failed without saying so (it did not build, or a JVM died): that is a failure too.
    if [ "$bad" -eq 0 ] && { [ "$code" -ne 0 ] || [ "$ran" -eq 0 ]; }; then bad=1; fi
    [ "$bad" -eq 0 ] || failures+=("$name")
    failed=$((failed + bad))
}

# Of each report: tests, errors, skipped, failures.
surefire_sums() {
    [ $# -eq 0 ] || sed -nE \
        's/^<testsuite .* tests="([0-9]+)" errors="([0-9]+)" skipped="([0-9]+)" failures="([0-9]+)".*/\1 \2 \3 \4/p' "$@"
}

summary() {
    local name
    echo
    for name in ${failures[@]+"${failures[@]}"}; do echo "failed: $name"; done
    if [ "$skipped" -eq 0 ]; then
        echo "$passed passed, $failed failed"
    else
        echo "$passed passed, $failed failed, $skipped skipped"
    fi
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
