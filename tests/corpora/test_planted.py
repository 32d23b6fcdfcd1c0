"""Planted clips hold what they say when they say it, and nothing else that stands out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trifold.corpora.synthetic.generative import CUES
from trifold.corpora.synthetic.planted import TRAIT, Planted, draw_plan, write_planted
from trifold.encoders.audio.prosody import Prosody
from trifold.encoders.video.face_mesh import FaceMesh
from trifold.errors import InputError
from trifold.media.picture.frames import read_frames
from trifold.media.sound.activity import with_speech
from trifold.media.sound.stream import read_audio


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> tuple[Path, Planted]:
    root = tmp_path_factory.mktemp("planted")
    (planted,) = write_planted(root, clips=1, seconds=8)
    return root / f"{planted.clip_id}.mp4", planted


def test_plans_stay_inside_and_apart_and_differ() -> None:
    plan = draw_plan(200, seconds=10, seed=0)
    assert plan == draw_plan(200, seconds=10, seed=0)
    for planted in plan:
        smile, fast = planted.span("video"), planted.span("audio")
        assert min(smile[0], fast[0]) >= 1
        assert max(smile[1], fast[1]) <= 9
        assert smile[1] <= fast[0] or fast[1] <= smile[0]
    assert len({p.smile_start_s for p in plan}) == 8
    assert len({p.fast_start_s for p in plan}) == 7


def test_traits_are_those_whose_cues_are_planted() -> None:
    cue = {c.name: c for c in CUES}
    assert (cue["face_smile"].modality, cue["face_smile"].trait) == ("video", TRAIT["video"])
    assert (cue["voice_rate"].modality, cue["voice_rate"].trait) == ("audio", TRAIT["audio"])


def test_the_smile_is_seen_in_its_second_alone(clip) -> None:
    path, planted = clip
    face = FaceMesh()
    frames = read_frames(path, frame_rate_hz=face.frame_rate_hz, max_side_px=face.max_side_px)
    values = face.encode(frames).values
    lift = values[:, face.feature_names.index("corner_lift")]
    assert int(np.argmax(lift)) == planted.smile_start_s
    above = lift - np.median(lift)
    assert np.sort(above)[-2] < 0.5 * above.max()


def test_the_passage_is_faster_than_the_rest(clip) -> None:
    path, planted = clip
    voice = Prosody()
    tokens = voice.encode(with_speech(read_audio(path, sample_rate_hz=voice.sample_rate_hz)))
    rate = tokens.values[:, voice.feature_names.index("syllable_rate_hz")]
    fast = np.arange(len(rate)) >= planted.fast_start_s
    fast &= np.arange(len(rate)) < planted.fast_end_s
    assert rate[fast].mean() > rate[~fast].mean() + 1


def test_files_that_are_there_are_kept(clip) -> None:
    path, planted = clip
    before = path.stat().st_mtime_ns
    assert list(write_planted(path.parent, clips=1, seconds=8)) == [planted]
    assert path.stat().st_mtime_ns == before
    assert pd.read_csv(path.parent / "planted.csv").to_dict("records") == [vars(planted)]


def test_clips_too_short_for_a_choice_are_refused() -> None:
    with pytest.raises(InputError, match="expected clips of 6 seconds or more, got 5"):
        draw_plan(1, seconds=5, seed=0)
