"""What every encoder, corpus and network must hold to; for the tests of plug-ins.

from trifold.testing.contract import check_encoder

def test_it_holds():
    check_encoder(Loudness())
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch

from trifold.contracts import (
    MODALITIES,
    QUESTION,
    Array,
    Corpus,
    TokenSequence,
)
from trifold.encoders.adapters import adapted
from trifold.encoders.base import Encoder
from trifold.errors import InputError
from trifold.network.base import FusionNetwork, NetworkOutput
from trifold.testing.made_up import MadeUpClip

DIMS = {"words": 5, "voice": 4, "face": 3}
MODALITY = {"words": "text", "voice": "audio", "face": "video"}


def check_encoder(encoder: object) -> TokenSequence:
    """Hold an encoder to its contract on a recording made up here; returns its tokens.

    Args:
        encoder: one that derives from a class of ``trifold.encoders.base``, or one that has
            ``modality``, ``dim``, ``fingerprint`` and ``encode`` alone.

    Raises:
        InputError: naming the first thing that does not hold.
    """
    held = adapted(encoder)
    _require(held.modality in (*MODALITIES, QUESTION), "modality", held.modality)
    _require(isinstance(held.dim, int) and held.dim > 0, "dim above 0", held.dim)
    marked = re.fullmatch(r"[0-9a-f]{16}", str(held.fingerprint))
    _require(marked is not None, "a fingerprint of 16 hex digits", held.fingerprint)
    columns = getattr(held, "columns", ())
    clip = MadeUpClip(pieces=1, columns=columns)
    _require(held.available(clip), "something to read in a whole recording", "nothing")
    key = held.key(MadeUpClip(pieces=1, columns=columns))
    _require(held.key(clip) == key, "the same key for the same input", "another")
    tokens = held.read(clip)
    _check_tokens(tokens, held)
    _require(_same(tokens, held.read(clip)), "the same tokens for the same input", "others")
    _require(
        _same(tokens, held.read(MadeUpClip(pieces=7, columns=columns)), 1e-4),
        "the same tokens however the sound is cut into chunks",
        "others",
    )
    _check_tokens(held.read(MadeUpClip(pieces=0, columns=columns)), held)
    return tokens


def check_corpus(corpus: Corpus) -> None:
    """Hold what a corpus reader returned to its contract.

    Raises:
        InputError: naming the first thing that does not hold.
    """
    candidates = {clip.candidate_id for clip in corpus.clips}
    width = len(corpus.schema.targets)
    ids = [clip.clip_id for clip in corpus.clips]
    _require(len(set(ids)) == len(ids), "clip ids that are unique", "some twice")
    _require(
        candidates <= set(corpus.labels),
        "labels for every candidate of the clips",
        f"none for {sorted(candidates - set(corpus.labels))[:3]}",
    )
    _require(set(corpus.labels) == set(corpus.splits), "a split for every label", "others")
    by_person: dict[str, set[str]] = {}
    people = corpus.people
    for candidate, split in corpus.splits.items():
        _require(split in ("train", "val", "test"), "splits train, val and test", split)
        by_person.setdefault(people[candidate], set()).add(split)
    shared = [person for person, splits in by_person.items() if len(splits) > 1]
    _require(not shared, "splits by person", f"{shared[:3]} in several")
    for candidate, values in corpus.labels.items():
        _require(np.shape(values) == (width,), f"{width} labels of {candidate}", np.shape(values))
        for target, value in zip(corpus.schema.targets, values, strict=True):
            inside = np.isnan(value) or target.low <= value <= target.high
            _require(inside, f"{target.name} in [{target.low:g}, {target.high:g}]", value)
    _require(bool(corpus.terms.strip()), "the terms of the data", "none")


def check_network(made: Callable[..., FusionNetwork], **settings: Any) -> None:
    """Hold a network to its contract, on streams of three modalities.

    Args:
        made: its class, or what builds it of ``stream_dims``, ``stream_modality``, ``num_targets``.
        settings: of its own.

    Raises:
        InputError: naming the first thing that does not hold.
    """
    torch.manual_seed(0)
    modality: Any = MODALITY
    network = made(stream_dims=DIMS, stream_modality=modality, num_targets=2, **settings)
    _require(isinstance(network, FusionNetwork), "a FusionNetwork", type(network).__name__)
    network.eval()
    tokens, mask, answers = _batch()
    output = _scores(network, tokens, mask, answers)
    _require(
        tuple(output.candidate.shape) == (3, 2),
        "candidate scores (B, K)",
        tuple(output.candidate.shape),
    )
    _require(
        tuple(output.answer.shape) == (3, 2, 2),
        "answer scores (B, T, K)",
        tuple(output.answer.shape),
    )
    longer = {s: torch.nn.functional.pad(t, (0, 0, 0, 3)) for s, t in tokens.items()}
    padded = {s: torch.nn.functional.pad(m, (0, 3)) for s, m in mask.items()}
    same = _scores(network, longer, padded, answers).candidate
    _require(
        bool(torch.allclose(same, output.candidate, atol=1e-4)),
        "scores that do not depend on padding",
        "others",
    )
    for stream in DIMS:
        hidden = {s: torch.zeros_like(m) if s == stream else m for s, m in mask.items()}
        found = _scores(network, tokens, hidden, answers).candidate
        _require(bool(found.isfinite().all()), f"scores without {stream}", "NaN")
    standardizers: Mapping[str, object] = network.standardizers()
    _require(set(standardizers) <= set(DIMS), "standardizers of streams", sorted(standardizers))


def _scores(
    network: FusionNetwork,
    tokens: dict[str, torch.Tensor],
    mask: dict[str, torch.Tensor],
    answers: torch.Tensor,
) -> NetworkOutput:
    with torch.no_grad():
        output = network(tokens, mask, answers)
    _require(isinstance(output, NetworkOutput), "a NetworkOutput", type(output).__name__)
    _require(bool(output.candidate.isfinite().all()), "finite scores", "NaN or infinity")
    return cast(NetworkOutput, output)


def _batch() -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor], torch.Tensor]:
    """Three candidates of up to two answers of up to four tokens."""
    generator = torch.Generator().manual_seed(1)
    answers = torch.tensor([[True, True], [True, False], [True, True]])
    tokens, mask = {}, {}
    for stream, dim in DIMS.items():
        there = torch.rand(3, 2, 4, generator=generator) < 0.8
        mask[stream] = there & answers[:, :, None]
        drawn = torch.randn(3, 2, 4, dim, generator=generator)
        tokens[stream] = drawn * mask[stream][..., None]
    return tokens, mask, answers


def _check_tokens(tokens: TokenSequence, encoder: Encoder) -> None:
    values, start, end = tokens.values, tokens.start_s, tokens.end_s
    _require(
        values.ndim == 2 and values.shape[1] == encoder.dim,
        f"values (L, {encoder.dim})",
        values.shape,
    )
    _require(values.dtype == np.float32, "values of float32", values.dtype)
    _require(bool(np.isfinite(values).all()), "finite values", "NaN or infinity")
    _require(
        start.shape == end.shape == (len(values),),
        "a start and an end for each token",
        (start.shape, end.shape),
    )
    ordered = bool((start <= end).all()) and bool((np.diff(start) >= 0).all())
    _require(ordered, "times in order", start[:5])
    _require(tokens.modality == encoder.modality, "the encoder's modality", tokens.modality)
    _require(
        tokens.fingerprint == encoder.fingerprint, "the encoder's fingerprint", tokens.fingerprint
    )


def _same(one: TokenSequence, other: TokenSequence, tolerance: float = 0.0) -> bool:
    parts: Sequence[tuple[Array, Array]] = (
        (one.values, other.values),
        (one.start_s, other.start_s),
        (one.end_s, other.end_s),
    )
    return all(a.shape == b.shape and np.allclose(a, b, 0, tolerance) for a, b in parts)


def _require(right: bool, expected: str, got: object) -> None:
    if not right:
        raise InputError(expected=expected, got=str(got), where="contract")
