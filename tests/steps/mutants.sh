# cargo-mutants on what changed in the machine since the commit before (or in the working tree): each
# mutant that no test of the machine notices is a failure, unless the table "Mutants" in
# tests/simulator/SIMULATOR.md says why none can. Two minutes; what does not fit is left to the
# shards (`cargo mutants -p keepsake-machine --shard 0/12 --sharding round-robin`).
mutants_version=27.1.0
mutants_explained=tests/simulator/SIMULATOR.md

# The names of missed mutants (stdin), less one for each row of the table. A row has no line numbers, and
# stands for one mutant: another of the same name is a failure again.
unexplained_mutants() {
    comm -23 \
        <(sed -E 's/:[0-9]+:[0-9]+: /: /' | sort) \
        <(sed -n '/^## Mutants$/,/^## /s/^| `\(.*\)` | .*$/\1/p' "$mutants_explained" |
            sed 's/\\|/|/g' | sort)
}

step_mutants() {
    heading "mutants: what changed in core/machine"
    local diff="$logs/machine.diff" out="$logs/mutants" caught missed name
    if ! git diff HEAD~1 -- core/machine/src >"$diff" 2>/dev/null || [ ! -s "$diff" ]; then
        echo "nothing did"
        return
    fi
    if ! cargo mutants --version 2>/dev/null | grep -q "$mutants_version"; then
        cargo install --quiet --locked cargo-mutants --version "$mutants_version" || {
            skipped=$((skipped + 1))
            echo "skipped: cargo-mutants is not to be had here"
            return
        }
    fi
    PROPTEST_CASES=64 timeout 120 cargo mutants --package keepsake-machine --in-diff "$diff" \
        --timeout 30 --jobs 2 --no-times --output "$out"
    case $? in
    0 | 2 | 3) ;; # all caught, some missed, or some without an end
    124) echo "cut short: not all of what changed was tried" ;;
    *)
        failed=$((failed + 1))
        failures+=("cargo mutants: it could not begin")
        ;;
    esac
    caught=$(cat "$out"/mutants.out/{caught,timeout}.txt 2>/dev/null | wc -l)
    missed=0
    while read -r name; do
        missed=$((missed + 1))
        failures+=("mutant: $name")
    done < <(cat "$out"/mutants.out/missed.txt 2>/dev/null | unexplained_mutants)
    passed=$((passed + caught))
    failed=$((failed + missed))
}
