"""From one target schema to another: which target stands for which, and with which sign.

A score goes over by its place on the scale, reversed where the sign is negative. That keeps ranks;
it does not make raters of two studies use a scale alike. Targets without a counterpart stay
unlabelled, counterparts that share only part of their meaning are used only on request, and
observers' ratings never become self-reports or the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from trifold.contracts import Array, Corpus, Finding, Target, TargetSchema
from trifold.errors import CorpusError
from trifold.shipped import MAPS, shipped

OVERLAPS = ("same", "part")
FIELDS = {"from", "to", "sign", "overlap"}
REVERSED = {frozenset(("emotional_stability", "neuroticism"))}


@dataclass(frozen=True)
class Pair:
    """One target that stands for another.

    Attributes:
        source: name in the schema that labels come in.
        target: name in the schema that is wanted.
        sign: −1 where a high value of one construct is a low value of the other.
        same: False where they share only part of their meaning.
    """

    source: str
    target: str
    sign: int
    same: bool


def read_map(path: str | Path) -> tuple[Pair, ...]:
    """Read a YAML file with ``name`` and ``pairs``.

    Args:
        path: of the file, or the name of a map that comes with Trifold.

    Raises:
        CorpusError: when it cannot be read or a pair is not ``from, to, sign, overlap``.
    """
    path = shipped(path, MAPS)
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise CorpusError(expected="a map of targets in YAML", got=reason, where=path) from error
    if not isinstance(content, Mapping) or not isinstance(content.get("pairs"), list):
        raise CorpusError(expected="'name' and 'pairs'", got=repr(content)[:60], where=path)
    return tuple(_pair(entry, path) for entry in content["pairs"])


def pairs_between(
    source: TargetSchema, wanted: TargetSchema, pairs: Sequence[Pair] = (), *, partial: bool = False
) -> dict[str, Pair]:
    """Wanted target to the pair that serves it; stated pairs go before equal names.

    Args:
        source: schema that labels come in.
        wanted: schema that is wanted.
        pairs: of a map.
        partial: use pairs that share only part of their meaning.
    """
    served: dict[str, Pair] = {}
    for target in wanted.names:
        stated = [p for p in pairs if p.target == target and p.source in source.names]
        found = stated or _by_name(target, source)
        usable = [pair for pair in found if pair.same or partial]
        if usable:
            served[target] = usable[0]
    return served


def convert(
    labels: Array, source: TargetSchema, wanted: TargetSchema, served: Mapping[str, Pair]
) -> Array:
    """(n, K) labels to (n, K') on the wanted scales; NaN where nothing stands for a target.

    Raises:
        CorpusError: when observers' ratings would become self-reports, or the other way round.
    """
    converted = np.full((len(labels), len(wanted.targets)), np.nan)
    for k, target in enumerate(wanted.targets):
        pair = served.get(target.name)
        if pair is not None:
            origin = source.targets[source.names.index(pair.source)]
            column = labels[:, source.names.index(pair.source)]
            converted[:, k] = _moved(column, origin, target, pair.sign)
    return converted


def mapped(
    corpus: Corpus, wanted: TargetSchema, path: str | Path, *, partial: bool = False
) -> Corpus:
    """The corpus with labels in another schema, and a finding about what has no counterpart.

    Args:
        corpus: as read.
        wanted: schema of the labels to come.
        path: of the map.
        partial: use pairs that share only part of their meaning.

    Raises:
        CorpusError: when no target has a counterpart, or sources differ.
    """
    served = pairs_between(corpus.schema, wanted, read_map(path), partial=partial)
    if not served:
        raise CorpusError(
            expected=f"a counterpart of one of {', '.join(wanted.names)}",
            got=f"none among {', '.join(corpus.schema.names)}",
            where=path,
        )
    ids = list(corpus.labels)
    rows = convert(np.stack([corpus.labels[i] for i in ids]), corpus.schema, wanted, served)
    lost = [name for name in wanted.names if name not in served]
    what = f"targets have no counterpart in {corpus.schema.name}"
    found = Finding("unmapped", len(lost), len(wanted.names), what, "unlabelled", tuple(lost))
    return replace(
        corpus,
        labels=dict(zip(ids, rows, strict=True)),
        schema=wanted,
        findings=(*corpus.findings, found),
    )


def _by_name(target: str, source: TargetSchema) -> list[Pair]:
    """The same name, or the reversed twin of it."""
    if target in source.names:
        return [Pair(target, target, 1, same=True)]
    twins = [name for name in source.names if frozenset((name, target)) in REVERSED]
    return [Pair(name, target, -1, same=True) for name in twins]


def _moved(column: Array, origin: Target, target: Target, sign: int) -> Array:
    if origin.source != target.source and "synthetic" not in (origin.source, target.source):
        raise CorpusError(
            expected=f"'{target.name}' from {target.source} ratings",
            got=f"{origin.source} ratings of '{origin.name}'",
            where="map of targets",
        )
    place = (column - origin.low) / (origin.high - origin.low)
    if sign * origin.polarity * target.polarity < 0:
        place = 1 - place
    moved: Array = target.low + place * (target.high - target.low)
    return moved


def _pair(entry: Any, path: str | Path) -> Pair:
    if not isinstance(entry, Mapping) or set(entry) != FIELDS:
        raise CorpusError(
            expected=f"pairs of {', '.join(sorted(FIELDS))}", got=repr(entry), where=path
        )
    if entry["sign"] not in (1, -1) or entry["overlap"] not in OVERLAPS:
        raise CorpusError(
            expected=f"sign 1 or -1 and overlap among {', '.join(OVERLAPS)}",
            got=f"{entry['sign']!r} and {entry['overlap']!r}",
            where=path,
        )
    return Pair(str(entry["from"]), str(entry["to"]), entry["sign"], entry["overlap"] == "same")
