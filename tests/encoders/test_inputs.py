"""What encoders read of a clip: keys that stay, plug-ins without an input, what is absent."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.factories.media import face_frames, voice, write_media
from trifold.contracts import Clip, Segment, TokenSequence, Transcript
from trifold.encoders.adapters import BY_MODALITY, adapted
from trifold.encoders.base import (
    AudioEncoder,
    BatchTextEncoder,
    Encoder,
    MeasureEncoder,
    MediaEncoder,
    TextEncoder,
    VideoEncoder,
)
from trifold.encoders.build import build_encoder
from trifold.encoders.measures import PublishedMeasures
from trifold.encoders.text.contours import PsycholinguisticContours
from trifold.errors import InputError
from trifold.features.clip import extract_clip
from trifold.features.source import Source
from trifold.features.store import FeatureStore, hash_file

TIMED = Transcript((Segment("I plan.", 0.0, 1.5), Segment("We met.", 2.0, 3.0)), "vtt")
CLIP = Clip("a", "a", None, transcript=TIMED, question=" Why? ", measures={"b": 2.0, "a": 0.5})


class Plain:
    """A plug-in's encoder: it tells its modality and how to encode, and nothing else."""

    dim, fingerprint = 1, "0123456789abcdef"
    sample_rate_hz, frame_rate_hz, max_side_px = 16000, 5.0, 64

    def __init__(self, modality: str, **more: object) -> None:
        self.modality, self.seen = modality, []
        vars(self).update(more)

    def encode(self, given, **options) -> TokenSequence:
        self.seen.append((given, options))
        n = 1 if isinstance(given, (str, Transcript, dict)) else len(list(given))
        zero = np.zeros(n, np.float32)
        return TokenSequence(zero[:, None], zero, zero, self.modality, self.fingerprint)


def keys(clip: Clip) -> dict[str, str]:
    """Of plug-ins of every kind that need no media file."""
    made = {
        "text": Plain("text"),
        "asked": Plain("text", reads_question=True),
        "question": Plain("question"),
        "measures": Plain("video", columns=("a",)),
    }
    return {name: adapted(encoder).key(Source(clip)) for name, encoder in made.items()}


def test_keys_are_those_of_the_first_caches() -> None:
    """Written down before encoders read for themselves: users' caches stay valid."""
    assert keys(CLIP) == {
        "text": "482619699ef35ce2c6e2b6920432eae9",
        "asked": "62876daf5936a45599d170e7dc26dfbd",
        "question": "f81d193fdff40c2ba99619b0a055ca6e",
        "measures": "6271c0eb1dff063841cd2ece8c1a2e62",
    }
    untimed = Clip("a", "a", None, transcript="Nobody knows when.")
    assert keys(untimed)["text"] == keys(untimed)["asked"] == "20caca48ba574bfa3ecd7dc0fd96d11a"


@pytest.mark.parametrize(
    ("spoken", "read", "there"),
    [("de", ("en",), False), ("en", ("en",), True), (None, ("en",), True), ("de", None, True)],
)
def test_words_that_are_known_to_be_in_another_language_are_not_there(
    spoken: str | None, read: tuple[str, ...] | None, there: bool
) -> None:
    source = Source(replace(CLIP, transcript=replace(TIMED, language=spoken)))
    encoder = adapted(Plain("text", languages=read))
    assert encoder.available(source) is there
    assert encoder.unread_language(source) == (None if there else spoken)


def test_sound_and_picture_are_known_by_the_bytes_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"\0" * 100)
    source = Source(Clip("a", "a", tmp_path / "a.mp4"))
    found = {adapted(Plain(modality)).key(source) for modality in ("audio", "video")}
    assert found == {hash_file(tmp_path / "a.mp4")} == {"de77bbb9dda5ebf03e7368837b78b9dc"}


