"""Two networks on one corpus, compared by candidate; for researchers.

``python examples/train_and_compare.py [FOLDER]``. It takes the synthetic twin of a published set:
nobody in it exists, and so few show how it is done and nothing else. With the real data, leave out
the first step and ``SMALL``.
"""

import subprocess
import sys
from pathlib import Path

import pandas as pd

SMALL = ["trainer.max_epochs=3", "resamples=50", "workers=1", "progress=false"]
NAMED = "${hydra:runtime.choices.network}"  # a run folder for each network


def trifold(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "trifold", *words], check=True)  # noqa: S603


def main(folder: Path, people: int = 24) -> pd.DataFrame:
    corpus, runs = folder / "corpus", folder / "runs"
    trifold("make", "essays", f"out={corpus}", f"people={people}")
    shared = ["corpora=essays", "encoders=transcripts", f"corpora.root={corpus}", *SMALL]
    shared += ["streams=[sentences,profile]", f"paths.features={folder / 'features'}"]
    trifold("train", "-m", *shared, "network=pooled,trifold_small", f"out={runs}/{NAMED}")
    trifold("compare", f"runs={runs}", "reference=pooled", "resamples=50")
    return pd.read_csv(runs / "comparison.csv")  # differences with intervals, by candidate


if __name__ == "__main__":
    print(main(Path(sys.argv[1] if len(sys.argv) > 1 else "checkpoints/example")))
