"""A first scan of 100,000 assets through Kotlin and through Swift, against the same scan in Rust.

All three hosts have the same library, made as it is walked, in pages of 1,000, and use the same core as it
is released. The Rust host implements the same port; what it does not have is a border. Each turn is a
process of its own that scans four times, into a new state each time: the first is cold (a phone's first
scan is that), the last is warm. Interleaved, median and spread of five rounds.
"""

import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import machine
from files import REPOSITORY

ASSETS, SCANS, GOAL = 100_000, 4, 1.5
TARGET = REPOSITORY / "target"
ENTER = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "keepsake/swift/enter"


def run(*words, **more):
    words = [str(word) for word in words]
    return subprocess.run(words, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True, **more).stdout


def rust():
    run("cargo", "build", "--release", "--quiet", "-p", "keepsake-ffi", "--features", "virtual-time",
        "--lib", "--example", "first_scan")
    return [TARGET / "release/examples/first_scan"]


def swift():
    enter = [] if shutil.which("swift") else [ENTER]
    if enter and not ENTER.exists():
        return None
    run("ios/generate.sh", "--release", "--features", "virtual-time")
    build = [*enter, "swift", "build", "-c", "release", "--package-path", "tests/bench/border",
             "--scratch-path", TARGET / "bench-swift"]
    run(*build, stderr=subprocess.DEVNULL)
    return [*enter, TARGET / "bench-swift/release/FirstScan"]


def kotlin():
    if not shutil.which("mvn"):
        return None
    bindings = TARGET / "bindings/kotlin"
    run("cargo", "build", "--quiet", "-p", "keepsake-bindgen")
    shutil.rmtree(bindings, ignore_errors=True)
    run(TARGET / "debug/keepsake-bindgen", "generate", TARGET / "release/libkeepsake.so",
        "--language", "kotlin", "--no-format", "--out-dir", bindings)
    paths = TARGET / "bench-kotlin.path"
    run("mvn", "-q", "-B", "-f", "android/pom.xml", "test-compile",
        "dependency:build-classpath", f"-Dmdep.outputFile={paths}")
    # Without Android's classes: coroutines would look for its threads.
    jars = [path for path in paths.read_text().strip().split(":") if "android-all" not in path]
    classes = [str(REPOSITORY / "android/keepsake/target" / name) for name in ("test-classes", "classes")]
    return ["java", "-Xmx512m", f"-Djna.library.path={TARGET / 'release'}",
            "-cp", ":".join(classes + jars), "app.keepsake.border.FirstScanKt"]


def shown(times):
    return f"{statistics.median(times):.2f} s ({min(times):.2f}–{max(times):.2f})"


def main(words):
    rounds = int(words[words.index("--rounds") + 1]) if "--rounds" in words else 5
    hosts = {"Rust": rust(), "Swift": swift(), "Kotlin": kotlin()}
    hosts = {name: command for name, command in hosts.items() if command}
    cold, warm = {name: [] for name in hosts}, {name: [] for name in hosts}
    for number in range(1, rounds + 1):
        for name, command in hosts.items():
            times = [float(line) for line in run(*command, ASSETS, SCANS).split()]
            cold[name].append(times[0])
            warm[name].append(times[-1])
            print(f"{number}/{rounds} {name}: {' '.join(f'{time:.2f}' for time in times)}", flush=True)
    print(f"\n{machine.description(REPOSITORY).splitlines()[0]}\n")
    print(f"| first scan of {ASSETS:,} assets | cold | of Rust's | warm | of Rust's | goal | |")
    print("|---|---|---|---|---|---|---|")
    missed = 0
    for name in hosts:
        ratios = [statistics.median(of[name]) / statistics.median(of["Rust"]) for of in (cold, warm)]
        reached = max(ratios) <= GOAL
        missed += not reached
        goal = "| | |" if name == "Rust" else f"| ≤ {GOAL:.2f} | {'PASS' if reached else '**miss**'} |"
        print(f"| {name} | {shown(cold[name])} | {ratios[0]:.2f} | {shown(warm[name])} | {ratios[1]:.2f} {goal}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
