"""One client of the endpoint, for locust: uploads a clip, waits for its scores, uploads it again.

Started by ``benchmarks.serving``; ``CLIP``, ``KEY`` and ``OVERHEAD`` come from the environment.
"""

from __future__ import annotations

import os
from pathlib import Path

from locust import HttpUser, task

CLIP = Path(os.environ["CLIP"]).read_bytes()
HEADERS = {"Authorization": f"Bearer {os.environ['KEY']}"}
DATA = {"candidate_id": "ann", "transcript_1": "I plan every step and check the list. " * 8}
SCORING = ("open", "encode", "predict")  # what scoring in the same process does as well


class Recruiter(HttpUser):
    """Asks again as soon as it is answered; each answer's own overhead goes into a file."""

    @task
    def score(self) -> None:
        """One request."""
        files = {"media_1": ("answer.mp4", CLIP, "video/mp4")}
        with self.client.post("/predictions/trifold", headers=HEADERS, data=DATA, files=files,
                              timeout=120, catch_response=True) as answer:  # fmt: skip
            if answer.status_code != 200 or answer.json()["candidate"]["status"] != "scored":
                answer.failure(f"{answer.status_code}")
                return
            parts = [part.partition(";dur=") for part in
                     answer.headers.get("Server-Timing", "").split(", ")]  # fmt: skip
            scoring_ms = sum(float(ms) for name, _, ms in parts if name in SCORING)
            wall_ms = answer.elapsed.total_seconds() * 1000
            with Path(os.environ["OVERHEAD"]).open("a", encoding="ascii") as file:
                file.write(f"{wall_ms:.2f} {scoring_ms:.2f}\n")
