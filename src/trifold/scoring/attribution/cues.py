"""What was heard and seen in single moments, in words, beside what is usual for the same person.

Contributions say when a score moved and by which modality, not why. A cue names what the encoders
measured there. It may be what the model reacted to; nothing says that it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from trifold.bundle.bundle import Bundle
from trifold.contracts import MODALITIES, Array, Modality, TokenSequence
from trifold.encoders.build import build_encoders
from trifold.features.collate import CandidateSample
from trifold.scoring.attribution.cue_words import NAMED, Named
from trifold.scoring.attribution.record import CueEvidence

LEAST = 1.5  # robust deviations from the usual, from which on a measure is named
FEWEST = 8  # tokens, below which nothing is usual
NORMAL_IQR = 1.349  # interquartile range of a normal distribution in standard deviations
NAMELESS = ("text", "question")  # modalities whose moments are shown by their words


class Columns(NamedTuple):
    """Of one stream.

    Attributes:
        names: D.
        mean: (D,) of the means of training people; None where the bundle does not know them.
        deviation: (D,) of those means over people.
    """

    names: tuple[str, ...]
    mean: Array | None = None
    deviation: Array | None = None


def columns_of(bundle: Bundle) -> dict[str, Columns]:
    """Streams of sound and picture whose encoders say what their columns are."""
    description = bundle.description
    specs = {
        stream: description.encoder_specs[stream]
        for stream, modality in description.stream_modality.items()
        if modality not in NAMELESS
    }
    known = bundle.reference.distribution if bundle.reference else None
    found = {}
    for stream, encoder in build_encoders(specs).items():
        names = tuple(map(str, getattr(encoder, "feature_names", ())))
        if len(names) != description.stream_dims[stream] or not set(names) & set(NAMED):
            continue
        gaussian = known.gaussians.get(stream) if known else None
        found[stream] = (
            Columns(names, gaussian.mean, gaussian.deviation) if gaussian else Columns(names)
        )
    return found


def cues_of(
    sample: CandidateSample,
    columns: Mapping[str, Columns],
    modality: Mapping[str, Modality],
    clip_ids: Sequence[str | None],
) -> tuple[CueEvidence, ...]:
    """Everything that can be named in a candidate's T answers, in the order of time.

    Args:
        sample: the candidate.
        columns: of streams, see ``columns_of``.
        modality: stream name to modality.
        clip_ids: T.
    """
    found = [
        CueEvidence(answer=t, clip_id=clip_ids[t], modality=modality[stream], stream=stream, **cue)
        for t, answer in enumerate(sample.answers)
        for stream, tokens in answer.items()
        if stream in columns
        for cue in stretches(tokens, columns[stream])
    ]
    order = {name: n for n, name in enumerate(MODALITIES)}
    return tuple(sorted(found, key=lambda c: (c.answer, order[c.modality], c.start_s, c.end_s)))


def stretches(tokens: TokenSequence, columns: Columns) -> Iterator[dict[str, Any]]:
    """Runs of tokens in which a measure lies far from the recording's usual on one side.

    ``measure``, ``words``, ``start_s``, ``end_s``, ``size`` (the farthest distance in robust
    standard deviations) and ``beside_training``, likewise in those of training people's means;
    None where those are not known or the measure hangs on the place.

    Args:
        tokens: (L, D) of one answer.
        columns: D.
    """
    if len(tokens.values) < FEWEST:
        return
    for column, name in enumerate(columns.names):
        if name not in NAMED:
            continue
        named, values = NAMED[name], tokens.values[:, column].astype(np.float64)
        size = unusual(values, named)
        said = [_words(named, z) for z in size]
        for words, group in groupby(range(len(said)), key=said.__getitem__):
            places = list(group)
            if not words:
                continue
            peak = max(places, key=lambda i: abs(size[i]))
            yield {
                "measure": name,
                "words": words,
                "start_s": round(float(tokens.start_s[places[0]]), 2),
                "end_s": round(float(tokens.end_s[places[-1]]), 2),
                "size": round(float(size[peak]), 2),
                "beside_training": _beside_training(values[peak], columns, column),
            }


def unusual(values: Array, named: Named) -> Array:
    """(L,) distance of each value from the usual, in robust standard deviations.

    The usual is the median of the recording, or of what came before; the spread is the
    interquartile range of the recording. Adding a number to all values changes nothing.

    Args:
        values: (L,) of one recording.
        named: what the values are.
    """
    good = np.isfinite(values)
    if good.sum() < FEWEST:
        return np.zeros(len(values))
    first, middle, third = np.quantile(values[good], [0.25, 0.5, 0.75])
    spread = max((third - first) / NORMAL_IQR, named.floor)
    usual = np.full(len(values), middle)
    if named.from_before:
        usual = np.array([_median_before(values[:i]) for i in range(len(values))])
    away = (values - usual) / spread
    return np.where(np.isfinite(away), away, 0.0)


def _median_before(values: Array) -> float:
    """NaN of too few."""
    there = values[np.isfinite(values)]
    return float(np.median(there)) if len(there) >= FEWEST else float("nan")


def _words(named: Named, size: float) -> str:
    if abs(size) < LEAST:
        return ""
    return named.more if size > 0 else named.less


def _beside_training(value: float, columns: Columns, column: int) -> float | None:
    if columns.mean is None or columns.deviation is None:
        return None
    if NAMED[columns.names[column]].of_the_place or not columns.deviation[column] > 0:
        return None
    return round(float((value - columns.mean[column]) / columns.deviation[column]), 2)
