"""Lines of a log, for people or as JSON, that say nothing of a candidate.

Messages of ours are written as they are, as none quotes what was sent. Of other libraries nobody
knows that, so of their records only logger, level and the place of an error are written.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from trifold.serve.problems import place_of
from trifold.serve.telemetry.identifiers import CURRENT

OURS, REQUESTS = "trifold", "trifold.requests"
FILE = "requests.log"
LARGEST_BYTES, KEPT_FILES = 50 << 20, 5
FACTS = "facts"  # of a record: what a JSON line says beside its message
WITHHELD = "message withheld"


class SafeFormatter(logging.Formatter):
    """One line per record.

    Args:
        as_json: JSON lines, or text.
    """

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """The line; an error is told by its kind and place, never by its message."""
        facts = facts_of(record)
        if self._as_json:
            return json.dumps(facts, ensure_ascii=True, allow_nan=False)
        time, level, logger, message = (
            facts.pop(name) for name in ("time", "level", "logger", "message")
        )
        said = " ".join(f"{name}={_text(value)}" for name, value in facts.items())
        return f"{time} {level} {logger}: {message} {said}".rstrip()


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """What is written of a record: JSON-ready, without line breaks."""
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    ours = record.name.partition(".")[0] == OURS
    message = record.getMessage().replace("\n", " ") if ours else WITHHELD
    facts = {"time": time, "level": record.levelname, "logger": record.name, "message": message}
    given: Mapping[str, Any] = getattr(record, FACTS, {})
    facts |= given
    context = CURRENT.get()
    if context is not None:
        facts.setdefault("request_id", context.request_id)
    if record.exc_info and record.exc_info[1] is not None:
        facts["error"] = place_of(record.exc_info[1])
    return facts


def configure(log_format: str, folder: Path | None = None) -> None:
    """Let all of this process be logged in one form.

    Args:
        log_format: ``json`` or ``text``.
        folder: gets a file of requests that is rotated; None logs no requests.
    """
    formatter = SafeFormatter(as_json=log_format == "json")
    console = logging.StreamHandler(sys.stderr)
    console.setFormatter(formatter)
    console.setLevel(logging.WARNING)
    logging.basicConfig(handlers=[console], level=logging.WARNING, force=True)
    requests = logging.getLogger(REQUESTS)
    requests.handlers.clear()
    requests.propagate = False
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = RotatingFileHandler(
            folder / FILE, maxBytes=LARGEST_BYTES, backupCount=KEPT_FILES, encoding="utf-8"
        )
        file.setFormatter(formatter)
        requests.addHandler(file)
        requests.setLevel(logging.INFO)


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{name}:{_text(one)}" for name, one in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)
