"""Facts of a model, from what its description holds; used wherever models are loaded or trained."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, requires
from typing import Any

from trifold.policy.deployment import Deployment
from trifold.policy.facts import LoadFacts, StreamFact

_NOT_SAID = {"_target_", "model", "revision"}  # settings whose text is an address


def load_facts(
    *,
    purpose: str,
    terms: str,
    targets: tuple[str, ...],
    specs: Mapping[str, Mapping[str, Any]],
    modalities: Mapping[str, str],
    deployment: Deployment,
) -> LoadFacts:
    """What rules look at when a model is loaded.

    Args:
        purpose: it is loaded for.
        terms: of its data, with the rights that were stated.
        targets: names.
        specs: stream name to encoder specification.
        modalities: stream name to modality.
        deployment: what the deployer stated.
    """
    streams = tuple(
        StreamFact(name, modalities[name], str(spec["_target_"]), str(spec.get("model") or ""))
        for name, spec in specs.items()
    )
    return LoadFacts(purpose, terms, targets, streams, dependencies(), deployment)


def names_in(specs: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Names of streams, and all texts of their prompts and questionnaires."""
    said = tuple(dict.fromkeys(text for spec in specs.values() for text in _texts(spec)))
    return {"the streams": tuple(specs), "the prompts": said}


@cache
def dependencies() -> tuple[str, ...]:
    """Names of the packages that Trifold depends on, extras included."""
    try:
        listed = requires("trifold") or []
    except PackageNotFoundError:  # run from a folder of sources
        listed = []
    return tuple(re.split(r"[^A-Za-z0-9._-]", line.strip())[0].lower() for line in listed)


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if key not in _NOT_SAID:
                yield str(key)
                yield from _texts(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _texts(value)
