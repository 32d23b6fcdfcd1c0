"""A client of the endpoint, to be imported; ``trifold.serve.client.command`` is its command.

This file needs ``requests`` alone: copy it into another project if you like.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from trifold.codes import Code
from trifold.serve.client.webhooks import verify_webhook

__all__ = ["Client", "ScoringError", "transcript_beside", "verify_webhook", "wait_s"]

TRANSCRIPTS = (".vtt", ".srt", ".json", ".txt", ".docx", ".ass", ".sbv", ".ttml")
# a queue that is full and the like: the same request may well succeed later
WORTH_ANOTHER_TRY = {429, 500, 502, 503, 504}
# the server has tried twice, it may be what ends the workers; a quota lasts until tomorrow
NOT_AGAIN = (Code.WORKER_DIED, Code.QUOTA_USED)


class ScoringError(Exception):
    """A request that was not answered with scores.

    Attributes:
        status: of HTTP; 0 where no answer came.
        code: stable identifier, e.g. ``NOTHING_USABLE``.
        detail: one line for people.
        body: the whole answer, with the rows of what could not be scored.
    """

    def __init__(self, status: int, code: str, detail: str, body: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code, self.detail, self.body = status, code, detail, body


@dataclass(frozen=True)
class Client:
    """Calls one endpoint; safe to share between threads.

    Attributes:
        address: of the endpoint, without a path.
        key: inference key.
        model: name, or ``name/version``.
        tries: in all, where the server is overloaded or a worker died.
        timeout_s: longest time for one try.
    """

    address: str
    key: str
    model: str = "trifold"
    tries: int = 5
    timeout_s: float = 300.0

    def score(
        self,
        files: Sequence[Path],
        *,
        candidate_id: str,
        questions: Sequence[str | None] = (),
        transcripts: Sequence[Path | None] | None = None,
        speaker: str = "",
        explain: bool = False,
        retain: bool = False,
    ) -> dict[str, Any]:
        """Score the answers of one candidate.

        Args:
            files: media.
            candidate_id: comes back in the rows, and is kept nowhere.
            questions: what was asked, in the order of the files; None where unknown.
            transcripts: of the files; without this argument, those of their names beside them.
            speaker: the candidate's label in transcripts that hold several people's words.
            explain: also ask what moved the scores.
            retain: keep the response on the server, where that is configured.

        Raises:
            ScoringError: when no scores come back.
        """
        data = {
            "candidate_id": candidate_id,
            "explain": str(explain).lower(),
            "retain": str(retain).lower(),
        }
        asked = [*questions, *[None] * (len(files) - len(questions))]
        for number, (file, question) in enumerate(zip(files, asked, strict=True), start=1):
            data[f"clip_id_{number}"] = file.stem
            data |= {f"question_{number}": question} if question else {}
            data |= {f"speaker_{number}": speaker} if speaker else {}
        names = {f"media_{i}": file for i, file in enumerate(files, start=1)}
        said = [transcript_beside(f) for f in files] if transcripts is None else transcripts
        names |= {f"transcript_{i}": path for i, path in enumerate(said, start=1) if path}
        return self._try(lambda: self._upload(names, data))

    def send(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Send a JSON request, with paths below the server's media root.

        Raises:
            ScoringError: when no scores come back.
        """
        return self._try(lambda: self._post(json=facts))

    def submit(self, facts: Mapping[str, Any], *, idempotency_key: str = "") -> str:
        """Hand in a JSON request that is answered later; returns the job's id.

        Raises:
            ScoringError: when it is not taken.
        """
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return str(self._try(lambda: self._post("jobs", headers, json=facts))["job"])

    def result(self, job: str, *, wait_s: float = 600.0, every_s: float = 1.0) -> dict[str, Any]:
        """Wait for the answer of a job.

        Raises:
            ScoringError: when it is none with scores, or does not come in time.
        """
        end_s = time.monotonic() + wait_s
        headers = {"Authorization": f"Bearer {self.key}"}
        while time.monotonic() < end_s:
            answer = requests.get(f"{self.address}/jobs/{job}", headers=headers, timeout=30)
            if answer.status_code != 200:
                raise _error_of(answer)
            facts = answer.json()
            if facts["status"] == "done":
                return _scores_of(facts)
            time.sleep(every_s)
        raise ScoringError(0, "NO_ANSWER", f"job not done within {wait_s:g} s", {})

    def forget(self, candidate_id: str, *, everyone: bool = False) -> dict[str, Any]:
        """Have everything removed that the server kept of a candidate; returns its proof.

        Args:
            candidate_id: as it was sent.
            everyone: also what other callers had kept of a candidate of this id; needs a key with
                the scope ``admin``.

        Raises:
            ScoringError: when the server refuses.
        """
        return self.send({"forget": candidate_id} | ({"everyone": True} if everyone else {}))

    def _upload(self, names: Mapping[str, Path], data: Mapping[str, str]) -> requests.Response:
        with ExitStack() as open_files:
            files = {
                name: ("media", open_files.enter_context(path.open("rb")))
                for name, path in names.items()
            }
            return self._post(files=files, data=data)

    def _post(
        self,
        route: str = "predictions",
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> requests.Response:
        named = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        url = f"{self.address}/{route}/{self.model}"
        return requests.post(url, headers=named, timeout=self.timeout_s, **request)

    def _try(self, ask: Any) -> dict[str, Any]:
        error = ScoringError(0, "NO_ANSWER", "nothing was tried", {})
        for turn in range(self.tries):
            if turn:
                time.sleep(wait_s(turn, error.body.get("retry_after")))
            try:
                answer = ask()
            except requests.RequestException as failure:
                error = ScoringError(0, "NO_ANSWER", type(failure).__name__, {})
                continue
            if answer.status_code in (200, 202):
                return dict(answer.json())
            error = _error_of(answer)
            if answer.status_code not in WORTH_ANOTHER_TRY or error.code in NOT_AGAIN:
                break
        raise error


def _scores_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(facts["result"])
    if facts["http_status"] != 200:
        raise ScoringError(
            facts["http_status"], str(result.get("code")), str(result.get("detail")), result
        )
    return result


def wait_s(turn: int, retry_after: object = None) -> float:
    """Seconds before the next try: what the server says, else doubling, with some chance in it."""
    if isinstance(retry_after, str) and retry_after.isdecimal():
        return min(60.0, float(retry_after)) * (1 + random.random() / 4)  # noqa: S311
    return min(30.0, 0.5 * 2.0**turn) * (0.5 + random.random())  # noqa: S311


def transcript_beside(file: Path) -> Path | None:
    """The transcript of a media file, if one lies beside it."""
    found = (file.with_suffix(suffix) for suffix in TRANSCRIPTS)
    return next((path for path in found if path.is_file()), None)


def _error_of(answer: requests.Response) -> ScoringError:
    """From a problem document, or from what TorchServe itself says."""
    try:
        body = dict(answer.json())
    except (ValueError, TypeError):
        body = {}
    if "Retry-After" in answer.headers:
        body["retry_after"] = answer.headers["Retry-After"]
    code = str(body.get("type", Code.HTTP_ERROR) if "detail" not in body else body.get("code"))
    detail = str(body.get("detail") or body.get("message") or answer.reason)
    return ScoringError(answer.status_code, code, detail, body)
