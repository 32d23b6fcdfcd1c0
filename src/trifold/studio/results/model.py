"""What made a run's scores, kept beside its rows: pages need no weights, and outlive the bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from trifold.bundle.description import DESCRIPTION, REFERENCE, read_description
from trifold.bundle.integrity.checksums import member, sha256
from trifold.bundle.reference import read_reference
from trifold.contracts import Target
from trifold.errors import BundleError, InputError
from trifold.psychometrics.answer_variance import AnswerVariance
from trifold.reports.model import ReportedModel, norms_from
from trifold.reports.scales import Norms
from trifold.runtime.private import write_atomically

NAME = "model.json"


def keep_model(
    folder: Path, rows: Sequence[Mapping[str, Any]], bundles: Sequence[Path]
) -> ReportedModel:
    """Write down what made the rows of a run, once.

    Args:
        folder: of the run.
        rows: of its candidates, at least one.
        bundles: folders in which the bundle may lie.

    Raises:
        InputError: when it lies in none of them.
    """
    wanted = str(rows[0]["bundle_id"])
    coverages = (float(row["coverage"]) for row in rows if row["coverage"] is not None)
    coverage = next(coverages, None)
    if (folder / NAME).exists():
        known = read_model(folder)
        if known.bundle_id == wanted and coverage in (None, known.coverage):
            return known
    places = [path for path in bundles if (path / DESCRIPTION).is_file()]
    found = [path for path in places if sha256(path / DESCRIPTION)[:12] == wanted]
    if not found:
        raise InputError(
            expected=f"the bundle {wanted}, which made the scores",
            got=", ".join(sha256(path / DESCRIPTION)[:12] for path in places) or "no bundle",
            where=folder,
        )
    made = model_of(found[0])
    made = made if coverage is None else replace(made, coverage=coverage)
    write_model(folder, made)
    return made


def write_model(folder: Path, model: ReportedModel) -> None:
    """Put it beside the rows of a run."""
    write_atomically(folder / NAME, json.dumps(asdict(model)).encode())


def model_of(bundle: Path) -> ReportedModel:
    """What a bundle says of itself, read without its weights.

    Raises:
        BundleError: when a part of it is missing or changed.
    """
    description, hashes = read_description(bundle)
    norms: Norms = {}
    if "reference_sha256" in hashes:
        path = member(bundle, REFERENCE, what="a reference file")
        if sha256(path) != hashes["reference_sha256"]:
            raise BundleError(expected=hashes["reference_sha256"], got=sha256(path), where=path)
        table = read_reference(path).norms
        norms = {} if table is None else norms_from(table, description.schema.names)
    return ReportedModel.told(description, sha256(bundle / DESCRIPTION)[:12], norms)


def read_model(folder: Path) -> ReportedModel:
    """What ``keep_model`` wrote into the folder of a run.

    Raises:
        InputError: when there is nothing of it.
    """
    path = folder / NAME
    if not path.exists():
        raise InputError(expected="a run that was indexed", got=f"no {NAME}", where=folder)
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _read(path: Path, _state: int) -> ReportedModel:
    facts = json.loads(path.read_bytes())
    facts["targets"] = tuple(Target(**one) for one in facts["targets"])
    variances = facts["answer_variance"].items()
    facts["answer_variance"] = {name: AnswerVariance(**one) for name, one in variances}
    return ReportedModel(**facts)
