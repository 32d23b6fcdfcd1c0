"""Requests to responses, without a word about TorchServe."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from trifold.codes import Code
from trifold.contracts import Clip
from trifold.runtime.limits import OutOfTime, time_limit
from trifold.scoring.in_memory import MemoryStore
from trifold.serve.access.identity import ADMIN, FORGET, SCORE, Caller, caller_of
from trifold.serve.governance.consent import ConsentGate
from trifold.serve.inference_protocol.tensors import answer_to
from trifold.serve.interface.versions import in_body
from trifold.serve.problems import Problem, place_of
from trifold.serve.settings import Settings
from trifold.serve.telemetry.identifiers import REQUEST_ID
from trifold.serve.telemetry.logs import FACTS
from trifold.serve.worker.folders import workspace
from trifold.serve.worker.forgotten import headers_of
from trifold.serve.worker.limits import check_media
from trifold.serve.worker.model import ServedModel, require_scores
from trifold.serve.worker.parsing.asked import CandidateRequest, ScoreRequest
from trifold.serve.worker.parsing.reading import Fields, read_request
from trifold.serve.worker.parsing.shadowed import as_shadow, is_shadow
from trifold.serve.worker.records import Records, to_json
from trifold.serve.worker.timings import Measured, Reply, marked, refusal
from trifold.serve.worker.workspace import clips_of

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # full, the user's share, the process's limit
T = TypeVar("T")
Headers = Mapping[str, str]
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PreparedCandidate:
    """A candidate whose media lie in files, or the problem with them."""

    wanted: CandidateRequest
    clips: Sequence[Clip]
    problem: Problem | None = None


@dataclass(frozen=True)
class RequestScope:
    """Where media and tokens lie for as long as a batch is answered."""

    files: ExitStack
    store: MemoryStore


@dataclass(frozen=True)
class PreparedRequest:
    """A request that was understood."""

    request: ScoreRequest
    candidates: Sequence[PreparedCandidate]
    caller: Caller
    measured: Measured
    event: str = "score"  # in the audit log


class Service:
    """Answers requests with one bundle.

    Args:
        bundle: its folder.
        settings: limits and folders.
        version: of the model as it is served.
    """

    def __init__(self, bundle: Path, settings: Settings, *, version: str = "1.0") -> None:
        self.settings, self.version = settings, version
        self.scorer = ServedModel(bundle, settings)
        self._records, self._consent = Records(settings), ConsentGate(settings)

    def answer(self, requests: Sequence[tuple[Fields, Headers]]) -> list[Reply]:
        """Answer some requests; whatever is wrong with one ends in its reply, never in a raise.

        The words of several are read together where that is faster; the rest is done one by one.

        Args:
            requests: fields of the form, or ``body``; and headers with names in lower case.
        """
        with ExitStack() as files:
            scope = RequestScope(files, MemoryStore())
            prepared = [self._begin(fields, headers, scope) for fields, headers in requests]
            self._read_ahead([b for b in prepared if isinstance(b, PreparedRequest)], scope.store)
            done = [b if isinstance(b, Reply) else self._finish(b, scope.store) for b in prepared]
            return [marked(reply, self.version, self.scorer.bundle_id) for reply in done]

    def _begin(
        self, fields: Fields, headers: Headers, scope: RequestScope
    ) -> PreparedRequest | Reply:
        measured = Measured(request_id=headers.get(REQUEST_ID.lower(), ""))
        caller = caller_of(headers)

        def begin() -> PreparedRequest:
            with measured.stage("read"):
                request = read_request(fields, headers.get("content-type", ""), self.settings)
            request = as_shadow(request) if is_shadow(headers) else request
            caller.require(_scope_of(request))
            self._records.check(request)
            with measured.stage("check"):
                placed = [self._place(w, request, scope, caller) for w in request.candidates]
            with measured.stage("open"):
                ready = [self._check(p, request, scope, measured) for p in placed]
            event = "shadow" if is_shadow(headers) else "score"
            return PreparedRequest(request, ready, caller, measured, event)

        return self._guarded(begin, measured)

    def _place(
        self, wanted: CandidateRequest, request: ScoreRequest, scope: RequestScope, caller: Caller
    ) -> PreparedCandidate:
        """Write uploads; where several are asked for, a problem with one does not stop others."""
        try:
            self._consent.check(wanted.candidate_id)
            folder = scope.files.enter_context(workspace(self.settings))
            return PreparedCandidate(wanted, clips_of(wanted, folder, self.settings, caller))
        except Problem as problem:
            return _unready(wanted, problem, request)

    def _check(
        self,
        placed: PreparedCandidate,
        request: ScoreRequest,
        scope: RequestScope,
        measured: Measured,
    ) -> PreparedCandidate:
        """Look at what the headers of media say, which scoring then need not do again."""
        try:
            measured.media_s += check_media(placed.clips, self.settings, scope.store)
        except Problem as problem:
            return _unready(placed.wanted, problem, request)
        return placed

    def _read_ahead(self, prepared: Sequence[PreparedRequest], store: MemoryStore) -> None:
        if len(prepared) > 1:
            clips = [c for b in prepared for r in b.candidates for c in r.clips]
            self.scorer.read_texts(clips, store)

    def _finish(self, prepared: PreparedRequest, store: MemoryStore) -> Reply:
        def finish() -> Reply:
            body = to_json(answer_to(prepared.request, self._carry_out(prepared, store)))
            return Reply(
                200, body, headers_of(prepared.request), "application/json", prepared.measured
            )

        return self._guarded(finish, prepared.measured)

    def _carry_out(self, prepared: PreparedRequest, store: MemoryStore) -> dict[str, Any]:
        if prepared.request.forget is not None:
            return self._records.forget(prepared.request, prepared.caller)
        if not prepared.request.many:
            return self._score(prepared.candidates[0], prepared, store)
        return {"candidates": [self._one_of_many(r, prepared, store) for r in prepared.candidates]}

    def _one_of_many(
        self, ready: PreparedCandidate, prepared: PreparedRequest, store: MemoryStore
    ) -> dict[str, Any]:
        try:
            return self._score(ready, prepared, store) | {"status": 200}
        except Problem as problem:
            prepared.measured.codes.append(problem.code)
            return problem.to_dict() | {"candidate_id": ready.wanted.candidate_id}

    def _score(
        self, ready: PreparedCandidate, prepared: PreparedRequest, store: MemoryStore
    ) -> dict[str, Any]:
        if ready.problem is not None:
            raise ready.problem
        measured = prepared.measured
        with measured.stage("recognise"), workspace(self.settings) as folder:
            clips = self.scorer.with_words(ready.clips, folder)
        scored = self.scorer.score(clips, store)
        for stage, seconds in scored.seconds.items():
            measured.add(stage, seconds)
        answer: dict[str, Any] = {
            "candidate": scored.candidate,
            "answers": scored.answers,
            "bundle_id": self.scorer.bundle_id,
            **in_body(self.version),
        }
        if ready.wanted.explain:
            with measured.stage("explain"):
                answer["evidence"] = self.scorer.evidence(scored)
        with measured.stage("record"):
            self._records.scored(
                ready.wanted, ready.clips, answer, prepared.caller, event=prepared.event
            )
        has_scores = scored.candidate["status"] == "scored"
        measured.placed += self.scorer.places(scored)
        measured.scored += has_scores
        measured.withheld += not has_scores
        require_scores(scored, answer)
        return answer

    def _guarded(self, work: Callable[[], T], measured: Measured) -> T | Reply:
        """Do it within the time limit, and turn what goes wrong into a reply."""
        try:
            used_s = sum(measured.seconds.values())  # prepared and finished within one limit
            with time_limit(max(0.001, self.settings.max_seconds - used_s)):
                return work()
        except Problem as problem:
            return refusal(problem, measured)
        except OutOfTime:
            limit = f"not done within {self.settings.max_seconds:g} s"
            return refusal(Problem(422, Code.OUT_OF_TIME, limit), measured)
        except MemoryError:
            return refusal(Problem(422, Code.OUT_OF_MEMORY, "needs too much memory"), measured)
        except OSError as error:
            if error.errno not in NO_ROOM:
                return self._failed(error, measured)
            return refusal(Problem(503, Code.DISK_FULL, "no room at the moment"), measured)
        except Exception as error:
            return self._failed(error, measured)

    def _failed(self, error: Exception, measured: Measured) -> Reply:
        """The message may quote what a candidate sent: the log gets kind and place alone."""
        facts = {"request_id": measured.request_id} if measured.request_id else {}
        logger.error("internal error: %s", place_of(error), extra={FACTS: facts})
        return refusal(Problem(500, Code.INTERNAL_ERROR, "please report this"), measured)


def _scope_of(request: ScoreRequest) -> str:
    if request.forget is None:
        return SCORE
    return ADMIN if request.everyone else FORGET


def _unready(
    wanted: CandidateRequest, problem: Problem, request: ScoreRequest
) -> PreparedCandidate:
    """Where one candidate alone was asked for, a problem is the answer.

    Raises:
        Problem: that one.
    """
    if not request.many:
        raise problem
    return PreparedCandidate(wanted, (), problem)
