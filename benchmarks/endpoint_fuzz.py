"""Bad input for an endpoint: ``python -m benchmarks.endpoint_fuzz [n=2000] [engine=built_in]``.

Starts one with random weights, or takes the one that runs in ``out=FOLDER``. A third of the
requests come from the OpenAPI description (schemathesis, positive and negative, every address), a
third are multipart bodies that were torn, a third have odd addresses, methods, headers and JSON;
they are sent by four clients with keys of every scope, with no key and with a wrong one.

Ends with 1 where there was a 5xx other than a 503 that says when to come again, no answer within
five minutes, an answer that the description does not allow or that tells of the inside, one that
the key had no right to, a process that was started anew, a file that was left, a word of a
candidate in any file of the server's, an audit log that does not hold, or no good answer to a good
request at the end. ``seed=0`` draws them.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from benchmarks.encoders import write_clip
from benchmarks.endpoint_requests import MARKER, MODEL, Request, hostile, may_succeed, torn_forms
from benchmarks.scoring import write_untrained
from trifold.errors import TrifoldError
from trifold.runtime.endings import run_main, values_of
from trifold.serve.access.callers import Wish, add_caller, remove_caller
from trifold.serve.access.identity import SCOPES
from trifold.serve.audit.log import verify
from trifold.serve.operations.server import BUILT_IN, Server
from trifold.serve.operations.start import start
from trifold.serve.operations.stop import running
from trifold.serve.settings import Settings

DESCRIPTION = Path(__file__).parents[1] / "serve" / "openapi.yaml"
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
PORT, CLIENTS, LIMIT_S = 18460, 4, 300
GOOD = b'{"answers": [{"transcript": "I plan every step and check the list."}]}'
PROBLEM = "application/problem+json"


class Outcome:
    """What came back, counted; and what should not have.

    Args:
        server: that is asked.
    """

    def __init__(self, server: Server) -> None:
        self.server, self.statuses, self.wrong = server, Counter[int](), list[str]()
        self.pids, self.keys = processes(server), {"default": (server.key(), set(SCOPES))}
        self.keys |= {
            scope: (add_caller(server.folder, f"fuzz-{scope}", Wish(scopes=(scope,))), {scope})
            for scope in SCOPES
        }
        self.keys |= {"nobody": ("", set()), "stranger": ("x" * 43, set())}

    def send(self, request: Request, who: str = "default") -> None:
        """One request, and a look at its answer."""
        head = dict(request.headers) | self.head(who)
        what = f"{request.method} {request.path.replace(MARKER, 'MARKER')[:60]} as {who}"
        try:
            answer = requests.request(request.method, self.server.address + request.path,
                                      headers=head, data=request.content, timeout=LIMIT_S,
                                      allow_redirects=False)  # fmt: skip
        except requests.Timeout:
            self.wrong.append(f"no answer within {LIMIT_S} s to {what}")
        except (requests.RequestException, ValueError) as error:
            if not isinstance(error, ValueError):  # what cannot be sent at all is no fault of ours
                self.wrong.append(f"{type(error).__name__} for {what}")
        else:
            self.note(answer, request.path, what, who)

    def head(self, who: str) -> dict[str, str]:
        """The header with somebody's key."""
        key = self.keys[who][0]
        return {"Authorization": f"Bearer {key}"} if key else {}

    def note(self, answer: requests.Response, path: str, what: str, who: str) -> None:
        """One answer: its status, whether it was due, and whether it tells of the inside."""
        status, kind = answer.status_code, answer.headers.get("Content-Type", "")
        self.statuses[status] += 1
        if status >= 500 and not (status == 503 and "Retry-After" in answer.headers):
            self.wrong.append(f"{status} for {what}")
        if status >= 400 and kind != PROBLEM and answer.request.method != "HEAD":
            self.wrong.append(f"{status} as {kind} for {what}")
        if status < 300 and not may_succeed(path, _json_of(answer), self.keys[who][1]):
            self.wrong.append(f"a way in: {status} for {what}")
        if "Traceback" in answer.text or str(self.server.folder.resolve()) in answer.text:
            self.wrong.append(f"a trace or a path in the answer to {what}")

    def close(self) -> None:
        """Look at processes and folders, and ask once more in a friendly way."""
        headers = self.head("default") | {"Content-Type": "application/json"}
        where = self.server.address + MODEL
        answer = requests.post(where, headers=headers, data=GOOD, timeout=LIMIT_S)
        if answer.status_code != 200:
            self.wrong.append(f"a good request is answered with {answer.status_code}")
        if not self.pids <= processes(self.server):  # of which some may have been ready later
            self.wrong.append("a process was started anew")
        for scope in SCOPES:
            remove_caller(self.server.folder, f"fuzz-{scope}")
        folder = self.server.folder
        self.wrong += [f"left: {path.name}" for path in (folder / "tmp").glob("trifold-*")]
        self.wrong += [f"a candidate's words in {path.relative_to(folder)}"
                       for path in folder.rglob("*") if path.is_file()
                       and MARKER.encode() in path.read_bytes()]  # fmt: skip
        try:
            verify(Path(self.server.settings.audit_log))
        except TrifoldError as error:
            self.wrong.append(f"the audit log: {error}")


