"""How the model's scores of one person agree over answers, as a run of training found it."""

from __future__ import annotations

from collections.abc import Mapping

from trifold.decimals import decimal
from trifold.messages import raw, say
from trifold.psychometrics.answer_variance import RELIABILITIES, AnswerVariance
from trifold.studies.document import Section, Table, row
from trifold.studies.sections.parts import from_to, listed, words

KEY, TITLE = "answers", say("Reliability of the model's scores over answers")
COUNTS = (1, 3, 6)  # answers, for which the reliability is given
NOTE = say(
    "Answers nested in people, of scores out of fold. Point estimates: a run keeps the components "
    "and not the scores of single answers, so that there are no intervals."
)
UPPER = say(
    "Answers of one session share voice, room and camera, so this is an upper bound: another "
    "session would agree less."
)


def answers_section(found: Mapping[str, AnswerVariance]) -> Section:
    """Reliability of so many answers, and how many each reliability takes."""
    known = {name: one for name, one in found.items() if not one.withheld}
    most = COUNTS[-1]
    values = [reliability(one, most) for one in known.values()]
    sentences = [
        say("%(name)s: not known, as %(why)s.", name=words(name), why=raw(one.withheld))
        for name, one in found.items()
        if one.withheld
    ]
    if values:
        reached = say(
            "%(most)s answers of a person have a reliability of %(ends)s (Eρ²).",
            most=most,
            ends=from_to([min(values), max(values)]),
        )
        sentences = [reached, UPPER, *sentences]
    short = [name for name, one in known.items() if one.needed(RELIABILITIES[0]) is None]
    if short:
        sentences.append(say("No number of answers suffices for %(names)s.", names=listed(short)))
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
        say("target"),
        say("people"),
        *(say("%(n)s answers", n=n) if n > 1 else say("1 answer") for n in COUNTS),
        *(say("answers for %(wanted)s", wanted=decimal(wanted, 2)) for wanted in RELIABILITIES),
    )
    table = Table(KEY, say("Eρ² by number of answers"), columns, rows, NOTE)
    return Section(KEY, TITLE, tuple(sentences), (table,) if rows else ())


def reliability(found: AnswerVariance, n: int) -> float:
    """Eρ² of the mean of ``n`` answers, σ²_p/(σ²_p + σ²_a/n), Brennan (2001), ch. 2."""
    total = found.persons + found.answers / n
    return max(found.persons, 0.0) / total if total > 0 else float("nan")
