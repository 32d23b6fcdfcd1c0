"""How files become people, and that what somebody says of them holds for every command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.factories.studios import Browser, TestedStudio
from trifold.corpora.readers.manifest import read_manifest
from trifold.media.files.folder import survey
from trifold.studio.database.projects import Candidate, Project, Recording
from trifold.studio.database.ratings import Rating
from trifold.studio.recordings.files import recordings_folder
from trifold.studio.recordings.grouping import sort_recordings
from trifold.studio.recordings.manifest import manifest_rows, write_manifest

FILES = ("ann/q1.mp4", "ann/q2.mp4", "ben/q1.mp4", "ben/q2.mp4")


@pytest.fixture
def project(studio: TestedStudio) -> str:
    """A project of its own, with two people's files."""
    with studio.studio.database.writing() as session:
        made = Project(name="People")
        session.add(made)
        session.flush()
        project_id = made.id
    put(studio, project_id, *FILES)
    return project_id


def put(studio: TestedStudio, project_id: str, *paths: str) -> list[str]:
    root = recordings_folder(studio.studio, project_id)
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(path.encode())
    return sort_recordings(studio.studio, project_id).unclear


def people(studio: TestedStudio, project_id: str) -> dict[str, list[str]]:
    """Name to paths, as the manifest has them."""
    with studio.studio.database.reading() as session:
        rows = manifest_rows(studio.studio, session, project_id)
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["candidate_id"], []).append(row["clip_id"])
    return found


def ids(studio: TestedStudio, project_id: str) -> dict[str, str]:
    with studio.studio.database.reading() as session:
        known = session.query(Recording).filter_by(project_id=project_id)
        named = session.query(Candidate).filter_by(project_id=project_id)
        return {one.path: one.id for one in known} | {one.name: one.id for one in named}


def psychologist(studio: TestedStudio, project_id: str) -> Browser:
    from trifold.studio.database.people import Membership

    with studio.studio.database.writing() as session:
        account = studio.accounts["psychologist"]
        session.add(Membership(project_id=project_id, account_id=account))
    return studio.browser("psychologist")


def test_people_are_told_as_scoring_tells_them(studio, project) -> None:
    told = survey(recordings_folder(studio.studio, project), unique=False).clips
    expected: dict[str, list[str]] = {}
    for clip in told:
        expected.setdefault(clip.candidate_id, []).append(f"{clip.clip_id}.mp4")
    assert people(studio, project) == expected == {"ann": list(FILES[:2]), "ben": list(FILES[2:])}


def test_sorting_again_changes_nothing(studio, project) -> None:
    before = ids(studio, project)
    sort_recordings(studio.studio, project)
    assert ids(studio, project) == before


def test_what_somebody_says_holds_when_more_files_come(studio, project) -> None:
    client, known = psychologist(studio, project), ids(studio, project)
    one, page = known["ann/q2.mp4"], f"/projects/{project}"
    form = {
        "recording": one,
        f"whose-{one}": "Cleo",
        f"question-{one}": "Why?",
        f"position-{one}": "7",
    }
    assert client.send_form(f"{page}/people", form).status_code == 303
    client.send_form(f"{page}/people/{known['ben']}/rename", {"name": "Ben M\u00fcller"})
    put(studio, project, "ben/q3.mp4", "ann/q3.mp4")
    assert people(studio, project) == {
        "Ben M\u00fcller": ["ben/q1.mp4", "ben/q2.mp4", "ben/q3.mp4"],
        "Cleo": ["ann/q2.mp4"],
        "ann": ["ann/q1.mp4", "ann/q3.mp4"],
    }
    seen = client.look(f"{page}/people").text
    assert "Ben M\u00fcller" in seen
    assert "Why?" in seen


def test_merged_people_stay_one_with_their_ratings(studio, project) -> None:
    client, known = psychologist(studio, project), ids(studio, project)
    rating = {"project_id": project, "target": "warmth", "value": 3.0}
    with studio.studio.database.writing() as session:
        rater = studio.accounts["rater"]
        session.add(Rating(candidate_id=known["ben"], account_id=rater, **rating))
    address = f"/projects/{project}/people/{known['ben']}/merge"
    assert client.send_form(address, {"into": "Ann"}).status_code == 303
    put(studio, project, "ben/q3.mp4")
    assert {name: set(files) for name, files in people(studio, project).items()} == {
        "ann": {*FILES, "ben/q3.mp4"}
    }
    with studio.studio.database.reading() as session:
        assert [r.candidate_id for r in session.query(Rating).filter_by(project_id=project)] == [
            known["ann"]
        ]


