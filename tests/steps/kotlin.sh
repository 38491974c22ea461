# The Kotlin side on a plain JVM: the core through JNA, and Android's own classes under Robolectric. No
# Android SDK is needed. What the machine lacks is installed; where that cannot be, the step is skipped.
step_kotlin() {
    heading "kotlin"
    if ! kotlin_tools; then
        skipped=$((skipped + 1))
        echo "skipped: the Kotlin side needs Maven and a JDK, 17 or newer"
        return
    fi
    # Reports of tests that are no more would be counted.
    rm -rf android/*/target/surefire-reports
    local ended=0 events=${KEEPSAKE_EVENTS:-100000}
    { kotlin_core && counting_core && stories_of_seeds &&
        mvn -q -B -f android/pom.xml -Dseeds="$PWD/$stories" \
            -Devents="$events" -Dpatience=$((300 + events / 250)) clean test; } || ended=$?
    surefire_tests kotlin "$ended" android/*/target/surefire-reports
    echo "$(kotlin_scenarios) scenarios passed in Kotlin"
}

# How many stories passed, by hand and by seed: each is a test of this class.
kotlin_scenarios() {
    local t e s f
    read -r t e s f < <(surefire_sums android/keepsake/target/surefire-reports/plain/TEST-*.ScenariosTest.xml 2>/dev/null)
    echo $((${t:-0} - ${e:-0} - ${s:-0} - ${f:-0}))
}

kotlin_tools() {
    local missing=()
    command -v mvn >/dev/null || missing+=(maven)
    command -v javac >/dev/null || missing+=(default-jdk-headless)
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
    command -v mvn >/dev/null && command -v javac >/dev/null
}

# The core, with virtual time for the tests, and the Kotlin side of its border, which is never committed.
kotlin_core() {
    cargo build --quiet -p keepsake-ffi --features virtual-time &&
        cargo build --quiet -p keepsake-bindgen &&
        rm -rf target/bindings/kotlin &&
        target/debug/keepsake-bindgen generate target/debug/libkeepsake.so \
            --language kotlin --no-format --out-dir target/bindings/kotlin
}
