"""``kill -9`` of a studio at random moments: ``python -m benchmarks.studio_kills [kills=20]``.

A real studio is killed while files are uploaded, people rated, a model trained and people scored:
its server, its worker, the job's process, in turn. Then every law is checked that nothing was lost
or doubled, and what was trained and scored is compared, byte for byte, with what a studio gave
that nobody killed. ``databases=sqlite`` leaves out PostgreSQL, which is started for this alone.
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from tests.factories.killed_studio import (
    Killer,
    check_jobs,
    check_nothing_left,
    check_ratings,
    check_uploads,
    rate_all,
    send_all,
    told_apart,
)
from tests.factories.media import write_interviews
from tests.factories.postgres import cluster
from tests.factories.running_studio import RunningStudio, targets_form, team, until
from trifold.runtime.endings import values_of

PEOPLE = 8
BIG = 4 << 20  # bytes of files that are nothing, so that uploads take a while
PHASES = ("upload", "rate", "train", "score")
PAUSES_S = {"upload": (0.1, 2.0), "rate": (0.1, 2.0), "train": (0.5, 20.0), "score": (0.5, 15.0)}
LONGEST_JOB_S = 1200.0
TRAINED = ("*.safetensors", "*.csv", "metrics.json", "bundle.json", "folds/*.npz")
SCORED = ("candidates.jsonl", "answers.jsonl", "evidence.jsonl", "*.csv")


@dataclass
class Scenario:
    """One studio from an empty project to scores.

    Attributes:
        studio: that runs.
        interviews: name to bytes of recordings and transcripts.
        kills: in each phase.
        moments: draws them.
        sent: name to bytes of what was uploaded.
        asked: ids of jobs.
        killed: role and number of those killed.
    """

    studio: RunningStudio
    interviews: Mapping[str, bytes]
    kills: int
    moments: random.Random
    sent: dict[str, bytes] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=lambda: {"train": [], "score": []})
    killed: Counter[str] = field(default_factory=Counter)

    def play(self) -> None:
        """All phases, and the laws of each."""
        self.project, self.psychologist, raters = team(self.studio)
        self.raters = {f"rater{n}": rater for n, rater in enumerate(raters)}
        self.psychologist.send(f"{self.project}/targets", targets_form("Warmth", "Drive"))
        self.upload()
        self.rate()
        self.train()
        self.score()
        self.studio.stop()
        found = check_jobs(self.studio, people=PEOPLE)
        assert all(set(ids) <= set(found[kind]) for kind, ids in self.asked.items())  # noqa: S101
        self.asked = found  # also those that were asked for twice, as no answer came
        check_nothing_left(self.studio)

    def upload(self) -> None:
        """Files again and again until all were killed, then those that are left out of the rest."""
        with self.killing("upload", ("server", "worker")) as killer:
            self._send(self.interviews)
            number = 0
            while not killer.is_done:
                name = f"big{number}.mp4"
                self._send({name: self.moments.randbytes(BIG)})
                number += 1
        self.psychologist.send(f"{self.project}/recordings/sort")
        check_uploads(self.studio, self.project, self.sent)
        self._remove_big()

    def rate(self) -> None:
        """Rounds of ratings until all were killed, and a last one that counts."""
        page = self.psychologist.look(f"{self.project}/people")
        ids = re.findall(r"/people/([^/]+)/rename", page)
        names = re.findall(r'name="name" value="([^"]+)"', page)
        people = dict(zip(ids, names, strict=True))
        with self.killing("rate", ("server", "worker")) as killer:
            while not killer.is_done:
                level = self.moments.randrange(1, 6)
                kept = rate_all(self.raters, self.project, ids, lambda *_, n=level: n)
                if killer.is_done:
                    check_ratings(self.studio, kept)

        def counts(login: str, one: str, target: str) -> int:
            return random.Random(f"{login} {people[one]} {target}").randrange(1, 6)  # noqa: S311

        check_ratings(self.studio, rate_all(self.raters, self.project, ids, counts))

    def train(self) -> None:
        """Runs until all were killed; the first one's model scores."""
        with self.killing("train", ("server", "worker", "child")) as killer:
            while not self.asked["train"] or not killer.is_done:
                path = self.psychologist.send(f"{self.project}/training")
                self._until_done("train", path.rpartition("/")[2])
        self.model = self.asked["train"][0]
        self.psychologist.send(f"{self.project}/training/{self.model}/use")

    def score(self) -> None:
        """Likewise."""
        with self.killing("score", ("server", "worker", "child")) as killer:
            while not self.asked["score"] or not killer.is_done:
                self.psychologist.send(f"{self.project}/jobs/score", {"purpose": "research"})
                page = self.psychologist.look(f"{self.project}/jobs")
                self._until_done("score", re.findall(r"/jobs/([\w-]{12})/cancel", page)[0])

    @contextmanager
    def killing(self, phase: str, roles: tuple[str, ...]) -> Iterator[Killer]:
        """A phase, and who is killed during it."""
        began_s = time.monotonic()
        chosen = [roles[number % len(roles)] for number in range(self.kills)]
        killer = Killer(self.studio, chosen, PAUSES_S[phase], self.moments)
        with killer:
            yield killer
        self.killed += killer.killed
        told = ", ".join(f"{role} {n}" for role, n in killer.killed.items()) or "nobody"
        print(f"  {phase}: killed {told}; {time.monotonic() - began_s:.0f} s", flush=True)

    def results(self) -> dict[str, dict[str, bytes]]:
        """Of every run what it gave, under names that all runs share."""
        folder = self.studio.home / self.project.lstrip("/") / "runs"
        bundle = sha256((folder / self.model / "bundle.json").read_bytes()).hexdigest()[:12]
        aliases = {str(self.studio.home): "HOME", bundle: "BUNDLE"}
        return {
            f"{kind} {run}": told_apart(folder / run, names, {run: "RUN", **aliases})
            for kind, names in (("train", TRAINED), ("score", SCORED))
            for run in self.asked[kind]
        }

    def _send(self, files: Mapping[str, bytes]) -> None:
        send_all(self.psychologist, self.project, files, pause_s=0.01)
        self.sent |= files

    def _remove_big(self) -> None:
        page = self.psychologist.look(f"{self.project}/recordings?q=big")
        for one in dict.fromkeys(re.findall(r"/recordings/([\w-]{12})\"", page)):
            self.psychologist.send(f"{self.project}/recordings/{one}/delete")
        self.psychologist.send(f"{self.project}/recordings/sort")

    def _until_done(self, phase: str, job: str) -> None:
        self.asked[phase].append(job)
        jobs = f"{self.project}/jobs"
        until(lambda: f"{job}/cancel" not in self.psychologist.look(jobs), LONGEST_JOB_S)


