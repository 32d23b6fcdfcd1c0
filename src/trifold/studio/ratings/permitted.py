"""What must not be rated: protected groups, emotions where the policy says so, and verdicts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from trifold.errors import InputError
from trifold.policy.facts import LoadFacts, StreamFact
from trifold.policy.findings import examine
from trifold.policy.protected import group_names
from trifold.policy.reading import read_policy
from trifold.policy.vocabulary import denied
from trifold.studio.ratings.schema import RatedTarget

# recordings have sound and picture, and models read both
STREAMS = (StreamFact("audio", "audio", ""), StreamFact("video", "video", ""))
VERDICTS = re.compile(
    r"\b(hir(e|es|ed|ing|eab\w*)|rehire\w*|reject\w*|(un)?suitab\w*|eignung\w*|(un)?geeignet\w*"
    r"|einstell(en|ung)|absage\w*|shortlist\w*|no[- ]?go|knock[- ]?out)\b",
    re.IGNORECASE,
)


def refuse_forbidden(
    targets: Sequence[RatedTarget], profiles: Sequence[str], *, today: date
) -> None:
    """Stop at the first target that must not be rated.

    Args:
        targets: of a project.
        profiles: names of its policy profiles; ``common`` holds always.
        today: on which rules are in force.

    Raises:
        InputError: for protected groups, verdicts and words that no page may say of people.
        PolicyError: for what a rule of the profiles refuses, naming rule and source.
    """
    policy = read_policy(list(dict.fromkeys(["common", *profiles])))
    words = [
        word
        for rule in policy.at("report", today)
        if rule.check == "vocabulary"
        for word in rule.params["words"]
    ]
    for one in targets:
        _refuse_named(one, words)
    names = tuple(name for one in targets for name in (one.name, one.label))
    facts = LoadFacts(purpose="research", terms="", targets=names, streams=STREAMS)
    examine(policy, "load", facts, today).raise_refused()


def _refuse_named(one: RatedTarget, words: Sequence[str]) -> None:
    if group_names([one.name, one.label]):
        raise InputError(
            expected="a competency or trait, never a protected characteristic such as age, sex, "
            "origin, religion or disability",
            got=f"'{one.label}'",
        )
    said = f"{one.name.replace('_', ' ')} {one.label}"
    if VERDICTS.search(said):
        raise InputError(
            expected="a competency or trait that shows in what somebody does; whom to hire or "
            "reject people decide themselves, from several of these and more",
            got=f"'{one.label}', a verdict",
        )
    wrong = denied(said, words)
    if wrong:
        raise InputError(
            expected="words that describe an impression, no type, disorder or verdict",
            got=f"'{wrong[0]}' in '{one.label}'",
        )
