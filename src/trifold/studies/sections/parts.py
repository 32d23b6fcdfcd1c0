"""What sections of every study share: refusals in place of findings, names, shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from trifold.codes import Code
from trifold.errors import TrifoldError
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.reliability.agreement import FEWEST
from trifold.studies.document import DASH, Section, text_of


def attempted(key: str, title: str, make: Callable[[], Section]) -> Section:
    """The section, or why there is none: one thing that cannot be told stops nothing else."""
    try:
        return make()
    except TrifoldError as error:
        return Section(key, title, refused=f"{str(error)[:1].upper()}{str(error)[1:]}.")


def words(name: str) -> str:
    """A name as people read it."""
    return name.replace("_", " ")


def per_cent(share: float) -> str:
    """A share in whole per cent."""
    return DASH if share != share else f"{100 * share:.0f} %"


def span(values: Iterable[Estimate]) -> str:
    """The smallest and the largest, as in ``.41 to .63``, and why others are not known."""
    given = list(values)
    told = [float(value.estimate) for value in given if value.estimate == value.estimate]
    why = unknown_as(given)
    if not told:
        return f"not known, as {why}"
    ends = [text_of(value) for value in (min(told), max(told))]
    found = ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
    missing = len(given) - len(told)
    return f"{found} (not known for {missing} of {len(given)}, as {why})" if missing else found


def unknown_as(values: Iterable[Estimate]) -> str:
    """Why estimates are not known, in words with the code; empty where all are."""
    lost = [value for value in values if value.estimate != value.estimate]
    return "; ".join(dict.fromkeys(_why(value) for value in lost))


def all_unknown(values: Iterable[Estimate]) -> bool:
    """Whether there is not one number among estimates."""
    return all(value.estimate != value.estimate for value in values)


def _why(value: Estimate) -> str:
    code = value.flags[0] if value.flags else None
    if code is None:
        return "nothing tells it"
    if code is Code.TOO_FEW_PERSONS and value.n < FEWEST:
        people = "person" if value.n == 1 else "people"
        return f"it takes {FEWEST} people and {value.n} {people} came ({code})"
    return f"{code.meaning} ({code})"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence."""
    shown = [words(name) for name in names]
    return ", ".join(shown[:-1]) + f" and {shown[-1]}" if len(shown) > 1 else "".join(shown)
