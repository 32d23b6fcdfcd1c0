"""What is looked at when a model is loaded: its data's terms, its targets, its encoders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from trifold.errors import InputError
from trifold.policy.checks.registry import Breach, check
from trifold.policy.facts import LoadFacts
from trifold.policy.protected import group_names
from trifold.terms import cleared

BIOMETRIC = ("audio", "video")


@check("load")
def terms_allow_the_purpose(
    facts: LoadFacts, params: Mapping[str, Any], today: date
) -> Iterator[Breach]:
    """The terms of the data do not forbid the purpose, or rights were stated."""
    try:
        cleared(facts.purpose, facts.terms)
    except InputError as error:
        yield Breach(error.got)


@check("load", params=("targets", "encoders"))
def no_emotion_from_biometrics(
    facts: LoadFacts, params: Mapping[str, Any], today: date
) -> Iterator[Breach]:
    """No target is an emotion, and no encoder was trained on emotions, where sound or picture are.

    Words alone pass.
    """
    seen = [stream for stream in facts.streams if stream.modality in BIOMETRIC]
    if seen:
        for target in _like(facts.targets, params["targets"]):
            yield Breach(f"the target '{target}' with {seen[0].modality}")
    for stream in seen:
        if _like([str(stream)], params["encoders"]):
            yield Breach(f"the encoder {stream}")


@check("load", params=("targets", "packages"))
def no_sensitive_categorisation(
    facts: LoadFacts, params: Mapping[str, Any], today: date
) -> Iterator[Breach]:
    """No target is a sensitive category; no package that Trifold depends on tells one."""
    named = [*group_names(facts.targets), *_like(facts.targets, params["targets"])]
    for target in dict.fromkeys(named):
        yield Breach(f"the target '{target}'")
    for package in _like(facts.packages, params["packages"]):
        yield Breach(f"the package {package}")


@check("load", params=("encoders",))
def no_identity_embeddings(
    facts: LoadFacts, params: Mapping[str, Any], today: date
) -> Iterator[Breach]:
    """No encoder tells who somebody is by face or voice: its vectors would be kept."""
    for stream in facts.streams:
        if stream.modality in BIOMETRIC and _like([str(stream)], params["encoders"]):
            yield Breach(f"the encoder {stream}")


@check("load", params=("encoders",))
def biometric_schedule(
    facts: LoadFacts, params: Mapping[str, Any], today: date
) -> Iterator[Breach]:
    """Where the shape of faces is measured, the public retention schedule is stated."""
    shapes = [s for s in facts.streams if _like([str(s)], params["encoders"])]
    if shapes and facts.deployment.missing("biometrics"):
        yield Breach(f"the encoder {shapes[0].name} and no biometrics.schedule")


def _like(names: tuple[str, ...] | list[str], patterns: list[str]) -> list[str]:
    """Names in which one of the patterns is found, letters of any case."""
    return [name for name in names if any(re.search(p, name, re.IGNORECASE) for p in patterns)]
