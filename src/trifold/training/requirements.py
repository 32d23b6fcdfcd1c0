"""What a corpus must hold so that a model can be trained, stopped and measured on it.

All of it follows from candidates, splits and labels alone, so it is checked before anything is
extracted, and once more on those who could be encoded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trifold.contracts import Array, Corpus, Split, TargetSchema
from trifold.corpora.splits import k_folds
from trifold.errors import CorpusError, InputError

LEAST_PEOPLE = 5  # rated, of the corpus and of each target
LEAST_TO_FIT = 3  # rated people of each target whom any one model is fitted on
LEAST: dict[Split, int] = {"train": 3, "val": 2, "test": 1}


@dataclass(frozen=True)
class Plan:
    """Who is to be trained and tested on, and how.

    Attributes:
        ids: B candidates in row order.
        person_ids: B, whose they are.
        labels: (B, K), NaN where unlabelled.
        schema: the K targets.
        rows: split name to rows, of the corpus's own split.
        folds: of a cross-validation, 0 for the corpus's own split.
        seeds: of the folds.
        where: name of the corpus.
    """

    ids: tuple[str, ...]
    person_ids: tuple[str, ...]
    labels: Array
    schema: TargetSchema
    rows: Mapping[Split, Array]
    folds: int
    seeds: tuple[int, ...]
    where: str

    def people(self, rows: Array | slice = slice(None), *, target: int | None = None) -> int:
        """How many people stand behind these rows, or have a rating of the target."""
        chosen = np.arange(len(self.ids))[rows]
        if target is not None:
            chosen = chosen[np.isfinite(self.labels[chosen, target])]
        return len({self.person_ids[row] for row in chosen})


def plan_of(corpus: Corpus, *, folds: int = 0, seeds: Sequence[int] = ()) -> Plan:
    """The plan if everybody can be encoded."""
    shown = dict.fromkeys(clip.candidate_id for clip in corpus.clips)
    ids = tuple(candidate for candidate in shown if candidate in corpus.labels)
    if not ids:
        raise CorpusError(expected="rated candidates with media", got="none", where=corpus.name)
    return Plan(
        ids=ids,
        person_ids=tuple(map(corpus.people.__getitem__, ids)),
        labels=np.stack([corpus.labels[candidate] for candidate in ids]),
        schema=corpus.schema,
        rows=rows_of(corpus, ids),
        folds=folds,
        seeds=tuple(seeds),
        where=corpus.name,
    )


def rows_of(corpus: Corpus, ids: Sequence[str]) -> dict[Split, Array]:
    """Split name to the rows of ``ids`` in it."""
    splits = np.array([corpus.splits[candidate] for candidate in ids])
    return {name: np.flatnonzero(splits == name) for name in LEAST}


def require_trainable(plan: Plan) -> None:
    """Check everything that training with this plan needs.

    Raises:
        CorpusError: naming what there is too little of, how much there is and what to do.
    """
    require_rated(plan)
    if plan.folds:
        _require_folds(plan)
    else:
        _require_splits(plan)


def require_rated(plan: Plan) -> None:
    """Check that enough people are rated on every target, and not all alike.

    Raises:
        CorpusError: naming every target that falls short.
    """
    people = plan.people()
    if people < LEAST_PEOPLE:
        raise CorpusError(
            expected=f"at least {LEAST_PEOPLE} rated people", got=str(people), where=plan.where
        )
    counts = {n: plan.people(target=k) for k, n in enumerate(plan.schema.names)}
    few = {name: n for name, n in counts.items() if n < LEAST_PEOPLE}
    if few:
        raise CorpusError(
            expected=f"ratings of at least {LEAST_PEOPLE} people for each target; rate more, "
            f"or leave out {_listed(few)}: {_leave_out(few)}",
            got=", ".join(f"{n} for '{name}'" for name, n in few.items()),
            where=plan.where,
        )
    equal = [n for k, n in enumerate(plan.schema.names) if _equal(plan.labels[:, k])]
    if equal:
        value = np.nanmean(plan.labels[:, plan.schema.names.index(equal[0])])
        raise CorpusError(
            expected=f"ratings that differ between people; leave out {_listed(equal)}: "
            f"{_leave_out(equal)}",
            got=f"{value:g} for all {counts[equal[0]]} people on '{equal[0]}'",
            where=plan.where,
        )


def without_targets(corpus: Corpus, names: Collection[str]) -> Corpus:
    """The corpus without some targets, and without people whom nobody rated on the others.

    Raises:
        InputError: for an unknown target, or when none is left.
    """
    known = corpus.schema.names
    unknown = [name for name in names if name not in known]
    kept = [k for k, name in enumerate(known) if name not in names]
    if unknown or not kept:
        raise InputError(
            expected=f"targets to leave out among {', '.join(known)}, and one to be left",
            got=repr(unknown[0]) if unknown else "all of them",
            where="leave_out",
        )
    labels = {c: row[kept] for c, row in corpus.labels.items() if np.isfinite(row[kept]).any()}
    return replace(
        corpus,
        clips=tuple(clip for clip in corpus.clips if clip.candidate_id in labels),
        schema=replace(corpus.schema, targets=tuple(corpus.schema.targets[k] for k in kept)),
        labels=labels,
        splits={candidate: corpus.splits[candidate] for candidate in labels},
    )


def _require_splits(plan: Plan) -> None:
    came = {name: len(rows) for name, rows in plan.rows.items()}
    if any(came[name] < least for name, least in LEAST.items()):
        needed = ", ".join(f"{least} '{name}'" for name, least in LEAST.items())
        raise CorpusError(
            expected=f"at least {needed} rated candidates in the corpus's own split (with few "
            "people cross-validate: experiment=own_ratings, or folds=5)",
            got=", ".join(f"{n} '{name}'" for name, n in came.items()),
            where=plan.where,
        )
    _require_fit(plan, plan.rows["train"], "split 'train'")


def _require_folds(plan: Plan) -> None:
    people = plan.people()
    if not 2 <= plan.folds <= people:
        raise CorpusError(
            expected=f"folds from 2 to {people}, as there are {people} people",
            got=f"folds={plan.folds}",
            where=plan.where,
        )
    for seed in plan.seeds:
        for f, (train, _) in enumerate(k_folds(plan.person_ids, folds=plan.folds, seed=seed)):
            _require_fit(plan, train, f"fold {f + 1} of {plan.folds} with seed {seed}")


def _require_fit(plan: Plan, rows: Array, name: str) -> None:
    """Each target must be learnable from the training rows of a split or fold."""
    few = {
        target: n
        for k, target in enumerate(plan.schema.names)
        if (n := plan.people(rows, target=k)) < LEAST_TO_FIT
    }
    if few:
        raise CorpusError(
            expected=f"at least {LEAST_TO_FIT} people to train on in {name} for each target; rate "
            f"more, take other folds, or leave out {_listed(few)}: {_leave_out(few)}",
            got=", ".join(f"{n} for '{target}'" for target, n in few.items()),
            where=plan.where,
        )


def _equal(column: Array) -> bool:
    seen = column[np.isfinite(column)]
    return bool(np.ptp(seen) <= 1e-9)


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _leave_out(names: Collection[str]) -> str:
    return f"leave_out=[{','.join(names)}]"
