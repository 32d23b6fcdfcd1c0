"""A whole study of validity, from tidy tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError, TrifoldError
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.statistics.plain import plain
from trifold.psychometrics.statistics.tidy import (
    person_scores,
    refuse_in_sample,
    require_columns,
)
from trifold.psychometrics.validity.corrections import Reliability
from trifold.psychometrics.validity.criterion import (
    CriterionOptions,
    CriterionValidity,
    criterion_validity,
)
from trifold.psychometrics.validity.discriminant import (
    Halo,
    first_loadings,
    halo,
    halo_excess,
    htmt_study,
    tucker_congruence,
)
from trifold.psychometrics.validity.multitrait import Multitrait, multitrait_multimethod

RATER = "rater:"


@dataclass(frozen=True)
class ValidityStudy:
    """What scores measure and predict; what could not be told is in ``refused``.

    Attributes:
        n: people with scores of the model.
        multitrait: the methods' targets of one name; None with one method.
        halo: method to how alike its targets are.
        halo_excess: first share of the model minus that of humans; None without either.
        congruence: Tucker's φ of both methods' first components; NaN without either.
        htmt: "target / target" from answers; empty without them.
        criterion: target to its validity.
        covariates: names of the simple measures that scores were held against; empty without.
        criterion_is_rating: whether human ratings stood in as the criterion.
        refused: what was asked for and cannot be told, with the reason.
    """

    n: int
    multitrait: Multitrait | None
    halo: Mapping[str, Halo]
    halo_excess: Estimate | None
    congruence: float
    htmt: Mapping[tuple[str, str], Estimate]
    criterion: Mapping[str, CriterionValidity]
    criterion_is_rating: bool
    refused: Mapping[str, str]
    covariates: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return dict(plain(self))


def validity_study(
    scores: pd.DataFrame,
    criterion: pd.DataFrame | None = None,
    *,
    trained_on: Collection[str],
    covariates: pd.DataFrame | None = None,
    reliabilities: Mapping[str, Reliability] | None = None,
    success: float | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> ValidityStudy:
    """Construct and criterion validity of every target.

    Args:
        scores: long; sources are ``model``, ``human`` or ``rater:<id>`` (averaged), and ``self``.
            With ``question_id`` answers of the model count as items.
        criterion: ``candidate_id`` and ``y``, and ``target`` where each has its own; people who
            were not selected have no row or no ``y``. Human ratings stand in where it is None.
        trained_on: ids of all that the model was trained on; their scores are refused.
        covariates: ``candidate_id`` and numbers, such as log word count and speaking time.
        reliabilities: target to the reliability of its criterion.
        success: criterion from which somebody counts as successful.
        resamples: draws of the bootstraps over people.
        seed: of the draws.

    Raises:
        InputError: for missing columns, scores of training, or neither criterion nor ratings.
    """
    methods = _methods(scores)
    model = methods["model"]
    refuse_in_sample(list(model.index), trained_on)
    again = {"resamples": resamples, "seed": seed}
    refused: dict[str, str] = {}
    values = _criteria(criterion, model, methods.get("human"))
    human = None if criterion is None else methods.get("human")
    beside = None if covariates is None else _covariates(covariates, model.index)
    validities = {}
    for target, y in values.items():
        rated = None
        if human is not None and target in human.columns:
            rated = human[target].reindex(model.index)
        options = CriterionOptions(
            beside,
            None if rated is None else rated.to_numpy(),
            (reliabilities or {}).get(target),
            success,
            resamples,
            seed,
        )
        try:
            validities[target] = criterion_validity(model[target].to_numpy(), y, options)
        except TrifoldError as error:
            refused[f"criterion of {target}"] = str(error)
    construct = _construct(methods, refused, **again)
    items = _htmt(scores, refused, **again) if "question_id" in scores.columns else {}
    names = () if covariates is None else tuple(map(str, covariates.columns.drop("candidate_id")))
    return ValidityStudy(
        len(model), *construct, items, validities, criterion is None, refused, names
    )


def _methods(scores: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Method to people by targets; raters become one human."""
    require_columns(scores, ("candidate_id", "source", "target", "score"), what="scores")
    source = scores["source"].astype(str)
    kind = source.where(~source.str.startswith(RATER), "human")
    if not (kind == "model").any():
        raise InputError(expected="rows of source model", got=", ".join(sorted(set(source))))
    named = scores.assign(source=kind)
    return {
        name: person_scores(named, source=name)
        for name in ("model", "human", "self")
        if (kind == name).any()
    }


