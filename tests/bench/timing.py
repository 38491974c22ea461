"""Times commands: interleaved, on fresh folders, with the median and the spread."""

import shutil
import statistics
import subprocess
import sys
import threading
import time


class Measure:
    """One contestant's times and its highest memory."""

    def __init__(self):
        self.seconds = []
        self.peak = 0

    def median(self):
        return statistics.median(self.seconds)

    def __str__(self):
        if not self.seconds:
            return "not here"
        spread = f"{min(self.seconds):.2f}–{max(self.seconds):.2f}"
        return f"{self.median():.2f} s ({spread})"


def run(commands, measure):
    """Runs the commands of one turn one after the other; those in a list of lists side by side."""
    begun = time.perf_counter()
    for step in commands:
        together = step if isinstance(step[0], list) else [step]
        running = [
            subprocess.Popen(
                [str(word) for word in words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            for words in together
        ]
        watched = watch(running, measure)
        for process in running:
            said = process.stderr.read()
            if process.wait() != 0:
                sys.exit(f"bench: {process.args} failed: {said.decode(errors='replace')[-2000:]}")
        watched.join()
    measure.seconds.append(time.perf_counter() - begun)


def watch(running, measure):
    """Follows the high-water mark of the processes' memory in a thread of its own."""

    def follow():
        while any(process.returncode is None for process in running):
            for process in running:
                try:
                    with open(f"/proc/{process.pid}/status") as status:
                        for line in status:
                            if line.startswith("VmHWM"):
                                measure.peak = max(measure.peak, int(line.split()[1]) * 1024)
                except OSError:
                    return
            time.sleep(0.02)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    return thread


class Contest:
    """One row: Keepsake and its peers, turn by turn."""

    def __init__(self, row, library, rounds):
        self.row, self.library, self.rounds = row, library, rounds
        self.measures = {}
        self.missed = 0

    def run(self):
        turns = self.row.turns(self.library)
        turns = {name: turn for name, turn in turns.items() if shutil.which(turn.program)}
        self.measures = {name: Measure() for name in turns}
        for number in range(1, self.rounds + 1):
            if self.row.keeps_rounds:
                self.library.begin_round(number)
            for name, turn in turns.items():
                commands = turn.prepare()
                subprocess.run(["sync"], check=True)
                run(commands, self.measures[name])
                measure = self.measures[name]
                print(f"{self.row.name} {number}/{self.rounds} {name}: {measure.seconds[-1]:.2f} s", flush=True)

    def table(self):
        ours = self.measures["keepsake"]
        lines = []
        for peer, goal in self.row.goals.items():
            theirs = self.measures.get(peer)
            if theirs is None:
                lines.append(self.line(ours, peer, "not here", "", goal, ""))
                continue
            ratio = ours.median() / theirs.median()
            verdict = ""
            if goal is not None:
                verdict = self.verdict(ratio <= goal)
            lines.append(self.line(ours, peer, theirs, f"{ratio:.2f}", goal, verdict))
        if self.row.most_memory is not None:
            megabytes = ours.peak / 2**20
            verdict = self.verdict(megabytes <= self.row.most_memory)
            title = f"{self.row.titled(self.library)}: peak memory"
            lines.append(f"| {title} | {megabytes:.0f} MiB | | | | ≤ {self.row.most_memory} MiB | {verdict} |")
        return lines

    def line(self, ours, peer, theirs, ratio, goal, verdict):
        goal = "" if goal is None else f"≤ {goal:.2f}"
        return f"| {self.row.titled(self.library)} | {ours} | {peer} | {theirs} | {ratio} | {goal} | {verdict} |"

    def verdict(self, reached):
        if not reached:
            self.missed += 1
        return "PASS" if reached else "**miss**"
