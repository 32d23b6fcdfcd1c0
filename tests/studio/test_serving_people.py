"""A person's data copied and deleted: from files and database, until nothing is left."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.studios import Browser, TestedStudio
from trifold.features.owners import Owners
from trifold.scoring.columns import Column
from trifold.scoring.folder.tables import write_table
from trifold.studio.accounts.roles import Role
from trifold.studio.database.projects import Candidate, Project, Recording, Upload
from trifold.studio.database.ratings import Comparison, Rating
from trifold.studio.database.tables import Base
from trifold.studio.database.work import CandidateResult, Run, TargetResult
from trifold.studio.duties.places import OwnFiles
from trifold.studio.duties.policies import gate_of
from trifold.studio.duties.serving import look_at_deletion

ANN, BOB = "ann-unmistakable", "bob-unmistakable"
BEFORE = f"before-{ANN}"  # what Ann was called when an earlier run scored her
TARGETS = ("warmth",)


COLUMNS = (
    Column("candidate_id", "string", "", False),
    Column("warmth", "number", "", True),
)


def fill_folder(folder: Path) -> None:
    """A run of scoring, a cache, a manifest, and recordings with what lies beside them."""
    run = folder / "runs" / "one"
    for path, people in ((run, (ANN, BOB)), (folder / "runs" / "earlier", (BEFORE, BOB))):
        path.mkdir(parents=True)
        for name in ("candidates", "answers"):
            rows = [{"candidate_id": one, "warmth": 3.5} for one in people]
            write_table(iter(rows), COLUMNS, path / name)
    evidence = [json.dumps({"candidate_id": one, "cue": "louder"}) for one in (ANN, BOB)]
    (run / "evidence.jsonl").write_text("\n".join(evidence) + "\n")
    (folder / "jobs" / "one").mkdir(parents=True)
    manifest = [json.dumps({"candidate_id": one, "path": f"{one}.mp4"}) for one in (ANN, BOB)]
    (folder / "jobs" / "one" / "manifest.jsonl").write_text("\n".join(manifest) + "\n")
    for name, columns in {"one/manifest.csv": "warmth", "groups-0a.csv": "gender"}.items():
        table = f"candidate_id,{columns}\n{ANN},1\n{BOB},2\n"  # to train on, and of impact
        (folder / "jobs" / name).write_text(table)
    trained = folder / "runs" / "trained"
    trained.mkdir()
    (trained / "splits.csv").write_text(f"candidate_id,split\n{ANN},test\n{BOB},train\n")
    (trained / "history.csv").write_text("epoch,loss\n1,0.5\n")
    for one in (ANN, BOB):
        Owners(folder / "features").note(one, f"ab-{one[:3]}")
        entry = folder / "features" / "audio" / "ab" / f"ab-{one[:3]}.bin"
        entry.parent.mkdir(parents=True, exist_ok=True)
        entry.write_bytes(b"features")
        (folder / "recordings" / one).mkdir(parents=True)
        for name in ("q1.mp4", "q1.de.vtt"):
            (folder / "recordings" / one / name).write_text(f"{one} speaks")
        (folder / "previews" / one).mkdir(parents=True)
        for name in ("q1.mp4.mp4", "q1.mp4.mp4.part"):
            (folder / "previews" / one / name).write_text(f"{one} speaks")


@pytest.fixture
def ann(studio: TestedStudio) -> Iterator[str]:
    """Id of a candidate with all that a project may hold of one, beside another."""
    with studio.studio.database.writing() as session:
        project = Project(name="Nursing")
        session.add(project)
        session.flush()
        people = [Candidate(project_id=project.id, name=name) for name in (ANN, BOB)]
        people[0].known_as = [BEFORE]
        run = Run(project_id=project.id, kind="score", folder="runs/one")
        earlier = Run(project_id=project.id, kind="score", folder="runs/earlier")
        session.add_all([*people, run, earlier])
        session.flush()
        session.add(CandidateResult(run_id=earlier.id, candidate=BEFORE, key="before",
                                    status="scored", row={"candidate_id": BEFORE}))  # fmt: skip
        rater = studio.accounts["rater"]
        for one in people:
            path = f"{one.name}/q1.mp4"
            session.add(Recording(project_id=project.id, candidate_id=one.id, path=path))
            session.add(CandidateResult(run_id=run.id, candidate=one.name, key=one.id,
                                        status="scored",
                                        row={"candidate_id": one.name}))  # fmt: skip
            session.add(TargetResult(run_id=run.id, target="warmth", candidate=one.name))
            session.add(Rating(project_id=project.id, candidate_id=one.id, account_id=rater,
                               target="warmth", value=3.0))  # fmt: skip
            upload = Upload(project_id=project.id, account_id=rater, path=f"{one.name}/q2.mp4",
                            length=99)  # fmt: skip
            session.add(upload)
            session.flush()
            file = studio.studio.folder_of(project.id) / "uploads" / upload.id
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"the beginning of {one.name}")
        session.flush()
        left, right = (session.query(Recording).filter_by(candidate_id=one.id).one().id
                       for one in people)  # fmt: skip
        session.add(Comparison(project_id=project.id, account_id=rater, left_id=left,
                               right_id=right, target="warmth", choice="left"))  # fmt: skip
        studio.project = project.id
        studio.candidate = people[0].id
    studio.enlist()
    folder = studio.studio.folder_of(studio.project)
    fill_folder(folder)
    yield studio.candidate
    shutil.rmtree(folder)  # tests of one studio follow each other
    with studio.studio.database.writing() as session:
        session.delete(session.get_one(Project, project.id))


def everything(studio: TestedStudio) -> bytes:
    """All bytes and names of the home folder, and all rows of the database, but the receipts."""
    home = studio.studio.settings.home
    files = [path for path in home.rglob("*") if path.is_file() and ".sqlite" not in path.name]
    found = [f"{path.relative_to(home)}\n".encode() + path.read_bytes() for path in files]
    with studio.studio.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            found += [repr(tuple(one)).encode() for one in session.execute(table.select())]
    return b"\n".join(found)


def one(studio: TestedStudio, what: str = "") -> str:
    return f"/projects/{studio.project}/duties/{studio.candidate}{what}"


def test_a_copy_holds_everything_of_a_person_and_nothing_of_others(
    studio: TestedStudio, ann: str
) -> None:
    sent = studio.browser(Role.PSYCHOLOGIST).send_form(one(studio, "/export"))
    assert sent.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(sent.content))
    names = [Path(name).name for name in archive.namelist()]
    for wanted in ("q1.mp4", "q1.de.vtt", "q1.mp4.mp4", "q2.mp4", "ab-ann.bin",
                   "candidates.jsonl", "answers.jsonl",
                   "evidence.jsonl", "manifest.jsonl", "splits.jsonl"):  # fmt: skip
        assert wanted in names
    whole = b"".join(archive.read(name) for name in archive.namelist())
    assert ANN.encode() in whole
    assert BOB.encode() not in whole
    rows = json.loads(archive.read("database.json"))
    assert {name: len(found) for name, found in rows.items()} == {
        "candidates": 1, "recordings": 1, "ratings": 1, "comparisons": 1, "results": 2,
        "uploads": 1}  # fmt: skip


def test_nothing_is_left_of_who_was_deleted_and_all_of_the_others(
    studio: TestedStudio, ann: str, theirs: Path
) -> None:
    client = studio.browser(Role.PSYCHOLOGIST)
    refused = client.send_form(one(studio, "/delete"), {"name": BOB, "despite": ""})
    assert refused.status_code == 422
    assert everything(studio).count(ANN.encode()) > 20
    before = everything(studio).count(BOB.encode())
    done = client.send_form(one(studio, "/delete"), {"name": ANN, "despite": ""})
    assert done.status_code == 303
    left = everything(studio)
    assert left.count(ANN.encode()) == 0
    assert before - left.count(BOB.encode()) <= 1
    [receipt] = (studio.studio.folder_of(studio.project) / "receipts").glob("*.json")
    facts = json.loads(receipt.read_text())
    places = {"runs/one", "runs/earlier", "features", "jobs/one/manifest.jsonl",
              "jobs/one/manifest.csv", "jobs/groups-0a.csv", "runs/trained/splits.csv"}  # fmt: skip
    assert set(facts["removed"]) == places | {"recordings", "previews", "database"}
    assert facts["remaining"] == []
    assert theirs.exists()
    assert receipt.stem in client.look(f"/projects/{studio.project}/duties").text
    shown = client.look(f"/projects/{studio.project}/receipts/{receipt.stem}")
    assert shown.json() == facts
    assert client.send_form(one(studio, "/delete"), {"name": ANN, "despite": ""}).status_code == 404


def test_who_is_called_nearly_alike_loses_nothing(tmp_path: Path) -> None:
    """``x.mp4`` and ``x.b.mp4`` are of two people."""
    for name in ("x.mp4", "x.vtt", "x.b.mp4", "x.b.vtt", "x.avi"):
        (tmp_path / name).write_text("x")
    OwnFiles(tmp_path, ["x.mp4"], ["x.b.mp4", "x.avi"]).remove(ANN)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.avi", "x.b.mp4", "x.b.vtt"]


def stems_of(name: str) -> list[str]:
    """``a.b.mp4``: ``a`` and ``a.b``."""
    parts = name.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts))]


@settings(max_examples=60, deadline=None)
@given(st.sets(st.from_regex(r"[ab]{1,2}(\.[ab]){0,2}\.mp4", fullmatch=True), min_size=2),
       st.sets(st.from_regex(r"[ab]{1,2}(\.[ab]){0,3}\.(vtt|json|mp4)", fullmatch=True)),
       st.randoms())  # fmt: skip
def test_a_file_beside_recordings_is_whose_the_nearest_one_is(
    names: set[str], more: set[str], random
) -> None:
    own = sorted(random.sample(sorted(names), random.randint(1, len(names) - 1)))
    others = sorted(names - set(own))
    whose = {Path(name).stem: name in own for name in names}
    with tempfile.TemporaryDirectory() as folder:
        for name in names | more:
            (Path(folder) / name).write_text("x")
        OwnFiles(Path(folder), own, others).remove(ANN)
        left = {path.name for path in Path(folder).iterdir()}
    for name in names | more:
        near = [stem for stem in stems_of(name) if stem in whose]
        is_own = bool(near) and whose[max(near, key=len)] and name not in others
        assert (name not in left) is is_own


def kept(studio: TestedStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy with a duty to keep for a year from the consent on."""
    from trifold.studio.duties import policies

    path = tmp_path / "own.yaml"
    path.write_text(
        "id: own\nversion: '1'\nchecked_on: 2026-01-01\nrules:\n  - id: keep\n    hook: delete\n"
        "    check: keep_at_least\n    params: {what: scores, since: consent, days: 365}\n"
        "    on_fail: refuse\n    message: scores kept for a year\n    confidence: house\n"
    )
    monkeypatch.setattr(policies, "names_of", lambda group: ["common", str(path)])
    with studio.studio.database.writing() as session:
        session.get_one(Project, studio.project).policy = [str(path)]
        consent = {"consent_on": str(date.today() - timedelta(days=3))}
        session.get_one(Candidate, studio.candidate).consent = consent


