"""Overrides on the page of a person: shown above the scores, which they never change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trifold.records.overrides import Override
from trifold.reports.wording import label
from trifold.runtime.private import write_atomically
from trifold.templates import fragment

BEGIN, END = "<!--overrides-->", "<!--/overrides-->"


def override_values(overrides: Sequence[Override]) -> list[dict[str, str]]:
    """What a page says of each."""
    return [
        {
            "name": one.target,
            "label": label(one.target),
            "reviewer": one.reviewer,
            "time": one.time[:10],
            "reason": one.reason,
            "judgement": one.judgement,
        }
        for one in overrides
    ]


def show_overrides(page: Path, overrides: Sequence[Override]) -> bool:
    """Put the overrides into a page that was written; False where there is none.

    Everything else on the page stays to the byte. A page of an earlier version has no place for
    them, and is shown with them when ``trifold score`` writes it again.
    """
    if not page.is_file():
        return False
    text = page.read_bytes()
    before, begin, rest = text.partition(BEGIN.encode())
    _, end, after = rest.partition(END.encode())
    if not (begin and end):
        return False
    made = fragment("overrides.html.j2", overrides=override_values(overrides))
    write_atomically(page, before + begin + made.encode("utf-8", "backslashreplace") + end + after)
    return True
