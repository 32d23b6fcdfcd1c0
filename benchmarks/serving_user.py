"""Clients of the endpoint: each uploads a clip, waits for its scores, and uploads it again.

Started by ``benchmarks.serving`` as a process of its own, with address, clip, number of clients and
seconds as words and a key in ``KEY``. Prints JSON: of each answer when it came, whether there
were scores, milliseconds of the request, and of those what scoring in the same process would take.
"""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import requests

WORDS = "I plan every step and check the list. " * 8
SCORING = ("open", "recognise", "encode", "predict")  # what scoring does by itself
Answer = tuple[float, bool, float, float]


def upload(clip: Path) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a request."""
    request = requests.Request(
        "POST",
        "http://x",
        data={"candidate_id": "ann", "transcript_1": WORDS},
        files={"media_1": ("answer.mp4", clip.read_bytes(), "video/mp4")},
    ).prepare()
    headers = {"Content-Type": request.headers["Content-Type"]}
    return request.body, headers | {"Authorization": f"Bearer {os.environ['KEY']}"}


def user(address: str, body: bytes, headers: dict[str, str], seconds: float) -> list[Answer]:
    """Answers of one client, over one connection."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=300)
    answers, end_s = [], time.perf_counter() + seconds
    while (began_s := time.perf_counter()) < end_s:
        connection.request("POST", "/predictions/trifold", body, headers)
        found = connection.getresponse()
        content = found.read()
        wall_ms = 1000 * (time.perf_counter() - began_s)
        parts = [p.partition(";dur=") for p in found.getheader("Server-Timing", "").split(", ")]
        scoring_ms = sum(float(ms) for name, _, ms in parts if name in SCORING)
        scored = found.status == 200 and json.loads(content)["candidate"]["status"] == "scored"
        answers.append((time.perf_counter(), scored, wall_ms, scoring_ms))
    return answers


def main(address: str, clip: str, users: str, seconds: str) -> None:
    """Print all answers, those last that came when clients were stopping already."""
    body, headers = upload(Path(clip))
    began_s = time.perf_counter()
    with ThreadPoolExecutor(int(users)) as pool:
        work = [
            pool.submit(user, address, body, headers, float(seconds)) for _ in range(int(users))
        ]
        answers = [answer for one in work for answer in one.result()]
    print(json.dumps({"answers": sorted(answers), "end_s": began_s + float(seconds)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
