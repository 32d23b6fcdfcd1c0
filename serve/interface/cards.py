"""The model card of a served model, as its bundle holds it: for people, or for programs."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from trifold.codes import Code
from trifold.errors import InputError
from trifold.runtime.strict_json import read_object
from trifold.serve.problems import Problem

CARD = "card"
KINDS = {"md": "text/markdown", "json": "application/json"}
MOST_BYTES = 1 << 22


def card_of(store: Path, name: str, version: str, kind: str) -> bytes:
    """The card of a model's version, or of the one that is meant where none is named.

    Args:
        store: folder of the models that are served.
        name: of the model.
        version: of it, or nothing.
        kind: ``md`` or ``json``.

    Raises:
        Problem: 404 where there is no such model, or its bundle has no such card.
    """
    found = _of_bundle(store, name, version, kind) or _of_archive(store, name, version, kind)
    if found is None:
        raise Problem(404, Code.NOT_FOUND, f"no such model, or its bundle has no card.{kind}")
    return found


def _of_bundle(store: Path, name: str, version: str, kind: str) -> bytes | None:
    defaults = store / "defaults.json"
    if not version and defaults.is_file():
        version = str(read_object(defaults, InputError).get(name, ""))
    path = store / f"{name}@{version}" / "bundle" / f"{CARD}.{kind}"
    return path.read_bytes() if path.is_file() else None


def _of_archive(store: Path, name: str, version: str, kind: str) -> bytes | None:
    """Of TorchServe's archives, which were looked through when they came: the last that fits."""
    cards: dict[tuple[int, ...], bytes] = {}
    for path in store.glob("*.mar"):
        with zipfile.ZipFile(path) as packed:
            facts = json.loads(packed.read("MAR-INF/MANIFEST.json"))["model"]
            own, member = str(facts["modelVersion"]), f"bundle/{CARD}.{kind}"
            fits = facts["modelName"] == name and version in ("", own)
            sizes = {info.filename: info.file_size for info in packed.infolist()}
            if fits and sizes.get(member, MOST_BYTES + 1) <= MOST_BYTES:
                cards[tuple(map(int, own.split(".")))] = packed.read(member)
    return cards[max(cards)] if cards else None
