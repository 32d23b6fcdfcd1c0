"""Pages of jobs: begun, seen as they go, stopped and taken up again, each in its own project."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.factories.studios import TestedStudio
from trifold.errors import InputError
from trifold.studio.database.projects import Recording
from trifold.studio.database.work import Job
from trifold.studio.jobs import pages, queue
from trifold.studio.jobs.kinds import KINDS
from trifold.studio.recordings.files import recordings_folder
from trifold.studio.recordings.grouping import sort_recordings


def jobs_of(tested: TestedStudio) -> list[Job]:
    with tested.studio.database.reading() as session:
        return list(
            session.query(Job).filter_by(project_id=tested.project).order_by(Job.created_at)
        )


def begun(tested: TestedStudio, role: str = "psychologist") -> str:
    client = tested.browser(role)
    sent = client.send_form(f"/projects/{tested.project}/jobs/look")
    assert sent.status_code == 303, sent.text
    return jobs_of(tested)[-1].id


def test_a_job_is_begun_stopped_and_taken_up_again(studio: TestedStudio) -> None:
    one, client = begun(studio), studio.browser("psychologist")
    root = f"/projects/{studio.project}/jobs"
    assert "waits" in client.look(root).text
    client.send_form(f"{root}/{one}/cancel")
    assert "stopped" in client.look(root).text
    client.send_form(f"{root}/{one}/go-on")
    held = queue.claim(studio.studio.database, "a")
    queue.finish(studio.studio.database, held, state="failed", message="<b>the disk</b> is full")
    seen = client.look(root).text
    assert "&lt;b&gt;the disk&lt;/b&gt; is full" in seen


def test_a_form_that_is_sent_again_begins_no_second_job(studio: TestedStudio) -> None:
    """The answer to the first was lost, and the job may have ended before the second comes."""
    client, page = studio.browser("recruiter"), f"/projects/{studio.project}/recordings"
    address = f"/projects/{studio.project}/jobs/look"
    with studio.studio.database.writing() as session:
        session.add(Recording(project_id=studio.project, path="new.mp4"))
    once = fields_in(client.look(page).text, "/jobs/look")
    for state in ("waiting", "done", "failed", "cancelled"):
        before = {job.id for job in jobs_of(studio)}
        client.send_form(address, once)
        (job,) = [job for job in jobs_of(studio) if job.id not in before]
        with studio.studio.database.writing() as session:
            session.get_one(Job, job.id).state = state
        client.send_form(address, once)
        assert len(jobs_of(studio)) == len(before) + 1
        with studio.studio.database.writing() as session:
            session.get_one(Job, job.id).state = "done"  # and the page is opened anew
        once = fields_in(client.look(page).text, "/jobs/look")


def fields_in(page: str, action: str) -> dict[str, str]:
    """Hidden fields of the form with that address."""
    form = re.search(rf'<form [^>]*action="[^"]*{action}".*?</form>', page, re.S)[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def test_jobs_of_other_projects_are_not_stopped(studio: TestedStudio) -> None:
    one, admin = begun(studio), studio.browser("administrator")
    admin.send_form(f"/projects/{studio.elsewhere}/jobs/{one}/cancel")
    assert jobs_of(studio)[-1].state == "waiting"


@pytest.mark.parametrize(
    ("role", "kind"),
    [("rater", "look"), ("rater", "score"), ("administrator", "score")],
)
def test_roles_begin_only_what_they_may(sqlite_studio, role: str, kind: str) -> None:
    client = sqlite_studio.browser(role)
    sent = client.send_form(f"/projects/{sqlite_studio.project}/jobs/{kind}")
    assert sent.status_code == 403


def test_events_hold_what_the_page_shows(sqlite_studio: TestedStudio, monkeypatch) -> None:
    monkeypatch.setattr(pages, "LISTEN_S", 0.1)
    one = begun(sqlite_studio)
    sent = sqlite_studio.browser("recruiter").get(f"/projects/{sqlite_studio.project}/jobs/events")
    assert sent.headers["content-type"].startswith("text/event-stream")
    (line,) = [part for part in sent.text.split("\n\n") if part]
    told = {job["id"]: job for job in json.loads(line.removeprefix("data: "))}
    assert told[one] == {"id": one, "state": "waiting", "progress": None, "message": ""}


def test_scoring_needs_a_model_and_people(sqlite_studio: TestedStudio, tmp_path: Path) -> None:
    client = sqlite_studio.browser("psychologist")
    score, model = (f"/projects/{sqlite_studio.project}/{p}" for p in ("jobs/score", "model"))
    assert client.send_form(score).headers["location"] == model
    bundle = tmp_path / "models/run"
    bundle.mkdir(parents=True)
    (bundle / "bundle.json").write_text('{"format": 1}')
    object.__setattr__(sqlite_studio.studio.settings, "models", (tmp_path / "models",))
    for path in ("/etc", str(tmp_path), "../..", str(tmp_path / "models")):
        refused = client.send_form(model, {"path": path, "model": ""})
        assert refused.status_code == 422
    assert client.send_form(model, {"path": "", "model": str(bundle)}).status_code == 303
    assert client.send_form(score).status_code == 422
    root = recordings_folder(sqlite_studio.studio, sqlite_studio.project)
    (root / "ann").mkdir(parents=True)
    (root / "ann/q1.mp4").write_bytes(b"x")
    sort_recordings(sqlite_studio.studio, sqlite_studio.project)
    refused = client.send_form(score, {"purpose": "hiring", "rights": " "})
    assert refused.status_code == 422
    assert "the reason why the model&#39;s training data may be used" in refused.text
    hiring = {"purpose": "hiring", "rights": 'Our own: [they agreed, 2026] to "selection"'}
    for _ in range(2):  # as when the first answer never came
        assert client.send_form(score, hiring).status_code == 303
    assert len([job for job in jobs_of(sqlite_studio) if job.kind == "score"]) == 1
    job = jobs_of(sqlite_studio)[-1]
    words = KINDS["score"].order(sqlite_studio.studio, job).words
    folder = sqlite_studio.studio.folder_of(sqlite_studio.project)
    wanted = {"purpose=hiring", f"rights={hiring['rights']}", f"bundle={bundle}"}
    assert {*wanted, f"out={folder / 'runs' / job.spec['run']}"} <= {*words}


def test_a_model_that_is_gone_is_said_so(sqlite_studio: TestedStudio) -> None:
    spec = {"run": "x", "bundle": "projects/none"}
    job = Job(project_id=sqlite_studio.project, spec=spec, kind="score", id="y")
    with pytest.raises(InputError, match="expected the project's model, got nothing there"):
        KINDS["score"].order(sqlite_studio.studio, job)
