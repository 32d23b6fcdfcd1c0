"""How long a large manifest takes to read and check: ``python -m benchmarks.manifest``.

Writes a CSV of 100,000 answers by 20,000 candidates, with a hundred words and a media file (empty)
each, and reads it in a process of its own. Prints seconds and peak memory over the runs.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TARGETS = (
    "extraversion",
    "agreeableness",
    "conscientiousness",
    "emotional_stability",
    "openness",
)
SENTENCE = "I plan every step and check the list before we start the day"
ANSWERS = 5
READ = """
import resource, sys, time
from trifold.corpora.readers.manifest import read_manifest
start = time.perf_counter()
corpus = read_manifest(sys.argv[1], "configs/corpora/schemas/big_five.yaml")
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
found = sum(finding.count for finding in corpus.findings)
print(f"{seconds:.2f} s, {peak:.0f} MB, {len(corpus.clips)} answers of {len(corpus.labels)}, "
      f"{found} findings")
"""


def main(arguments: list[str]) -> None:
    """Write once, read several times."""
    settings = dict(a.split("=", 1) for a in arguments)
    rows, runs = int(settings.get("rows", 100_000)), int(settings.get("runs", 5))
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), rows)
        print(f"{os.cpu_count()} cores; {rows:,} rows, {path.stat().st_size / 1e6:.0f} MB")
        for _ in range(runs):
            done = subprocess.run(
                [sys.executable, "-c", READ, str(path)], check=True, capture_output=True, text=True
            )
            print(done.stdout.strip())


def write(root: Path, rows: int) -> Path:
    """A manifest, and an empty file for each of its rows."""
    path = root / "manifest.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        head = ["path", "candidate_id", "question_id", "question", "transcript"]
        table.writerow([*head, *TARGETS])
        for row in range(rows):
            person, answer = divmod(row, ANSWERS)
            media = root / "media" / str(person) / f"{answer}.mp4"
            media.parent.mkdir(parents=True, exist_ok=True)
            media.touch()
            said = " ".join([SENTENCE] * 8) + f" {row}"
            rated = [round(1 + (person * 7 + k * 13) % 600 / 100, 2) for k in range(len(TARGETS))]
            name = media.relative_to(root).as_posix()
            table.writerow([name, person, f"q{answer}", f"Number {answer}?", said, *rated])
    return path


if __name__ == "__main__":
    main(sys.argv[1:])
