"""Which words before colons are speakers' labels, decided over the whole transcript.

A role (``Interviewer``) is a label wherever it stands. A name is one where it comes back, opens the
transcript in full, or stands beside other labels. Any other word before a colon is speech, so that
a monologue with a few colons loses no word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trifold.contracts import Segment
from trifold.media.transcripts.speakers.heads import (
    bare,
    is_code,
    is_counted,
    key_of,
    looks_like_name,
)
from trifold.media.transcripts.speakers.label_counts import LabelCount, count_labels
from trifold.media.transcripts.speakers.label_words import (
    PAIRED,
    PAIRS,
    is_abstract,
    is_bare_role,
    is_role,
    opens_a_remark,
    without_number,
)
from trifold.media.transcripts.speakers.misspelt import misspelt_roles
from trifold.media.transcripts.speakers.role_words import MACHINES, QUESTIONS

FEW_TEXTS = 3  # of which every one may begin with another speaker
Counts = Mapping[str, LabelCount]  # by key, see ``heads.key_of``


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
    counts = count_labels(texts)
    accepted = {key for key, c in counts.items() if is_role(c.label) and c.total + c.boxed}
    paired: set[str] = set()
    if not stated:
        accepted |= _by_themselves(counts, len(texts), accepted)
        accepted |= _beside_others(counts, len(texts), accepted)
        paired = _paired(counts, len(texts))
        accepted |= paired
    names = {key: bare(count.label) for key, count in counts.items() if key in accepted}
    names |= {key_of(label.partition(" (")[0]): label for label in names.values() if " (" in label}
    names |= {key: without_number(names[key]) for key in paired if without_number(key) in PAIRED}
    return (
        names
        | misspelt_roles({k: (c.label, c.starts, c.total) for k, c in counts.items()}, names)
        | _forms(counts, accepted, len(texts))
        | stated
    )


def _by_themselves(counts: Counts, n_texts: int, roles: set[str]) -> set[str]:
    """Labels that need no other label beside them: each rule alone is enough."""
    names = {k: c for k, c in counts.items() if k not in roles and looks_like_name(c.label)}
    codes = {k: c for k, c in counts.items() if k not in roles and is_counted(c.label)}
    # share of texts that begin with something like a label
    share = sum(count.starts for count in [*names.values(), *codes.values()]) / max(1, n_texts)
    share += sum(counts[key].starts for key in roles) / max(1, n_texts)
    others = {k: c for k, c in counts.items() if k not in names and k not in codes}
    recurring = {k for k, c in names.items() if k not in codes and _recurs(c, k, share, n_texts)}
    recurring |= {k for k, c in codes.items() if c.starts and c.total > 1 and share >= 0.3}
    return (
        recurring
        | _in_brackets(names, n_texts)
        | _before_stops(counts, n_texts)
        | _before_dashes(counts, n_texts)
        | _nicknames(others, n_texts)
        | _once_each(names, share, n_texts)
    )


def _recurs(count: LabelCount, key: str, share: float, n_texts: int) -> bool:
    """Whether a written name comes back often enough, or opens the transcript in full."""
    if " " in key or "@" in key:
        return count.opens or count.marked > 0 or (count.starts > 1 and share >= 0.1)
    if n_texts == 1:
        return count.total > 1 and (count.opens or count.total > 2)
    if count.marked:
        return True
    return (count.starts > 2 and share >= 0.2) or (count.starts > 1 and share >= 0.5)


def _nicknames(others: Counts, n_texts: int) -> set[str]:
    """Words that are not written as names are, before colons of half of the texts: ``robin:``."""
    often = {key: count for key, count in others.items() if count.starts > 2}
    if sum(count.starts for count in often.values()) < 0.5 * n_texts:
        return set()
    return {key for key, count in often.items() if not opens_a_remark(count.label)}


def _once_each(names: Counts, share: float, n_texts: int) -> set[str]:
    """Names that come once each, as captions name a speaker when another begins."""
    once = {k for k, c in names.items() if c.total == 1 and not is_abstract(c.label)}
    has_opening = any(count.opens for count in names.values())
    has_full_name = any(" " in count.label and count.starts for count in names.values())
    is_list = len(once) == len(names) > 1 and share >= 0.5 and has_opening and has_full_name
    is_short = 1 < n_texts <= FEW_TEXTS and len(once) == n_texts and share == 1
    return once if is_list or is_short else set()


def _in_brackets(names: Counts, n_texts: int) -> set[str]:
    """Names in brackets that come back, or of which several come and one opens the transcript."""
    boxed = {key: count for key, count in names.items() if count.boxed}
    if len(boxed) < 2 or not any(count.opens for count in boxed.values()):
        boxed = {key: count for key, count in names.items() if count.boxed > 1}
    is_custom = sum(count.boxed for count in boxed.values()) >= 0.5 * n_texts
    return set(boxed) if is_custom else set()


def _before_stops(counts: Counts, n_texts: int) -> set[str]:
    """A role and others before full stops and the like, ``Interviewer. How?``, or full names."""
    stops = {key: count.stopped for key, count in counts.items() if count.stopped}
    full = [k for k, n in stops.items() if n > 1 and " " in k and looks_like_name(counts[k].label)]
    has_role = len(stops) > 1 and any(is_bare_role(counts[key].label) for key in stops)
    is_custom = sum(stops.values()) >= 0.5 * n_texts
    return set(stops) if (len(full) > 1 or has_role) and is_custom else set()


def _before_dashes(counts: Counts, n_texts: int) -> set[str]:
    """Labels before dashes; a single one only where most texts have it."""
    dashed = {k: c.dashed for k, c in counts.items() if _stands_before_dashes(c, n_texts)}
    return set(dashed) if len(dashed) > 1 or sum(dashed.values()) >= 0.8 * n_texts else set()


def _stands_before_dashes(count: LabelCount, n_texts: int) -> bool:
    known = is_role(count.label) or (looks_like_name(count.label) and count.dashed > 2)
    return known and count.dashed > 0.2 * n_texts


def _beside_others(counts: Counts, n_texts: int, accepted: set[str]) -> set[str]:
    """Labels that come once, of people who say little beside others who say more."""
    if not accepted:
        return set()
    starts = sum(c.starts for k, c in counts.items() if k in accepted or looks_like_name(c.label))
    is_dense = starts >= 0.8 * n_texts or len(accepted) == 1
    has_codes = any(is_code(counts[key].label) for key in accepted)
    has_boxes = any(counts[key].boxed > 1 for key in accepted)
    found = set()
    for key, count in counts.items():
        is_name = looks_like_name(count.label)
        may_be_once = is_name and (" " in key or (is_dense and not is_abstract(count.label)))
        stands_alone = count.starts or (count.inner and n_texts <= FEW_TEXTS)
        is_boxed = has_boxes and is_name and count.boxed
        is_coded = has_codes and is_code(count.label) and count.starts
        if (may_be_once and stands_alone) or is_boxed or is_coded:
            found.add(key)
    return found


def _paired(counts: Counts, n_texts: int) -> set[str]:
    """``Q`` and ``A``: labels where both of a pair come, or questions alone that all ask."""
    found: set[str] = set()
    for asks, answers in PAIRS:
        questions = {key for key in counts if without_number(key) == asks}
        replies = {key for key in counts if without_number(key) == answers}
        both = questions | replies
        colons = sum(counts[key].total for key in both)
        dotted = sum(counts[key].dotted for key in both)
        asked = sum(counts[key].asks for key in questions)
        has_first = any(counts[key].starts for key in questions)
        is_often = colons >= max(0.3 * n_texts, 3 * (asks in MACHINES))  # ``bot`` is said as well
        only_asks = (asks, answers) in QUESTIONS and asked > 1 and asked == colons + dotted
        if questions and replies and ((has_first and is_often) or dotted >= max(3, 0.6 * n_texts)):
            found |= both
        elif only_asks and not replies:
            found |= questions
    return found


def _forms(counts: Counts, accepted: set[str], n_texts: int) -> dict[str, str]:
    """Keys with the forms in which a label also stands: ``q dotted``, ``robin dash``."""
    dashed = [key for key in accepted if _stands_before_dashes(counts[key], n_texts)]
    found = [f"{key} dash" for key in dashed]
    found += [f"{key} dotted" for key in accepted if counts[key].dotted]
    found += [f"{key} stop" for key in accepted if counts[key].stopped]
    return dict.fromkeys(found, "")
