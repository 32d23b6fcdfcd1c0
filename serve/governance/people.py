"""What the gateway does for one person: a reviewer's override, and a copy of all that is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trifold.codes import Code
from trifold.contracts import scored_targets
from trifold.errors import InputError
from trifold.records.overrides import NAME, Override, append_override, checked, read_overrides
from trifold.serve.problems import Problem, bad_field
from trifold.serve.settings import Settings
from trifold.serve.worker.parsing.asked import identifier, kind_of
from trifold.serve.worker.retention import Keep, one_spelling

_OF_OVERRIDE = {"candidate_id", "target", "reason", "reviewer", "judgement"}
_OF_EXPORT = {"candidate_id", "everyone"}
MOST_BYTES = 1 << 16


class KeptPeople:
    """What is kept of people, beside what reviewers say.

    Args:
        settings: name the folder where responses are kept.
    """

    def __init__(self, settings: Settings) -> None:
        self._keep = Keep(Path(settings.keep_dir)) if settings.keep_dir else None

    def override_of(self, facts: Mapping[str, Any], caller: str) -> Override:
        """What is asked for, if the candidate and the score are this caller's.

        Raises:
            Problem: 400 for a wrong field, 403 where nothing is kept here, 404 where nothing is
                kept of the candidate.
        """
        _only(facts, _OF_OVERRIDE)
        texts = {name: _text(facts, name) for name in sorted(_OF_OVERRIDE)}
        name = identifier("candidate_id", texts["candidate_id"])
        if name is None:
            raise bad_field("candidate_id", "a candidate id", "none")
        row = self._last_row(name, caller)
        scores = scored_targets(row)
        if texts["target"] and texts["target"] not in scores:
            raise bad_field("target", f"a score among {', '.join(scores)}", texts["target"])
        try:
            return checked(Override(**texts, bundle_id=str(row["bundle_id"])))
        except InputError as error:
            raise bad_field(str(error.where), error.expected, error.got) from error

    def write(self, given: Override, caller: str) -> Override:
        """Append it beside the kept responses."""
        return append_override(self._kept().folder_of(given.candidate_id, caller), given)

    def export(self, candidate_id: str, caller: str, *, everyone: bool) -> dict[str, Any]:
        """Responses and overrides that are kept of a candidate.

        Raises:
            Problem: 403 where nothing is kept here.
        """
        files = self._kept().files_of(candidate_id, caller, everyone=everyone, ownerless=everyone)
        folders = dict.fromkeys(file.parent for file in files)
        return {
            "responses": [json.loads(f.read_bytes()) for f in files if f.suffix == ".json"],
            "overrides": [asdict(one) for folder in folders for one in read_overrides(folder)],
        }

    def pseudonym(self, candidate_id: str, caller: str) -> str:
        """Stands for the candidate in the audit log."""
        return self._kept().pseudonym(candidate_id, caller)

    def _last_row(self, candidate_id: str, caller: str) -> dict[str, Any]:
        files = self._kept().files_of(candidate_id, caller)
        kept = [file for file in files if file.suffix == ".json"]
        if not kept:
            raise Problem(404, Code.NOT_FOUND, "nothing is kept of this candidate")
        row: dict[str, Any] = json.loads(kept[-1].read_bytes())["candidate"]
        return row

    def _kept(self) -> Keep:
        if self._keep is None:
            raise Problem(403, Code.RETAIN_NOT_CONFIGURED, "this server keeps nothing")
        return self._keep


def parsed(body: bytes) -> dict[str, Any]:
    """The object in a small JSON body.

    Raises:
        Problem: 400 where it is none, 413 where it is too large.
    """
    if len(body) > MOST_BYTES:
        raise Problem(413, Code.REQUEST_TOO_LARGE, f"expected at most {MOST_BYTES} bytes")
    try:
        facts = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise bad_field("body", "JSON", type(error).__name__) from error
    if not isinstance(facts, dict):
        raise bad_field("body", "a JSON object", kind_of(facts))
    return facts


def export_of(facts: Mapping[str, Any]) -> tuple[str, bool]:
    """Whose data are asked for, and whether of all callers.

    Raises:
        Problem: 400.
    """
    _only(facts, _OF_EXPORT)
    name = identifier("candidate_id", facts.get("candidate_id"))
    if name is None:
        raise bad_field("candidate_id", "a candidate id", "none")
    everyone = facts.get("everyone", False)
    if not isinstance(everyone, bool):
        raise bad_field("everyone", "true or false", kind_of(everyone))
    return one_spelling(name), everyone


def digest_of(given: Override) -> str:
    """SHA-256 of an override, for the audit log: it says that there was one, and not what."""
    text = json.dumps(asdict(given), sort_keys=True)
    return hashlib.sha256(f"{NAME}\0{text}".encode()).hexdigest()


def _only(facts: Mapping[str, Any], known: set[str]) -> None:
    for name in sorted(set(facts) - known):
        raise bad_field(name, f"fields among {', '.join(sorted(known))}", "another")


def _text(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise bad_field(name, "text", kind_of(value))
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise bad_field(name, "Unicode text", "half a character") from error
    return value
