"""Bad input for a running endpoint: ``python -m benchmarks.endpoint_fuzz [n=2000] [out=FOLDER]``.

Half of the requests come from the OpenAPI description (schemathesis, positive and negative), half
are multipart bodies that were torn: media cut, bits flipped, boundaries moved, fields renamed, sent
twice. The description's responses are checked against those that come. Ends non-zero when there was
a 5xx other than 503, a response that the description does not allow, a worker that restarted, or a
file that was left.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

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
from benchmarks.tearing import tear
from trifold.runtime.endings import values_of
from trifold.serve.operations.server import Server
from trifold.serve.operations.stop import running

DESCRIPTION = Path(__file__).parents[1] / "serve" / "openapi.yaml"
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
BOUNDARY = b"----trifold"


class Outcome:
    """What came back, counted; and what should not have."""

    def __init__(self, server: Server) -> None:
        self.server, self.statuses, self.wrong = server, Counter[int](), list[str]()
        self.pids = workers(server)

    def note(self, status: int, what: str) -> None:
        """One answer."""
        self.statuses[status] += 1
        if status >= 500 and status != 503:
            self.wrong.append(f"{status} for {what}")

    def close(self) -> None:
        """Look at workers and folders."""
        if workers(self.server) != self.pids:
            self.wrong.append("a worker was started anew")
        left = list((self.server.folder / "tmp").glob("trifold-*"))
        self.wrong += [f"left: {path.name}" for path in left]


def main(arguments: list[str]) -> int:
    """Print what came back; 1 when something should not have."""
    given_ = values_of(arguments, ["out", "n", "seed"])
    server = running(Path(given_.get("out", "demo/serving")))
    count, start = int(given_.get("n", "2000")), int(given_.get("seed", "0"))
    outcome = Outcome(server)
    from_description(server, count // 2, outcome, start)
    torn(server, count - count // 2, outcome, start)
    outcome.close()
    total = sum(outcome.statuses.values())
    listed = ", ".join(f"{status}: {n}" for status, n in sorted(outcome.statuses.items()))
    print(f"{total} requests, seed {start}; {listed}")
    for line in sorted(set(outcome.wrong)):
        print(f"wrong: {line}")
    return 1 if outcome.wrong else 0


def from_description(server: Server, count: int, outcome: Outcome, start: int) -> None:
    """Requests that follow the description, and such that break it in one place."""
    schema = schemathesis.openapi.from_path(DESCRIPTION)
    kinds = [
        schema[path]["POST"].as_strategy(generation_mode=mode)
        for path in ("/predictions/{model}", "/v2/models/{model}/infer")
        for mode in GenerationMode
    ]
    headers = {"Authorization": f"Bearer {server.key()}"}
    session = requests.Session()

    @seed(start)
    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.one_of(kinds))
    def ask(case) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        if random.random() < 0.95:  # noqa: S311
            case.path_parameters = {"model": "trifold"}
        answer = case.call(base_url=server.address, headers=headers, session=session, timeout=120)
        outcome.note(answer.status_code, f"{case.method} {case.media_type}")
        try:
            case.validate_response(answer, checks=CHECKS, headers=headers)
        except Exception as error:  # every failure is counted, none stops the run
            first = " ".join(str(error).split())[:300]
            outcome.wrong.append(f"{answer.status_code} {type(error).__name__}: {first}")

    ask()


def torn(server: Server, count: int, outcome: Outcome, start: int) -> None:
    """Multipart bodies with something wrong in their bytes."""
    kind = f"multipart/form-data; boundary={BOUNDARY.decode()[2:]}"
    headers = {"Authorization": f"Bearer {server.key()}", "Content-Type": kind}
    session = requests.Session()
    with tempfile.TemporaryDirectory() as folder:
        clip = write_clip(Path(folder, "clip.mp4"), 1).read_bytes()
    generator = random.Random(start)  # noqa: S311
    for body in bodies(clip, count, generator):
        try:
            answer = session.post(f"{server.address}/predictions/trifold", data=body,
                                  headers=headers, timeout=120)  # fmt: skip
        except requests.RequestException as error:
            outcome.wrong.append(f"{type(error).__name__} for a torn body")
            continue
        outcome.note(answer.status_code, "a torn body")
        if "Traceback" in answer.text or str(server.folder.resolve()) in answer.text:
            outcome.wrong.append("a trace or a path in an answer")


def bodies(clip: bytes, count: int, generator: random.Random) -> Iterator[bytes]:
    """Forms around a clip, each torn in one to three places."""
    for _ in range(count):
        media = clip
        if generator.random() < 0.7:
            media = tear(clip, generator)
        fields = [("media_1", media), ("candidate_id", b"ann"), ("transcript_1", b"I plan.")]
        fields += [(generator.choice(["media_2", "media_1", "explain", "retain", "x" * 300, "",
                                      "question_id_1", "m\u00e9dia", "clip_id_1", "body"]),
                    generator.choice([b"", b"true", b"\xff\xfe", b"../../etc/passwd", b"a\0b",
                                      b"#EXTM3U\n", b"<xml/>", b"A" * 5000]))]  # fmt: skip
        generator.shuffle(fields)
        whole = form(fields[: generator.randint(1, 4)], generator)
        yield tear(whole, generator) if generator.random() < 0.5 else whole


def form(fields: list[tuple[str, bytes]], generator: random.Random) -> bytes:
    """A multipart body."""
    parts = []
    for name, value in fields:
        is_file = name.startswith("media") or generator.random() < 0.2
        file = b'; filename="a.mp4"' if is_file else b""
        parts.append(BOUNDARY + b'\r\nContent-Disposition: form-data; name="' + name.encode()
                     + b'"' + file + b"\r\n\r\n" + value + b"\r\n")  # fmt: skip
    return b"".join(parts) + BOUNDARY + b"--\r\n"


def workers(server: Server) -> set[int]:
    """Process ids of the ready workers."""
    headers = {"Authorization": f"Bearer {server.key('management')}"}
    found = requests.get(f"{server.management}/models/trifold", headers=headers, timeout=30).json()
    return {w["pid"] for version in found for w in version["workers"] if w["status"] == "READY"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
