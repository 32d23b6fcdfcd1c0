"""What must be kept in mind about the people who are trained on, one sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from trifold.contracts import MODALITIES
from trifold.training.dataset import Dataset


def of_people(data: Dataset) -> list[str]:
    """About those who are trained on."""
    said = [*of_losses(data), *_of_absence(data)]
    labels, names = data.labels, data.schema.names
    said += [
        f"'{names[a]}' and '{names[b]}' have the same ratings: what is found on one is found on "
        "the other."
        for a, b in combinations(range(labels.shape[1]), 2)
        if np.array_equal(labels[:, a], labels[:, b], equal_nan=True)
    ]
    if labels.shape[1] > len(labels):
        said.append(
            f"{labels.shape[1]} targets and {len(labels)} people: some targets will look well "
            "predicted by chance."
        )
    return said


def of_losses(data: Dataset) -> list[str]:
    """About what could not be read."""
    said, losses = [], data.losses
    if losses.candidates:
        total = len(losses.candidates) + len(data.samples)
        said.append(
            f"{len(losses.candidates)} of {total} rated candidates are left out, as none of their "
            "files could be used."
        )
    if losses.answers:
        reasons = ", ".join(f"{n} for {code}" for code, n in losses.answers.items())
        said.append(f"{sum(losses.answers.values())} answers are left out: {reasons}.")
    said += [
        f"{n} tokens of stream '{stream}' hold no numbers and are left out, as of a damaged file."
        for stream, n in losses.tokens.items()
    ]
    return said


def of_words(words_from: Mapping[str, int], trained: Mapping[str, int]) -> list[str]:
    """About words that nobody wrote down, and words that came as no training words did.

    Args:
        words_from: ``given`` or a recogniser's fingerprint to number of answers.
        trained: the same of the training; empty where nobody knows.
    """
    total = sum(words_from.values())
    recognised = total - words_from.get("given", 0)
    other = sum(n for source, n in words_from.items() if trained and source not in trained)
    said = [f"Words of {recognised} of {total} answers were recognised, not given."]
    strange = [
        f"Words of {other} of {total} answers came another way than all words of the training."
    ]
    return said * (recognised > 0) + strange * (other > 0)


def _of_absence(data: Dataset) -> list[str]:
    there = {s: bool(mask.any()) for s, mask in data.batch.token_mask.items()}
    said = []
    for kind in MODALITIES:
        streams = [s for s, m in data.stream_modality.items() if m == kind]
        absent = [s for s in streams if not there.get(s)]
        if absent and len(absent) == len(streams):
            said.append(_ignored(kind.capitalize()))
        else:
            said += [_ignored(f"Stream '{stream}'") for stream in absent]
    return said


def _ignored(what: str) -> str:
    return (
        f"{what}: nobody trained on shows any, so the model knows nothing of it and ignores it in "
        "whoever is scored."
    )
