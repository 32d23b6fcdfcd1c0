"""Which languages a pretrained model reads, as far as what lies beside its weights says so."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from trifold.errors import InputError

ANY = "multilingual"  # as model cards have it: no list could be complete
LONGEST = 1 << 16  # bytes of a card that are looked at
_CODE = re.compile(r"([a-z]{2,3})([-_].*)?", re.I)


def stated_languages(folder: Path) -> tuple[str, ...] | None:
    """Codes of the languages that a model's card, else its configuration, names.

    Args:
        folder: of the model: ``README.md`` begins with YAML as hubs have it (``language: en``).

    Returns:
        Codes such as ``en``, or ``(ANY,)``; None where nothing that can be read is said.
    """
    for facts in (_front_matter(folder / "README.md"), _json(folder / "config.json")):
        found = _codes(facts.get("language") or facts.get("languages"))
        if found is not None:
            return found
    return None


def check_languages(given: Sequence[str]) -> tuple[str, ...]:
    """Codes that somebody states, in small letters.

    Raises:
        InputError: when they are none.
    """
    found = None if isinstance(given, str) else _codes(list(given))
    if not found:
        raise InputError(expected="languages such as [en, de] or [multilingual]", got=repr(given))
    return found


def _codes(said: Any) -> tuple[str, ...] | None:
    names = [said] if isinstance(said, str) else said
    if not isinstance(names, list) or not names:
        return None
    if ANY in names:
        return (ANY,)
    # YAML reads the code of Norwegian as False
    texts = ["no" if name is False else str(name) for name in names]
    codes = [match[1].lower() for text in texts if (match := _CODE.fullmatch(text))]
    return tuple(dict.fromkeys(codes)) if len(codes) == len(texts) else None


def _front_matter(path: Path) -> dict[str, Any]:
    """What stands between the first two lines of ``---``; nothing where that cannot be read."""
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST).decode("utf-8", "replace")
        parts = re.split(r"^---\s*$", text, maxsplit=2, flags=re.M)
        found = yaml.safe_load(parts[1]) if len(parts) == 3 and not parts[0].strip() else None
    except (OSError, yaml.YAMLError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
