"""What sections of every study share: refusals in place of findings, names, shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from trifold.codes import Code
from trifold.decimals import FormattedNumber, decimal
from trifold.errors import TrifoldError
from trifold.messages import joined, raw, say, sentence
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.reliability.agreement import FEWEST
from trifold.studies.document import DASH, Section, text_of

TARGET, PEOPLE, GROUP = say("target"), say("people"), say("group")  # headings of columns


def attempted(key: str, title: str, make: Callable[[], Section]) -> Section:
    """The section, or why there is none: one thing that cannot be told stops nothing else."""
    try:
        return make()
    except TrifoldError as error:
        return Section(key, title, refused=sentence(joined([raw(str(error)), "."], "")))


def words(name: str) -> str:
    """A name as people read it."""
    return name.replace("_", " ")


def per_cent(share: float) -> str:
    """A share in whole per cent."""
    return DASH if share != share else FormattedNumber(decimal(100 * share, 0) + " %")


def span(values: Iterable[Estimate]) -> str:
    """The smallest and the largest, as in ``.41 to .63``, and why others are not known."""
    given = list(values)
    told = [float(value.estimate) for value in given if value.estimate == value.estimate]
    why = unknown_as(given)
    if not told:
        return say("not known, as %(why)s", why=why)
    found = from_to([min(told), max(told)])
    missing = len(given) - len(told)
    if not missing:
        return found
    return say(
        "%(found)s (not known for %(missing)s of %(given)s, as %(why)s)",
        found=found,
        missing=missing,
        given=len(given),
        why=why,
    )


def from_to(ends: Sequence[float]) -> str:
    """Two numbers in words; where they are written alike, one."""
    low, high = (text_of(float(end)) for end in ends)
    return low if low == high else say("%(low)s to %(high)s", low=low, high=high)


def unknown_as(values: Iterable[Estimate]) -> str:
    """Why estimates are not known, in words with the code; empty where all are."""
    lost = [value for value in values if value.estimate != value.estimate]
    return joined(list(dict.fromkeys(_why(value) for value in lost)), "; ")


def all_unknown(values: Iterable[Estimate]) -> bool:
    """Whether there is not one number among estimates."""
    return all(value.estimate != value.estimate for value in values)


def _why(value: Estimate) -> str:
    code = value.flags[0] if value.flags else None
    if code is None:
        return say("nothing tells it")
    if code is Code.TOO_FEW_PERSONS and value.n < FEWEST:
        known = {"fewest": FEWEST, "n": value.n, "code": str(code)}
        if value.n == 1:
            return say("it takes %(fewest)s people and %(n)s person came (%(code)s)", **known)
        return say("it takes %(fewest)s people and %(n)s people came (%(code)s)", **known)
    return joined([raw(code.meaning), f"({code})"], " ")


def listed(names: Sequence[str]) -> str:
    """Names in a sentence."""
    shown = [words(name) for name in names]
    if len(shown) < 2:
        return "".join(shown)
    return say("%(names)s and %(last)s", names=", ".join(shown[:-1]), last=shown[-1])
