"""Says on what the benchmark ran."""

import os
import shutil
import subprocess


def first_line(*words):
    if not shutil.which(words[0]):
        return f"{words[0]}: not here"
    said = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    return said.splitlines()[0] if said else words[0]


def description(folder):
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")
    sha = "with" if " sha_ni" in open("/proc/cpuinfo").read() else "without"
    memory = int(open("/proc/meminfo").readline().split()[1]) / 2**20
    disk = subprocess.run(
        ["df", "--output=fstype", folder], capture_output=True, text=True, check=True
    ).stdout.split()[-1]
    tools = [
        first_line("cp", "--version"),
        first_line("openssl", "version"),
        first_line("rclone", "version"),
        first_line("restic", "version"),
        first_line("rustc", "--version"),
    ]
    return (
        f"Machine: {os.cpu_count()} cores of {cpu} ({sha} SHA instructions), {memory:.0f} GiB of memory, "
        f"{disk}, Linux {os.uname().release.split('-')[0]}.\nPeers: {'; '.join(tools)}."
    )
