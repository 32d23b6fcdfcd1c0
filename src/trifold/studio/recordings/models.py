"""The model that a project scores with: one of its runs, or of a folder that settings allow.

What is chosen here is read by jobs alone: to load ``trifold.bundle`` takes seconds and half a
gigabyte, which the server has no other use for.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trifold.errors import InputError
from trifold.studio.database.work import Run
from trifold.studio.web.visit import Studio
from trifold.terms import UNSTATED

DESCRIPTION = "bundle.json"  # as ``trifold.bundle.description`` has it


def bundle_path(studio: Studio, bundle: str | None) -> Path:
    """Where a project's model lies, by ``Project.bundle``.

    Raises:
        InputError: when it has none, or there is none any more.
    """
    if not bundle:
        raise InputError(expected="a model that scores; choose one", got="none")
    path = studio.settings.home / bundle
    if not path.is_dir():
        raise InputError(expected="the project's model", got="nothing there", where=path.name)
    return path


def terms_of(studio: Studio, bundle: str) -> str:
    """What the data that a model learned from may be used for, as its description states it."""
    found = _described(bundle_path(studio, bundle)).get("terms")
    return found if isinstance(found, str) else UNSTATED


def choices(studio: Studio, session: Session, project_id: str) -> dict[str, str | datetime]:
    """Models to choose from: what ``Project.bundle`` would be, to a name or when it was trained."""
    wanted = select(Run).where(Run.project_id == project_id, Run.kind == "train")
    runs = session.scalars(wanted.order_by(Run.created_at.desc()))
    folder = studio.folder_of(project_id)
    found: dict[str, str | datetime] = {
        str((folder / run.folder).relative_to(studio.settings.home)): run.created_at for run in runs
    }
    found = {key: name for key, name in found.items() if _is_model(studio.settings.home / key)}
    for allowed in studio.settings.models:
        for path in (allowed, *sorted(allowed.iterdir())):
            if _is_model(path):
                found[str(path)] = path.name
    return found


def chosen(studio: Studio, session: Session, project_id: str, given: str) -> str:
    """A model that may be taken and can be read.

    Raises:
        InputError: when it is none of the choices, nor below a folder that settings allow, or
            what is there is no model.
    """
    if given not in choices(studio, session, project_id):
        path = Path(given)
        real = path.resolve()
        allowed = any(real.is_relative_to(one.resolve()) for one in studio.settings.models)
        if not path.is_absolute() or not allowed:
            raise InputError(
                expected="one of the project's runs, or a folder that models= allows",
                got=repr(given),
            )
    if not _is_model(studio.settings.home / given):
        raise InputError(
            expected=f"a run folder or bundle, with {DESCRIPTION}", got="none", where=given
        )
    return given


def _is_model(path: Path) -> bool:
    return "format" in _described(path)


def _described(path: Path) -> dict[str, Any]:
    """A model's description; empty where there is none."""
    try:
        found = json.loads((path / DESCRIPTION).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