def _criteria(
    criterion: pd.DataFrame | None, model: pd.DataFrame, human: pd.DataFrame | None
) -> dict[str, Array]:
    """Target to (n,) criterion in the order of the model's people."""
    targets = list(map(str, model.columns))
    if criterion is None:
        if human is None:
            raise InputError(expected="a criterion or human ratings", got="neither")
        rated = human.reindex(model.index)
        return {t: rated[t].to_numpy() for t in targets if t in rated.columns}
    require_columns(criterion, ("candidate_id", "y"), what="criterion")
    table = criterion.assign(score=criterion["y"])
    if "target" not in table.columns:
        y = person_scores(table.assign(target="y"), source=None, what="criterion")["y"]
        return dict.fromkeys(targets, y.reindex(model.index).to_numpy())
    wide = person_scores(table, source=None, what="criterion").reindex(model.index)
    return {t: wide[t].to_numpy() for t in targets if t in wide.columns}


def _covariates(table: pd.DataFrame, people: pd.Index) -> Array:
    """(n, q), NaN where unknown."""
    require_columns(table, ("candidate_id",), what="covariates")
    wide = table.set_index(table["candidate_id"].astype(str)).drop(columns="candidate_id")
    if wide.index.duplicated().any() or wide.empty:
        raise InputError(expected="one row a person and a column", got="others", where="covariates")
    numbers = wide.apply(pd.to_numeric, errors="coerce").reindex(people)
    return np.asarray(numbers.to_numpy(dtype=float))


def _construct(
    methods: Mapping[str, pd.DataFrame], refused: dict[str, str], **again: int
) -> tuple[Multitrait | None, dict[str, Halo], Estimate | None, float]:
    """Multitrait matrix, halo, halo excess and congruence, on people whom all methods scored."""
    halos: dict[str, Halo] = {}
    for name, table in methods.items():
        try:
            halos[name] = halo(table.dropna().to_numpy(), **again)  # type: ignore[arg-type]
        except TrifoldError as error:
            refused[f"halo of {name}"] = str(error)
    shared = [t for t in methods["model"].columns if all(t in m.columns for m in methods.values())]
    matrix = _complete(methods, tuple(methods), shared)
    multitrait = excess = None
    congruence = float("nan")
    try:
        multitrait = multitrait_multimethod(matrix, shared, **again)  # type: ignore[arg-type]
    except TrifoldError as error:
        refused["multitrait"] = str(error)
    if "human" in methods:
        both = [t for t in methods["model"].columns if t in methods["human"].columns]
        pair = _complete(methods, ("model", "human"), both)
        try:
            excess = halo_excess(pair["model"], pair["human"], **again)
            congruence = tucker_congruence(*(first_loadings(x) for x in pair.values()))
        except TrifoldError as error:
            refused["halo excess"] = str(error)
    return multitrait, halos, excess, congruence


def _complete(
    methods: Mapping[str, pd.DataFrame], names: Sequence[str], targets: Sequence[str]
) -> dict[str, Array]:
    """Method to (n, K) of the people without gaps in any of them."""
    joined = pd.concat({name: methods[name][list(targets)] for name in names}, axis=1).dropna()
    return {name: joined[name].to_numpy() for name in names}


def _htmt(
    scores: pd.DataFrame, refused: dict[str, str], **again: int
) -> dict[tuple[str, str], Estimate]:
    """Answers as items; questions that not everybody answered cannot be."""
    model = scores[scores["source"].astype(str) == "model"]
    item = model["target"].astype(str) + "\n" + model["question_id"].astype(str)
    wide = person_scores(model.assign(target=item)).dropna(axis=1)
    blocks: dict[str, list[int]] = {}
    for place, name in enumerate(wide.columns):
        blocks.setdefault(str(name).split("\n")[0], []).append(place)
    try:
        if len(blocks) < 2:
            raise InputError(
                expected="questions that everybody answered",
                got=f"{len(blocks)}: {Code.NOT_CROSSED}",
            )
        return htmt_study(wide.to_numpy(), blocks, **again)
    except TrifoldError as error:
        refused["htmt"] = str(error)
        return {}
