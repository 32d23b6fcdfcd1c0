"""``trifold make NAME out=DIR [key=value …]``: a corpus to try things on.

    synthetic  [candidates=300 answers=2 seconds=6 seed=0 labelled=true height=240]
    recruitview, avi, avi_videos, avi_personality, youtube_personality, mit_interview,
    first_impressions, essays, manifest
               [people=24 seconds=2 media=true seed=0]

``synthetic`` writes interviews with a known ceiling; every other name the twin of a published data
set: its layout, tiny, with invented people. Nobody in any of them exists.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from trifold.corpora.mock.cast import Twin
from trifold.corpora.mock.registry import TWINS
from trifold.corpora.synthetic.corpus import SyntheticSettings, write_corpus
from trifold.errors import InputError, unknown
from trifold.runtime.endings import run_plain
from trifold.runtime.progress import stage

SYNTHETIC = "trifold make synthetic out=DIR [candidates=300 answers=2 seconds=6 seed=0]"
USAGE = f"{SYNTHETIC}, or one of {', '.join(TWINS)} with [people=24 seconds=2 media=true seed=0]"


def make(arguments: list[str]) -> Path:
    """Write the corpus named by the arguments and return its folder.

    Raises:
        InputError: when the arguments are not of the form in ``USAGE``.
        CorpusError: when the folder holds another corpus.
    """
    name = arguments[0] if arguments else ""
    if not all("=" in a for a in arguments[1:]) or not name or "=" in name:
        raise InputError(expected=USAGE, got=" ".join(arguments) or "nothing")
    if name != "synthetic" and name not in TWINS:
        raise unknown(name, ["synthetic", *TWINS], what="corpora")
    pairs = dict(argument.split("=", 1) for argument in arguments[1:])
    if not pairs.get("out"):
        raise InputError(expected=USAGE, got="no out=DIR")
    root = Path(pairs.pop("out"))
    values = {key: _value(text) for key, text in pairs.items()}
    steps, total = _synthetic(root, values) if name == "synthetic" else _twin(name, root, values)
    label = name if name == "synthetic" else f"{name} (synthetic)"
    with stage(label, total, show=True) as told:
        for _ in steps:
            told.advance()
    return root


def _value(text: str) -> object:
    """A number or a truth value, as YAML has them; else the text."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _synthetic(root: Path, values: dict[str, Any]) -> tuple[Iterator[str], int]:
    settings = SyntheticSettings.parse(values)
    return write_corpus(root, settings, workers=os.cpu_count() or 1), settings.candidates


def _twin(name: str, root: Path, values: dict[str, Any]) -> tuple[Iterator[str], int]:
    twin = Twin.parse(values)
    return TWINS[name].write(root, twin), TWINS[name].steps * twin.people


def main() -> None:
    """Entry point: prints the folder, or one line about what is wrong."""
    run_plain(lambda words: [make(words)], __doc__ or "")


if __name__ == "__main__":
    main()
