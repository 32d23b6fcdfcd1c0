"""``kill -9`` of a real server while it takes uploads and ratings.

``benchmarks.studio_kills`` kills workers and jobs too, twenty times, on both databases.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

from tests.factories.killed_studio import (
    Killer,
    check_nothing_left,
    check_ratings,
    check_uploads,
    rate_all,
    send_all,
)
from tests.factories.running_studio import ForkedServer, targets_form, team

SIZE, KILLS = 3 << 20, 3


def test_kills_of_the_server_lose_and_double_nothing(tmp_path: Path) -> None:
    chance, studio = random.Random(5), ForkedServer(tmp_path / "home")
    with studio:
        project, psychologist, raters = team(studio, raters=1)
        psychologist.send(f"{project}/targets", targets_form("Warmth", "Drive"))
        sent = {f"{name}.mp4": chance.randbytes(100) for name in ("ann", "ben")}
        send_all(psychologist, project, sent, pause_s=0)
        psychologist.send(f"{project}/recordings/sort")
        people = re.findall(r"/people/([^/]+)/rename", psychologist.look(f"{project}/people"))
        kept: dict[tuple[str, str, str], float] = {}
        with Killer(studio, ["server"] * KILLS, (0.1, 0.8), chance) as killer:
            while not killer.is_done:
                more = {f"big{len(sent)}.mp4": chance.randbytes(SIZE)}
                send_all(psychologist, project, more, pause_s=0.01)
                level = 1 + len(sent) % 5
                kept |= rate_all({"rater0": raters[0]}, project, people, lambda *_, n=level: n)
                sent |= more
        assert killer.killed == {"server": KILLS}
    check_uploads(studio, project, sent)
    check_ratings(studio, kept)
    check_nothing_left(studio)
