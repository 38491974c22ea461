# The phone in a box: the first seeds. (tests/seeds.rs takes new ones each time.) A seed that fails
# is printed with the command that runs it again.
step_simulator() {
    lint "simulator: the first 20,000 seeds" simulate --seeds 20000
}

simulate() { cargo run --quiet --release -p keepsake-simulator -- "$@"; }
