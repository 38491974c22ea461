"""Photos made from a seed, so that every run measures the same bytes."""

import os
import random
import shutil
import struct
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def tiff(when):
    """The smallest TIFF with DateTimeOriginal (EXIF 2.32, 4.6.5)."""
    text = when.encode() + b"\0"
    ifd0 = struct.pack("<H", 1) + struct.pack("<HHII", 0x8769, 4, 1, 26) + struct.pack("<I", 0)
    exif = struct.pack("<H", 1) + struct.pack("<HHII", 0x9003, 2, len(text), 44)
    return b"II*\0" + struct.pack("<I", 8) + ifd0 + exif + struct.pack("<I", 0) + text


def jpeg(noise, size, number):
    """A JPEG of `size` bytes: metadata like a camera's, then noise."""
    when = f"{2016 + number % 10}:{number // 10 % 12 + 1:02}:{number // 120 % 28 + 1:02} 10:00:00"
    body = b"Exif\0\0" + tiff(when)
    head = b"\xff\xd8\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    head += b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
    return head + noise.randbytes(size - len(head) - 2) + b"\xff\xd9"


class Library:
    """The folders of files that rows share, and one for results; all below ./bench-data."""

    def __init__(self, scale):
        self.scale = scale
        place = os.environ.get("KEEPSAKE_BENCH_DATA", REPOSITORY / "bench-data")
        self.folder = Path(place)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.results = self.folder / "results"
        self.rounds = []

    def roll(self, count, size):
        """A folder of `count` photos of `size` bytes each, 1,000 in a folder; made once. Large ones
        differ by up to a tenth, as those of a camera do: two of one size are a rare chance."""
        count = max(1, count // self.scale)
        folder = self.folder / f"{count}-of-{size}"
        if (self.folder / f"{folder.name}.made").exists():
            return folder
        print(f"making {count} files of {size} bytes", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        noise = random.Random(f"{count}-{size}")
        for number in range(count):
            inside = folder / f"DCIM/{number // 1000:04}"
            if number % 1000 == 0:
                inside.mkdir(parents=True)
            path = inside / f"IMG_{number:07}.jpg"
            with open(path, "wb") as file:
                spread = size // 10 if size > 100_000 else 0
                file.write(jpeg(noise, size + noise.randint(-spread, spread), number))
        (self.folder / f"{folder.name}.made").touch()
        subprocess.run(["sync", "-f", folder], check=True)
        return folder

    def fresh(self, name):
        """A path for a result, where nothing is."""
        path = self.results / name
        if path.exists():
            subprocess.run(["rm", "-rf", path], check=True)
        self.results.mkdir(exist_ok=True)
        return path

    def begin_round(self, number):
        """Results of this round go to a folder of their own, and stay until the row's end: ext4 is
        slow to use again the inodes of files that were removed in the last minutes, and a first
        backup does not come after a removal."""
        self.results = self.folder / f"results-{number}"
        self.rounds.append(self.results)

    def clear_results(self):
        subprocess.run(["rm", "-rf", self.results, *self.rounds], check=True)
        self.results, self.rounds = self.folder / "results", []

    def remove(self):
        subprocess.run(["rm", "-rf", self.folder], check=True)
