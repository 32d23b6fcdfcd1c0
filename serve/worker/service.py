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
from trifold.scoring.in_memory import MemoryStore, ScoredCandidate
from trifold.serve.access.identity import ADMIN, FORGET, SCORE, Caller, caller_of
from trifold.serve.problems import Problem, place_of
from trifold.serve.settings import Settings
from trifold.serve.worker.folders import workspace
from trifold.serve.worker.forgotten import headers_of
from trifold.serve.worker.limits import check_media
from trifold.serve.worker.model import Scorer
from trifold.serve.worker.parsing import Fields, Order, Wanted, read_order
from trifold.serve.worker.records import Records, to_json
from trifold.serve.worker.timings import Measured, Reply, refusal
from trifold.serve.worker.workspace import clips_of

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # full, the user's share, the process's limit
T = TypeVar("T")
Headers = Mapping[str, str]
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ready:
    """A candidate whose media lie in files, or the problem with them."""

    wanted: Wanted
    clips: Sequence[Clip]
    problem: Problem | None = None


@dataclass(frozen=True)
class Room:
    """Where media and tokens lie for as long as a batch is answered."""

    files: ExitStack
    store: MemoryStore


@dataclass(frozen=True)
class Begun:
    """A request that was understood."""

    order: Order
    candidates: Sequence[Ready]
    caller: Caller
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
        self._records = Records(settings)

    def answer(self, requests: Sequence[tuple[Fields, Headers]]) -> list[Reply]:
        """Answer some requests; whatever is wrong with one ends in its reply, never in a raise.

        The words of several are read together where that is faster; the rest is done one by one.

        Args:
            requests: fields of the form, or ``body``; and headers with names in lower case.
        """
        with ExitStack() as files:
            room = Room(files, MemoryStore())
            begun = [self._begin(fields, headers, room) for fields, headers in requests]
            self._read_ahead([b for b in begun if isinstance(b, Begun)], room.store)
            return [b if isinstance(b, Reply) else self._finish(b, room.store) for b in begun]

    def _begin(self, fields: Fields, headers: Headers, room: Room) -> Begun | Reply:
        measured, caller = Measured(), caller_of(headers)

        def begin() -> Begun:
            with measured.stage("read"):
                order = read_order(fields, headers.get("content-type", ""), self.settings)
            caller.require(_scope_of(order))
            self._records.check(order)
            with measured.stage("check"):
                placed = [self._place(w, order, room, caller) for w in order.candidates]
            with measured.stage("open"):
                ready = [self._check(p, order, room, measured) for p in placed]
            return Begun(order, ready, caller, measured)

        return self._guarded(begin, measured)

    def _place(self, wanted: Wanted, order: Order, room: Room, caller: Caller) -> Ready:
        """Write uploads; where several are asked for, a problem with one does not stop others."""
        folder = room.files.enter_context(workspace(self.settings))
        try:
            return Ready(wanted, clips_of(wanted, folder, self.settings, caller))
        except Problem as problem:
            return _unready(wanted, problem, order)

    def _check(self, placed: Ready, order: Order, room: Room, measured: Measured) -> Ready:
        """Look at what the headers of media say, which scoring then need not do again."""
        try:
            measured.media_s += check_media(placed.clips, self.settings, room.store)
        except Problem as problem:
            return _unready(placed.wanted, problem, order)
        return placed

    def _read_ahead(self, begun: Sequence[Begun], store: MemoryStore) -> None:
        if len(begun) > 1:
            clips = [c for b in begun for r in b.candidates for c in r.clips]
            self.scorer.read_texts(clips, store)

    def _finish(self, begun: Begun, store: MemoryStore) -> Reply:
        def finish() -> Reply:
            body = to_json(self._carry_out(begun, store))
            return Reply(200, body, headers_of(begun.order), "application/json", begun.measured)

        return self._guarded(finish, begun.measured)

    def _carry_out(self, begun: Begun, store: MemoryStore) -> dict[str, Any]:
        if begun.order.forget is not None:
            return self._records.forget(begun.order, begun.caller)
        if not begun.order.many:
            return self._score(begun.candidates[0], begun, store)
        return {"candidates": [self._one_of_many(r, begun, store) for r in begun.candidates]}

    def _one_of_many(self, ready: Ready, begun: Begun, store: MemoryStore) -> dict[str, Any]:
        try:
            return self._score(ready, begun, store) | {"status": 200}
        except Problem as problem:
            begun.measured.codes.append(problem.code)
            return problem.to_dict() | {"candidate_id": ready.wanted.candidate_id}

    def _score(self, ready: Ready, begun: Begun, store: MemoryStore) -> dict[str, Any]:
        if ready.problem is not None:
            raise ready.problem
        measured = begun.measured
        scored = self.scorer.score(ready.clips, store)
        for stage, seconds in scored.seconds.items():
            measured.add(stage, seconds)
        answer: dict[str, Any] = {
            "candidate": scored.candidate,
            "answers": scored.answers,
            "bundle_id": self.scorer.bundle_id,
            "model_version": self.version,
        }
        if ready.wanted.explain:
            with measured.stage("explain"):
                answer["evidence"] = self.scorer.evidence(scored)
        with measured.stage("record"):
            self._records.scored(ready.wanted, ready.clips, answer, begun.caller)
        measured.withheld += scored.candidate["status"] != "scored"
        _require_scores(scored, answer)
        return answer

    def _guarded(self, work: Callable[[], T], measured: Measured) -> T | Reply:
        """Do it within the time limit, and turn what goes wrong into a reply."""
        try:
            used_s = sum(measured.seconds.values())  # begun and finished within one limit
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
        logger.error("internal error: %s", place_of(error))
        return refusal(Problem(500, Code.INTERNAL_ERROR, "please report this"), measured)


def _scope_of(order: Order) -> str:
    if order.forget is None:
        return SCORE
    return ADMIN if order.everyone else FORGET


def _unready(wanted: Wanted, problem: Problem, order: Order) -> Ready:
    """Where one candidate alone was asked for, a problem is the answer.

    Raises:
        Problem: that one.
    """
    if not order.many:
        raise problem
    return Ready(wanted, (), problem)


def _require_scores(scored: ScoredCandidate, answer: dict[str, Any]) -> None:
    """A problem with the rows in it, where the candidate got no scores.

    Raises:
        Problem: 415 where every answer's media is none, else 422.
    """
    if scored.candidate["status"] == "scored":
        return
    rows = {"candidate": answer["candidate"], "answers": answer["answers"]}
    if all(row["error_code"] == Code.DECODE_ERROR for row in scored.answers):
        detail = "expected media, got none that can be opened"
        raise Problem(415, Code.DECODE_ERROR, detail, extra=rows)
    code, detail = str(scored.candidate["error_code"]), str(scored.candidate["error_message"])
    raise Problem(422, code, detail, extra=rows)
