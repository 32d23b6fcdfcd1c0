"""The command of each kind of job that trains or judges, for the worker that runs it.

A job's ``spec`` holds paths relative to the project's folder, and ``run``, a name in ``runs/``:

    train             inputs, name, run
    learning_curve    inputs, name, out
    reliability       run, out
    impact            run, groups, out

``inputs`` is the folder of the manifest and its schema, which the worker writes and names; reports
call the corpus by ``name``.
``words`` may hold further settings of the command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from trifold.errors import unknown
from trifold.studio.ratings.export import MANIFEST, SCHEMA

Spec = Mapping[str, Any]
COMMANDS = "trifold.cli.main:main"
RUNS = "runs"  # folder of a project
ON_RATINGS = ("train", "learning_curve")  # kinds that learn from the project's ratings


def words_of(kind: str, spec: Spec, folder: Path) -> list[str]:
    """Words of the command line that ``work_of`` the kind reads.

    Args:
        kind: of the job, one of ``KINDS``.
        spec: of the job.
        folder: of its project.

    Raises:
        InputError: for another kind.
    """
    if kind not in KINDS:
        raise unknown(kind, list(KINDS), what="kinds of jobs")
    return [*KINDS[kind](spec, folder), *(str(word) for word in spec.get("words", []))]


def work_of(kind: str) -> str:
    """``module:function`` that reads these words from ``sys.argv``."""
    return "trifold.studio.training.learning_curve:run" if kind == "learning_curve" else COMMANDS


def _train(spec: Spec, folder: Path) -> list[str]:
    out = folder / RUNS / spec["run"]
    return ["train", "experiment=own_ratings", *_corpus(spec, folder), f"out={out}"]


def _learning_curve(spec: Spec, folder: Path) -> list[str]:
    return [*_corpus(spec, folder), f"out={folder / spec['out']}"]


def _corpus(spec: Spec, folder: Path) -> list[str]:
    """What is read, and where the project keeps what was extracted from recordings."""
    return [
        f"corpora.path={folder / spec['inputs'] / MANIFEST}",
        f"corpora.schema={folder / spec['inputs'] / SCHEMA}",
        f"corpora.name={spec['name']}",
        "corpora.doubtful_ratings=keep",  # the forms that they come from know no other scale
        f"paths.features={folder / 'features'}",
        f"paths.transcripts={folder / 'transcripts'}",
    ]


def _reliability(spec: Spec, folder: Path) -> list[str]:
    run = folder / RUNS / spec["run"]
    return ["reliability", f"input={run}", f"out={folder / spec['out']}"]


def _impact(spec: Spec, folder: Path) -> list[str]:
    run, groups = folder / RUNS / spec["run"], folder / spec["groups"]
    return ["impact", f"input={run}", f"groups={groups}", f"out={folder / spec['out']}"]


KINDS: dict[str, Callable[[Spec, Path], list[str]]] = {
    "train": _train,
    "learning_curve": _learning_curve,
    "reliability": _reliability,
    "impact": _impact,
}
