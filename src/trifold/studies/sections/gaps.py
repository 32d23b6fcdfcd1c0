"""What scores make of differences between groups that ratings or a criterion have."""

from __future__ import annotations

from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.impact.prediction.study import PredictionStudy
from trifold.studies.document import Section, Table, text_of
from trifold.studies.sections.parts import words


def accuracy_section(study: PredictionStudy) -> Section:
    """Errors and gaps by group; errors against ratings alone, as other criteria have own scales."""
    rated = study.criterion_is_rating
    of = "ratings" if rated else "the criterion"
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
        *("target, groups", "group", "people"),
        *(("RMSE", "bias") if rated else ()),
        *("r", "withheld", f"d of {of}", "d of scores"),
        "amplification" if rated else "difference of d",
    )
    change = "Amplification" if rated else "Difference of d"
    note = (
        "d: standardised difference from the reference group, which has none. "
        f"{change}: d of scores minus d of {of}; with the sign of the d of {of} the gap is wider "
        "in scores."
    )
    title = "Errors by group" if rated else "Gaps by group"
    table = Table("accuracy", title, columns, rows, note)
    return Section("accuracy", title, _gaps(study, of), (table,))


def _gaps(study: PredictionStudy, of: str) -> tuple[str, ...]:
    """What scores make of differences that ratings or a criterion have: those that are clear."""
    compared = [
        (f"{words(key)}: {name} against {division.reference}", one.d_rating, one.d_model, made)
        for key, division in study.accuracy.items()
        for name, one in division.groups.items()
        if one.d_rating is not None and one.d_model is not None and one.amplification is not None
        for made in [made_of_gap(one.d_rating.estimate, one.amplification)]
    ]
    clear = [
        f"{what}, d of {of} {text_of(before)}, of scores {text_of(after)}: {made}."
        for what, before, after, made in compared
        if made
    ]
    silent = len(compared) - len(clear)
    if silent:
        which = f"{silent} of {len(compared)} comparisons do not show"
        clear.append(
            f"{which if clear else 'No comparison shows'} that scores change a difference."
        )
    return tuple(clear)


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
        return "it is wider in scores"
    wider = abs(before + change.estimate) > abs(before)
    return "it is the other way round in scores" if wider else "it is smaller in scores"
