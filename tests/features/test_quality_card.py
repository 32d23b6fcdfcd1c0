"""The quality card says what is in a recording, in its units, and limits say what is doubtful."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.factories.media import face_frames, voice, write_media
from trifold.codes import Code, Of
from trifold.contracts import MEASURES, AudioChunk, Clip, QualityCard, Segment, Transcript, card_of
from trifold.corpora.synthetic.voice import Voice
from trifold.encoders.audio.measures.background import LOWEST_DB, Background
from trifold.encoders.audio.stream import Tally
from trifold.encoders.build import build_encoders
from trifold.errors import InputError
from trifold.features.clip import extract_clip
from trifold.features.quality import (
    DEFAULT_LIMITS,
    LIMITS,
    flags,
    passed,
    quality_limits,
    withheld,
)
from trifold.features.records import ClipRecord
from trifold.features.store import FeatureStore
from trifold.media.sound.activity import with_speech
from trifold.scoring.columns import QUALITY

ROOT = Path(__file__).parents[2]
RATE_HZ, VOICE_S, PAUSE_S = 16000, 3.0, 2.0
STEADY = Voice(pitch_hz=130, pitch_range_st=2, level_db=-20, rate_hz=4.5, pause_share=0.0)
ENCODERS = {
    "contours": {"_target_": "trifold.encoders.text.contours.PsycholinguisticContours"},
    "prosody": {"_target_": "trifold.encoders.audio.prosody.Prosody"},
    "face": {"_target_": "trifold.encoders.video.face.FaceMotion"},
}


def rms(level_db: float) -> float:
    return float(10 ** (level_db / 20))


def noise(seconds: float, level_db: float, seed: int = 0) -> np.ndarray:
    drawn = np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ))
    return (rms(level_db) * drawn).astype(np.float32)


def talk(level_db: float, noise_db: float | None) -> np.ndarray:
    """Two stretches of speech of a known level between pauses, with noise of a known level."""
    said = voice(VOICE_S, like=STEADY)
    said = said * rms(level_db) / np.sqrt(np.square(said).mean())
    pause = np.zeros(round(PAUSE_S * RATE_HZ), np.float32)
    clean = np.concatenate([pause, said, pause, said, pause]).astype(np.float32)
    return clean if noise_db is None else clean + noise(len(clean) / RATE_HZ, noise_db)


def heard(samples: np.ndarray, *, chunk: int = 512 * 30) -> QualityCard:
    pieces = [samples[i : i + chunk] for i in range(0, len(samples), chunk)]
    chunks = [AudioChunk(p, i * chunk / RATE_HZ, RATE_HZ) for i, p in enumerate(pieces)]
    tally = Tally()
    for _ in tally.watch(with_speech(chunks)):
        pass
    return card_of({f"prosody.{name}": value for name, value in tally.quality().items()})


@pytest.mark.parametrize("level_db", [-3.0, -20.0, -50.0])
def test_levels_are_those_of_the_signal(level_db: float) -> None:
    times = np.arange(4 * RATE_HZ) / RATE_HZ
    sine = (rms(level_db) * np.sqrt(2) * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    assert heard(sine).level_db == pytest.approx(level_db, abs=0.02)


@pytest.mark.parametrize(("level_db", "noise_db"), [(-20, -50), (-20, -30), (-35, -40), (-30, -30)])
def test_voice_noise_and_seconds_are_those_that_were_mixed(level_db, noise_db) -> None:
    card = heard(talk(level_db, noise_db))
    both_db = 10 * np.log10(rms(level_db) ** 2 + rms(noise_db) ** 2)
    assert card.speech_level_db == pytest.approx(both_db, abs=0.5)
    assert card.snr_db == pytest.approx(level_db - noise_db, abs=0.7)
    assert card.speech_s == pytest.approx(2 * VOICE_S, rel=0.1)
    share = 2 * VOICE_S / (2 * VOICE_S + 3 * PAUSE_S)
    assert card.speech_fraction == pytest.approx(share, rel=0.1)


def test_numbers_do_not_depend_on_how_the_sound_was_cut() -> None:
    samples = talk(-20, -35)
    once, often = heard(samples), heard(samples, chunk=512 * 3)
    for one in MEASURES:
        assert getattr(once, one.name) == pytest.approx(getattr(often, one.name), abs=1e-3)


def test_a_louder_recording_has_the_same_voice_above_its_noise() -> None:
    quiet, loud = heard(talk(-40, -55)), heard(rms(12) * talk(-40, -55))
    assert loud.snr_db == pytest.approx(quiet.snr_db, abs=0.3)
    assert loud.speech_level_db - quiet.speech_level_db == pytest.approx(12, abs=0.3)


def test_without_noise_the_floor_of_the_scale_is_taken() -> None:
    assert heard(talk(-20, None)).snr_db == pytest.approx(-20 - LOWEST_DB, abs=0.5)


def test_without_pauses_or_speech_there_is_no_ratio() -> None:
    assert heard(noise(0.2, -30)).snr_db is None
    silent = heard(np.zeros(RATE_HZ, np.float32))
    assert (silent.speech_s, silent.speech_level_db, silent.snr_db) == (0, None, None)


@pytest.mark.parametrize("level_db", [-80.0, -40.1, -12.34])
def test_the_background_is_the_median_window_whatever_bursts_there_are(level_db: float) -> None:
    background = Background()
    powers = np.full(100, rms(level_db) ** 2)
    powers[:30] = 1.0  # claps
    background.add(powers, np.zeros(100))
    background.add(np.ones(50), np.ones(50))  # speech is no background
    assert 10 * np.log10(background.power) == pytest.approx(level_db, abs=0.13)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5])
def test_the_share_of_clipped_samples_is_counted(share: float) -> None:
    samples = noise(4, -30)
    samples[: round(share * len(samples))] = 1.0
    assert heard(samples).clipped_fraction == pytest.approx(share, abs=1e-4)


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict[str, ClipRecord]:
    """Recordings of a face with known light, through the real encoders."""
    root, store = tmp_path_factory.mktemp("seen"), FeatureStore(tmp_path_factory.mktemp("store"))
    face, encoders = face_frames(3.0), build_encoders(ENCODERS)
    grey = [np.full_like(face[0], 128)] * len(face)
    pictures = {
        "plain": face,
        "darker": [(0.4 * image).astype(np.uint8) for image in face],
        "half": face + grey,
        "grey": grey,
        "black": [np.zeros_like(face[0])] * len(face),
    }
    said = Transcript((Segment("I plan.", 0, 1),), "asr", recogniser="x", confidence=0.75)
    found = {}
    for name, images in pictures.items():
        path = write_media(root / f"{name}.mp4", images=images)
        words = said if name == "plain" else None
        found[name] = extract_clip(Clip(name, name, path, transcript=words), encoders, store)
    found["mean"] = np.mean([image.mean() for image in face]) / 255  # of the face's pictures
    return found


def test_the_share_with_a_face_is_that_which_was_filmed(seen) -> None:
    assert seen["plain"].card.face_fraction == pytest.approx(1.0, abs=0.03)
    assert seen["half"].card.face_fraction == pytest.approx(0.5, abs=0.07)
    assert seen["grey"].card.face_fraction == 0


def test_light_is_that_of_the_picture(seen) -> None:
    plain, darker = seen["plain"].card, seen["darker"].card
    assert darker.brightness / plain.brightness == pytest.approx(0.4, abs=0.03)
    assert plain.picture_brightness == pytest.approx(seen["mean"], abs=0.03)
    assert darker.picture_brightness == pytest.approx(0.4 * seen["mean"], abs=0.03)
    assert seen["grey"].card.picture_brightness == pytest.approx(128 / 255, abs=0.01)


def test_a_recording_with_nothing_in_it_has_a_card_that_says_so(seen) -> None:
    black = seen["black"]
    assert (black.error_code, black.card.picture_brightness) == (Code.NOTHING_USABLE, 0)
    assert (black.card.still_fraction, black.card.brightness) == (1.0, 0.0)


def test_words_bring_their_number_and_confidence(seen) -> None:
    card = seen["plain"].card
    assert (card.n_words, card.word_confidence) == (2, 0.75)
    assert (seen["half"].card.n_words, seen["half"].card.word_confidence) == (None, None)


def test_the_first_stream_that_tells_counts_and_others_are_none() -> None:
    card = card_of({"a.snr_db": 20.0, "b.snr_db": 30.0, "b.unknown": 1.0})
    assert card == QualityCard(snr_db=20.0)
    assert card.other_speech_s is None


def test_there_is_one_list_of_fields() -> None:
    names = [one.name for one in fields(QualityCard)]
    assert [one.name for one in MEASURES] == [column.name for column in QUALITY] == names
    assert set(LIMITS) <= set(names)
    assert all(limit.code.of is Of.DOUBT for limit in LIMITS.values())


def test_the_settings_say_what_the_code_says() -> None:
    text = (ROOT / "configs/quality/default.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text) == DEFAULT_LIMITS
    for name, limit in LIMITS.items():
        line = next(line for line in text.splitlines() if line.startswith(f"{name}:"))
        assert limit.code in line or name == "face_scenes"


GOOD = QualityCard(
    face_fraction=0.9, brightness=0.4, several_faces_fraction=0.0, face_scenes=1.0,
    still_fraction=0.0, clipped_fraction=0.0, speech_level_db=-25.0, snr_db=25.0,
)  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_passed_beyond_it_and_not_at_it(name: str) -> None:
    limit, at = LIMITS[name], DEFAULT_LIMITS[name]
    beyond = at + (-0.1 if limit.below else 0.1)
    assert passed(GOOD, DEFAULT_LIMITS) == ()
    assert passed(replace(GOOD, **{name: at}), DEFAULT_LIMITS) == ()
    assert passed(replace(GOOD, **{name: None}), DEFAULT_LIMITS) == ()
    doubtful = replace(GOOD, **{name: beyond})
    assert passed(doubtful, DEFAULT_LIMITS) == (limit.code,)
    assert passed(doubtful, quality_limits({name: beyond})) == ()
    assert passed(doubtful, quality_limits({name: None})) == ()


def test_where_no_face_is_seen_nothing_is_said_of_it() -> None:
    nobody = replace(GOOD, face_fraction=0.0, brightness=0.0, several_faces_fraction=1.0)
    assert passed(nobody, DEFAULT_LIMITS) == ()


def test_limits_decide_what_is_withheld() -> None:
    record = ClipRecord("a", "a", quality={"prosody.snr_db": 8.0})
    assert flags(record) == withheld(record, ()).flags == (Code.NOISY_SOUND,)
    assert withheld(record, [Code.NOISY_SOUND]).error_code == Code.NOISY_SOUND
    lower = quality_limits({"snr_db": 5})
    assert withheld(record, [Code.NOISY_SOUND], lower).error_code is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"snr": 5}, "snr_db"),
        ({"snr_db": "loud"}, r"expected a number or null, got 'loud'"),
        ({"snr_db": float("nan")}, "a number or null, got nan"),
        ({"snr_db": True}, "a number or null, got True"),
    ],
)
def test_limits_that_are_none_are_refused(given, message: str) -> None:
    with pytest.raises(InputError, match=message):
        quality_limits(given)
