"""What of a Ray cluster an endpoint uses: ``ray=``, ``max_workers=``, ``cpus=`` and ``gpus=``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from trifold.errors import InputError
from trifold.runtime.strict_json import read_object

FILE = "cluster.json"  # in the endpoint's folder


@dataclass(frozen=True)
class ClusterOptions:
    """Of one endpoint.

    Attributes:
        ray: address of a running cluster, ``auto`` for this machine's; empty starts one here.
        max_workers: as many may be started while requests wait; 0 leaves it at ``workers``.
        cpus: of each worker.
        gpus: share of a GPU of each worker, such as 0.25.
    """

    ray: str = ""
    max_workers: int = 0
    cpus: float = 1.0
    gpus: float = 0.0

    @classmethod
    def of(cls, given: Mapping[str, str]) -> ClusterOptions:
        """What words of a command line say.

        Raises:
            InputError: when a number is none, or is below 0.
        """
        values: dict[str, str | int | float] = {}
        for name, text in given.items():
            kind = type(getattr(cls, name))
            try:
                values[name] = kind(text)
            except ValueError:
                values[name] = -1
            number = values[name]
            if not isinstance(number, str) and not 0 <= number < float("inf"):
                wanted = "a whole number" if kind is int else "a number"
                raise InputError(expected=f"{wanted} of 0 or more", got=repr(text), where=name)
        return cls(**values)  # type: ignore[arg-type]

    def write(self, folder: Path) -> None:
        """Keep them for the gateway, also for one that is started anew."""
        (folder / FILE).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> ClusterOptions:
        """What ``write`` kept.

        Raises:
            InputError: when it is something else.
        """
        facts = read_object(folder / FILE, InputError)
        return cls.of({name: str(value) for name, value in facts.items() if name in NAMES})


NAMES = tuple(field.name for field in fields(ClusterOptions))
