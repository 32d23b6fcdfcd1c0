"""What the network finds of what was planted: ``python -m benchmarks.planted_signal corpus=DIR``.

Trains on a synthetic corpus with all modalities and with each alone, and holds every test Spearman
against the corpus's computed ceiling. Further ``key=value`` arguments go to ``trifold train``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SUBSETS = ("text,audio,video", "text", "audio", "video")
PLANTED = {"text": "planted_text", "audio": "planted_audio", "video": "planted_video"}


def main(arguments: list[str]) -> None:
    """Train four times and print one table per subset."""
    corpus = next(a.removeprefix("corpus=") for a in arguments if a.startswith("corpus="))
    rest = [a for a in arguments if not a.startswith("corpus=")]
    ceilings = json.loads((Path(corpus) / "ceiling.json").read_text())["spearman"]
    for subset in SUBSETS:
        out = Path("checkpoints/planted") / subset.replace(",", "-")
        train(corpus, subset, out, rest)
        table = json.loads((out / "metrics.json").read_text())
        report(subset, table, ceilings[subset.replace(",", "+")])


def train(corpus: str, subset: str, out: Path, rest: list[str]) -> None:
    """One run in a process of its own."""
    command = [sys.executable, "-m", "trifold", "train", "corpora=synthetic"]
    command.append(f"corpora.root={corpus}")
    subprocess.run(
        [*command, f"modalities=[{subset}]", f"out={out}", *rest], check=True, capture_output=True
    )


def report(subset: str, table: dict, ceiling: dict[str, float]) -> None:
    """Spearman with its interval and share of the ceiling, target by target."""
    rho, ridge = table["test"]["spearman"], table["baselines"]["ridge_pooled"]["spearman"]
    best = sum(ceiling.values()) / len(ceiling)
    print(f"\n{subset}: {table['data']['n_test']} test candidates (SYNTHETIC)")
    print(f"  mean {rho['mean']:.3f} ({rho['low']:.3f} to {rho['high']:.3f}), ceiling {best:.3f}")
    print(f"  ridge on pooled features: mean {ridge['mean']:.3f}")
    for name, value in rho["per_target"].items():
        low, high = rho["per_target_low"][name], rho["per_target_high"][name]
        share = f"{value / ceiling[name]:.0%} of {ceiling[name]:.3f}" if ceiling[name] else "absent"
        linear = f"ridge {ridge['per_target'][name]:+.3f}"
        print(f"  {name:<20} {value:+.3f} ({low:+.3f} to {high:+.3f})  {share:<14} {linear}")


if __name__ == "__main__":
    main(sys.argv[1:])
