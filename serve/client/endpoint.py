"""A client of the endpoint, to be imported; ``trifold.serve.client.command`` is its command.

The folder ``serve/client`` needs nothing else of this package, and no PyTorch: ``requests`` for
this file, ``aiohttp`` for ``asynchronous``. What comes back is typed in ``answers``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import requests

from trifold.serve.client.answers import Forgotten, ManyScores, Scores, Usage
from trifold.serve.client.calls import (
    NO_ANSWER,
    Call,
    ScoringError,
    answer_of,
    forget_call,
    score_call,
    scores_of,
    submit_call,
    transcript_beside,
    wait_s,
)
from trifold.serve.client.webhooks import Receiver, verify_webhook

__all__ = [
    "Client",
    "Receiver",
    "ScoringError",
    "transcript_beside",
    "verify_webhook",
    "wait_s",
]


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
    ) -> Scores:
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
            ScoringError: when no scores come back, or transcripts or questions fit no files.
        """
        call = score_call(
            self.model,
            files,
            candidate_id=candidate_id,
            questions=questions,
            transcripts=transcripts,
            speaker=speaker,
            explain=explain,
            retain=retain,
        )
        return cast(Scores, self.ask(call))

    def send(self, facts: Mapping[str, Any]) -> Scores | ManyScores:
        """Send a JSON request, with paths below the server's media root, URLs or words.

        Raises:
            ScoringError: when no scores come back.
        """
        found = self.ask(Call("POST", f"/predictions/{self.model}", json=facts))
        return cast(ManyScores, found) if "candidates" in found else cast(Scores, found)

    def submit(self, facts: Mapping[str, Any], *, idempotency_key: str = "") -> str:
        """Hand in a JSON request that is answered later; returns the job's id.

        Raises:
            ScoringError: when it is not taken.
        """
        return str(self.ask(submit_call(self.model, facts, idempotency_key))["job"])

    def result(self, job: str, *, wait_s: float = 600.0, every_s: float = 1.0) -> dict[str, Any]:
        """Wait for the answer of a job.

        Raises:
            ScoringError: when it is none with scores, or does not come in time.
        """
        end_s = time.monotonic() + wait_s
        while time.monotonic() < end_s:
            facts = self.ask(Call("GET", f"/jobs/{job}"))
            if facts["status"] == "done":
                return scores_of(facts)
            time.sleep(every_s)
        raise ScoringError(0, NO_ANSWER, f"job not done within {wait_s:g} s", {})

    def delete(self, job: str) -> None:
        """Stop and forget a job.

        Raises:
            ScoringError: when there is none.
        """
        self.ask(Call("DELETE", f"/jobs/{job}"))

    def forget(self, candidate_id: str, *, everyone: bool = False) -> Forgotten:
        """Have everything removed that the server kept of a candidate; returns its proof.

        Args:
            candidate_id: as it was sent.
            everyone: also what other callers had kept of a candidate of this id; needs a key with
                the scope ``admin``.

        Raises:
            ScoringError: when the server refuses.
        """
        return cast(Forgotten, self.ask(forget_call(self.model, candidate_id, everyone=everyone)))

    def usage(self) -> Usage:
        """What this caller used, and may use.

        Raises:
            ScoringError: when the server refuses.
        """
        return cast(Usage, self.ask(Call("GET", "/usage")))

    def ask(self, call: Call) -> dict[str, Any]:
        """Ask, again where that may help, with growing waits.

        Raises:
            ScoringError: when it does not succeed.
        """
        error = ScoringError(0, NO_ANSWER, "nothing was tried", {})
        for turn in range(self.tries):
            if turn:
                time.sleep(wait_s(turn, error.body.get("retry_after")))
            try:
                return self._once(call)
            except requests.RequestException as failure:
                error = ScoringError(0, NO_ANSWER, type(failure).__name__, {})
            except ScoringError as failure:
                error = failure
                if not error.is_worth_another_try:
                    break
        raise error

    def _once(self, call: Call) -> dict[str, Any]:
        with ExitStack() as open_files:
            files = {
                name: ("media", open_files.enter_context(path.open("rb")))
                for name, path in call.files.items()
            }
            answer = requests.request(
                call.method,
                self.address + call.path,
                json=call.json,
                data=dict(call.fields) or None,
                files=files or None,
                headers={"Authorization": f"Bearer {self.key}", **call.headers},
                timeout=self.timeout_s,
            )
        return answer_of(answer.status_code, answer.headers, answer.content, answer.reason)
