"""The rows: what is measured, against whom, and the goal beside it."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from files import REPOSITORY

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
KEEPSAKE = TARGET / "release/keepsake"


@dataclass
class Turn:
    """One contestant: `prepare` makes its folders and says what is to be timed."""

    program: str
    prepare: Callable[[], list]


@dataclass
class Row:
    name: str
    title: str
    turns: Callable
    goals: dict
    gigabytes: int
    most_memory: int | None = None
    counts: list = field(default_factory=list)
    keeps_rounds: bool = False

    def titled(self, library):
        counts = [f"{count // library.scale:,}" for count in self.counts]
        return self.title.format(*counts)


def backup(source, library, name="keepsake"):
    """`keepsake backup` into a vault and a state below the results."""
    return [
        KEEPSAKE, "backup", source, "--to", library.results / f"{name}-vault",
        "--state", library.results / f"{name}-state", "--reserve", "0",
    ]


def clear(library, name):
    library.fresh(f"{name}-vault")
    library.fresh(f"{name}-state")


def quiet(command, env=None):
    subprocess.run([str(w) for w in command], check=True, stdout=subprocess.DEVNULL, env=env)


def first_backup(count, size, peers):
    """A first backup of `count` files, against copying programs."""

    def turns(library):
        source = library.roll(count, size)

        def ours():
            clear(library, "keepsake")
            return [backup(source, library)]

        def cp():
            dest = library.fresh("cp")
            return [["cp", "-r", source, dest], ["sync", "-f", dest.parent]]

        def rclone():
            dest = library.fresh("rclone")
            return [["rclone", "copy", source, dest], ["sync", "-f", dest.parent]]

        def restic():
            repository = library.fresh("restic")
            os.environ["RESTIC_PASSWORD"] = "bench"
            os.environ["RESTIC_CACHE_DIR"] = str(library.fresh("restic-cache"))
            quiet(["restic", "-r", repository, "init"])
            return [["restic", "-r", repository, "--quiet", "backup", source]]

        every = {
            "keepsake": Turn(str(KEEPSAKE), ours),
            "cp -r + sync": Turn("cp", cp),
            "rclone copy + sync": Turn("rclone", rclone),
            "restic": Turn("restic", restic),
        }
        return {name: turn for name, turn in every.items() if name in ("keepsake", *peers)}

    return turns


def nothing_changed(count, size):
    """A run over files that are all safe already."""

    def turns(library):
        source = library.roll(count, size)
        clear(library, "keepsake")
        print("the first backup, not timed", flush=True)
        quiet(backup(source, library))
        copy = library.fresh("rclone")
        quiet(["cp", "-r", "--preserve=timestamps", source, copy])
        return {
            "keepsake": Turn(str(KEEPSAKE), lambda: [backup(source, library)]),
            "rclone copy": Turn("rclone", lambda: [["rclone", "copy", source, copy]]),
            "find": Turn("find", lambda: [["find", source, "-type", "f", "-newer", copy]]),
        }

    return turns


def deep(library):
    """A vault of 1,000 photos, every byte of which is read back and hashed."""
    source = library.roll(1000, 3_500_000)
    clear(library, "keepsake")
    quiet(backup(source, library))
    return source, [
        KEEPSAKE, "verify", "--deep", source, "--state", library.results / "keepsake-state",
    ]


def hashing(library):
    _, verify = deep(library)
    vault = library.results / "keepsake-vault"
    files = sorted(path for path in vault.rglob("*.jpg") if ".keepsake" not in path.parts)
    halves = [["openssl", "dgst", "-sha256", *files[part::2]] for part in range(2)]
    return {
        "keepsake": Turn(str(KEEPSAKE), lambda: [verify]),
        "openssl, two processes": Turn("openssl", lambda: [halves]),
    }


def deep_verify(library):
    source, verify = deep(library)
    copy = library.fresh("rclone")
    quiet(["cp", "-r", "--preserve=timestamps", source, copy])
    return {
        "keepsake": Turn(str(KEEPSAKE), lambda: [verify]),
        "rclone check": Turn("rclone", lambda: [["rclone", "check", source, copy]]),
    }


ALL = [
    # First: many files are made, and none were removed just before.
    Row(
        "small", "first backup, {} × 4 KiB",
        first_backup(100_000, 4096, ["cp -r + sync", "restic"]),
        {"cp -r + sync": 1.3, "restic": 1.0}, 8, counts=[100_000], keeps_rounds=True,
    ),
    Row(
        "hash", "read and hash {} × 3.5 MB (`verify --deep`)", hashing,
        {"openssl, two processes": 1 / 0.95}, 10, counts=[1000],
    ),
    Row(
        "photos", "first backup, {} × 3.5 MB",
        first_backup(1000, 3_500_000, ["cp -r + sync", "rclone copy + sync", "restic"]),
        {"cp -r + sync": 1.05, "rclone copy + sync": None, "restic": None}, 20, counts=[1000],
    ),
    Row(
        "nothing", "nothing changed, {} files", nothing_changed(100_000, 4096),
        {"rclone copy": 0.33, "find": None}, 3, counts=[100_000],
    ),
    Row(
        "nothing-million", "nothing changed, {} files", nothing_changed(1_000_000, 512),
        {"rclone copy": 0.33, "find": None}, 20, most_memory=32, counts=[1_000_000],
    ),
    Row(
        "verify", "deep verify, {} × 3.5 MB", deep_verify,
        {"rclone check": 0.5}, 12, counts=[1000],
    ),
]
