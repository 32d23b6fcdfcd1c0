"""Which of the heads in a transcript are speakers' names: decided over all of it.

A part (``Interviewer``) is a label wherever it stands. A name is one where it comes back, opens the
transcript in full, or stands beside other labels. A word before a colon that does none of these is
speech, so that a monologue with a few colons loses no word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trifold.contracts import Segment
from trifold.media.transcripts.speakers.heads import (
    Head,
    bare,
    heads_in,
    is_code,
    is_counted,
    key_of,
    looks_like_name,
    runs_on,
)
from trifold.media.transcripts.speakers.parts import (
    PAIRED,
    PAIRS,
    is_abstract,
    is_part,
    is_role,
    opens_a_remark,
    uncounted,
    word_of,
)
from trifold.media.transcripts.speakers.role_words import MACHINES, QUESTIONS
from trifold.media.transcripts.speakers.slips import slips_of

_ASKS = re.compile(r"[?？؟]")
LONGEST_FEW = 3  # texts of which every one may open with a new speaker


@dataclass
class _Seen:
    """One key's heads over the transcript."""

    starts: int = 0
    inner: int = 0
    dashed: int = 0
    dotted: int = 0
    stopped: int = 0
    asks: int = 0
    boxed: int = 0
    marked: int = 0
    opens: bool = False
    spelled: Counter[str] = field(default_factory=Counter)

    @property
    def label(self) -> str:
        """The spelling that comes most often, the first of equals."""
        return self.spelled.most_common(1)[0][0]

    @property
    def total(self) -> int:
        return self.starts + self.inner


def labels_of(segments: Sequence[Segment]) -> dict[str, str]:
    """Labels of a transcript.

    Args:
        segments: all of it; those whose speaker is stated by their format tell the names.

    Returns:
        From the key of each spelling to the name to show. A key with a form behind it, such
        as ``q dotted``, says that the label also stands in that form.
    """
    stated = {key_of(s.speaker): s.speaker for s in reversed(segments) if s.speaker is not None}
    texts = [s.text for s in segments if s.speaker is None and s.text.strip()]
    seen = _tally(texts)
    accepted = {key for key, one in seen.items() if is_role(one.label) and one.total + one.boxed}
    paired: set[str] = set()
    if not stated:
        accepted |= _alone(seen, len(texts), accepted)
        accepted |= _in_company(seen, len(texts), accepted)
        paired = _paired(seen, len(texts))
        accepted |= paired
    names = {key: bare(one.label) for key, one in seen.items() if key in accepted}
    names |= {key_of(label.partition(" (")[0]): label for label in names.values() if " (" in label}
    names |= {key: uncounted(names[key]) for key in paired if word_of(key) in PAIRED}
    return (
        names
        | slips_of({k: (s.label, s.starts, s.total) for k, s in seen.items()}, names)
        | _by_form(seen, accepted, len(texts))
        | stated
    )


def _tally(texts: Sequence[str]) -> dict[str, _Seen]:
    """For every place with a colon the likeliest reading, by key."""
    seen: dict[str, _Seen] = {}
    for number, text in enumerate(texts):
        for readings in heads_in(text):
            head = _likeliest(readings, text)
            if head is None or head.form == "chained" or not key_of(head.label):
                continue
            one = seen.setdefault(key_of(head.label), _Seen())
            one.spelled[head.label] += 1
            one.opens |= number == 0 and head.at_start and head.form != "stop"
            one.marked += head.at_start and _marks_a_name(head, text)
            one.boxed += head.form == "boxed"
            one.dashed += head.form == "dash"
            one.dotted += head.form == "dotted"
            one.stopped += head.form == "stop"
            one.asks += head.at_start and _ASKS.search(text, head.end) is not None
            one.starts += head.at_start and head.form in ("colon", "glued")
            one.inner += not head.at_start
    return seen


def _likeliest(readings: Sequence[Head], text: str) -> Head | None:
    """The longest that may be a label; within a text a part alone, not ``Boston Interviewer``."""
    parts = [h for h in readings if is_part(h.label) and not readings[0].at_start]
    return next((h for h in (*parts, *readings) if _is_plausible(h, text)), None)


def _marks_a_name(head: Head, text: str) -> bool:
    """Whether chevrons or asterisks lead to it, or a full name has the line for itself."""
    is_alone = " " in head.label and not text[head.end :].strip()
    return is_alone or any(mark in text[head.begin : head.begin + 5] for mark in (">>", "**"))


def _is_plausible(head: Head, text: str) -> bool:
    if head.form == "run on":
        return is_role(head.label) and runs_on(head, text)
    if is_role(head.label) or is_code(head.label) or looks_like_name(head.label):
        return True
    if word_of(key_of(head.label)) in PAIRED or (head.at_start and is_counted(head.label)):
        return True
    is_nick = head.at_start and head.form == "colon" and len(head.label.split()) <= 2  # robin:
    return is_nick and not opens_a_remark(head.label)


