# The whole house: the built program, as a person runs it.
#
# Some of these tests mount small disks. Root may; anyone else may in a user namespace of their
# own, where the machine allows those. Where neither works, those tests are skipped by name.
house_tests() {
    local name=$1
    shift
    if [ "$(id -u)" -ne 0 ] && unshare -rm true 2>/dev/null; then
        cargo build --quiet -p keepsake && cargo test --quiet -p keepsake-tests --no-run 2>/dev/null
        in_namespace cargo_tests "$name" -p keepsake-tests "$@"
    else
        cargo_tests "$name" -p keepsake-tests "$@"
    fi
}

# Runs `cargo_tests` with a `cargo` that is root in its own namespace.
in_namespace() {
    cargo() { unshare -rm cargo "$@"; }
    "$@"
    unset -f cargo
}

# One at a time: several of them measure what a process reads, writes or holds in memory.
step_days() { house_tests days --no-fail-fast -- --test-threads=2 --skip kill_; }

step_kills() { house_tests kills --test kills; }

only_tests() {
    cargo_tests only --workspace --exclude keepsake-tests --no-fail-fast -- "$1"
    house_tests only-house --no-fail-fast -- "$1"
}
