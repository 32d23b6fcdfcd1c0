"""Two voices in one channel: heard and chosen on a page, and read so by scores and training."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tests.bundle.bundle_factory import write_run
from tests.factories.benches import Bench, bench
from tests.factories.dialogues import CANDIDATE, INTERVIEWER, Dialogue, dialogue, film
from tests.factories.studios import TestedStudio
from trifold.corpora.readers.manifest import read_manifest
from trifold.features.words import PACKAGED_VOICES, with_words
from trifold.media.files.folder import survey
from trifold.studio.accounts.roles import Role
from trifold.studio.database.projects import Project, Recording
from trifold.studio.ratings.export import write_manifest as write_rated
from trifold.studio.ratings.keeping import candidates_to_rate
from trifold.studio.ratings.pairs import judged
from trifold.studio.recordings.looking import look
from trifold.studio.recordings.manifest import write_manifest
from trifold.studio.recordings.tracks import choose_sound

EVEN = ((1, 4.0), (0, 4.5), (1, 4.0), (0, 4.0))  # nobody speaks most


@pytest.fixture(scope="module")
def said() -> Dialogue:
    return dialogue(EVEN, seed=1)


@pytest.fixture(scope="module")
def call(sqlite_studio: TestedStudio, said: Dialogue, tmp_path_factory) -> Bench:
    """Two people, of each the same call with the interviewer in one channel; looked at."""
    path = film(tmp_path_factory.mktemp("call") / "call.wav", said)
    path.with_suffix(".vtt").write_text(said.vtt(), "utf-8")
    made = bench(sqlite_studio, path, candidates=2, raters=1)
    studio = sqlite_studio.studio
    write_run(studio.folder_of(made.project) / "runs/model")
    with studio.database.writing() as session:
        session.get_one(Project, made.project).bundle = f"projects/{made.project}/runs/model"
    look({"settings": studio.settings.plain(), "project": made.project, "job": "one"})
    made.rate(np.arange(6.0).reshape(1, 2, 3) % 5 + 1)
    return made


def stored(call: Bench, number: int = 0) -> Recording:
    with call.tested.studio.database.reading() as session:
        return session.get_one(Recording, call.recordings[number])


def page_of(call: Bench, number: int = 0) -> str:
    return f"{call.home}/recordings/{call.recordings[number]}"


def test_the_page_lets_each_voice_be_heard(call: Bench, said: Dialogue) -> None:
    shown = call.tested.browser(Role.PSYCHOLOGIST).look(page_of(call)).text
    offered = [float(one) for one in re.findall(r'data-t="([0-9.]+)"', shown)]
    heard = {who for at in offered for who, a, b in said.turns if a <= at < b}
    assert heard == {CANDIDATE, INTERVIEWER}
    assert shown.count('<svg class="strip"') == 2
    assert shown.count(" · is read") == 2  # nothing told, so all is read


def test_what_is_ticked_is_read_by_scores_and_training_alike(
    call: Bench, said: Dialogue, tmp_path: Path
) -> None:
    client, page, one = call.tested.browser(Role.PSYCHOLOGIST), page_of(call), call.recordings[0]
    asked = [(a, b) for who, a, b in said.turns if who == INTERVIEWER]
    voices = stored(call).quality["voices"]
    (at,) = [v["at"] for v in voices if any(a < v["at"] < b for a, b in asked)]
    sent = {"recording": one, f"voices-{one}": "1", f"voice-{one}": str(at)}
    assert client.send_form(page, sent).status_code == 303
    assert f'value="{at}" checked' in client.look(page).text
    assert stored(call).state == "new"  # the card is of what is read
    studio = call.tested.studio
    write_manifest(studio, call.project, tmp_path / "scored.jsonl")
    rated = write_rated(studio, call.project, tmp_path / "rated")
    scored = survey(tmp_path / "scored.jsonl", unique=False, candidates="manifest").clips
    trained = read_manifest(rated, rated.parent / "schema.yaml").clips
    for clips in (scored, trained):
        found = with_words(list(clips), encoders={}, recogniser=None, voices=PACKAGED_VOICES,
                           transcripts=tmp_path / "turns", progress=False)  # fmt: skip
        chosen, open_ = sorted(found, key=lambda clip: clip.candidate_id)
        assert chosen.turns.told_by == "choice"
        assert all(any(a < (x + y) / 2 < b for a, b in asked) for x, y in chosen.turns.own)
        assert open_.turns.told_by == ""
    look({"settings": studio.settings.plain(), "project": call.project, "job": "two"})
    assert [v["read"] for v in stored(call).quality["voices"]] == [v["at"] == at for v in voices]
    assert client.send_form(page, {"recording": one, f"voices-{one}": "1"}).status_code == 303
    assert stored(call).voice_at == []


def test_only_moments_that_were_offered_are_taken(call: Bench) -> None:
    client, one = call.tested.browser(Role.PSYCHOLOGIST), call.recordings[1]
    for value in ("3.33", "first", ""):
        sent = {"recording": one, f"voices-{one}": "1", f"voice-{one}": value}
        assert client.send_form(page_of(call, 1), sent).status_code == 422
    assert stored(call, 1).voice_at == []


def test_another_track_has_other_voices() -> None:
    sounds = [{"number": 1, "channels": 1}, {"number": 2, "channels": 1}]
    one = Recording(quality={"tracks": {"sounds": sounds}}, voice_at=[4.0], state="looked_at")
    choose_sound(one, "2")
    assert (one.audio_track, one.voice_at, one.state) == (2, [], "new")


def test_what_does_not_count_is_neither_rated_nor_trained_on(call: Bench, tmp_path: Path) -> None:
    client, one = call.tested.browser(Role.PSYCHOLOGIST), call.recordings[1]
    sent = {"recording": one, f"shown-{one}": "1"}  # and no tick at "counts"
    assert client.send_form(page_of(call, 1), sent).status_code == 303
    rated = write_rated(call.tested.studio, call.project, tmp_path)
    people = {clip.candidate_id for clip in read_manifest(rated, tmp_path / "schema.yaml").clips}
    assert people == {"Secretname-000"}
    with call.tested.studio.database.reading() as session:
        (rated_alone,) = candidates_to_rate(session, call.project)
        assert rated_alone.id == call.candidates[0]
        assert len(judged(session, call.project, call.targets).people) == 1
    assert client.send_form(page_of(call, 1), sent | {f"used-{one}": "on"}).status_code == 303
