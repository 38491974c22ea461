"""Runs the rows of the benchmark and prints a Markdown table: see `./bench help`."""

import shutil
import sys

import machine
import rows
from files import Library
from timing import Contest

HELP = """\
./bench                everything (about an hour): five rounds of every row
./bench quick          the same rows with a tenth of the files and three rounds
./bench ROW…           some rows; `quick` may stand before them
./bench border         a first scan through Kotlin and through Swift, against the same in Rust
  --rounds N           other than five (or three)
  --keep               leave ./bench-data for the next run

Rows:"""


def main(words):
    if words[:1] in (["help"], ["--help"], ["-h"]):
        print(HELP)
        for row in rows.ALL:
            print(f"  {row.name:16} {row.title}")
        return 0
    quick = "quick" in words
    keep = "--keep" in words
    rounds = int(words[words.index("--rounds") + 1]) if "--rounds" in words else (3 if quick else 5)
    names = [word for word in words if word not in ("quick", "--keep", "--rounds")]
    names = [name for name in names if not name.isdigit()]
    unknown = [name for name in names if name not in [row.name for row in rows.ALL]]
    if unknown:
        print(f"bench: there is no row {unknown[0]!r}; see ./bench help", file=sys.stderr)
        return 2
    chosen = [row for row in rows.ALL if not names or row.name in names]
    library = Library(scale=10 if quick else 1)
    free = shutil.disk_usage(library.folder).free
    needed = max(row.gigabytes for row in chosen) * 10**9 // library.scale
    if free < needed + 2 * 10**9:
        print(f"bench: {free / 1e9:.0f} GB are free and {needed / 1e9:.0f} are needed", file=sys.stderr)
        return 2
    print(machine.description(library.folder))
    lines, missed = [], 0
    try:
        for row in chosen:
            contest = Contest(row, library, rounds)
            contest.run()
            lines += contest.table()
            missed += contest.missed
            library.clear_results()
    finally:
        if not keep:
            library.remove()
    print()
    print("| what | Keepsake | peer | its time | ratio | goal | |")
    print("|---|---|---|---|---|---|---|")
    print("\n".join(lines))
    print(f"\nMedian of {rounds} interleaved rounds (fastest–slowest), fresh folders, warm cache.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
