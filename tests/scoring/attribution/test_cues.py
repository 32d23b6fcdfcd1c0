"""Cues in words: planted ones are named at their second; nothing else of a recording counts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bundle.bundle_factory import write_run
from tests.factories.media import CALM, VOICE, face_frames, voice, write_media
from trifold.bundle.bundle import load_bundle
from trifold.contracts import Clip, TokenSequence
from trifold.encoders.audio.prosody import Prosody
from trifold.encoders.video.face_mesh import FaceMesh
from trifold.features.source import Source
from trifold.features.store import FeatureStore
from trifold.reports.forgetting import forget_outputs
from trifold.reports.pages import write_report
from trifold.scoring.attribution.cue_words import NAMED, cues_between, every_text, is_far
from trifold.scoring.attribution.cues import Columns, stretches, unusual
from trifold.scoring.attribution.files import explain_files
from trifold.scoring.folder.run import Settings, score_clips

FEELINGS = ("happy", "sad", "angry", "nervous", "anxious", "confident", "bored", "friendly", "warm")
SECOND = 16000
LOUD, TURNED, FAST = (12, 14), (6, 8), (12, 16)
QUIET = Settings(engine="inline", progress=False, spreadsheets=())


def said_of(encoder: Prosody | FaceMesh, path: Path) -> list[tuple[str, float, float]]:
    tokens = encoder.read(Source(Clip("a", "a", path)))
    found = stretches(tokens, Columns(encoder.feature_names))
    return [(one["words"], one["start_s"], one["end_s"]) for one in found]


def loud(gain: float = 1.0) -> np.ndarray:
    sound = voice(20, seed=1)
    sound[LOUD[0] * SECOND : LOUD[1] * SECOND] *= 10 ** (8 / 20)
    return gain * sound


def turned(image: np.ndarray, degrees: float) -> np.ndarray:
    """The middle of a picture as the front of a cylinder that turns."""
    height, width = image.shape[:2]
    x, radius = np.arange(width) - width / 2, 0.3 * height
    angle = np.arcsin(np.clip(x / radius, -1, 1)) - np.radians(degrees)
    seen = np.sin(np.clip(angle, -np.pi / 2, np.pi / 2)) * radius
    columns = np.where(np.abs(x) < radius, seen, x) + width / 2
    across = np.repeat(columns[None].astype("f4"), height, axis=0)
    down = np.repeat(np.arange(height, dtype="f4")[:, None], width, axis=1)
    return cv2.remap(image, across, down, cv2.INTER_LINEAR)


def test_a_louder_passage_is_named_at_its_seconds_at_any_level(tmp_path: Path) -> None:
    heard = [
        said_of(Prosody(), write_media(tmp_path / f"{n}.wav", audio=sound, audio_codec="pcm_s16le"))
        for n, sound in enumerate((loud(), loud(0.25), voice(20, seed=1)))
    ]
    assert ("louder than usual", *map(float, LOUD)) in heard[0]
    assert heard[1] == heard[0]
    assert set(heard[0]) - set(heard[2]) == {("louder than usual", *map(float, LOUD))}


def test_a_faster_passage_is_faster_than_what_came_before(tmp_path: Path) -> None:
    calm, quick = replace(VOICE, rate_hz=3.2), replace(VOICE, rate_hz=6.8)
    parts = [voice(FAST[0], like=calm), voice(4, like=quick, seed=1), voice(6, like=calm, seed=2)]
    sound = np.concatenate(parts)
    said = said_of(Prosody(), write_media(tmp_path / "a.wav", audio=sound, audio_codec="pcm_s16le"))
    fast = [one for one in said if one[0] == "speaks faster than before"]
    assert fast
    assert all(FAST[0] <= start and end <= FAST[1] for _, start, end in fast)


def test_a_turned_head_is_named_at_its_seconds(tmp_path: Path) -> None:
    images = face_frames(12, rate_hz=10, like=replace(CALM, head_amplitude=0.03))
    while_s = range(TURNED[0] * 10, TURNED[1] * 10)
    shown = [turned(image, 35) if i in while_s else image for i, image in enumerate(images)]
    away = ("head turned away", *map(float, TURNED))
    encoder = FaceMesh()
    assert away in said_of(encoder, write_media(tmp_path / "b.mp4", images=shown, frame_rate_hz=10))
    still = said_of(encoder, write_media(tmp_path / "c.mp4", images=images, frame_rate_hz=10))
    assert not [one for one in still if one[0] == "head turned away"]


@settings(deadline=None, max_examples=60)
@given(
    values=st.lists(st.floats(-60, 60, width=32), min_size=8, max_size=40),
    shift=st.floats(-500, 500, width=32),
    name=st.sampled_from(sorted(NAMED)),
)
def test_a_shift_of_all_values_changes_nothing(
    values: list[float], shift: float, name: str
) -> None:
    both = [unusual(np.array(values) + more, NAMED[name]) for more in (0.0, shift)]
    np.testing.assert_allclose(both[0], both[1], atol=1e-9 * 600 / NAMED[name].floor)


@settings(deadline=None, max_examples=60)
@given(
    values=st.lists(st.floats(-60, 60, width=32), min_size=8, max_size=40),
    name=st.sampled_from([n for n, one in sorted(NAMED.items()) if not one.from_before]),
)
def test_at_most_half_of_a_recording_is_unusual_on_one_side(values: list[float], name: str) -> None:
    away = unusual(np.array(values), NAMED[name])
    assert (away > 0).mean() <= 0.5
    assert (away < 0).mean() <= 0.5


def test_what_comes_later_does_not_make_a_pace_faster() -> None:
    values = np.array([4.0] * 10 + [6.0] + [4.0] * 6)
    later = np.concatenate([values, np.full(8, 4.0)])
    named = NAMED["syllable_rate_hz"]
    both = [unusual(one, named)[: len(values)] for one in (values, later)]
    np.testing.assert_array_equal(both[0], both[1])
    assert both[0].argmax() == 10


@pytest.mark.parametrize("values", [[5.0] * 7, [float("nan")] * 20, [3.0] * 20])
def test_short_steady_and_damaged_recordings_have_no_cues(values: list[float]) -> None:
    start = np.arange(len(values), dtype="f4")
    tokens = TokenSequence(np.array(values, "f4")[:, None], start, start + 1, "audio", "f")
    assert list(stretches(tokens, Columns(("speech_db",)))) == []


@pytest.mark.parametrize(
    ("beside", "size", "measure", "far"),
    [(2.5, 3.0, "harmonicity", True), (-2.5, 3.0, "harmonicity", False),
     (-2.5, 3.0, "yaw", True), (1.0, 3.0, "yaw", False), (None, 9.0, "speech_db", False)],
)  # fmt: skip
def test_a_cue_is_far_from_training_only_on_its_own_side(beside, size, measure, far) -> None:
    assert is_far({"beside_training": beside, "size": size, "measure": measure}) is far


def test_the_farthest_cues_of_a_moment_come_first_and_keep_inside_it() -> None:
    common = {"answer": 0, "modality": "audio", "measure": "yaw", "beside_training": None}
    cues = [
        {**common, "words": "a", "start_s": 1.0, "end_s": 4.0, "size": 1.6},
        {**common, "words": "b", "start_s": 3.0, "end_s": 9.0, "size": -5.0},
        {**common, "words": "c", "start_s": 5.0, "end_s": 6.0, "size": 9.0},
    ]
    found = cues_between(cues, answer=0, modality="audio", start_s=2.0, end_s=5.0)
    assert [(c["words"], c["start_s"], c["end_s"]) for c in found] == [("b", 3, 5), ("a", 2, 4)]
    assert cues_between(cues, answer=1, modality="audio", start_s=2.0, end_s=5.0) == []
    assert cues_between(cues, answer=0, modality="video", start_s=2.0, end_s=5.0) == []


def test_words_are_of_sound_and_geometry() -> None:
    assert not [text for text in every_text() for word in FEELINGS if word in text]
    assert all(one.more or one.less for one in NAMED.values())
    assert all(one.floor > 0 for one in NAMED.values())


def test_a_run_writes_cues_where_evidence_is_and_forgets_them_with_the_person(
    tmp_path: Path,
) -> None:
    write_run(tmp_path / "run")
    bundle, out = load_bundle(tmp_path / "run"), tmp_path / "out"
    bundle = replace(bundle, description=replace(bundle.description, limits={}))
    clips = []
    for name, sound in {"ann": loud(), "ben": voice(20, seed=2)}.items():
        path = write_media(tmp_path / f"{name}.wav", audio=sound, audio_codec="pcm_s16le")
        clips.append(Clip(name, name, path))
    store = FeatureStore(tmp_path / "features")
    options = {"settings": QUIET, "explain": explain_files}
    scored = score_clips(clips, bundle, store, out, **options)
    written = (out / "evidence.jsonl").read_bytes()
    ann = json.loads(written.splitlines()[0])
    (cue,) = [cue for cue in ann["cues"] if cue["words"] == "louder than usual"]
    assert (cue["clip_id"], cue["stream"], cue["modality"]) == ("ann", "prosody", "audio")
    assert (cue["start_s"], cue["end_s"]) == LOUD
    assert cue["beside_training"] is None  # a level hangs on the microphone
    write_report(scored, bundle, out / "report.html")
    pages = {name: (out / "candidates" / f"{name}.html").read_text() for name in ("ann", "ben")}
    assert "louder than usual" in pages["ann"]
    assert "louder than usual" not in pages["ben"]
    (out / "evidence.jsonl").unlink()  # as a killed run leaves it
    score_clips(clips, bundle, store, out, **options)
    assert (out / "evidence.jsonl").read_bytes() == written
    forget_outputs("ann", out, bundle)
    assert not [f for f in out.rglob("*") if f.is_file() and b"louder than usual" in f.read_bytes()]
