# Stories of seeds, with what Rust's host saw of them: hosts in other languages have to see the same. Written
# again when anything that they are made of is newer.
stories=target/stories

stories_of_seeds() {
    local last=$stories/seed-299.json
    if [ -f "$last" ] && [ -z "$(find core ffi tests/scenarios -name '*.rs' -newer "$last" -print -quit)" ]; then
        return
    fi
    rm -rf "$stories"
    cargo run --quiet -p keepsake-scenarios -- --seeds 300 --write "$stories"
}
