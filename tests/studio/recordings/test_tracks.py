"""Who is the candidate in a file of several tracks: shown, chosen, and scored by the manifest."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.bundle.bundle_factory import write_run
from tests.factories.media import VTT, voice
from tests.factories.recordings import Track, mono, record
from tests.factories.studios import TestedStudio
from trifold.bundle.bundle import load_bundle
from trifold.contracts import Clip
from trifold.features.store import FeatureStore
from trifold.media.files.folder import survey
from trifold.scoring.folder.run import Settings, score_clips
from trifold.studio.accounts.roles import Role
from trifold.studio.database.projects import Project, Recording
from trifold.studio.previews.keeping import preview_of
from trifold.studio.recordings.looking import look
from trifold.studio.recordings.manifest import write_manifest

SECONDS = 6.0
HOST, GUEST = voice(SECONDS, seed=1), 0.4 * voice(SECONDS, seed=2)
SCORES = ("warmth", "drive")


@pytest.fixture(scope="module")
def meeting(sqlite_studio: TestedStudio) -> str:
    """Id of a recording with the host on one track, and both on the sides of another; looked at."""
    studio, project = sqlite_studio.studio, sqlite_studio.project
    path = studio.folder_of(project) / "recordings/c001/q1.mka"
    path.parent.mkdir(parents=True)
    tracks = [Track(mono(HOST), "flac"), Track(np.stack([HOST, GUEST]), "flac", title="Both")]
    record(path, tracks=tracks)
    path.with_suffix(".vtt").write_text(VTT, "utf-8")
    bundle = studio.folder_of(project) / "runs/model"
    write_run(bundle)
    with studio.database.writing() as session:
        session.get_one(Project, project).bundle = str(bundle)
    look({"settings": studio.settings.plain(), "project": project, "job": "one"})
    with studio.database.reading() as session:
        return session.query(Recording).filter_by(path="c001/q1.mka").one().id


def scored(clips, bundle_folder: Path, out: Path) -> dict[str, float]:
    bundle = load_bundle(bundle_folder)
    bundle = replace(bundle, description=replace(bundle.description, limits={}))
    settings = Settings(engine="inline", progress=False, spreadsheets=())
    score_clips(clips, bundle, FeatureStore(out / "features"), out, settings=settings)
    row = json.loads((out / "answers.jsonl").read_text().splitlines()[0])
    return {name: row[name] for name in (*SCORES, "speech_level_db", "speech_s")}


def test_a_page_offers_tracks_and_sides_and_the_choice_reaches_the_scores(
    sqlite_studio: TestedStudio, meeting: str, tmp_path: Path
) -> None:
    studio, project = sqlite_studio.studio, sqlite_studio.project
    client = sqlite_studio.browser(Role.RECRUITER)
    page = f"/projects/{project}/recordings/{meeting}"
    shown = client.look(page).text
    for value in ("1", "2", "2:1", "2:2"):
        assert f'<option value="{value}"' in shown
    assert "“Both” (flac), left" in shown
    folder = studio.folder_of(project)
    preview = preview_of(folder, "c001/q1.mka")
    preview.parent.mkdir(parents=True)
    preview.write_bytes(b"of another track")
    chosen = {"recording": meeting, f"sound-{meeting}": "2:2"}
    assert client.send_form(page, chosen).status_code == 303
    assert '<option value="2:2" selected>' in client.look(page).text
    assert not preview.exists()
    manifest = tmp_path / "manifest.jsonl"
    write_manifest(studio, project, manifest)
    clips = survey(manifest, unique=False, candidates="manifest").clips
    alone = record(tmp_path / "alone.mka", tracks=[Track(mono(GUEST), "flac")])
    alone.with_suffix(".vtt").write_text(VTT, "utf-8")
    by_itself = Clip("q1", "c001", alone, transcript_path=alone.with_suffix(".vtt"))
    host = [replace(clip, chosen=None) for clip in clips]
    found = [
        scored(some, folder / "runs/model", tmp_path / str(n))
        for n, some in enumerate((clips, [by_itself], host))
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-4)
    assert all(abs(found[0][name] - found[2][name]) > 1e-3 for name in found[0])


@pytest.mark.parametrize(("name", "value"), [("sound", "3"), ("sound", "1:2"), ("picture", "1")])
def test_what_a_recording_has_not_cannot_be_chosen(
    sqlite_studio: TestedStudio, meeting: str, name: str, value: str
) -> None:
    page = f"/projects/{sqlite_studio.project}/recordings/{meeting}"
    sent = {"recording": meeting, f"{name}-{meeting}": value}
    assert sqlite_studio.browser(Role.RECRUITER).send_form(page, sent).status_code == 422
