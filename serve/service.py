"""A request to a response, without a word about TorchServe."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from serve.audit import AuditLog, read_key
from serve.guard import OutOfTime, check_media, time_limit
from serve.keep import Keep
from serve.problems import CONTENT_TYPE, Problem, shown
from serve.requests import Fields, Order, Wanted, read_order
from serve.scoring import Scorer
from serve.settings import Settings
from serve.workspace import clips_of, workspace
from src.contracts import Clip
from src.scoring.one import MemoryStore, ScoredCandidate

NO_CALLER = "unknown"
logger = logging.getLogger(__name__)


@dataclass
class Measured:
    """What metrics are made of: seconds by stage, seconds of media, scores that were withheld."""

    seconds: dict[str, float] = field(default_factory=dict)
    media_s: float = 0.0
    withheld: int = 0
    codes: list[str] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the block's wall time to a stage."""
        start_s = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - start_s)

    @property
    def header(self) -> str:
        """Value of ``Server-Timing``: stages in milliseconds."""
        return ", ".join(f"{name};dur={1000 * s:.1f}" for name, s in self.seconds.items())

    def add(self, name: str, seconds: float) -> None:
        """Add seconds to a stage."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds


@dataclass(frozen=True)
class Reply:
    """A response: status, JSON, headers, and what was measured on the way."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    content_type: str
    measured: Measured


class Service:
    """Answers requests with one bundle.

    Args:
        bundle: its folder.
        settings: limits and folders.
        version: of the model as it is served.
    """

    def __init__(self, bundle: Path, settings: Settings, *, version: str = "1.0") -> None:
        self.settings, self.version = settings, version
        self.scorer = Scorer(bundle, settings)
        self._keep = Keep(Path(settings.keep_dir)) if settings.keep_dir else None
        log, key = settings.audit_log, read_key(settings.audit_key)
        self._audit = AuditLog(Path(log), key) if log else None

    def answer(
        self, fields: Fields, headers: Mapping[str, str], store: MemoryStore | None = None
    ) -> Reply:
        """Answer one request; whatever is wrong with it ends in a reply, never in a raise.

        Args:
            fields: of the form, or ``body``.
            headers: of the request, names in lower case.
            store: tokens of texts that were read together with those of other requests.
        """
        measured = Measured()
        try:
            order = self._read(fields, headers, measured)
            answer = self._carry_out(order, fields, headers, measured, store)
            return Reply(200, _json(answer), {}, "application/json", measured)
        except Problem as problem:
            return _refusal(problem, measured)
        except OutOfTime:
            limit = f"not done within {self.settings.max_seconds:g} s"
            return _refusal(Problem(422, "OUT_OF_TIME", limit), measured)
        except MemoryError:
            return _refusal(Problem(422, "OUT_OF_MEMORY", "needs too much memory"), measured)
        except Exception as error:
            # the message may quote what a candidate sent: the log gets kind and place alone
            logger.error("internal error: %s", place_of(error))
            return _refusal(Problem(500, "INTERNAL_ERROR", "please report this"), measured)

    def texts_of(self, fields: Fields, headers: Mapping[str, str]) -> list[Clip]:
        """The words of a request as clips without media, for ``Scorer.read_texts``."""
        try:
            order = read_order(fields, headers.get("content-type", ""), self.settings)
        except Problem:
            return []
        return [Clip(a.name, w.candidate_id, None, transcript=a.transcript, question=a.question)
                for w in order.candidates for a in w.answers if a.transcript]  # fmt: skip

    def _read(self, fields: Fields, headers: Mapping[str, str], measured: Measured) -> Order:
        with measured.stage("read"):
            order = read_order(fields, headers.get("content-type", ""), self.settings)
        if any(wanted.retain for wanted in order.candidates) and self._keep is None:
            raise Problem(403, "RETAIN_NOT_CONFIGURED", "this server keeps nothing",
                          field="retain")  # fmt: skip
        if order.forget is not None and self._keep is None:
            raise Problem(403, "RETAIN_NOT_CONFIGURED", "this server keeps nothing, so there is "
                          "nothing to forget", field="forget")  # fmt: skip
        return order

    def _carry_out(
        self,
        order: Order,
        fields: Fields,
        headers: Mapping[str, str],
        measured: Measured,
        store: MemoryStore | None,
    ) -> dict[str, Any]:
        caller = shown(headers.get("x-caller-id", "")) or NO_CALLER
        if order.forget is not None:
            return self._forget(order.forget, caller)
        with time_limit(self.settings.max_seconds):
            if not order.many:
                return self._score(order.candidates[0], caller, measured, store)
            return {"candidates": [self._score_safely(w, caller, measured)
                                   for w in order.candidates]}  # fmt: skip

    def _score_safely(self, wanted: Wanted, caller: str, measured: Measured) -> dict[str, Any]:
        """One candidate of several: a problem with one does not stop the others."""
        try:
            return self._score(wanted, caller, measured, None) | {"status": 200}
        except Problem as problem:
            measured.codes.append(problem.code)
            return problem.to_dict() | {"candidate_id": wanted.candidate_id}

    def _score(
        self, wanted: Wanted, caller: str, measured: Measured, store: MemoryStore | None
    ) -> dict[str, Any]:
        with workspace(self.settings) as folder:
            with measured.stage("check"):
                clips = clips_of(wanted, folder, self.settings)
                measured.media_s += check_media(clips, self.settings)
            scored = self.scorer.score(clips, store)
            for stage, seconds in scored.seconds.items():
                measured.add(stage, seconds)
            answer: dict[str, Any] = {
                "candidate": scored.candidate,
                "answers": scored.answers,
                "bundle_id": self.scorer.bundle_id,
                "model_version": self.version,
            }
            if wanted.explain:
                with measured.stage("explain"):
                    answer["evidence"] = self.scorer.evidence(scored)
            with measured.stage("record"):
                self._record(wanted, clips, answer, caller)
        measured.withheld += scored.candidate["status"] != "scored"
        _require_scores(scored, answer)
        return answer

    def _record(
        self, wanted: Wanted, clips: Sequence[Clip], answer: dict[str, Any], caller: str
    ) -> None:
        """One line in the audit log, and the response itself where that is asked for."""
        body = _json(answer)
        if wanted.retain and self._keep is not None:
            self._keep.put(wanted.candidate_id, body)
        if self._audit is not None:
            self._audit.append(
                "score",
                input_sha256=_input_hash(wanted, clips),
                bundle_id=self.scorer.bundle_id,
                config_sha256=self.settings.sha256,
                output_sha256=hashlib.sha256(body).hexdigest(),
                status=str(answer["candidate"]["status"]),
                retained=wanted.retain,
                caller=caller,
            )

    def _forget(self, candidate_id: str, caller: str) -> dict[str, Any]:
        if self._keep is None:
            raise Problem(403, "RETAIN_NOT_CONFIGURED", "this server keeps nothing")
        removed = self._keep.forget(candidate_id)
        facts = {"files": removed.files, "remaining": removed.remaining}
        proof = None
        if self._audit is not None:
            digest = hashlib.sha256(_json(facts)).hexdigest()
            proof = self._audit.append(
                "forget",
                pseudonym=removed.pseudonym,
                removed=len(removed.files),
                remaining=removed.remaining,
                files_sha256=digest,
                caller=caller,
            )
        return {"forgotten": facts, "pseudonym": removed.pseudonym, "audit_hash": proof}


