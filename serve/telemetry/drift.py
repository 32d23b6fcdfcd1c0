"""Drift at the endpoint: counts over a window that rolls, held against each model's training.

A worker says in which bin each quantity of a person lies, and the gateway adds that up; neither
keeps anything of anybody. The counts lie in ``drift.json`` of the endpoint's folder.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trifold.drift.comparison import Drift, compare
from trifold.drift.profile import Profile
from trifold.runtime.private import write_atomically
from trifold.serve.telemetry.exposition import Family, Source
from trifold.serve.telemetry.logs import FACTS

FILE, SLOTS = "drift.json", 24  # parts of a window, of which the oldest goes
FRESH_S = 30.0  # for which a comparison is good
HOUR_S = 3600.0
Key = tuple[str, str]  # name and version of a model
GAUGES = {
    "psi": "Population stability index against the model's training.",
    "psi_limit": "Above it samples of these sizes differ by more than chance, and it matters.",
    "ks": "Largest difference of shares below a value, or of a category, against training.",
    "ks_limit": "The same for it.",
}
logger = logging.getLogger(__name__)


@dataclass
class Window:
    """Counts of one version of a model.

    Attributes:
        bundle: id of the model.
        slots: number of the slot, name of the quantity, and people in each bin.
    """

    bundle: str
    slots: dict[int, dict[str, list[int]]] = field(default_factory=dict)

    def add(self, slot: int, profile: Profile, places: Mapping[str, int]) -> None:
        """Count one person; what is no bin of the profile is passed over."""
        counts = self.slots.setdefault(slot, {})
        for name, place in places.items():
            bins = profile.bins.get(name)
            if bins is not None and 0 <= place < len(bins.counts):
                counts.setdefault(name, [0] * len(bins.counts))[place] += 1

    def roll(self, slot: int) -> None:
        """Drop what is older than a window."""
        self.slots = {one: counts for one, counts in self.slots.items() if one > slot - SLOTS}

    def counts(self) -> dict[str, list[int]]:
        """Of all slots together."""
        found: dict[str, list[int]] = {}
        for slot in self.slots.values():
            for name, own in slot.items():
                before = found.get(name, [0] * len(own))
                found[name] = [a + b for a, b in zip(before, own, strict=True)]
        return found


class DriftWatch:
    """Windows of all models of an endpoint.

    Args:
        path: of the file of counts.
        window_h: hours of a window.
        now: seconds since 1970.
    """

    def __init__(self, path: Path, window_h: float, now: Callable[[], float] = time.time) -> None:
        self._path, self._slot_s, self._now = path, slot_seconds(window_h), now
        self._profiles: dict[Key, Profile] = {}
        self._windows: dict[Key, Window] = {}
        self._found: dict[Key, tuple[float, list[Drift]]] = {}
        self._alarmed: set[tuple[Key, str]] = set()

    def watch(self, model: str, version: str, bundle: str, profile: Profile | None) -> None:
        """Count for a version from now on, or go on where its counts were written.

        Args:
            model: its name.
            version: of it.
            bundle: id of what it is.
            profile: of its training; None where it has none, which is then not watched.
        """
        if profile is None:
            return
        kept = read_windows(self._path, self._slot_s).get((model, version))
        self._profiles[model, version] = profile
        same = kept is not None and kept.bundle == bundle and _fits(kept, profile)
        self._windows[model, version] = kept if kept and same else Window(bundle)

    def leave(self, model: str, version: str) -> None:
        """Count no more for a version, and drop what was counted."""
        key = model, version
        self._profiles.pop(key, None)
        self._windows.pop(key, None)
        self._found.pop(key, None)

    def add(self, model: str, version: str, places: Mapping[str, int]) -> None:
        """Count one person."""
        key = model, version
        if key in self._windows:
            slot = self._slot()
            self._windows[key].roll(slot)
            self._windows[key].add(slot, self._profiles[key], places)

    def found(self, key: Key) -> list[Drift]:
        """Where a version's people lie now."""
        made_s, found = self._found.get(key, (-FRESH_S, []))
        if self._now() - made_s >= FRESH_S:
            self._windows[key].roll(self._slot())
            found = compare(self._profiles[key], self._windows[key].counts())
            self._found[key] = self._now(), found
        return found

    def families(self) -> Source:
        """What Prometheus reads."""
        every = [
            ({"model": key[0], "version": key[1]}, self.found(key), key)
            for key in sorted(self._windows)
        ]
        for name, meaning in GAUGES.items():
            samples = [
                ("", {**labels, "quantity": one.name}, one.numbers[name])
                for labels, found, _ in every
                for one in found
                if name in one.numbers
            ]
            yield Family(f"trifold_drift_{name}", "gauge", meaning, samples)
        alarms = [
            ("", {**labels, "quantity": one.name}, float(one.alarm))
            for labels, found, _ in every
            for one in found
        ]
        yield Family("trifold_drift_alarm", "gauge", "1 where one of them is exceeded.", alarms)
        people = [
            ("", labels, float(max(map(sum, self._windows[key].counts().values()), default=0)))
            for labels, _, key in every
        ]
        meaning = "People of the window that drift is told by."
        yield Family("trifold_drift_window_candidates", "gauge", meaning, people)

    def tell(self) -> None:
        """Log what drifts that did not before, and what no longer does; write the counts."""
        now = {(key, one.name): one for key in self._windows for one in self.found(key)}
        alarmed = {name for name, one in now.items() if one.alarm}
        for (model, version), name in sorted(alarmed ^ self._alarmed):
            one = now.get(((model, version), name))
            begins = ((model, version), name) in alarmed
            facts: dict[str, object] = {"model": model, "version": version, "quantity": name}
            facts |= one.numbers if one else {}
            logger.warning("drift" if begins else "no more drift", extra={FACTS: facts})
        self._alarmed = alarmed
        self._write()

    def _slot(self) -> int:
        return int(self._now() // self._slot_s)

    def _write(self) -> None:
        facts = {
            "slot_s": self._slot_s,
            "windows": [
                {"model": model, "version": version, "bundle": one.bundle, "slots": one.slots}
                for (model, version), one in self._windows.items()
            ],
        }
        write_atomically(self._path, json.dumps(facts).encode(), sync=False)


def slot_seconds(window_h: float) -> float:
    """Seconds of a slot of a window of so many hours."""
    return window_h * HOUR_S / SLOTS


def read_windows(path: Path, slot_s: float) -> dict[Key, Window]:
    """The counts that a gateway wrote.

    Args:
        path: of its file.
        slot_s: seconds of a slot; counts of slots of another length are passed over.

    Returns:
        Model and version to window; nothing where the file is missing or damaged.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        if facts["slot_s"] != slot_s:
            return {}
        return {
            (str(one["model"]), str(one["version"])): Window(
                str(one["bundle"]),
                {
                    int(slot): {str(n): list(map(int, c)) for n, c in counts.items()}
                    for slot, counts in one["slots"].items()
                },
            )
            for one in facts["windows"]
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def _fits(window: Window, profile: Profile) -> bool:
    """Whether counts are of the bins of a profile."""
    return all(
        name in profile.bins and len(own) == len(profile.bins[name].counts)
        for name, own in window.counts().items()
    )
