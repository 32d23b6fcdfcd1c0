"""What is written of a deletion: when it was asked for, due and done, and who is to be told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from trifold.commands.governance.policies import Gate
from trifold.policy.facts import DeleteFacts
from trifold.policy.retention import PERMISSION
from trifold.runtime.private import private_folder, write_atomically

if TYPE_CHECKING:
    from trifold.commands.governance.places import Place, Removal

DUE_DAYS = 30  # of a request, unless a policy says less


@dataclass(frozen=True)
class Receipt:
    """A deletion; the file names the person by a hash alone.

    Attributes:
        person: whom.
        facts: that policies were asked with.
        removed: place to what was removed there.
        remaining: places that still hold something.
        despite: why a duty to keep was overruled.
    """

    person: str
    facts: DeleteFacts
    removed: Mapping[Place, Removal]
    remaining: tuple[str, ...]
    despite: str | None

    def write(self, path: Path, gate: Gate) -> Path:
        """Write JSON; returns the path."""
        facts = {
            "person_sha256": hashlib.sha256(self.person.encode("utf-8", "replace")).hexdigest(),
            "requested_on": str(self.facts.requested_on),
            "due_on": str(self.facts.requested_on + timedelta(days=due_days(gate))),
            "done_on": str(gate.today),
            "policies": list(gate.policy.names),
            "removed": {str(place.path): gone.kinds for place, gone in self.removed.items()},
            "remaining": list(self.remaining),
            "in_spite_of_duties": self.despite,
            "tell": gate.deployment.get("processors", "names"),
            "backups": gate.deployment.get("backups", "names"),
        }
        private_folder(path.parent)
        text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
        write_atomically(path, text.encode())
        return path


def due_days(gate: Gate) -> int:
    """Days after a request by which deletion is due: the shortest of all rules in force."""
    rules = gate.policy.at("delete", gate.today)
    named = [
        int(rule.params["days"])
        for rule in rules
        if rule.check == PERMISSION and rule.params["since"] == "requested"
    ]
    return min([DUE_DAYS, *named])


def copies_elsewhere(gate: Gate) -> list[str]:
    """Lines about copies that no command reaches, as the deployer states them."""
    told = []
    if others := gate.deployment.get("processors", "names"):
        told.append(f"tell those who hold copies: {', '.join(map(str, others))}")
    if backups := gate.deployment.get("backups", "names"):
        told.append(f"still in backups: {', '.join(map(str, backups))}")
    return told
