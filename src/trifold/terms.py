"""What a data set's licence lets a model be used for, as text that people and programs can read.

Terms travel as one string: corpus → run → bundle → report. What they forbid stands at its end,
``… [forbids: commercial, hiring]``; rights that somebody states against it stand there too, so that
nobody has to wonder later on whose word a model was used. This is a reminder, no legal advice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trifold.errors import InputError

PURPOSES = {
    "research": "research and teaching that sells nothing and decides about nobody",
    "commercial": "any product or service",
    "hiring": "real candidates of a real employer",
}
UNSTATED = "unstated"
_FORBIDS = re.compile(r"\[forbids: ([a-z, ]+)\]")
_RIGHTS = re.compile(r"\[rights stated for ([a-z]+): ([^\]]+)\]")


def terms(text: str, *, forbids: Sequence[str]) -> str:
    """The terms of a corpus in the form that ``cleared`` reads.

    Args:
        text: whose data, which licence, what it says.
        forbids: purposes that it rules out.
    """
    return f"{text} [forbids: {', '.join(forbids)}]"


def forbidden(stated: str) -> tuple[str, ...]:
    """Purposes that the terms rule out and for which nobody has stated rights."""
    ruled_out = [p.strip() for part in _FORBIDS.findall(stated) for p in part.split(",")]
    claimed = {purpose for purpose, _ in _RIGHTS.findall(stated)}
    return tuple(dict.fromkeys(p for p in ruled_out if p not in claimed))


def cleared(purpose: str, stated: str, *, rights: str | None = None) -> str:
    """The terms, if they allow the purpose; with the statement of rights where one is needed.

    Args:
        purpose: one of ``PURPOSES``.
        stated: the terms of the data.
        rights: why the purpose is allowed all the same, e.g. an agreement with the owner.

    Raises:
        InputError: for an unknown purpose, one that the terms forbid, or one other than research
            where the terms are not stated.
    """
    if purpose not in PURPOSES:
        raise InputError(expected=f"purpose among {', '.join(PURPOSES)}", got=repr(purpose))
    unknown = purpose != "research" and stated.strip().lower() in ("", UNSTATED)
    if purpose not in forbidden(stated) and not unknown:
        return stated
    if rights:
        statement = " ".join(rights.replace("[", "(").replace("]", ")").split())
        return f"{stated} [rights stated for {purpose}: {statement}]"
    reason = "unstated terms (say with corpora.terms=… what they are)" if unknown else stated
    raise InputError(
        expected=f"terms that allow {purpose} ({PURPOSES[purpose]}), or rights=… that says why",
        got=reason,
    )
