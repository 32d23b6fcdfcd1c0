"""How the model's scores of one person agree over answers, as a run of training found it."""

from __future__ import annotations

from collections.abc import Mapping

from trifold.psychometrics.answer_variance import RELIABILITIES, AnswerVariance
from trifold.studies.document import Section, Table, row, text_of
from trifold.studies.sections.parts import listed, words

KEY, TITLE = "answers", "Reliability of the model's scores over answers"
COUNTS = (1, 3, 6)  # answers, for which the reliability is given
NOTE = (
    "Answers nested in people, of scores out of fold. Point estimates: a run keeps the components "
    "and not the scores of single answers, so that there are no intervals."
)
UPPER = (
    "Answers of one session share voice, room and camera, so this is an upper bound: another "
    "session would agree less."
)


def answers_section(found: Mapping[str, AnswerVariance]) -> Section:
    """Reliability of so many answers, and how many each reliability takes."""
    known = {name: one for name, one in found.items() if not one.withheld}
    most = COUNTS[-1]
    values = [reliability(one, most) for one in known.values()]
    withheld = {name: one.withheld for name, one in found.items() if one.withheld}
    sentences = [f"{words(name)}: not known, as {why}." for name, why in withheld.items()]
    if values:
        ends = " to ".join(dict.fromkeys(text_of(one) for one in (min(values), max(values))))
        sentences.insert(0, f"{most} answers of a person have a reliability of {ends} (Eρ²).")
        sentences.insert(1, UPPER)
    short = [name for name, one in known.items() if one.needed(RELIABILITIES[0]) is None]
    if short:
        sentences.append(f"No number of answers suffices for {listed(short)}.")
    rows = tuple(
        row(
            words(name),
            one.people,
            *(reliability(one, n) for n in COUNTS),
            *(one.needed(wanted) for wanted in RELIABILITIES),
        )
        for name, one in known.items()
    )
    columns = (
        *("target", "people"),
        *(f"{n} answer{'s' if n > 1 else ''}" for n in COUNTS),
        *(f"answers for {wanted:.2f}" for wanted in RELIABILITIES),
    )
    table = Table(KEY, "Eρ² by number of answers", columns, rows, NOTE)
    return Section(KEY, TITLE, tuple(sentences), (table,) if rows else ())


def reliability(found: AnswerVariance, n: int) -> float:
    """Eρ² of the mean of ``n`` answers, σ²_p/(σ²_p + σ²_a/n), Brennan (2001), ch. 2."""
    total = found.persons + found.answers / n
    return max(found.persons, 0.0) / total if total > 0 else float("nan")