def test_two_whom_one_rater_rated_are_not_merged(studio, project) -> None:
    client, known = psychologist(studio, project), ids(studio, project)
    rating = {"project_id": project, "target": "warmth", "value": 3.0}
    with studio.studio.database.writing() as session:
        for person in ("ann", "ben"):
            rater = studio.accounts["rater"]
            session.add(Rating(candidate_id=known[person], account_id=rater, **rating))
    sent = client.send_form(f"/projects/{project}/people/{known['ben']}/merge", {"into": "ann"})
    assert sent.status_code == 422
    assert "no rater has both rated" in sent.text


@pytest.mark.parametrize("name", ["", "NA", "1.2e+10", "ann", "x" * 201])
def test_names_that_tables_cannot_hold_or_others_have_are_refused(studio, project, name) -> None:
    client, known = psychologist(studio, project), ids(studio, project)
    sent = client.send_form(f"/projects/{project}/people/{known['ben']}/rename", {"name": name})
    assert sent.status_code == 422


def test_unclear_names_are_asked_about_and_an_answer_is_kept(studio, project) -> None:
    assert put(studio, project, "2026-11/cleo.mp4", "2026-11/dan.mp4")
    client = psychologist(studio, project)
    assert "do not tell whose" in client.look(f"/projects/{project}/people").text
    client.send_form(f"/projects/{project}/recordings/sort", {"candidates": "folder"})
    assert set(people(studio, project)) == {"ann", "ben", "2026-11"}


def test_left_out_recordings_are_in_no_manifest_and_come_back(studio, project) -> None:
    client, known = psychologist(studio, project), ids(studio, project)
    one = known["ann/q1.mp4"]
    for tick, expected in (({}, ["ann/q2.mp4"]), ({f"used-{one}": "on"}, list(FILES[:2]))):
        form = {"recording": one, f"shown-{one}": "1", **tick}
        client.send_form(f"/projects/{project}/recordings/{one}", form)
        assert people(studio, project)["ann"] == expected


def test_commands_read_the_manifest_as_it_was_meant(studio, project, tmp_path) -> None:
    client, known = psychologist(studio, project), ids(studio, project)
    one = known["ann/q1.mp4"]
    form = {"recording": one, f"question-{one}": "Why, \u201chere\u201d?", f"speaker-{one}": "Ann*"}
    client.send_form(f"/projects/{project}/people", form)
    path = tmp_path / "manifest.jsonl"
    assert write_manifest(studio.studio, project, path) == 4
    clips = survey(path, candidates="manifest").clips
    assert [(c.candidate_id, c.clip_id) for c in clips] == [
        (person, file) for person, files in people(studio, project).items() for file in files
    ]
    assert (clips[0].question, clips[0].speaker) == ("Why, \u201chere\u201d?", "Ann*")
    assert all(clip.path.is_file() for clip in clips)


def test_the_projects_own_folder_is_no_person(studio, project) -> None:
    """Whoever drops single files and folders and says *a person per folder* merges nobody."""
    client = psychologist(studio, project)
    put(studio, project, "all/cleo/q1.mp4", "all/dan/q1.mp4", "eve.mp4", "finn.mp4")
    client.send_form(f"/projects/{project}/recordings/sort", {"candidates": "folder"})
    assert sorted(people(studio, project)) == ["ann", "ben", "cleo", "dan"]
    assert (
        "eve.mp4" in client.look(f"/projects/{project}/people").text.partition("Of nobody yet")[2]
    )


def test_training_reads_the_same_people(studio, project, tmp_path) -> None:
    with studio.studio.database.reading() as session:
        rows = manifest_rows(studio.studio, session, project)
    path = tmp_path / "ratings.jsonl"
    path.write_text("".join(json.dumps({**row, "warmth": 3}) + "\n" for row in rows))
    schema = tmp_path / "schema.yaml"
    schema.write_text("name: s\ntargets:\n  - {name: warmth, low: 1, high: 5, source: observer}\n")
    corpus = read_manifest(path, schema)
    assert {clip.candidate_id for clip in corpus.clips} == {"ann", "ben"}


