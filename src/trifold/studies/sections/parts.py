"""What sections of every study share: refusals in place of findings, names, shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from trifold.errors import TrifoldError
from trifold.psychometrics.estimate import Estimate
from trifold.studies.document import Section, text_of


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
    return "none" if share != share else f"{100 * share:.0f} %"


def span(values: Iterable[float]) -> str:
    """The smallest and the largest, as in ``.41 to .63``."""
    told = [value for value in values if value == value]
    if not told:
        return "none"
    ends = [text_of(float(value)) for value in (min(told), max(told))]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def estimates(values: Iterable[Estimate]) -> list[float]:
    """The numbers of some estimates."""
    return [value.estimate for value in values]


def listed(names: Sequence[str]) -> str:
    """Names in a sentence."""
    shown = [words(name) for name in names]
    return ", ".join(shown[:-1]) + f" and {shown[-1]}" if len(shown) > 1 else "".join(shown)
