"""How a score would come out next time: every reliability that the scores allow."""

from __future__ import annotations

from functools import partial

from trifold.messages import say
from trifold.psychometrics.reliability.studies.retest import retest_study
from trifold.studies.document import Section, Table
from trifold.studies.scores import MEMBER, MODEL, RATER, RATING, Scores
from trifold.studies.sections.agreement import agreement_section, raters_section
from trifold.studies.sections.answers import answers_section
from trifold.studies.sections.generalizability import generalizability_section, title_of
from trifold.studies.sections.parts import all_unknown, attempted, span, unknown_as, words


def reliability_sections(
    scores: Scores,
    *,
    design: str | None = None,
    days: float | None = None,
    draws: int = 2000,
    seed: int = 0,
) -> list[Section]:
    """Every reliability that the scores allow.

    Args:
        scores: long.
        design: such as ``p x i``; found in the scores where None.
        days: between two sessions, median.
        draws: of bootstraps.
        seed: of them.
    """
    found: list[Section] = []
    again = {"draws": draws, "seed": seed}
    if len(scores.raters) > 1:
        make = partial(agreement_section, scores, resamples=draws, seed=seed)
        found.append(attempted("agreement", say("Agreement of raters"), make))
        if not scores.anonymous:
            make = partial(raters_section, scores, **again)
            found.append(attempted("raters", say("Raters"), make))
    for source in _sources(scores, design):
        key = f"generalizability_{source.strip(':')}"
        make = partial(generalizability_section, scores, source, design=design, **again)
        found.append(attempted(key, title_of(source), make))
    if scores.answer_variance:
        found.append(answers_section(scores.answer_variance))
    sessions = sorted(set(scores.frame["session"]) - {""})
    if len(sessions) > 1:
        make = partial(retest_section, scores, days=days)
        found.append(attempted("retest", say("Retest"), make))
    if not found:
        found.append(
            Section(
                "reliability",
                say("Reliability"),
                refused=say(
                    "Everybody has one score on each target: there is nothing that could "
                    "agree or disagree. It takes two raters, two answers, two sessions or two "
                    "training runs."
                ),
            )
        )
    return found


def retest_section(scores: Scores, *, days: float | None) -> Section:
    """Two sessions of the same people."""
    source = _retested(scores)
    studies = retest_study(scores.frame, source=source, days=days)
    rows = tuple(
        (words(name), s.absolute, s.consistency, s.pearson, s.bias, s.repeatability)
        for name, s in studies.items()
    )
    columns = ("target", "ICC(A,1)", "ICC(C,1)", "r", "mean change", "repeatability")
    one = next(iter(studies.values()))
    absolute = [study.absolute for study in studies.values()]
    sentence = (
        f"How far two sessions agree is not known, as {unknown_as(absolute)}."
        if all_unknown(absolute)
        else f"{one.absolute.n} people with two sessions ({one.kind}): ICC(A,1) {span(absolute)}. "
        "Two scores of one person differ by less than the repeatability in 95 % of people; what "
        "happened in between, such as training, counts as change."
    )
    facts = {name: study.as_json() for name, study in studies.items()}
    table = Table("retest", "First against second session", columns, rows)
    return Section("retest", "Retest", (sentence,), (table,), (), facts)


def _sources(scores: Scores, design: str | None) -> list[str]:
    """Kinds of source that scored somebody more than once on a target."""
    frame = scores.frame
    kinds = {MODEL: frame["source"] == MODEL, RATING: frame["source"] == RATING}
    kinds |= {kind: frame["source"].str.startswith(kind) for kind in (RATER, MEMBER)}
    asked = {"r": RATER, "m": MEMBER}
    wanted = [kind for facet, kind in asked.items() if design and facet in design.split()]
    repeated = []
    for kind, rows in kinds.items():
        mine = frame[rows]
        if mine.duplicated(["candidate_id", "target"]).any() and (not wanted or kind in wanted):
            one_each = (mine[["answer_id", "question_id", "source"]] == "").all().all()
            if not (one_each and mine["session"].nunique() > 1):  # sessions are the retest's
                repeated.append(kind)
    return repeated


def _retested(scores: Scores) -> str:
    found = scores.frame[scores.frame["session"] != ""]["source"]
    first = str(found.iloc[0])
    return RATER if first.startswith(RATER) else MEMBER if first.startswith(MEMBER) else first
