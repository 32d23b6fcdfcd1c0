"""What ``trifold panel`` found of a model, as its card tells it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from trifold.errors import BundleError
from trifold.runtime.strict_json import read_object

PANEL = "panel.json"
FORMAT = 1
KNOWN = {"format": int, "bundle_id": str, "people": int, "limits": dict, "perturbations": dict}


def read_panel(path: Path, bundle_id: str) -> dict[str, Any]:
    """The panel that was run on a model.

    Args:
        path: ``panel.json``.
        bundle_id: of the model.

    Raises:
        BundleError: when it is no such file, or is of another model.
    """
    found = read_object(path, BundleError)
    fits = all(isinstance(found.get(k), t) for k, t in KNOWN.items())
    if (
        not fits
        or found["format"] != FORMAT
        or not all(map(_fits, found["perturbations"].values()))
    ):
        raise BundleError(
            expected=f"a panel.json of trifold panel, format {FORMAT}",
            got="other contents",
            where=path,
        )
    if found["bundle_id"] != bundle_id:
        raise BundleError(
            expected=f"a panel of this model, {bundle_id}", got=found["bundle_id"], where=path
        )
    return found


def panel_text(panel: Mapping[str, Any] | None) -> Iterator[str]:
    """Parts of a card in Markdown: which perturbations are beyond a limit, and by how much."""
    if panel is None:
        yield "No panel was run: `trifold panel` runs one, and export takes what it found."
        return
    tried = panel["perturbations"]
    beyond = {name: one for name, one in tried.items() if one["exceeds"]}
    seconds = panel.get("clip_s")
    part = "whole recordings" if seconds is None else f"the first {seconds:g} s of recordings"
    count = f"{len(beyond)} {'is' if len(beyond) == 1 else 'are'} beyond a limit"
    yield (
        f"{len(tried)} perturbations of {part} of {panel['people']} people; {count}. Limits are "
        "the project's own, in standard deviations of clean scores: no standard sets any."
    )
    yield table_text(
        ("class", "tried", "within limits", "beyond", "not known"),
        [
            (
                of,
                str(len(own)),
                *(
                    ", ".join(name for name, one in own.items() if _verdict(one) == verdict) or "-"
                    for verdict in ("within", "beyond", "not known")
                ),
            )
            for of in dict.fromkeys(one["class"] for one in tried.values())
            if (own := {name: one for name, one in tried.items() if one["class"] == of})
        ],
    )
    if beyond:
        yield "\n".join(
            f"- {name} ({one['what']}): {'; '.join(one['exceeds'])}" for name, one in beyond.items()
        )


def _verdict(found: Mapping[str, Any]) -> str:
    if not found.get("known", True):
        return "not known"
    return "beyond" if found["exceeds"] else "within"


def _fits(found: object) -> bool:
    if not isinstance(found, dict) or not isinstance(found.get("exceeds"), list):
        return False
    words = (found.get("class"), found.get("what"), *found["exceeds"])
    return all(isinstance(text, str) and text.isprintable() for text in words)


def table_text(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
