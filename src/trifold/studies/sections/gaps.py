"""What scores make of differences between groups that ratings or a criterion have."""

from __future__ import annotations

from collections.abc import Mapping

from trifold.messages import TranslatableText, say
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.impact.prediction.study import PredictionStudy
from trifold.studies.document import Section, Table, text_of
from trifold.studies.sections.parts import GROUP, PEOPLE, words


def accuracy_section(study: PredictionStudy) -> Section:
    """Errors and gaps by group; errors against ratings alone, as other criteria have own scales."""
    rated = study.criterion_is_rating
    rows = tuple(
        (
            *(key, name, one.n),
            *((one.rmse, one.bias) if rated else ()),
            *(one.r, one.withheld, one.d_rating, one.d_model, one.amplification),
        )
        for key, division in study.accuracy.items()
        for name, one in division.groups.items()
    )
    columns = (
        *(say("target, groups"), GROUP, PEOPLE),
        *(("RMSE", say("bias")) if rated else ()),
        *("r", say("withheld")),
        say("d of ratings") if rated else say("d of the criterion"),
        say("d of scores"),
        say("amplification") if rated else say("difference of d"),
    )
    note = (
        say(
            "d: standardised difference from the reference group, which has none. Amplification: "
            "d of scores minus d of ratings; with the sign of the d of ratings the gap is wider "
            "in scores."
        )
        if rated
        else say(
            "d: standardised difference from the reference group, which has none. Difference of "
            "d: d of scores minus d of the criterion; with the sign of the d of the criterion the "
            "gap is wider in scores."
        )
    )
    title = say("Errors by group") if rated else say("Gaps by group")
    table = Table("accuracy", title, columns, rows, note)
    return Section("accuracy", title, _gaps(study), (table,))


def _gaps(study: PredictionStudy) -> tuple[str, ...]:
    """What scores make of differences that ratings or a criterion have: those that are clear."""
    compared = [
        {
            "groups": words(key),
            "name": name,
            "reference": division.reference,
            "before": text_of(one.d_rating),
            "after": text_of(one.d_model),
            "made": made_of_gap(one.d_rating.estimate, one.amplification),
        }
        for key, division in study.accuracy.items()
        for name, one in division.groups.items()
        if one.d_rating is not None and one.d_model is not None and one.amplification is not None
    ]
    clear: list[str] = [_gap(study, one) for one in compared if one["made"]]
    silent = len(compared) - len(clear)
    if silent and clear:
        clear.append(
            say(
                "%(silent)s of %(n)s comparisons do not show that scores change a difference. Each "
                "interval stands by itself: without any change one in twenty would show one.",
                silent=silent,
                n=len(compared),
            )
        )
    elif silent:
        clear.append(say("No comparison shows that scores change a difference."))
    return tuple(clear)


def _gap(study: PredictionStudy, values: Mapping[str, str]) -> TranslatableText:
    if study.criterion_is_rating:
        return say(
            "%(groups)s: %(name)s against %(reference)s, d of ratings %(before)s, of scores "
            "%(after)s: %(made)s.",
            **values,
        )
    return say(
        "%(groups)s: %(name)s against %(reference)s, d of the criterion %(before)s, of scores "
        "%(after)s: %(made)s.",
        **values,
    )


def made_of_gap(before: float, change: Estimate) -> str:
    """What scores make of a difference, in words.

    Args:
        before: d of ratings or of a criterion.
        change: d of scores minus that.

    Returns:
        Empty where the interval holds 0, which shows neither a change nor that there is none.
    """
    if not (change.low > 0 or change.high < 0):
        return ""
    if change.estimate * before > 0:
        return say("it is wider in scores")
    if abs(before + change.estimate) > abs(before):
        return say("it is the other way round in scores")
    return say("it is smaller in scores")
