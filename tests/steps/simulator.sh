# The phone in a box, in two depths. (Both crates' own tests take new seeds each time.) A seed that
# fails is printed with the command that runs it again.
step_simulator() {
    lint "simulator: the first 20,000 seeds" simulate --seeds 20000
    lint "stories on the real engine: the first 1,000 seeds" stories --seeds 1000
    lint "the machine's memory with a million photos" a_million
}

a_million() { cargo test --quiet --release -p keepsake-machine --test allocations -- --ignored; }
simulate() { cargo run --quiet --release -p keepsake-simulator -- "$@"; }
# (In memory, where there is some: a sync costs nothing there.)
stories() {
    local folders=${TMPDIR:-/tmp}
    [ -w /dev/shm ] && folders=/dev/shm
    TMPDIR=$folders cargo run --quiet --release -p keepsake-scenarios -- "$@"
}
