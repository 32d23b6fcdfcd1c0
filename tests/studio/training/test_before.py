"""What is said before anything is trained, and what is asked for when it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from tests.factories.benches import Bench, bench, draw, write_answer
from tests.factories.studios import TestedStudio
from trifold.errors import InputError
from trifold.studio.database.projects import Project
from trifold.studio.database.work import Job
from trifold.studio.jobs.kinds import KINDS as JOBS
from trifold.studio.training.before import LEAST_PEOPLE, holding
from trifold.studio.training.live import LABELS, lines, place, steps
from trifold.studio.training.words import KINDS, words_of, work_of
from trifold.training.protocol import crossval
from trifold.training.requirements import LEAST_PEOPLE as OF_TRAINING


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_answer(tmp_path_factory.mktemp("answer"))


@pytest.fixture(scope="module")
def few(sqlite_studio: TestedStudio, recording: Path) -> Bench:
    """Twelve people; the third target is rated of three of them only."""
    one = bench(sqlite_studio, recording, candidates=12, raters=2)
    values = draw(2, 12, 3, seed=1)
    values[:, 3:, 2] = np.nan
    one.rate(values)
    return one


def jobs(one: Bench) -> list[Job]:
    with one.tested.studio.database.reading() as session:
        wanted = select(Job).where(Job.project_id == one.project).order_by(Job.created_at)
        found = list(session.scalars(wanted))
        session.expunge_all()
    return found


def asked(one: Bench) -> Job:
    """The run that the button asks for."""
    answer = one.tested.browser("psychologist").send_form(f"{one.home}/training")
    wanted = answer.headers["location"].rpartition("/")[2]
    return next(job for job in jobs(one) if job.id == wanted)


def test_constants_that_stand_twice_are_the_same() -> None:
    assert LEAST_PEOPLE == OF_TRAINING
    assert LABELS == crossval.LABELS


def test_people_and_ratings_are_counted_and_their_ceiling_told(few: Bench) -> None:
    with few.tested.studio.database.reading() as session:
        held = holding(session, few.project, few.targets)
    assert (held.people, held.rated, held.size) == (12, 12, "few")
    assert [one.people for one in held.targets] == [12, 12, 3]
    assert [one.ratings for one in held.targets] == [24, 24, 6]
    assert held.left_out == ["social_versatility"]
    assert all(0 <= one.ceiling <= 1 for one in held.targets[:2])
    assert held.targets[2].ceiling is None


def test_too_little_is_said_before_and_nothing_can_be_asked_for(
    sqlite_studio: TestedStudio, recording: Path
) -> None:
    one = bench(sqlite_studio, recording, candidates=4, raters=1)
    one.rate(draw(1, 4, 3))
    browser = sqlite_studio.browser("psychologist")
    page = browser.look(f"{one.home}/training").text
    assert "Too little to train on" in page
    assert "<button disabled>Train" in page
    answer = browser.send_form(f"{one.home}/training")
    assert answer.status_code == 422
    assert jobs(one) == []


def test_one_button_asks_for_a_run_on_what_can_be_trained(few: Bench) -> None:
    browser = few.tested.browser("psychologist")
    page = browser.look(f"{few.home}/training").text
    assert "Very few people" in page
    assert "Left out, as too few people are rated on them: social_versatility" in page
    answer = browser.send_form(f"{few.home}/training")
    job = jobs(few)[-1]
    assert answer.headers["location"] == f"{few.home}/training/{job.id}"
    assert (job.kind, job.state, job.spec["run"]) == ("train", "waiting", job.id)
    assert "It waits for its turn" in browser.look(f"{few.home}/training/{job.id}").text
    again = browser.send_form(f"{few.home}/training")  # as when the first answer never came
    assert again.headers["location"] == answer.headers["location"]


def test_a_run_learns_from_the_ratings_that_it_began_with(few: Bench) -> None:
    job, studio = asked(few), few.tested.studio
    words = JOBS["train"].order(studio, job).words
    assert words[:2] == ("train", "experiment=own_ratings")
    assert "leave_out=[social_versatility]" in words
    inputs = studio.folder_of(few.project) / "jobs" / job.id
    assert f"corpora.schema={inputs / 'schema.yaml'}" in words
    before = (inputs / "manifest.csv").read_bytes()
    few.rate(np.full((1, 1, 1), 5.0), raters=[0])
    few.rate(np.full((1, 1, 1), 1.0), raters=[1])
    assert JOBS["train"].order(studio, job).words == words
    assert (inputs / "manifest.csv").read_bytes() == before


def test_a_learning_curve_is_a_job_and_its_points_are_put_in_words(few: Bench) -> None:
    browser = few.tested.browser("psychologist")
    browser.send_form(f"{few.home}/training/learning-curve")
    job = jobs(few)[-1]
    assert job.kind == "learning_curve"
    folder = few.tested.studio.folder_of(few.project)
    point = {"low": -0.2, "high": 0.7, "targets": {}}
    told = [{"people": n, "skill": s, **point} for n, s in [(6, 0.1), (9, 0.2), (12, 0.3)]]
    out = folder / job.spec["out"]
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(told))
    page = browser.look(f"{few.home}/training").text
    assert "From 9 to 12 people skill rose by 0.10" in page
    assert "A learning curve is being made" in page


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_has_a_command_and_others_are_refused(kind: str, tmp_path: Path) -> None:
    names = ("inputs", "name", "run", "out", "groups")
    spec = {name: name for name in names} | {"words": ["seed=1"]}
    words = words_of(kind, spec, tmp_path)
    assert words[-1] == "seed=1"
    assert any(str(tmp_path) in word for word in words)
    assert ":" in work_of(kind)
    with pytest.raises(InputError, match="kinds of jobs"):
        words_of("forget", spec, tmp_path)


def write_folds(run: Path, number: int, *, slope: float = 1.0) -> None:
    generator = np.random.default_rng(0)
    (run / "folds").mkdir(parents=True, exist_ok=True)
    for fold in range(number):
        labels = generator.normal(size=(6, 2))
        np.savez(
            run / "folds" / f"seed0-fold{fold}.npz",
            labels=labels,
            model=slope * labels,
            answer_length=np.zeros((6, 2)),
        )


def test_live_skill_is_that_of_all_people_tested_so_far(tmp_path: Path) -> None:
    assert steps(tmp_path) == []
    write_folds(tmp_path, 3)
    found = steps(tmp_path)
    assert [one.people for one in found] == [6, 12, 18]
    assert found[-1].skill["model"] == pytest.approx(1)
    assert found[-1].skill["answer_length"] is None
    drawn = lines(found, 15)
    assert list(drawn) == ["model"]
    assert all(y == pytest.approx(0) for _, y in drawn["model"])
    assert place(-1) == place(0) > place(0.5) > place(1)


def test_a_damaged_fold_ends_what_is_shown(tmp_path: Path) -> None:
    write_folds(tmp_path, 3)
    (tmp_path / "folds" / "seed0-fold1.npz").write_bytes(b"PK\x03\x04")
    assert len(steps(tmp_path)) == 1


@pytest.fixture
def ended(few: Bench) -> Job:
    """A run that is done, with what a page needs of its folder."""
    job = asked(few)
    run = few.tested.studio.folder_of(few.project) / "runs" / job.spec["run"]
    write_folds(run, 5)
    (run / "metrics.json").write_text(
        json.dumps({"warnings": ["When to stop is decided by nobody."]})
    )
    (run / "report.html").write_text("<!doctype html><title>Report</title>")
    (run / "weights.safetensors").write_bytes(b"")
    with few.tested.studio.database.writing() as session:
        session.get_one(Job, job.id).state = "done"
    return job


def test_a_run_that_is_done_shows_its_cautions_and_report(few: Bench, ended: Job) -> None:
    browser, address = few.tested.browser("psychologist"), f"{few.home}/training/{ended.id}"
    page = browser.look(address).text
    assert "When to stop is decided by nobody." in page
    german = browser.look(f"{address}?language=de").text  # which no message says, and is marked
    assert '<span lang="en">When to stop is decided by nobody.</span>' in german
    assert "After 5 of 15 folds" in page
    report = browser.get(f"{address}/files/report.html")
    assert report.status_code == 200
    assert report.headers["content-security-policy"].startswith("sandbox")


@pytest.mark.parametrize(
    "path", ["weights.safetensors", "../../../studio.sqlite3", "%2e%2e/%2e%2e/x.csv", "none.html"]
)
def test_other_files_are_not_served(few: Bench, ended: Job, path: str) -> None:
    browser = few.tested.browser("psychologist")
    assert browser.get(f"{few.home}/training/{ended.id}/files/{path}").status_code in (404, 422)


def test_a_run_that_is_done_may_score_in_the_project(few: Bench, ended: Job) -> None:
    browser = few.tested.browser("psychologist")
    browser.send_form(f"{few.home}/training/{ended.id}/use")
    with few.tested.studio.database.reading() as session:
        bundle = session.get_one(Project, few.project).bundle
    assert bundle == f"projects/{few.project}/runs/{ended.id}"
    assert (
        "This model scores in this project" in browser.look(f"{few.home}/training/{ended.id}").text
    )


def test_a_run_that_is_not_done_may_not(few: Bench) -> None:
    browser = few.tested.browser("psychologist")
    answer = browser.send_form(f"{few.home}/training/{asked(few).id}/use")
    assert answer.status_code == 422
    assert "a run that is done" in answer.text


def test_studies_are_jobs_and_impact_takes_groups(few: Bench, ended: Job) -> None:
    browser, address = few.tested.browser("psychologist"), f"{few.home}/training/{ended.id}"
    browser.send_form(f"{address}/reliability")
    assert jobs(few)[-1].kind == "reliability"
    assert browser.send_form(f"{address}/impact").status_code == 422
    table = "candidate_id,gender\n" + "".join(f"Secretname-{n:03},x\n" for n in range(12))
    answer = browser.post(
        f"{address}/impact",
        data={"form_token": browser.form_token},
        files={"groups": ("groups.csv", table.encode())},
        follow_redirects=False,
    )
    assert answer.status_code == 303
    job = jobs(few)[-1]
    assert job.kind == "impact"
    folder = few.tested.studio.folder_of(few.project)
    assert (folder / job.spec["groups"]).read_text() == table


@pytest.mark.parametrize("role", ["rater", "recruiter"])
def test_only_who_may_train_sees_these_pages(few: Bench, role: str) -> None:
    assert few.tested.browser(role).look(f"{few.home}/training").status_code == 403


def test_runs_of_other_projects_are_nobodys(few: Bench, ended: Job, recording: Path) -> None:
    other = bench(few.tested, recording, candidates=1, raters=1)
    browser = few.tested.browser("psychologist")
    for page in ("", "/state", "/files/report.html"):
        assert browser.look(f"{other.home}/training/{ended.id}{page}").status_code == 422
