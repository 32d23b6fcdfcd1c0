"""Scores of the same people by two versions of a model, without a word of who they are.

Pairs are kept target by target and in the order of their values, so that nothing joins the scores
of one person or says when they came. Of more than some thousands a random part is kept (reservoir
sampling, Vitter 1985, algorithm R).
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trifold.drift.profile import SCORED, targets_in
from trifold.errors import InputError
from trifold.runtime.private import write_atomically
from trifold.runtime.strict_json import read_object

FILE = "shadow.json"
MOST = 5000  # pairs of a target
BOTH, OLD_ALONE, NEW_ALONE, NEITHER, FAILED = "both", "old_alone", "new_alone", "neither", "failed"
Pair = tuple[float, float]


@dataclass
class Pairs:
    """What two versions said of the same people.

    Attributes:
        model: its name.
        old: the version that answers.
        new: the one that is tried.
        share: of requests that are scored by both.
        outcomes: how many people got scores by both, by one or by none; how many requests the new
            one failed at.
        seconds: of work of the old version and of the new one.
        seen: target to how many pairs there were.
        scores: target to pairs of an old and a new score.
    """

    model: str
    old: str
    new: str
    share: float
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=lambda: [0.0, 0.0])
    seen: Counter[str] = field(default_factory=Counter)
    scores: dict[str, list[Pair]] = field(default_factory=dict)

    def add(self, old: bytes, new: bytes) -> None:
        """Compare two answers to one request.

        Args:
            old: body of the one that the caller got.
            new: body of the other version's.
        """
        for before, after in zip(_people(old), _people(new), strict=True):
            had, has = before.get("status") == SCORED, after.get("status") == SCORED
            kinds = {(True, True): BOTH, (True, False): OLD_ALONE, (False, True): NEW_ALONE}
            self.outcomes[kinds.get((had, has), NEITHER)] += 1
            for name in targets_in(before) if had and has else ():
                was, is_now = before[name], after.get(name)
                if was is not None and is_now is not None:  # some may have no score of a target
                    self._keep(name, (float(was), float(is_now)))

    def _keep(self, name: str, pair: Pair) -> None:
        self.seen[name] += 1
        kept = self.scores.setdefault(name, [])
        if len(kept) < MOST:
            kept.append(pair)
        elif (place := secrets.randbelow(self.seen[name])) < MOST:
            kept[place] = pair

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it, pairs in the order of their values."""
        return {**vars(self), "scores": {name: sorted(own) for name, own in self.scores.items()}}

    def write(self, path: Path) -> None:
        """Write it for ``read_pairs``."""
        write_atomically(path, json.dumps(self.to_dict()).encode(), sync=False)


def read_pairs(path: Path) -> Pairs:
    """What ``Pairs.write`` wrote.

    Raises:
        InputError: when it is damaged.
    """
    return pairs_of(read_object(path, InputError), path)


def pairs_of(facts: Mapping[str, Any], where: object) -> Pairs:
    """What ``Pairs.to_dict`` gave.

    Raises:
        InputError: when it is something else.
    """
    try:
        scores = {
            str(n): [(float(a), float(b)) for a, b in own] for n, own in facts["scores"].items()
        }
        return Pairs(
            model=str(facts["model"]),
            old=str(facts["old"]),
            new=str(facts["new"]),
            share=float(facts["share"]),
            outcomes=Counter({str(name): int(n) for name, n in facts["outcomes"].items()}),
            seconds=list(map(float, facts["seconds"])),
            seen=Counter({str(name): int(n) for name, n in facts["seen"].items()}),
            scores=scores,
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            expected="pairs of scores of two versions", got=str(error)[:200], where=where
        ) from error


def _people(body: bytes) -> Iterator[Mapping[str, Any]]:
    """Rows of the candidates in an answer; of one without scores, the problem has it too."""
    facts = json.loads(body)
    for entry in facts.get("candidates", [facts]):
        row = entry.get("candidate", {})
        yield row if isinstance(row, dict) else {}
