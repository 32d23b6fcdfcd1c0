"""What remains of a request: a line of the audit log, and a response where that is asked for."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from trifold.codes import Code
from trifold.contracts import Clip
from trifold.errors import TrifoldError
from trifold.serve.access.identity import ADMIN, Caller
from trifold.serve.audit.chain import auditing
from trifold.serve.audit.opened import open_log
from trifold.serve.audit.verifier import Verified
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.worker.parsing.asked import CandidateRequest, ScoreRequest
from trifold.serve.worker.retention import Keep, RemovedRecords

logger = logging.getLogger(__name__)


class Records:
    """Writes down and forgets, as far as it is configured."""

    def __init__(self, settings: Settings) -> None:
        self._config_sha256 = settings.sha256
        self._keep = Keep(Path(settings.keep_dir)) if settings.keep_dir else None
        self._audit = open_log(settings)

    def check(self, request: ScoreRequest) -> None:
        """Refuse to keep where there is no place for it.

        Raises:
            Problem: 403; 503 while the audit log cannot be written.
        """
        self._check_audit()
        if self._keep is None and any(wanted.retain for wanted in request.candidates):
            raise Problem(
                403, Code.RETAIN_NOT_CONFIGURED, "this server keeps nothing", field="retain"
            )

    def scored(
        self,
        wanted: CandidateRequest,
        clips: Sequence[Clip],
        answer: Mapping[str, Any],
        caller: Caller,
        *,
        event: str = "score",
    ) -> None:
        """Note one scoring, and keep the response if that was asked for.

        Args:
            wanted: what was asked.
            clips: its answers, while their files are there.
            answer: the response.
            caller: who asked.
            event: ``shadow`` for a version that is tried, whose answer nobody gets.
        """
        body = to_json(answer)
        with ExitStack() as kept:
            if wanted.retain and self._keep is not None:
                kept.enter_context(self._keep.put(wanted.candidate_id, caller.name, body))
            self._note(
                event,
                input_sha256=input_hash(wanted, clips),
                bundle_id=answer["bundle_id"],
                config_sha256=self._config_sha256,
                output_sha256=hashlib.sha256(body).hexdigest(),
                status=str(answer["candidate"]["status"]),
                retained=wanted.retain,
                caller=caller.name,
            )

    def forget(self, request: ScoreRequest, caller: Caller) -> dict[str, Any]:
        """Remove what is kept of a candidate; returns the proof.

        Only an ``admin`` reaches what others keep, and what was kept before it had an owner.
        """
        removed = self._removed(request, caller)
        facts = {"files": removed.files, "remaining": removed.remaining}
        proof = self._note(
            "forget",
            pseudonym=removed.pseudonym,
            pseudonyms=list(removed.pseudonyms),
            everyone=request.everyone,
            removed=len(removed.files),
            remaining=removed.remaining,
            files_sha256=hashlib.sha256(to_json(facts)).hexdigest(),
            caller=caller.name,
        )
        return {"forgotten": facts, "pseudonym": removed.pseudonym, "audit_hash": proof}

    def _removed(self, request: ScoreRequest, caller: Caller) -> RemovedRecords:
        if self._keep is None:
            return RemovedRecords(None, (), {}, 0)
        admin = ADMIN in caller.scopes
        return self._keep.forget(
            str(request.forget), caller.name, everyone=request.everyone, ownerless=admin
        )

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


def verified(settings: Settings) -> Verified:
    """The state of the audit log.

    Raises:
        Problem: 403 where there is none, 500 where it does not hold.
    """
    log = open_log(settings)
    if log is None:
        raise Problem(403, Code.AUDIT_NOT_CONFIGURED, "this server writes no audit log")
    try:
        return log.verified()
    except TrifoldError as error:
        logger.error("%s", error)
        raise Problem(500, Code.AUDIT_DAMAGED, "the audit log does not hold") from error


def input_hash(wanted: CandidateRequest, clips: Sequence[Clip]) -> str:
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