def place_of(error: BaseException) -> str:
    """Kind of an error and the line that raised it, without its message."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    code = trace.tb_frame.f_code
    return f"{type(error).__name__} at {Path(code.co_filename).name}:{trace.tb_lineno}"


def _require_scores(scored: ScoredCandidate, answer: dict[str, Any]) -> None:
    """A problem with the rows in it, where the candidate got no scores.

    Raises:
        Problem: 415 where every answer's media is none, else 422.
    """
    if scored.candidate["status"] == "scored":
        return
    rows = {"candidate": answer["candidate"], "answers": answer["answers"]}
    if all(row["error_code"] == "DECODE_ERROR" for row in scored.answers):
        raise Problem(415, "DECODE_ERROR", "expected media, got none that can be opened",
                      extra=rows)  # fmt: skip
    raise Problem(422, str(scored.candidate["error_code"]),
                  str(scored.candidate["error_message"]), extra=rows)  # fmt: skip


def _input_hash(wanted: Wanted, clips: Sequence[Clip]) -> str:
    """SHA-256 over media, words and questions; not over ids, which say who it is."""
    digest = hashlib.sha256()
    for clip, answer in zip(clips, wanted.answers, strict=True):
        for path in (clip.path, clip.transcript_path):
            content = b"" if path is None else hashlib.sha256(path.read_bytes()).digest()
            digest.update(len(content).to_bytes(1, "big") + content)
        digest.update(hashlib.sha256((answer.question or "").encode()).digest())
    return digest.hexdigest()


def _refusal(problem: Problem, measured: Measured) -> Reply:
    measured.codes.append(problem.code)
    return Reply(problem.status, problem.body(), problem.headers, CONTENT_TYPE, measured)


def _json(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