def test_a_duty_to_keep_stops_a_deletion_unless_somebody_says_why(
    studio: TestedStudio, ann: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(studio, tmp_path, monkeypatch)
    client: Browser = studio.browser(Role.ADMINISTRATOR)
    stopped = client.send_form(one(studio, "/delete"), {"name": ANN, "despite": ""})
    assert stopped.status_code == 422
    assert "to be kept until" in stopped.text
    assert ANN.encode() in everything(studio)
    with studio.studio.database.reading() as session:
        project = session.get_one(Project, studio.project)
        session.expunge(project)
    gate = gate_of(studio.studio, project)
    since = {"consent": date.today() - timedelta(days=3)}
    assert look_at_deletion(gate, since, despite="a court says so").since == since


@pytest.fixture
def theirs(studio: TestedStudio, ann: str, tmp_path: Path) -> Path:
    """A recording of theirs in a folder of somebody else, which is linked."""
    (tmp_path / "theirs.mp4").write_bytes(b"a recording")
    linked = studio.studio.folder_of(studio.project) / "recordings" / "linked"
    linked.symlink_to(tmp_path)
    with studio.studio.database.writing() as session:
        session.add(Recording(project_id=studio.project, candidate_id=ann,
                              path="linked/theirs.mp4"))  # fmt: skip
    return tmp_path / "theirs.mp4"
