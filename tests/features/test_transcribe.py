"""Recordings without a transcript: recognised once, kept with where the words come from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from tests.factories.media import voice, write_media
from tests.factories.recognisers import converted_whisper, recogniser_spec
from trifold.contracts import Clip, Segment, Transcript
from trifold.encoders.build import build_encoders
from trifold.encoders.speech_to_text.guards import Guards
from trifold.encoders.speech_to_text.recordings import Recognition, Recording
from trifold.encoders.speech_to_text.whisper import WhisperRecogniser
from trifold.errors import EncoderError, InputError
from trifold.features.clip import extract_clip
from trifold.features.quality import flags, with_other_words
from trifold.features.store import FeatureStore
from trifold.features.transcribe import (
    recognise_clips,
    recognised,
    with_transcripts,
)
from trifold.features.turns.listening import recording_of
from trifold.features.words import PACKAGED, with_words
from trifold.features.words import recogniser_spec as spec_of
from trifold.media.sound.choice import choose_sound
from trifold.media.transcripts.reading import read_transcript
from trifold.media.transcripts.vtt import read_note
from trifold.workers.base import EngineSettings

ROOT = Path(__file__).parents[2]
TWO = EngineSettings(workers=2)
PROSODY = {"_target_": "trifold.encoders.audio.prosody.Prosody"}
CONTOURS = {"_target_": "trifold.encoders.text.contours.PsycholinguisticContours"}
HASHED = {"_target_": "trifold.encoders.text.words.HashedWords"}


@pytest.fixture(scope="module")
def recogniser(tmp_path_factory) -> dict:
    return recogniser_spec(converted_whisper(tmp_path_factory.mktemp("whisper")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("clips")
    write_media(
        root / "talk.m4a", audio=np.concatenate([voice(5), np.zeros(48000, "f4"), voice(4)])
    )
    write_media(root / "silent.m4a", audio=np.zeros(32000, np.float32))
    (root / "broken.m4a").write_bytes(b"no sound")
    return root


def test_recordings_without_words_get_them(folder, recogniser, tmp_path: Path) -> None:
    clips = [Clip(name, name, folder / f"{name}.m4a") for name in ("talk", "silent", "broken")]
    clips += [Clip("said", "said", folder / "talk.m4a", transcript="I said so."),
              Clip("text", "text", None)]  # fmt: skip
    found = with_transcripts(clips, recogniser, tmp_path)
    assert found[2:] == clips[2:]
    talk, silent = found[0].transcript, found[1].transcript
    assert talk.source == silent.source == "asr"
    assert silent.segments == ()
    assert talk.words_timed
    assert talk.segments[-1].end_s == pytest.approx(12, abs=1.0)
    assert not any(5.6 < s.start_s < 7.4 for s in talk.segments)  # the silence between


def test_a_note_says_where_words_come_from_and_how_sure_they_are(
    folder, recogniser, tmp_path: Path
) -> None:
    unclear = {**recogniser, "guards": {**recogniser["guards"], "unclear": 0.0}}
    clip = Clip("talk", "talk", folder / "talk.m4a")
    (found,) = with_transcripts([clip], unclear, tmp_path)
    (file,) = tmp_path.glob("*/*/*.vtt")
    note, made = read_note(file), WhisperRecogniser(**_settings(unclear))
    assert note["weights"] == made.snapshot.sha256
    assert file.stem == note["media"]
    assert file.parent.parent.name == note["fingerprint"] == made.fingerprint
    assert note["libraries"].keys() == {"faster-whisper", "ctranslate2"}
    assert note["language"] == found.transcript.language == "en"
    assert found.transcript.recogniser == made.fingerprint
    assert len(note["confidence"]) == len(found.transcript.segments)
    assert set(found.transcript.remarks) == {"UNCLEAR_SPEECH"}
    assert recognised(file) == found.transcript


def test_words_are_recognised_once(folder, recogniser, tmp_path: Path, monkeypatch) -> None:
    clip = Clip("talk", "talk", folder / "talk.m4a")
    first = with_transcripts([clip], recogniser, tmp_path)
    name = "trifold.encoders.speech_to_text.whisper.load_whisper"
    monkeypatch.setattr(name, lambda *_: pytest.fail("recognised again"))
    again = with_transcripts([replace(clip, clip_id="other")], recogniser, tmp_path)
    assert again[0].transcript == first[0].transcript
    (file,) = tmp_path.glob("*/*/*.vtt")
    assert read_transcript(file).text == first[0].transcript.text


def test_a_damaged_file_is_recognised_anew(folder, recogniser, tmp_path: Path) -> None:
    clip = Clip("talk", "talk", folder / "talk.m4a")
    first = with_transcripts([clip], recogniser, tmp_path)
    (file,) = tmp_path.glob("*/*/*.vtt")
    file.write_text("WEBVTT\n\n00:05.000 --> 00:01.000\nBackwards.\n")
    assert with_transcripts([clip], recogniser, tmp_path) == first


def test_words_that_were_lost_to_a_time_limit_say_so(folder, recogniser, tmp_path: Path) -> None:
    clip = Clip("talk", "talk", folder / "talk.m4a")
    hasty = EngineSettings(engine="inline", timeout_s=0.001)
    (found,) = with_transcripts([clip], recogniser, tmp_path, settings=hasty)
    said = "not recognised: TIMED_OUT, not done after 0.001 s"
    assert found == replace(clip, words_lost=said)
    encoders = build_encoders({"contours": CONTOURS, "prosody": PROSODY})
    record = extract_clip(found, encoders, FeatureStore(tmp_path / "features"))
    assert (record.missing, record.remarks) == ({"text": "NO_TRANSCRIPT"}, {"NO_TRANSCRIPT": said})


def test_a_folder_that_takes_no_words_says_so(folder, recogniser, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (found,) = with_transcripts(
        [Clip("talk", "talk", folder / "talk.m4a")], recogniser, tmp_path / "file"
    )
    assert found.words_lost == "not recognised: NotADirectoryError"


def test_two_processes_recognise_the_same(folder, recogniser, tmp_path: Path) -> None:
    clips = [Clip(str(i), str(i), folder / f"{name}.m4a")
             for i, name in enumerate(("talk", "silent", "broken"))]  # fmt: skip
    one = with_transcripts(clips, recogniser, tmp_path / "one")
    assert with_transcripts(clips, recogniser, tmp_path / "two", settings=TWO) == one


def test_words_are_stated_first_and_recognised_where_a_recogniser_is_named(
    folder, recogniser, tmp_path: Path
) -> None:
    clips = [Clip("talk", "talk", folder / "talk.m4a"), Clip("b", "b", None, transcript="So.")]
    step = partial(with_words, clips, encoders={"words": HASHED}, transcripts=tmp_path)
    assert step(recogniser=None, speaker="Ann") == [replace(c, speaker="Ann") for c in clips]
    heard = step(recogniser=recogniser, progress=False)
    assert heard == with_transcripts(clips, recogniser, tmp_path)
    assert heard[0].transcript.source == "asr"
    with pytest.raises(InputError, match=r"expected a _target_ below trifold.encoders.speech"):
        step(recogniser={"_target_": "os.system"})
    with pytest.raises(InputError, match="expected a language such as en or de"):
        step(recogniser=None, language="??")


def test_nothing_is_recognised_where_no_encoder_reads_words(folder, tmp_path: Path) -> None:
    clips = [Clip("talk", "talk", folder / "talk.m4a")]
    missing = {**PACKAGED, "model": str(tmp_path / "nowhere")}
    prosody = {"_target_": "trifold.encoders.audio.prosody.Prosody"}
    for encoders in ({}, {"prosody": prosody}):
        assert clips == with_words(
            clips, encoders=encoders, recogniser=missing, transcripts=tmp_path
        )
    with pytest.raises(EncoderError):
        with_words(clips, encoders={"w": HASHED}, recogniser=missing, transcripts=tmp_path)


def test_the_stated_language_is_the_one_that_is_heard(folder, recogniser, tmp_path: Path) -> None:
    clips = [Clip("talk", "talk", folder / "talk.m4a")]
    with pytest.raises(InputError, match="the languages of"):
        with_words(clips, encoders={"w": HASHED}, recogniser=recogniser, transcripts=tmp_path,
                   language="de")  # fmt: skip


def test_files_share_batches_and_a_model_that_cannot_run_ends_all(
    folder, recogniser, tmp_path: Path, monkeypatch
) -> None:
    clips = [Clip(str(i), str(i), folder / "talk.m4a") for i in range(3)]
    seen: list[int] = []

    def fail(_: object, recordings: Sequence[object]) -> list[Recognition | Exception]:
        seen.append(len(recordings))
        raise EncoderError(expected="a GPU", got="none")

    monkeypatch.setattr(WhisperRecogniser, "recognise_all", fail)
    with pytest.raises(EncoderError, match="expected a GPU, got none"):
        with_transcripts(clips, recogniser, tmp_path)
    assert seen == [3]


def test_what_is_understood_is_kept_when_the_rest_is_stopped(
    folder, recogniser, tmp_path: Path, monkeypatch
) -> None:
    write_media(folder / "other.m4a", audio=voice(4, seed=3))
    clips = [Clip(name, name, folder / f"{name}.m4a") for name in ("talk", "other")]
    plain = WhisperRecogniser.recognise_all

    def stopped(self: WhisperRecogniser, recordings: Sequence[Recording]) -> Iterator[Recognition]:
        yield next(plain(self, recordings))
        raise KeyboardInterrupt

    monkeypatch.setattr(WhisperRecogniser, "recognise_all", stopped)
    with pytest.raises(KeyboardInterrupt):
        with_transcripts(clips, recogniser, tmp_path, progress=False)
    (file,) = tmp_path.glob("*/*/*.vtt")
    monkeypatch.undo()
    found = with_transcripts(clips, recogniser, tmp_path, progress=False)
    assert found[0].transcript == recognised(file)


def test_a_file_is_told_before_the_next_one_is_listened_to(
    folder, recogniser, tmp_path: Path, monkeypatch
) -> None:
    listened: list[Path] = []

    def listen(path: Path, *rest: object, **options: float) -> Recording:
        listened.append(path)
        return recording_of(path, *rest, **options)

    monkeypatch.setattr("trifold.features.transcribe.recording_of", listen)
    write_media(folder / "second.m4a", audio=voice(4, seed=4))
    clips = [Clip(name, name, folder / f"{name}.m4a") for name in ("silent", "talk", "second")]
    one_by_one = WhisperRecogniser(**_settings({**recogniser, "batch_size": 1}))
    told = recognise_clips(clips, one_by_one, tmp_path)
    assert next(told)[0] is not None
    assert len(listened) < len(clips)
    assert len(list(told)) == 2


def test_a_recording_that_kills_its_recogniser_stays_without_words(
    folder, recogniser, tmp_path: Path
) -> None:
    clips = [Clip(name, name, folder / "talk.m4a") for name in ("a", "b")]
    clips[0] = replace(clips[0], clip_id=Killer("a"))
    found = with_transcripts(clips, recogniser, tmp_path, settings=TWO, progress=False)
    lost = found[0].words_lost
    assert lost == "not recognised: WORKER_DIED, the process that worked on this died, twice"
    assert replace(found[0], words_lost=None) == clips[0]
    assert found[1].transcript is not None


class Killer(str):
    """Text that ends the process that receives it, as a crash in a decoder would."""

    __slots__ = ()

    def __reduce__(self):
        return os._exit, (3,)


def test_python_names_recognisers_as_the_command_line_does() -> None:
    assert spec_of("packaged") == PACKAGED
    assert spec_of("none") is None
    assert spec_of({"model": "x", "beam_size": 1}) == {**PACKAGED, "model": "x", "beam_size": 1}
    with pytest.raises(InputError, match="got 'whispr'"):
        spec_of("whispr")


def test_spans_hold_the_speech_of_a_file(folder) -> None:
    found = recording_of(folder / "talk.m4a", choose_sound(folder / "talk.m4a"), longest_s=4.0)
    heard = list(found.read(found.spans))
    assert [u.start_s for u in heard] == pytest.approx([start for start, _ in found.spans], abs=0.1)
    assert all(0 < len(u.samples) <= 64000 for u in heard)
    assert sum(len(u.samples) for u in heard) / 16000 == pytest.approx(9, abs=1.5)
    assert min(float(np.square(u.samples).mean()) for u in heard) > 1e-5
    assert [u.start_s for u in found.read(found.spans[1:])] == [u.start_s for u in heard[1:]]
    assert (
        recording_of(
            folder / "silent.m4a", choose_sound(folder / "silent.m4a"), longest_s=4.0
        ).spans
        == []
    )


def test_records_say_that_words_were_recognised(tmp_path: Path) -> None:
    encoders, store = build_encoders({"contours": CONTOURS}), FeatureStore(tmp_path)
    said = Transcript((Segment("We plan.", 0, 1),), "asr", recogniser="f" * 16, language="en",
                      remarks={"UNCLEAR_SPEECH": "it is"})  # fmt: skip
    spoken, given, none = (
        extract_clip(Clip("a", "a", None, transcript=t), encoders, store)
        for t in (said, "We plan.", None)
    )
    assert (spoken.words_source, spoken.words_from) == ("recognised", "f" * 16)
    assert (given.words_source, given.words_from) == ("given", "given")
    assert (none.words_source, none.words_from) == (None, None)
    assert flags(spoken) == ("UNCLEAR_SPEECH",)


def test_words_in_a_language_that_is_not_read_are_left_out_and_said(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    said = Transcript((Segment("Wir planen."),), "asr", language="de")
    clip = Clip("a", "a", None, transcript=said)
    alone = extract_clip(clip, build_encoders({"contours": CONTOURS}), store)
    assert alone.error_message == "no modality could be encoded: text OTHER_LANGUAGE"
    both = extract_clip(clip, build_encoders({"contours": CONTOURS, "words": HASHED}), store)
    assert set(both.content) == {"words"}
    for record in (alone, both):
        assert record.remarks["OTHER_LANGUAGE"].startswith("'de' is spoken")
        assert flags(record) == ("OTHER_LANGUAGE",)


@pytest.mark.parametrize(
    ("own", "trained", "line"),
    [("given", {"given": 3}, None), ("given", {}, None), (None, {"given": 3}, None),
     ("f1", {"f1": 2, "given": 1}, None),
     ("f1", {"given": 3}, "trained on transcripts that were given"),
     ("given", {"f1": 3}, "the words were given; the model was trained on recognised ones"),
     ("f2", {"f1": 3}, "recognised otherwise than")],
)  # fmt: skip
def test_words_that_came_another_way_than_in_training_are_said(own, trained, line) -> None:
    from trifold.features.records import ClipRecord

    recognised_by = own if own and own.startswith("f") else None
    source = own and ("recognised" if recognised_by else "given")
    record = ClipRecord("a", "a", words_source=source, recogniser=recognised_by)
    told = with_other_words(record, trained).remarks
    assert set(told) == ({"OTHER_WORDS"} if line else set())
    assert line is None or line in told["OTHER_WORDS"]


def _settings(spec: dict) -> dict:
    return {name: value for name, value in spec.items() if name != "_target_"}


def test_the_class_takes_what_the_command_line_does() -> None:
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        config = compose("score", ["input=x", "bundle=x", "out=x"])
    written = OmegaConf.to_container(config.asr, resolve=True)
    own = {name: p.default for name, p in signature(WhisperRecogniser).parameters.items()}
    assert _settings(written) == own | {"guards": asdict(Guards())}
