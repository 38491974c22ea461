#!/usr/bin/env bash
# Changes one rule of the machine, and shows that the same stories fail in Rust, Kotlin and Swift: none of
# them has a rule of its own. By hand, ten minutes or more: three hosts are built over the changed core.
#   tests/one-rule.sh [SED [FILE]]    SED changes one line of FILE; the file is put back at the end
# Without arguments `Offline` no longer stops downloads.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
rule=${1:-'/(Hold::Offline, \[X/ s/\[X/[O/'}
file=${2:-core/machine/src/permit.rs}

. tests/steps/count.sh
. tests/steps/setup.sh
. tests/steps/kotlin.sh

cp -p "$file" "$logs/rule"
trap 'cp "$logs/rule" "$file"; rm -rf "$logs"' EXIT
sed -i "$rule" "$file"
if [ "$(diff "$logs/rule" "$file" | grep -c '^>')" -ne 1 ]; then
    echo "one-rule: this does not change one line of $file" >&2
    exit 2
fi
diff "$logs/rule" "$file"

cargo test --quiet -p keepsake-scenarios --test stories 2>&1 |
    sed -nE 's/^test (\[story\] )?([a-z0-9-]+) +\.\.\. FAILED$/\2/p; s/^    ([a-z0-9]+(-[a-z0-9]+)*)$/\1/p' |
    sort -u >"$logs/rust"

kotlin_core && mvn -q -B -f android/pom.xml -Dtest=ScenariosTest -Dsurefire.failIfNoSpecifiedTests=false \
    test >"$logs/maven" 2>&1
awk -F'"' '/<testcase /{ name = $2 } /<(failure|error)[ >]/{ print name }' \
    android/keepsake/target/surefire-reports/plain/TEST-*ScenariosTest.xml |
    sed -E 's/^told\[(.*)\]$/\1/' | sort -u >"$logs/kotlin"

enter=()
command -v swift >/dev/null || enter=("${XDG_CACHE_HOME:-$HOME/.cache}/keepsake/swift/enter")
ios/generate.sh --features virtual-time
(cd ios && ${enter[@]+"${enter[@]}"} swift test --filter KeepsakeScenarios 2>&1) |
    sed -nE 's/^scenario (.*) failed$/\1/p' | sort -u >"$logs/swift"

same=0
for host in rust kotlin swift; do
    echo "$host: $(wc -l <"$logs/$host") stories fail"
    cmp -s "$logs/rust" "$logs/$host" || same=1
done
if [ -s "$logs/rust" ] && [ $same -eq 0 ]; then
    echo "the same in all three:"
    cat "$logs/rust"
else
    echo "not the same, or none:"
    diff "$logs/rust" "$logs/kotlin"
    diff "$logs/rust" "$logs/swift"
    exit 1
fi
