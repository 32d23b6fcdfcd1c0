"""How often each label of a transcript stands where, before it is decided which are names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from trifold.media.transcripts.speakers.heads import (
    Head,
    heads_in,
    is_code,
    is_counted,
    key_of,
    looks_like_name,
    runs_on,
)
from trifold.media.transcripts.speakers.label_words import (
    PAIRED,
    is_bare_role,
    is_role,
    opens_a_remark,
    without_number,
)

_QUESTION_MARK = re.compile(r"[?？؟]")


@dataclass
class LabelCount:
    """How often one label, in all its spellings, stands where in the texts of a transcript.

    Attributes:
        starts: before a colon at the beginning of a text.
        inner: within a text.
        dashed: before a dash at the beginning of a text.
        dotted: as a capital with a full stop at the beginning: ``I. How?``.
        stopped: before a full stop, a bar or the like at the beginning.
        asks: at the beginning of a text with a question mark behind it.
        boxed: in brackets.
        marked: with chevrons or asterisks around it, or in full on a line of its own.
        opens: whether the transcript begins with it.
        spellings: how often in each spelling.
    """

    starts: int = 0
    inner: int = 0
    dashed: int = 0
    dotted: int = 0
    stopped: int = 0
    asks: int = 0
    boxed: int = 0
    marked: int = 0
    opens: bool = False
    spellings: Counter[str] = field(default_factory=Counter)

    @property
    def label(self) -> str:
        """The spelling that comes most often, the first of equals."""
        return self.spellings.most_common(1)[0][0]

    @property
    def total(self) -> int:
        """Times before a colon."""
        return self.starts + self.inner


def count_labels(texts: Sequence[str]) -> dict[str, LabelCount]:
    """Key of each label, see ``key_of``, to how often it stands where.

    Every place counts once, for the likeliest label that may end there.
    """
    counts: dict[str, LabelCount] = {}
    for number, text in enumerate(texts):
        for readings in heads_in(text):
            head = _likeliest(readings, text)
            if head is None or head.form == "chained" or not key_of(head.label):
                continue
            count = counts.setdefault(key_of(head.label), LabelCount())
            count.spellings[head.label] += 1
            count.opens |= number == 0 and head.at_start and head.form != "stop"
            count.marked += head.at_start and _marks_a_name(head, text)
            count.boxed += head.form == "boxed"
            count.dashed += head.form == "dash"
            count.dotted += head.form == "dotted"
            count.stopped += head.form == "stop"
            count.asks += head.at_start and _QUESTION_MARK.search(text, head.end) is not None
            count.starts += head.at_start and head.form in ("colon", "glued")
            count.inner += not head.at_start
    return counts


def _likeliest(readings: Sequence[Head], text: str) -> Head | None:
    """The longest that may be a label; within a text a role alone, not ``Boston Interviewer``."""
    roles = [h for h in readings if is_bare_role(h.label) and not readings[0].at_start]
    return next((h for h in (*roles, *readings) if _is_plausible(h, text)), None)


def _marks_a_name(head: Head, text: str) -> bool:
    """Whether chevrons or asterisks lead to it, or a full name has the line for itself."""
    is_alone = " " in head.label and not text[head.end :].strip()
    return is_alone or any(mark in text[head.begin : head.begin + 5] for mark in (">>", "**"))


def _is_plausible(head: Head, text: str) -> bool:
    if head.form == "run on":
        return is_role(head.label) and runs_on(head, text)
    if is_role(head.label) or is_code(head.label) or looks_like_name(head.label):
        return True
    if without_number(key_of(head.label)) in PAIRED or (head.at_start and is_counted(head.label)):
        return True
    is_nick = head.at_start and head.form == "colon" and len(head.label.split()) <= 2  # robin:
    return is_nick and not opens_a_remark(head.label)
