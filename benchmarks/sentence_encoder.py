"""Our sentence encoder beside sentence-transformers: ``python -m benchmarks.sentence_encoder``."""

from __future__ import annotations

import os
import statistics
import time

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from trifold.encoders.text.minilm import MiniLM
from trifold.encoders.text.sentence_encoder import SentenceEncoder

RUNS, TEXTS = 7, 400
SENTENCE = (
    "I plan every step of the work and talk with the team before we start so that nobody is "
    "surprised when something goes wrong because it always does sooner or later in a project"
)
WORDS = SENTENCE.split()


def main() -> None:
    """Time both on the same model and texts, in turns."""
    generator = np.random.default_rng(0)
    lengths = generator.integers(4, 60, TEXTS)
    texts = [" ".join(generator.choice(WORDS, n)) + "." for n in lengths]
    folder = MiniLM().folder
    ours = SentenceEncoder(model=str(folder), window_tokens=256, batch_size=32)
    library = SentenceTransformer(str(folder), device="cpu")
    print(f"{os.cpu_count()} cores, {torch.get_num_threads()} threads; all-MiniLM-L6-v2, {TEXTS} ")
    print(f"texts of 4 to 59 words; {RUNS} runs in turns; median (lowest to highest)")
    seconds: dict[str, list[float]] = {"trifold": [], "sentence-transformers": []}
    found, expected = ours.embed(texts), library.encode(texts, batch_size=32)
    for _ in range(RUNS):
        for name, job in (
            ("trifold", lambda: ours.embed(texts)),
            ("sentence-transformers", lambda: library.encode(texts, batch_size=32)),
        ):
            start = time.perf_counter()
            job()
            seconds[name].append(time.perf_counter() - start)
    for name, times in seconds.items():
        print(f"  {name:<22} {_range([TEXTS / t for t in times], 0)} texts/s")
    pairs = zip(seconds["trifold"], seconds["sentence-transformers"], strict=True)
    print(f"  paired speed-up        {_range([b / a for a, b in pairs], 3)}")
    print(f"  largest difference     {np.abs(found - expected).max():.1e}")


def _range(values: list[float], digits: int) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


if __name__ == "__main__":
    main()
