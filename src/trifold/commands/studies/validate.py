"""``trifold validate input=PATH out=DIR``: what scores measure and what they predict."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from omegaconf import DictConfig

from trifold.codes import Code
from trifold.commands.studies.shared import lead_of, scores_of, told
from trifold.errors import InputError
from trifold.psychometrics.validity.corrections import Reliability
from trifold.psychometrics.validity.study import ValidityStudy, validity_study
from trifold.studies.document import Document
from trifold.studies.outcomes import criterion_of
from trifold.studies.ratings import read_ratings
from trifold.studies.scores import RATING, Scores
from trifold.studies.sections.validity import validity_sections
from trifold.tables.ids import as_in

MISSING = "There is nothing to hold scores against: criterion=COLUMN or FILE, or ratings of a run."


def validate(config: DictConfig) -> list[Path]:
    """Criterion, incremental and construct validity, as far as the scores allow."""
    column = None if is_file(config.criterion) else config.criterion
    scores = scores_of(config, column, *columns_beside(config))
    study, criterion = study_of(config, scores)
    sections = validity_sections(study, criterion=criterion, scored_by=scored_by(scores))
    document = Document("Validity", lead_of(scores), tuple(sections), str(scores.where))
    return told(document, config)


def scored_by(scores: Scores) -> str:
    """Whose the scores are: ratings that nothing stands beside are the scores."""
    return "raters" if scores.only_ratings else "model"


def is_file(criterion: str | None) -> bool:
    """Whether a criterion is a table of its own, and not a column."""
    return criterion is not None and Path(criterion).is_file()


def columns_beside(config: DictConfig) -> list[str]:
    """Simple measures that are columns of the table; others are tables of their own."""
    return [name for name in config.beside if not is_file(name)]


def study_of(config: DictConfig, scores: Scores) -> tuple[ValidityStudy, str]:
    """The study, and what scores are held against in words.

    Raises:
        InputError: when there is nothing to hold them against.
    """
    criterion = _criterion(config, scores, outside=is_file(config.criterion))
    study = validity_study(
        _sources(scores, has_criterion=criterion is not None).told(),
        criterion,
        trained_on=(),  # left out, or refused, where scores were read
        covariates=_covariates(config, scores),
        reliabilities=_reliabilities(config, scores),
        success=config.success,
        resamples=config.draws,
        seed=config.seed,
    )
    return study, "human ratings" if criterion is None else str(config.criterion)


def _sources(scores: Scores, *, has_criterion: bool) -> Scores:
    """Model and human ratings; where ratings alone are there, they are what is validated.

    Raises:
        InputError: when there is nothing to hold ratings against.
    """
    if scores.only_ratings:
        if not has_criterion:
            raise InputError(
                expected="criterion=COLUMN or criterion=FILE: ratings alone predict nothing",
                got="none",
                where=scores.where,
            )
        return scores.as_model(ratings=True)
    merged = scores.as_model()
    named = merged.frame.assign(source=merged.frame["source"].replace(RATING, "human"))
    return Scores(named, merged.where, merged.notes)


def _criterion(config: DictConfig, scores: Scores, *, outside: bool) -> pd.DataFrame | None:
    if config.criterion is None:
        return None
    if outside:
        found = read_ratings(Path(config.criterion))
        means = found.per_person().rename(index=as_in(found.people, scores.people))
        if len(found.targets) == 1:
            one = pd.Series(means[found.targets[0]], name="y")
        return one.rename_axis("candidate_id").reset_index()
        long = means.stack().rename("y").reset_index()  # a criterion for each target
        return long.set_axis(["candidate_id", "target", "y"], axis=1)
    return criterion_of(scores.beside[config.criterion], where=scores.where)


def _covariates(config: DictConfig, scores: Scores) -> pd.DataFrame | None:
    """Simple measures by person: those that are named, or what a run knows of answers' length."""
    if not config.beside:
        known = scores.lengths.rename_axis("candidate_id").reset_index()
        return None if scores.lengths.empty else known
    named = columns_beside(config)
    columns = {
        name: criterion_of(scores.beside[name], where=scores.where).set_index("candidate_id")["y"]
        for name in named
    }
    for name in config.beside:
        if name not in named:
            own = read_ratings(Path(name), suffix="target").per_person()
            own = own.rename(index=as_in(own.index, scores.people))
            columns |= {str(column): own[column] for column in own}
    wide = pd.concat(columns, axis=1)
    return wide.rename_axis("candidate_id").reset_index()


def _reliabilities(config: DictConfig, scores: Scores) -> dict[str, Reliability] | None:
    if config.reliability is None:
        return None
    if not (config.reliability_kind and config.reliability_source):
        raise InputError(
            expected="reliability_kind and reliability_source beside reliability",
            got=f"neither ({Code.RELIABILITY_NOT_STATED})",
        )
    stated = Reliability(config.reliability, config.reliability_kind, config.reliability_source)
    return dict.fromkeys(scores.targets, stated)
