# What the tests use beside Rust, installed when it is missing: a C compiler (SQLite is built from
# its source), strace (counts and faults of system calls), faketime (other dates). Without root or
# apt nothing is installed: the tests that need a tool then say that they were skipped.
step_setup() {
    heading "setup"
    local missing=()
    command -v cargo >/dev/null || {
        echo "setup: Rust is missing; please install it first (rustup)" >&2
        failed=$((failed + 1))
        failures+=("setup")
        summary
        exit 1
    }
    command -v cc >/dev/null || missing+=(build-essential)
    command -v strace >/dev/null || missing+=(strace)
    command -v faketime >/dev/null || missing+=(faketime)
    cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
    cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
    if [ ${#missing[@]} -eq 0 ]; then
        echo "nothing is missing"
        return
    fi
    if install_packages "${missing[@]}"; then echo "installed: ${missing[*]}"; fi
}

# install_packages NAME…: through apt, as root or with a sudo that asks nothing. Else it says what is
# missing.
install_packages() {
    local as_root=()
    if ! command -v apt-get >/dev/null; then
        echo "setup: no apt here; please install: $*"
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            echo "setup: not root; please install: $*"
            return 1
        fi
        as_root=(sudo -n)
    fi
    ${as_root[@]+"${as_root[@]}"} apt-get update -qq
    DEBIAN_FRONTEND=noninteractive ${as_root[@]+"${as_root[@]}"} \
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
