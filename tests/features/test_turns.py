"""Two people in one recording: who is the candidate, what is left out, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.factories.dialogues import (
    CANDIDATE,
    INTERVIEWER,
    Dialogue,
    dialogue,
    film,
)
from tests.factories.media import voice, write_media
from tests.factories.recognisers import converted_whisper, recogniser_spec
from tests.factories.recordings import Track, mono, record
from trifold.codes import Code
from trifold.contracts import Clip, Turns, View
from trifold.encoders.build import build_encoders
from trifold.encoders.voices.teller import VoiceTurns
from trifold.errors import EncoderError, InputError
from trifold.features.clip import extract_clip
from trifold.features.quality import flags, withheld
from trifold.features.source import Source
from trifold.features.store import FeatureStore
from trifold.features.stored import are_stored
from trifold.features.turns.step import with_turns
from trifold.features.turns.told import turns_of
from trifold.features.words import PACKAGED_VOICES, voices_spec, with_words

SHORT = ((1, 2.5), (0, 4.0), (1, 2.5), (0, 4.0))
LONG = ((1, 4.0), (0, 9.0), (1, 3.5), (0, 8.0), (1, 3.0), (0, 8.5))
PROSODY = {"prosody": {"_target_": "trifold.encoders.audio.prosody.Prosody"}}
FACE = {"face": {"_target_": "trifold.encoders.video.face.FaceMotion"}}
WORDS = {"words": {"_target_": "trifold.encoders.text.words.HashedWords"}}
ALL = {**PROSODY, **FACE, **WORDS}


@pytest.fixture(scope="module")
def said() -> Dialogue:
    return dialogue(LONG)


@pytest.fixture(scope="module")
def teller() -> VoiceTurns:
    return VoiceTurns()


@pytest.fixture(scope="module")
def mixed(said, tmp_path_factory) -> Path:
    return film(tmp_path_factory.mktemp("mixed") / "talk.wav", said)


@pytest.fixture(scope="module")
def told(mixed, teller) -> Turns:
    return turns_of(Clip("a", "a", mixed), teller)


def share(spans, where: np.ndarray) -> float:
    """Of the hundredths of seconds in which ``where`` holds, those within the spans."""
    times = np.arange(len(where)) / 100
    inside = np.any([(times >= a) & (times < b) for a, b in spans] or [times < 0], axis=0)
    return float(inside[where].mean())


def test_others_speech_in_one_mix_is_left_out_and_the_candidates_stays(told, said) -> None:
    assert share(told.others, said.said_by(INTERVIEWER)) > 0.9
    assert share(told.others, said.said_by(CANDIDATE)) < 0.02
    assert share(told.own, said.said_by(CANDIDATE)) > 0.6  # the rest are pauses


def test_who_speaks_most_is_assumed_and_the_row_says_so(told, mixed, tmp_path: Path) -> None:
    clip = Clip("a", "a", mixed, turns=told)
    record = extract_clip(clip, build_encoders(PROSODY), FeatureStore(tmp_path))
    assert told.told_by == "most"
    assert flags(record) == (Code.ASSUMED_SPEAKER,)
    assert "the one that speaks most was read" in record.remarks[Code.ASSUMED_SPEAKER]
    assert record.quality["turns.other_speech_s"] == pytest.approx(told.others_s)
    assert withheld(record, [Code.ASSUMED_SPEAKER]).error_code == Code.ASSUMED_SPEAKER


def test_where_both_speak_as_much_nothing_is_left_out_and_the_code_is_several(
    teller, tmp_path: Path
) -> None:
    even = dialogue(((0, 7.0), (1, 7.0), (0, 5.0), (1, 5.0)), seed=3)
    found = turns_of(Clip("a", "a", film(tmp_path / "even.wav", even)), teller)
    assert found.others == ()
    assert "all of it was read" in found.remarks[Code.SEVERAL_SPEAKERS]


def test_words_of_others_go_by_their_times(told, mixed, said) -> None:
    source = Source(Clip("a", "a", mixed, transcript=said.vtt(), turns=told))
    assert source.transcript.text.split() == ["I", "planned", "the", "work", "with", "care."] * 3
    assert "18 words of others' turns" in source.remarks[Code.SPEAKER]


def test_words_without_times_cannot_be_told_and_the_row_says_so(told, mixed) -> None:
    source = Source(Clip("a", "a", mixed, transcript="I planned. Why?", turns=told))
    assert source.transcript.text == "I planned. Why?"
    assert "neither who speaks nor when" in source.remarks[Code.SEVERAL_SPEAKERS]


def test_labels_decide_before_anything_is_listened_to(mixed, said) -> None:
    deaf = SimpleNamespace()  # has nothing to be asked
    labelled = Clip("a", "a", mixed, transcript=said.vtt(labels=True))
    found = turns_of(labelled, deaf)
    assert (found.told_by, found.remarks) == ("labels", {})
    assert share(found.others, said.said_by(INTERVIEWER)) > 0.85  # cues leave out .2 s each side
    assert share(found.others, said.said_by(CANDIDATE)) == 0


def test_what_others_say_changes_no_feature(said, told, tmp_path: Path) -> None:
    loud = said.sound.copy()
    for start, end in told.others:
        part = slice(round(start * 16000), round(end * 16000))
        loud[0, part], loud[1, part] = (
            0,
            np.random.default_rng(0).normal(0, 0.1, loud[1, part].shape),
        )
    found = []
    for name, sound in (("one", said.sound), ("other", loud)):
        path = record(tmp_path / f"{name}.wav", tracks=[
            Track(mono(sound.sum(axis=0)), "pcm_s16le", 16000)])  # fmt: skip
        clip = Clip(name, name, path, turns=told)
        (encoder,) = build_encoders(PROSODY).values()
        found.append(encoder.read(Source(clip)))
    middles = (found[0].start_s + found[0].end_s) / 2
    assert not any(a <= m < b for a, b in told.others for m in middles)
    np.testing.assert_array_equal(found[0].values, found[1].values)


def test_recognised_words_are_the_candidates_alone(mixed, said, told, tmp_path: Path) -> None:
    spec = recogniser_spec(converted_whisper(tmp_path / "whisper"))
    (found,) = with_words(
        [Clip("a", "a", mixed)], encoders=WORDS, recogniser=spec, voices=PACKAGED_VOICES,
        transcripts=tmp_path / "kept", progress=False,
    )  # fmt: skip
    assert found.turns == told
    middles = [(s.start_s + s.end_s) / 2 for s in found.transcript.segments]
    assert len(middles) > 20
    asked = said.said_by(INTERVIEWER)
    assert np.mean([asked[int(100 * m)] for m in middles]) < 0.05


@pytest.mark.parametrize("seed", [1, 2])
def test_one_voice_changes_nothing(seed: int, tmp_path: Path) -> None:
    clip = Clip("a", "a", write_media(tmp_path / "alone.wav", audio=voice(20, seed=seed),
                                      audio_codec="pcm_s16le"))  # fmt: skip
    before = extract_clip(clip, build_encoders(PROSODY), FeatureStore(tmp_path / "store"))
    (after,) = with_turns([clip], PACKAGED_VOICES, tmp_path / "kept", progress=False)
    assert after == clip
    assert are_stored([after], build_encoders(PROSODY), FeatureStore(tmp_path / "store"))
    assert extract_clip(after, build_encoders(PROSODY), FeatureStore(tmp_path / "new")) == before


def test_turns_are_kept_once_and_nothing_of_a_voice_is(mixed, told, tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound")
    clips = [Clip("a", "a", mixed), Clip("b", "b", broken), Clip("c", "c", None)]
    first = with_turns(clips, PACKAGED_VOICES, tmp_path / "kept", progress=False)
    assert first[0].turns == told
    assert first[1:] == clips[1:]
    (kept,) = (tmp_path / "kept").glob("*/*/*.json")
    held = json.loads(kept.read_text(encoding="utf-8"))
    assert set(held) == {
        "format",
        "own",
        "others",
        "told_by",
        "channel",
        "views",
        "remarks",
        "voices",
    }
    assert all(len(span) == 2 and 0 <= span[0] < span[1] < 40 for span in held["own"])
    written = [p for p in (tmp_path / "kept").rglob("*") if p.is_file() and p != kept]
    assert all(p.stat().st_size == 0 for p in written)  # whose it is, to be forgotten
    before = kept.stat().st_mtime_ns
    assert with_turns(clips[:1], PACKAGED_VOICES, tmp_path / "kept", progress=False) == first[:1]
    assert kept.stat().st_mtime_ns == before
    kept.write_bytes(b"{")
    assert with_turns(clips[:1], PACKAGED_VOICES, tmp_path / "kept", progress=False) == first[:1]


def test_each_on_a_channel_leaves_one_channel_to_read(said, teller, tmp_path: Path) -> None:
    path = film(tmp_path / "apart.wav", said, apart=True)
    found = turns_of(Clip("a", "a", path), teller)
    assert (found.told_by, found.others, found.channel) == ("most", (), None)
    assert Source(Clip("a", "a", path)).info.audio_channel == 0
    source = Source(Clip("a", "a", path, turns=found))
    assert source.info.audio_channel == 0
    assert set(source.remarks) == {Code.ASSUMED_SPEAKER}
    assert "on a channel of its own" in source.remarks[Code.ASSUMED_SPEAKER]


@pytest.mark.slow
@pytest.mark.parametrize("view", ["webcam", "gallery", "active speaker", "active listener"])
def test_the_face_that_speaks_is_followed_and_others_are_not_shown(
    view: str, teller, tmp_path: Path
) -> None:
    said = dialogue(SHORT, seed=1)
    clip = Clip("a", "a", film(tmp_path / "talk.mp4", said, view))
    found = turns_of(clip, teller)
    assert share(found.others, said.said_by(INTERVIEWER)) > 0.9
    if view == "webcam":
        assert (found.told_by, found.views) == ("face", None)
        assert "the face's mouth" in found.remarks[Code.SPEAKER]
        return
    assert found.told_by == "most"
    if view == "active listener":
        assert found.views is None  # mouths move with no voice: nothing is known of faces
    elif view == "gallery":
        assert found.views == (View(0.0, found.views[0].end_s, right=pytest.approx(0.5, abs=0.05)),)
    else:
        seen = [(v.start_s, min(v.end_s, said.seconds)) for v in found.views]
        assert share(seen, said.said_by(INTERVIEWER)) < 0.1
        assert share(seen, said.said_by(CANDIDATE)) > 0.95
    record = extract_clip(
        Clip("a", "a", clip.path, turns=found), build_encoders(FACE), FeatureStore(tmp_path)
    )
    crowded = Code.SEVERAL_FACES in flags(record)
    assert crowded == (view == "active listener")


def test_a_mouth_decides_against_who_speaks_most(teller, tmp_path: Path) -> None:
    said = dialogue(((0, 4.0), (1, 6.0), (0, 3.5), (1, 6.0)), seed=1)
    found = turns_of(Clip("a", "a", film(tmp_path / "talk.mp4", said, "webcam")), teller)
    assert found.told_by == "face"
    assert share(found.others, said.said_by(INTERVIEWER)) > 0.9
    assert share(found.own, said.said_by(CANDIDATE)) > 0.6


def test_settings_that_cannot_be_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="thresholds from 0 on"):
        VoiceTurns(sure=1.5)
    with pytest.raises(EncoderError, match="a model folder or hub id"):
        VoiceTurns(model="nowhere")
    with pytest.raises(InputError, match="voices of packaged, none or settings"):
        voices_spec(3)
    assert voices_spec("none") is None
    assert voices_spec({"sure": 0.7}) == {**PACKAGED_VOICES, "sure": 0.7}