def main(arguments: list[str]) -> int:
    """Print what came back; 1 when something should not have."""
    given_ = values_of(arguments, ["out", "n", "seed", "engine"])
    count, first = int(given_.get("n", "2000")), int(given_.get("seed", "0"))
    if "out" in given_:
        return fuzzed(running(Path(given_["out"])), count, first)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        server = start(write_untrained(root / "bundle"), root / "serving", port=PORT,
                       settings=Settings(), engine=given_.get("engine", BUILT_IN))  # fmt: skip
        try:
            return fuzzed(server, count, first)
        finally:
            server.stop()


def fuzzed(server: Server, count: int, first: int) -> int:
    """Requests of all kinds to a server, and the verdict."""
    began_s, outcome = time.monotonic(), Outcome(server)
    from_description(server, count // 3, outcome, first)
    torn(server, count // 3, outcome, first)
    odd(count - 2 * (count // 3), outcome, first)
    outcome.close()
    listed = ", ".join(f"{status}: {n}" for status, n in sorted(outcome.statuses.items()))
    took = f"{time.monotonic() - began_s:.0f} s, load {os.getloadavg()[0]:.1f}"
    print(f"{server.engine}: {outcome.statuses.total()} requests, seed {first}, {took}; {listed}")
    for line, times in sorted(Counter(outcome.wrong).items()):
        print(f"wrong: {line} ({times})")
    return 1 if outcome.wrong else 0


def from_description(server: Server, count: int, outcome: Outcome, start_: int) -> None:
    """Requests that follow the description, and such that break it in one place."""
    schema = schemathesis.openapi.from_path(DESCRIPTION)
    scored = schema["/predictions/{model}"]["POST"]
    methods = {path: set(schema[path]) - {"parameters"} for path in schema}
    all_ = [schema[path][method.upper()] for path in methods for method in sorted(methods[path])]
    kinds = [one.as_strategy(generation_mode=mode)
             for one in [*all_, *[scored] * len(all_)] for mode in GenerationMode]  # fmt: skip
    pick, cases = random.Random(start_), list[Any]()  # noqa: S311

    @seed(start_)
    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.one_of(kinds))
    def drawn(case) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        if "model" in (case.path_parameters or {}) and pick.random() < 0.95:
            case.path_parameters["model"] = "trifold"
        cases.append(case)

    def ask(case: Any) -> None:
        try:
            headers = outcome.head("default")
            answer = case.call(base_url=server.address, headers=headers, timeout=LIMIT_S)
            outcome.statuses[answer.status_code] += 1
            if answer.status_code >= 500 and answer.status_code != 503:
                outcome.wrong.append(f"{answer.status_code} for {case.method} {case.path}")
            case.validate_response(answer, checks=CHECKS, headers=headers)
        except Exception as error:  # every failure is counted, none stops the run
            said = " ".join(str(error).split())[:300]
            outcome.wrong.append(f"{type(error).__name__} for {case.method} {case.path}: {said}")

    drawn()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(ask, cases))


def torn(server: Server, count: int, outcome: Outcome, start_: int) -> None:
    """Multipart bodies with something wrong in their bytes, from who may score."""
    generator = random.Random(start_)  # noqa: S311
    with tempfile.TemporaryDirectory() as folder:
        clip = write_clip(Path(folder, "clip.mp4"), 1).read_bytes()
    _sent(((one, "default") for one in torn_forms(clip, count, generator)), outcome)


def odd(count: int, outcome: Outcome, start_: int) -> None:
    """Odd addresses, methods, headers and JSON, from everybody."""
    generator = random.Random(start_)  # noqa: S311
    who = [*outcome.keys]
    _sent(((one, generator.choice(who)) for one in hostile(count, generator)), outcome)


def processes(server: Server) -> set[int]:
    """Process ids of the server and of its ready workers."""
    headers = {"Authorization": f"Bearer {server.key('management')}"}
    found = requests.get(f"{server.management}/models/trifold", headers=headers, timeout=30).json()
    ready = {w["pid"] for version in found for w in version["workers"] if w["status"] == "READY"}
    return ready | set(server.pids)


def _sent(asked: Iterable[tuple[Request, str]], outcome: Outcome) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda one: outcome.send(*one), asked))


def _json_of(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


if __name__ == "__main__":
    run_main(main)