def _alone(seen: Mapping[str, _Seen], n_texts: int, roles: set[str]) -> set[str]:
    """Labels that need no other label beside them."""
    named = {k: s for k, s in seen.items() if k not in roles and looks_like_name(s.label)}
    codes = {k: s for k, s in seen.items() if k not in roles and is_counted(s.label)}
    share = sum(s.starts for s in [*named.values(), *codes.values()]) / max(1, n_texts)
    share += sum(seen[key].starts for key in roles) / max(1, n_texts)
    found = {k for k, s in named.items() if k not in codes and _is_name(s, k, share, n_texts)}
    found |= {k for k, s in codes.items() if s.starts and s.total > 1 and share >= 0.3}
    found |= _in_brackets(named, n_texts) | _before_stops(seen, n_texts)
    found |= _before_dashes(seen, n_texts)
    nicks = {k: s for k, s in seen.items() if k not in named and s.starts > 2 and k not in codes}
    if sum(s.starts for s in nicks.values()) >= 0.5 * n_texts:
        found |= {k for k, s in nicks.items() if not opens_a_remark(s.label)}
    few = [k for k, s in named.items() if s.total == 1 and not is_abstract(s.label)]
    # one name opens the transcript and one is in full, as captions label on change
    introduced = any(s.opens for s in named.values()) and any(
        " " in s.label and s.starts for s in named.values()
    )
    if len(few) == len(named) > 1 and share >= 0.5 and introduced:
        found |= named.keys()
    is_short = 1 < n_texts <= LONGEST_FEW and len(few) == n_texts and share == 1
    return found | set(few) if is_short else found


def _in_brackets(named: Mapping[str, _Seen], n_texts: int) -> set[str]:
    """Names in brackets that come back, or of which several come and one opens the transcript."""
    once = {k: s for k, s in named.items() if s.boxed}
    is_opened = len(once) > 1 and any(s.opens for s in once.values())
    boxed = once if is_opened else {k: s for k, s in named.items() if s.boxed > 1}
    return set(boxed) if sum(s.boxed for s in boxed.values()) >= 0.5 * n_texts else set()


def _before_stops(seen: Mapping[str, _Seen], n_texts: int) -> set[str]:
    """A part and others before full stops and the like, ``Interviewer. How?``, or full names."""
    stops = {k: s.stopped for k, s in seen.items() if s.stopped}
    full = [k for k, n in stops.items() if n > 1 and " " in k and looks_like_name(seen[k].label)]
    told = len(full) > 1 or (len(stops) > 1 and any(is_part(seen[key].label) for key in stops))
    return set(stops) if told and sum(stops.values()) >= 0.5 * n_texts else set()


def _before_dashes(seen: Mapping[str, _Seen], n_texts: int) -> set[str]:
    """Labels before dashes; a single one only where most texts have it."""
    found = {k: s.dashed for k, s in seen.items() if _stands_before_dashes(s, n_texts)}
    return set(found) if len(found) > 1 or sum(found.values()) >= 0.8 * n_texts else set()


def _paired(seen: Mapping[str, _Seen], n_texts: int) -> set[str]:
    """``Q`` and ``A``: labels where both of a pair come, or questions alone that all ask."""
    found: set[str] = set()
    for asks, answers in PAIRS:
        sides = [{k for k, s in seen.items() if word_of(k) == side} for side in (asks, answers)]
        both = sides[0] | sides[1]
        colons = sum(seen[key].total for key in both)
        is_first = any(seen[key].starts for key in sides[0])
        dotted = sum(seen[key].dotted for key in both)
        asked = sum(seen[key].asks for key in sides[0])
        unanswered = (asks, answers) in QUESTIONS and asked > 1 and asked == colons + dotted
        often = colons >= max(0.3 * n_texts, 3 * (asks in MACHINES))  # also words of speech
        if all(sides) and ((is_first and often) or dotted >= max(3, 0.6 * n_texts)):
            found |= both
        elif unanswered and not sides[1]:
            found |= sides[0]
    return found


def _by_form(seen: Mapping[str, _Seen], accepted: set[str], n_texts: int) -> dict[str, str]:
    """Labels that also stand before a dash or a full stop."""
    dashed = [key for key in accepted if _stands_before_dashes(seen[key], n_texts)]
    dotted = [key for key in accepted if seen[key].dotted]
    found = [f"{key} dash" for key in dashed] + [f"{key} dotted" for key in dotted]
    return dict.fromkeys([*found, *(f"{key} stop" for key in accepted if seen[key].stopped)], "")


def _is_name(one: _Seen, key: str, share: float, n_texts: int) -> bool:
    """Whether a written name comes back often enough, or opens the transcript in full."""
    if " " in key or "@" in key:
        return one.opens or one.marked > 0 or (one.starts > 1 and share >= 0.1)
    if n_texts == 1:
        return one.total > 1 and (one.opens or one.total > 2)
    if one.marked:
        return True
    return (one.starts > 2 and share >= 0.2) or (one.starts > 1 and share >= 0.5)


def _stands_before_dashes(one: _Seen, n_texts: int) -> bool:
    known = is_role(one.label) or (looks_like_name(one.label) and one.dashed > 2)
    return known and one.dashed > 0.2 * n_texts


def _in_company(seen: Mapping[str, _Seen], n_texts: int, accepted: set[str]) -> set[str]:
    """Labels that come once, as names do of people who say little beside others who say more."""
    if not accepted:
        return set()
    starts = sum(s.starts for k, s in seen.items() if k in accepted or looks_like_name(s.label))
    dense = starts >= 0.8 * n_texts or len(accepted) == 1
    has_codes = any(is_code(seen[key].label) for key in accepted)
    has_boxes = any(seen[key].boxed > 1 for key in accepted)
    found = set()
    for key, one in seen.items():
        is_named = looks_like_name(one.label)
        is_alike = is_named and (" " in key or (dense and not is_abstract(one.label)))
        stands = one.starts or (one.inner and n_texts <= LONGEST_FEW)
        is_boxed = has_boxes and is_named and one.boxed
        if (is_alike and stands) or is_boxed or (has_codes and is_code(one.label) and one.starts):
            found.add(key)
    return found