@pytest.mark.parametrize("modality", sorted(BY_MODALITY))
def test_a_plug_in_reads_what_its_modality_says(modality: str, tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mp4", images=face_frames(1), audio=voice(1))
    source = Source(Clip("a", "a", path, transcript=TIMED, question="Why?"))
    own = Plain(modality)
    encoder = adapted(own)
    assert encoder.available(source)
    tokens = encoder.read(source)
    assert len(tokens.values) > 0
    assert len(own.seen) == 1
    assert (encoder.modality, encoder.dim, encoder.fingerprint) == (modality, 1, own.fingerprint)
    assert isinstance(encoder, MediaEncoder) == (modality in ("audio", "video"))
    assert ("still_fraction" in tokens.quality) == (modality == "video")


@pytest.mark.parametrize("modality", sorted(BY_MODALITY))
def test_what_is_not_there_is_not_available(modality: str) -> None:
    assert not adapted(Plain(modality)).available(Source(Clip("a", "a", None, question=" ")))
    assert not adapted(Plain(modality, columns=("a",))).available(Source(Clip("a", "a", None)))


def test_a_question_is_read_with_the_answer_by_those_who_ask_for_it() -> None:
    plain, asking = Plain("text"), Plain("text", reads_question=True)
    for own in (plain, asking):
        adapted(own).read(Source(CLIP))
    assert plain.seen == [(TIMED, {"duration_s": None})]
    assert asking.seen == [(TIMED, {"duration_s": None, "question": "Why?"})]


def test_many_texts_at_once_have_their_questions() -> None:
    seen = []
    own = Plain("text", reads_question=True, encode_batch=lambda *a, **k: seen.append((a, k)) or [])
    encoder = adapted(own)
    assert isinstance(encoder, BatchTextEncoder)
    encoder.read_batch([Source(CLIP), Source(Clip("b", "b", None, transcript=TIMED))])
    assert seen == [(([TIMED, TIMED], [None, None]), {"questions": ["Why?", None]})]


def test_an_encoder_with_an_input_stays_as_it_is() -> None:
    for encoder in (PsycholinguisticContours(), PublishedMeasures(columns=("a",), modality="text")):
        assert adapted(encoder) is encoder
        assert isinstance(encoder, TextEncoder | MeasureEncoder)


def test_an_adapter_shows_what_its_encoder_has() -> None:
    encoder = adapted(Plain("audio", layer_numbers=(0, 1)))
    assert encoder.layer_numbers == (0, 1)  # type: ignore[attr-defined]
    assert not hasattr(encoder, "nothing_like_it")
    assert copy.copy(encoder).fingerprint == encoder.fingerprint


@pytest.mark.parametrize("modality", ["smell", None, ["text"]])
def test_an_unknown_modality_is_refused(modality: object) -> None:
    with pytest.raises(InputError, match="Plain: expected an encoder with a modality among text,"):
        adapted(Plain(modality))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["base.AudioEncoder", "base.Encoder", "adapters.TextAdapter"])
def test_no_specification_names_a_base_class(name: str) -> None:
    with pytest.raises(InputError, match="expected a class of kind Encoder"):
        build_encoder({"_target_": f"trifold.encoders.{name}", "own": "x"})


def test_a_transcript_that_is_not_there_is_told() -> None:
    with pytest.raises(InputError, match="expected a transcript, got none"):
        PsycholinguisticContours().read(Source(Clip("a", "a", None)))


class HalfOfSound(AudioEncoder):
    """A user's encoder that derives from a base class and reads in a way of its own."""

    dim, sample_rate_hz, fingerprint = 1, 16000, "fedcba9876543210"

    def available(self, source) -> bool:
        return super().available(source) and bool(source.question)

    def encode(self, chunks) -> TokenSequence:
        n = sum(len(chunk.samples) for chunk in chunks) // 32000
        zero = np.zeros(n, np.float32)
        return TokenSequence(zero[:, None], zero, zero, "audio", self.fingerprint)


def test_an_encoder_may_have_an_input_of_its_own(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.m4a", audio=voice(4))
    encoders: dict[str, Encoder] = {"half": HalfOfSound()}
    store = FeatureStore(tmp_path / "store")
    mute = extract_clip(Clip("a", "a", path), encoders, store)
    heard = extract_clip(Clip("a", "a", path, question="Why?"), encoders, store)
    assert mute.error_code == "NOTHING_USABLE"
    assert set(heard.content) == {"half"}


def test_frames_tell_how_still_they_were_once_they_are_read(tmp_path: Path) -> None:
    still = [np.full((96, 128, 3), 90, np.uint8)] * 30
    path = write_media(tmp_path / "a.mp4", images=still)
    encoder = adapted(Plain("video"))
    assert isinstance(encoder, VideoEncoder)
    assert encoder.read(Source(Clip("a", "a", path))).quality["still_fraction"] == 1.0
