"""Pages that commands wrote about a run, made anew in the language of who reads them."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from trifold.errors import TrifoldError
from trifold.messages import serialized
from trifold.runtime.private import private_folder, write_atomically
from trifold.studio.training.live import measured
from trifold.studio.web.messages.telling import SOURCE
from trifold.studio.web.wording import Wording
from trifold.training.results.page import TEMPLATE, report_values

STUDY = "study.json"
_PAINTING = threading.Lock()  # how plots look is a setting of the whole process


def page_in(run: Path, folder: Path, language: str, wording: Wording) -> str | None:
    """The page of a run's own folder or of a study in it, in a language.

    Returns:
        None for one that did not keep what it takes, which is shown as it was written.
    """
    make = report_in if folder == run else study_in
    return make(folder, language, wording)


def report_in(run: Path, language: str, wording: Wording) -> str | None:
    """A run's report; None for a run that did not keep what it takes."""
    found = measured(run)
    if found is None or "findings" not in found.get("data", {}):
        return None
    said = wording.said_anew(found.get("cautions") or found.get("warnings", []), language)
    values = report_values(found, _plots(run, found, language, wording))
    return wording.report(TEMPLATE, language, values | {"cautions": said})


def _plots(run: Path, metrics: Mapping[str, Any], language: str, wording: Wording) -> Path:
    """Folder of a run's plots with words of a language, drawn once; else of those in English."""
    from trifold.studio.training.redrawing import LAST, draw_plots  # which loads matplotlib

    def tell(text: str) -> str:
        return str(_plain(wording.said_anew(serialized(text), language)))

    own = run / "plots" / language
    if language == SOURCE:
        return own.parent
    try:
        with _PAINTING:
            if _is_older(own / LAST, run / "metrics.json"):
                draw_plots(run, metrics, own, tell=tell, point=wording.point(language))
    except (TrifoldError, OSError, KeyError, ValueError):  # of a run that others wrote or changed
        return own.parent
    return own


def _is_older(file: Path, source: Path) -> bool:
    """Whether a file is not there, or was made of an earlier source."""
    return not file.is_file() or file.stat().st_mtime < source.stat().st_mtime


def study_in(folder: Path, language: str, wording: Wording) -> str | None:
    """A study's page; None for one that did not keep what it takes.

    Args:
        folder: of the study; pictures with words of the language are kept there, too.
        language: of who reads it.
        wording: of the studio.
    """
    try:
        found = json.loads((folder / STUDY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if "page" not in found:
        return None
    from trifold.studies.writing import TEMPLATE as PAGE  # which loads matplotlib
    from trifold.studies.writing import with_pictures

    values = wording.said_anew(found["page"], language)
    picture = partial(_picture, folder, language, wording.point(language))
    return wording.report(PAGE, language, with_pictures(values, picture))


def _picture(folder: Path, language: str, point: str, plot: Mapping[str, Any]) -> bytes:
    """The PNG of a plot, painted once for each language."""
    from trifold.studies.writing import drawn

    own = folder / "plots" / language / f"{plot['name']}.png"
    if _is_older(own, folder / STUDY):
        with _PAINTING:
            data = drawn({**plot, "drawing": _plain(plot["drawing"])}, point=point)
        write_atomically(private_folder(own.parent) / own.name, data)
    return own.read_bytes()


def _plain(value: Any) -> Any:
    """Texts for a picture, which has no markup."""
    if isinstance(value, Markup):
        return value.striptags()
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