def test_a_folder_of_the_server_is_taken_in_only_where_settings_allow(
    studio, project, tmp_path: Path
) -> None:
    client = psychologist(studio, project)
    (tmp_path / "in/cleo").mkdir(parents=True)
    (tmp_path / "in/cleo/q1.mp4").write_bytes(b"x")
    (tmp_path / "in/cleo/q2.mp4").symlink_to("/etc/hostname")
    link = f"/projects/{project}/recordings/link"
    for folder in (tmp_path / "in", Path("/etc"), tmp_path / "in/../in"):
        assert client.send_form(link, {"folder": str(folder)}).status_code == 422
    object.__setattr__(studio.studio.settings, "folders", (tmp_path / "in",))
    assert client.send_form(link, {"folder": str(tmp_path)}).status_code == 422
    assert client.send_form(link, {"folder": str(tmp_path / "in/..")}).status_code == 422
    assert client.send_form(link, {"folder": str(tmp_path / "in")}).status_code == 303
    assert people(studio, project).get("cleo") == ["in/cleo/q1.mp4"]
    client.send_form(f"/projects/{project}/recordings/unlink", {"name": "in"})
    assert "cleo" not in people(studio, project)
    assert (tmp_path / "in/cleo/q1.mp4").exists()


def test_recordings_and_people_of_other_projects_are_out_of_reach(studio, project) -> None:
    client, known = psychologist(studio, project), ids(studio, project)
    one, other = known["ann/q1.mp4"], f"/projects/{studio.project}"
    for path in (f"/recordings/{one}", f"/recordings/{one}/media"):
        assert client.look(other + path).status_code in (404, 422)
    for path, form in {
        f"/recordings/{one}": {"recording": one, f"whose-{one}": "eve"},
        f"/recordings/{one}/delete": {},
        f"/people/{known['ann']}/rename": {"name": "eve"},
        f"/people/{known['ann']}/merge": {"into": "c001"},
    }.items():
        assert client.send_form(other + path, form).status_code in (404, 422)
    assert set(people(studio, project)) == {"ann", "ben"}


def test_a_transcript_of_no_recording_is_named_until_it_has_one(studio, project) -> None:
    put(studio, project, "ann/q1.vtt", "ann/answer.vtt")
    browser = psychologist(studio, project)
    page = browser.get(f"/projects/{project}/recordings").text
    assert "1 transcript is of no recording, by its name:" in page
    assert "ann/answer.vtt" in page
    assert "ann/q1.vtt" not in page
    put(studio, project, "ann/answer.mp4")
    assert "of no recording" not in browser.get(f"/projects/{project}/recordings").text


def test_what_was_said_in_a_deleted_recording_is_named_and_can_be_deleted(studio, project) -> None:
    put(studio, project, "ann/q1.vtt", "ben/q1.vtt")
    root, browser = recordings_folder(studio.studio, project), psychologist(studio, project)
    for path in ("ann/q1.mp4", "ann/q2.mp4"):
        browser.send_form(f"/projects/{project}/recordings/{ids(studio, project)[path]}/delete", {})
    page, remove = (
        f"/projects/{project}/recordings",
        f"/projects/{project}/recordings/strays/delete",
    )
    assert "ann/q1.vtt" in browser.get(page).text
    for wrong in ("ben/q1.vtt", "ben/q1.mp4", "../../studio.db", ""):
        assert browser.send_form(remove, {"path": wrong}).status_code == 422
    assert (root / "ben/q1.vtt").is_file()
    assert (root / "ben/q1.mp4").is_file()
    assert browser.send_form(remove, {"path": "ann/q1.vtt"}).status_code == 303
    assert not (root / "ann/q1.vtt").exists()
    assert "of no recording" not in browser.get(page).text
    for path in ("ben/q1.mp4", "ben/q2.mp4"):  # the last
        browser.send_form(f"{page}/{ids(studio, project)[path]}/delete", {})
    assert "ben/q1.vtt" in browser.get(page).text
    assert browser.send_form(remove, {"path": "ben/q1.vtt"}).status_code == 303
    assert not any(file.is_file() for file in root.rglob("*"))
