"""A studio in which everybody has worked: something on every page that a person can reach."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from tests.factories.benches import Bench, bench, draw, write_answer
from tests.factories.media import VTT, face_frames, voice, write_media
from tests.factories.studios import TestedStudio
from tests.studio.results.results_factory import add_run, keys_of
from trifold.contracts import Target, TargetSchema
from trifold.studio.accounts.roles import Role, may
from trifold.studio.database.base import new_id
from trifold.studio.database.projects import Candidate, Project, Recording
from trifold.studio.database.work import Job, Run
from trifold.studio.results.index import index_run
from trifold.studio.web.app import PAGES
from trifold.studio.web.guard import Page
from trifold.training.results.cautions import of_measuring

WATCHED = "person_00002"  # of whom there is a recording with a picture
PEOPLE, RATERS, FOLDS = 12, 3, 9
RATED = ("rate", "agreement", "targets", "training")  # pages of a project that is rated
QUALITY = {
    "n_words": 118, "speech_s": 38.2, "speech_fraction": 0.81, "speech_level_db": -24.1,
    "snr_db": 21.0, "clipped_fraction": 0.0, "face_fraction": 0.97, "brightness": 0.52,
}  # fmt: skip
REMARK = {"code": "NOISY_SOUND", "line": "The voice is 9 dB above the noise."}
VOICES = [
    {"seconds": seconds, "at": spans[0][0] + 0.1, "moments": [start for start, _ in spans],
     "spans": spans, "read": seconds > 1}
    for seconds, spans in ((1.4, [[0.2, 0.9], [1.5, 2.2]]), (0.9, [[1.0, 1.4], [2.4, 2.9]]))
]  # fmt: skip
MEASURED = {  # as training writes it of twelve people, among whom a baseline does as well
    "alarm": "The model is not surely ahead of ridge pooled", "warnings": of_measuring(
        np.ones((12, 1)), [f"p{n}" for n in range(12)],
        TargetSchema("drive", (Target("drive", 1.0, 5.0),)),
    ),
    "test": {"spearman": {"mean": 0.31}, "mse": {"mean": 0.9}},
    "baselines": {"ridge_pooled": {"spearman": {"mean": 0.29}, "mse": {"mean": 0.9}}},
    "advantage": {"ridge_pooled": {
        "spearman": {"difference": 0.02, "low": -0.11, "high": 0.15},
        "mse": {"difference": -0.3, "low": -0.4, "high": -0.2},
    }},
}  # fmt: skip
REPORT = "<!doctype html><html lang=en><title>Report</title><h1>How well the model does</h1>"


@dataclass(frozen=True)
class WorkedIn:
    """A furnished studio with content.

    Attributes:
        tested: the studio; its project has recordings, scores, jobs and consents.
        run: scores of fourteen people.
        rated: a project that is rated, with a run of training.
        compared: a project in which pairs are compared.
        ids: placeholder of addresses to what stands there.
    """

    tested: TestedStudio
    run: Run
    rated: Bench
    compared: Bench
    ids: Mapping[str, str]

    def address_of(self, page: Page) -> str:
        """Of a page of the route table, with something there."""
        ids = dict(self.ids)
        part = page.path.removeprefix("/projects/{project}").strip("/").split("/")[0]
        if part == "compare":
            ids["project"] = self.compared.project
        elif part in RATED:
            ids |= {"project": self.rated.project, "candidate": self.rated.candidates[0]}
            ids |= {"recording": self.rated.recordings[0], "file": "ratings.csv"}
        path = re.sub(r":(int|path)\}", "}", page.path)
        asked = "?who={first}&who={second}" if page.path.endswith("{run}/compare") else ""
        return (path + asked).format(**ids)

    def looked_at(self) -> list[tuple[str, str]]:
        """Role and address of every page of the route table that is for people to read.

        Files of runs are not among them: they stand in a sandbox, and tests of reports try them.
        """
        found = []
        for page in PAGES:
            if "GET" not in page.methods or page.streaming or page.action is None:
                continue
            who = next(role for role in LOOKS if may(role, page.action))
            address = self.address_of(page)
            answer = self.tested.browser(who).look(address)
            assert answer.status_code in (200, 303), (address, answer.status_code)
            is_page = "</html>" in answer.text  # and no part of one
            in_sandbox = "sandbox" in answer.headers["content-security-policy"]
            if answer.status_code == 200 and is_page and not in_sandbox:
                found.append((str(who), address))
        return found


LOOKS = (Role.PSYCHOLOGIST, Role.RECRUITER, Role.RATER, Role.ADMINISTRATOR)


def worked_in(tested: TestedStudio, folder: Path) -> WorkedIn:
    """Fill a furnished studio.

    Args:
        tested: just made.
        folder: for files on their way.
    """
    answer = write_answer(folder)
    run = add_run(tested.studio, tested.project, 14, answers=3, moved=14)
    index_run(tested.studio, tested.project, run.id)
    rated = bench(tested, answer, candidates=PEOPLE, raters=RATERS)
    rated.rate(draw(RATERS, PEOPLE, 3))
    rated.rate(draw(1, 3, 3), raters=[0])
    compared = bench(tested, answer, candidates=4, raters=1, mode="pairs")
    keys = keys_of(tested.studio, run)
    ids = {
        "project": tested.project,
        "run": run.id,
        "person": keys[WATCHED],
        "first": keys["person_00001"],
        "second": keys["person_00003"],
        "account": tested.accounts["rater"],
        "n": "1",
        "file": "candidates.xlsx",
        "path": "report.html",
        "left": compared.recordings[0],
        "right": compared.recordings[1],
        "job": _trained(rated),
        **_recorded(tested),
        "receipt": _receipt(tested),
    }
    _jobs(tested)
    return WorkedIn(tested, run, rated, compared, ids)


def _recorded(tested: TestedStudio) -> dict[str, str]:
    """Recordings of three people and one of nobody, with and without a card."""
    root = tested.studio.folder_of(tested.project) / "recordings"
    clip = root / f"{WATCHED}/q1.webm"
    write_media(
        clip, images=face_frames(3.0), audio=voice(3.0),
        video_codec="libvpx", audio_codec="libopus", sample_rate_hz=48_000,
    )  # fmt: skip
    clip.with_suffix(".vtt").write_text(VTT, "utf-8")
    today = date.today()
    with tested.studio.database.writing() as session:
        session.get_one(Project, tested.project).policy = ["eu"]
        people = [Candidate(project_id=tested.project, name=f"person_{n:05}") for n in range(1, 5)]
        people[0].consent = {"notice_id": "2026-03", "notice_on": str(today - timedelta(40)),
                             "consent_on": str(today - timedelta(39))}  # fmt: skip
        session.add_all(people)
        session.flush()
        made = [
            Recording(
                project_id=tested.project, candidate_id=one.id, path=f"{one.name}/q{k}.webm",
                position=k, question="Tell of a plan that went wrong.", size_bytes=48_000_000,
                duration_s=47.3, state="looked_at",
                quality={"numbers": QUALITY, "codes": [REMARK] if n == 2 else [],
                         "voices": VOICES if n == 2 and k == 1 else []},
            )
            for n, one in enumerate(people) for k in (1, 2)
        ]  # fmt: skip
        nobodys = Recording(project_id=tested.project, path="IMG_2041.webm", size_bytes=9_100_000)
        made.append(nobodys)
        session.add_all(made)
        session.flush()
        watched = next(one for one in made if one.path == f"{WATCHED}/q1.webm")
        return {"recording": watched.id, "candidate": people[0].id}


def _trained(rated: Bench) -> str:
    """A run that is done, with folds, a caution and a report; returns its job."""
    job, studio = new_id(), rated.tested.studio
    folder = studio.folder_of(rated.project)
    run = folder / "runs" / job
    (run / "folds").mkdir(parents=True)
    generator = np.random.default_rng(0)
    for fold in range(FOLDS):
        labels = generator.normal(size=(12, 2))
        preds = {name: how * labels + generator.normal(size=labels.shape)
                 for name, how in (("model", 0.6), ("ridge_pooled", 0.4))}  # fmt: skip
        np.savez(run / "folds" / f"seed{fold // 5}-fold{fold % 5}.npz", labels=labels,
                 answer_length=generator.normal(size=labels.shape), **preds)  # fmt: skip
    (run / "metrics.json").write_text(json.dumps(MEASURED))
    (run / "report.html").write_text(REPORT)
    curve = [{"people": n, "skill": s, "low": s - 0.3, "high": s + 0.3, "targets": {}}
             for n, s in ((6, 0.18), (9, 0.27), (12, 0.31))]  # fmt: skip
    (folder / "training").mkdir(exist_ok=True)
    (folder / "training/learning_curve.json").write_text(json.dumps(curve))
    whose = rated.tested.accounts["psychologist"]
    with studio.database.writing() as session:
        session.add(Job(id=job, project_id=rated.project, account_id=whose, kind="train",
                        spec={"run": job}, state="done", progress=1.0))  # fmt: skip
    return job


def _receipt(tested: TestedStudio) -> str:
    folder = tested.studio.folder_of(tested.project) / "receipts"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "2026-11-03-7f3a.json").write_text('{"person": "sha256:7f3a"}')
    return "2026-11-03-7f3a"


def _jobs(tested: TestedStudio) -> None:
    states = [
        {"kind": "look", "state": "done", "progress": 1.0},
        {"kind": "score", "state": "running", "progress": 0.42, "message": "14 of 33 recordings"},
        {"kind": "score", "state": "failed", "message": "expected a model that scores, got none"},
        {"kind": "look", "state": "waiting"},
    ]
    with tested.studio.database.writing() as session:
        for one in states:
            session.add(Job(project_id=tested.project, account_id=tested.accounts["recruiter"],
                            spec={"run": new_id()}, **one))  # fmt: skip
