# The phone in a box: the first seeds, and others today. A seed that fails is printed with the
# command that runs it again.
step_simulator() {
    local today
    today=$(date +%s)
    lint "simulator: the first 20,000 seeds" simulate --seeds 20000
    lint "simulator: 20,000 seeds from ${today}00000" simulate --seeds 20000 --from "${today}00000"
}

simulate() { cargo run --quiet --release -p keepsake-simulator -- "$@"; }