def main(arguments: list[str]) -> int:
    """Print what was killed and whether every law holds; raises where one does not."""
    given = values_of(arguments, ["kills", "seed", "databases"])
    kills, seed = int(given.get("kills", "20")), int(given.get("seed", "0"))
    databases = given.get("databases", "sqlite,postgresql").split(",")
    with tempfile.TemporaryDirectory() as made, cluster() as postgres:
        root = Path(made)
        interviews = _interviews(root / "interviews")
        quiet = _played(root / "quiet", interviews, 0, seed, [])
        for database in databases:
            words = [f"database={postgres.new_database()}"] if database == "postgresql" else []
            print(f"{database}, seed {seed}", flush=True)
            found = _played(root / database, interviews, kills // len(PHASES), seed, words)
            _require_same(quiet, found)
    return 0


def _played(
    home: Path, interviews: Mapping[str, bytes], kills: int, seed: int, words: list[str]
) -> Scenario:
    studio = RunningStudio(home, *words)
    studio.start()
    scenario = Scenario(studio, interviews, kills, random.Random(seed))  # noqa: S311
    scenario.play()
    print(f"  {sum(scenario.killed.values())} kills, every law holds", flush=True)
    return scenario


def _require_same(quiet: Scenario, killed: Scenario) -> None:
    """Every run of the one is that of the other."""
    wanted = {name.split()[0]: files for name, files in quiet.results().items()}
    for name, files in killed.results().items():
        same = wanted[name.split()[0]]
        other = [path for path in {*same, *files} if same.get(path) != files.get(path)]
        if other:
            raise SystemExit(f"error: {name}: other bytes in {', '.join(sorted(other))}")
        print(f"  {name}: {len(files)} files, byte for byte those of nobody killed", flush=True)


def _interviews(folder: Path) -> dict[str, bytes]:
    write_interviews(folder, [f"person{number}" for number in range(PEOPLE)])
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
