"""What remains of a request: a line of the audit log, and a response where that is asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from serve.audit import AuditLog, auditing, read_key
from serve.keep import Keep
from serve.problems import Problem
from serve.requests import Order, Wanted
from serve.settings import Settings
from src.contracts import Clip


class Records:
    """Writes down and forgets, as far as it is configured."""

    def __init__(self, settings: Settings) -> None:
        self._config_sha256 = settings.sha256
        self._keep = Keep(Path(settings.keep_dir)) if settings.keep_dir else None
        log, key = settings.audit_log, read_key(settings.audit_key)
        self._audit = AuditLog(Path(log), key) if log else None

    def check(self, order: Order) -> None:
        """Refuse an order that needs a place to keep things where there is none.

        Raises:
            Problem: 403; 503 while the audit log cannot be written.
        """
        self._check_audit()
        retain = any(wanted.retain for wanted in order.candidates)
        if self._keep is None and (retain or order.forget is not None):
            field = "retain" if retain else "forget"
            raise Problem(403, "RETAIN_NOT_CONFIGURED", "this server keeps nothing", field=field)

    def scored(
        self, wanted: Wanted, clips: Sequence[Clip], answer: Mapping[str, Any], caller: str
    ) -> None:
        """Note one scoring, and keep the response if that was asked for.

        Args:
            wanted: what was asked.
            clips: its answers, while their files are there.
            answer: the response.
            caller: who asked.
        """
        body = to_json(answer)
        with ExitStack() as kept:
            if wanted.retain and self._keep is not None:
                kept.enter_context(self._keep.put(wanted.candidate_id, body))
            self._note(
                "score",
                input_sha256=input_hash(wanted, clips),
                bundle_id=answer["bundle_id"],
                config_sha256=self._config_sha256,
                output_sha256=hashlib.sha256(body).hexdigest(),
                status=str(answer["candidate"]["status"]),
                retained=wanted.retain,
                caller=caller,
            )

    def forget(self, candidate_id: str, caller: str) -> dict[str, Any]:
        """Remove what is kept of a candidate; returns the proof.

        Raises:
            Problem: 403 where nothing is ever kept.
        """
        if self._keep is None:
            raise Problem(403, "RETAIN_NOT_CONFIGURED", "this server keeps nothing")
        removed = self._keep.forget(candidate_id)
        facts = {"files": removed.files, "remaining": removed.remaining}
        proof = self._note(
            "forget",
            pseudonym=removed.pseudonym,
            removed=len(removed.files),
            remaining=removed.remaining,
            files_sha256=hashlib.sha256(to_json(facts)).hexdigest(),
            caller=caller,
        )
        return {"forgotten": facts, "pseudonym": removed.pseudonym, "audit_hash": proof}

    def _check_audit(self) -> None:
        """Before any work: what could not be written down is not done."""
        if self._audit is not None:
            with auditing():
                self._audit.check()

    def _note(self, event: str, **facts: object) -> str | None:
        if self._audit is None:
            return None
        with auditing():
            return self._audit.append(event, **facts)


def input_hash(wanted: Wanted, clips: Sequence[Clip]) -> str:
    """SHA-256 over media, words and questions; not over ids, which say who it is."""
    digest = hashlib.sha256()
    for clip, answer in zip(clips, wanted.answers, strict=True):
        for path in (clip.path, clip.transcript_path):
            content = b"" if path is None else hashlib.sha256(path.read_bytes()).digest()
            digest.update(len(content).to_bytes(1, "big") + content)
        digest.update(hashlib.sha256((answer.question or "").encode()).digest())
    return digest.hexdigest()


def to_json(answer: Mapping[str, Any]) -> bytes:
    """A response body: strict JSON in UTF-8."""
    return json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
