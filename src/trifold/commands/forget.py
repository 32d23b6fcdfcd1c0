"""``trifold forget candidate=ID out=DIR``: a person removed from every place that is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from omegaconf import DictConfig

from trifold.commands.governance.clock import begun, requested_on
from trifold.commands.governance.naming import places_of
from trifold.commands.governance.policies import Gate
from trifold.commands.governance.receipt import Receipt, copies_elsewhere
from trifold.commands.shared import Written
from trifold.errors import InputError, nearest
from trifold.policy.facts import DeleteFacts
from trifold.policy.findings import Findings, examine
from trifold.policy.retention import DUTY
from trifold.runtime.endings import NOTHING_FOUND


def forget(config: DictConfig) -> list[Path]:
    """Remove a person, or what is old, and say what was removed.

    Ends with ``NOTHING_FOUND`` where nothing of the person is there.
    """
    if config.candidate is None and config.keep_days is None:
        raise InputError(expected="candidate=… (an id) or keep_days=…", got="neither")
    if config.candidate is None and config.out is not None:
        raise InputError(expected="candidate=…, whom out=… is to forget", got="none")
    written = Written()
    told = []
    if config.candidate is not None:
        told = _person(config, str(config.candidate), written)
    if config.keep_days is not None:
        told += _old(config)
    print(*told, sep="\n")
    return written


def _person(config: DictConfig, person: str, written: Written) -> list[str]:
    """Lines about what was removed; policies are asked before, and once more afterwards."""
    gate, places = Gate.of(config), places_of(config)
    facts = DeleteFacts(
        requested_on=requested_on(config, gate.today),
        since=begun(config, person),
        receipt=config.get("receipt") is not None,
        deployment=gate.deployment,
    )
    told = _asked(gate, facts, despite=config.get("despite"))
    for place in places:
        place.check()
    removed = {}
    for place in places:
        if (gone := place.remove(person)).lines:
            removed[place] = gone
            written += gone.rewritten
    if not removed:
        written.code = NOTHING_FOUND
        return [f"nothing of {person!r} is there{_alike(config, person)}"]
    remaining = tuple(str(place.path) for place in places if place.holds(person))
    told += [
        line
        for place, gone in removed.items()
        for line in (*(f"{place.path}: removed {one}" for one in gone.lines), *gone.notes)
    ]
    if config.get("receipt") is not None:
        receipt = Receipt(person, facts, removed, remaining, config.get("despite"))
        written.append(receipt.write(Path(config.receipt), gate))
    gate.look("delete", replace(facts, since={}, remaining=remaining))
    return [*told, *copies_elsewhere(gate)]


def _asked(gate: Gate, facts: DeleteFacts, *, despite: str | None) -> list[str]:
    """Lines about duties to keep that ``despite=…`` overrules; all other rules hold.

    Raises:
        PolicyError: for what is refused.
    """
    if not despite:
        gate.look("delete", facts)
        return []
    found = examine(gate.policy, "delete", facts, gate.today).found
    Findings(tuple(one for one in found if one.rule.check != DUTY)).raise_refused()
    return [f"in spite of {one}: {despite}" for one in found if one.rule.check == DUTY]


def _old(config: DictConfig) -> Iterator[str]:
    from trifold.features.owners import Owners

    for root in (Path(config.paths.features), Path(config.paths.transcripts)):
        n = Owners(root).expire(config.keep_days)
        yield f"{root}: removed {n} files that were written more than {config.keep_days:g} days ago"


def _alike(config: DictConfig, person: str) -> str:
    if config.out is None:
        return ""
    from trifold.reports.forgetting import known_people

    near = nearest(person, known_people(Path(config.out)))
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
