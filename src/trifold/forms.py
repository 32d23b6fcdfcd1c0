"""How much of a candidate is shown: in which modalities, over how many answers.

As a test has short forms, an interview has: fewer answers, or no picture. A score from a short form
is not on the scale of one from the whole form by itself, nor as sure, so both are learned by form.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from trifold.contracts import MODALITIES, Modality

LONGEST_KEY = 40
KNOTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64)  # numbers of answers told apart


@dataclass(frozen=True)
class Form:
    """What is shown.

    Attributes:
        shown: modalities, in the order of ``MODALITIES``.
        answers: in how many answers.
    """

    shown: tuple[Modality, ...]
    answers: int

    @property
    def key(self) -> str:
        """``text+audio 3``."""
        return f"{'+'.join(self.shown)} {self.answers}"


@dataclass(frozen=True)
class Grid:
    """All forms that are told apart.

    Attributes:
        modalities: M that training candidates showed, in the order of ``MODALITIES``.
        answers: J numbers of answers, ascending from 1.
    """

    modalities: tuple[Modality, ...]
    answers: tuple[int, ...]

    @property
    def forms(self) -> tuple[Form, ...]:
        """Every subset of the modalities over every number of answers, the fullest first."""
        return tuple(
            Form(shown, n)
            for size in range(len(self.modalities), 0, -1)
            for shown in combinations(self.modalities, size)
            for n in reversed(self.answers)
        )

    def form(self, subset: int, answers: float) -> Form | None:
        """The form told apart that shows no more than this; None where nothing is shown.

        Args:
            subset: bits of the modalities shown, the first modality lowest.
            answers: how many, between numbers where modalities differ in it.
        """
        if not subset:
            return None
        fewer = [n for n in self.answers if n <= answers + 1e-6]
        shown = tuple(m for bit, m in enumerate(self.modalities) if subset >> bit & 1)
        return Form(shown, fewer[-1] if fewer else self.answers[0])


def form_of(key: str) -> Form:
    """The form of a ``Form.key``.

    Raises:
        ValueError: when it is not the key of a form.
    """
    names, _, answers = key[:LONGEST_KEY].rpartition(" ")
    shown = tuple(m for m in MODALITIES if m in names.split("+"))
    form = Form(shown, int(answers) if answers.isdecimal() else 0)
    if form.key != key or not shown or form.answers < 1:
        raise ValueError(f"expected modalities and a number of answers, got {key[:LONGEST_KEY]!r}")
    return form


def grid_of(keys: Iterable[str]) -> Grid | None:
    """The grid whose forms have these keys; others are passed over. None without any."""
    forms = [form_of(key) for key in keys if " " in key]
    if not forms:
        return None
    shown = {m for form in forms for m in form.shown}
    answers = sorted({form.answers for form in forms})
    return Grid(tuple(m for m in MODALITIES if m in shown), tuple(answers))


def knots_up_to(most: int) -> tuple[int, ...]:
    """The numbers of answers that are told apart where nobody gave more than ``most``."""
    return (*(n for n in KNOTS if n < most), most)
