"""One candidate scored in memory: the same rows as from a cache, and nothing on a disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.factories.media import write_interview
from tests.factories.recognisers import converted_whisper, recogniser_spec
from tests.serve.serve_factory import write_tiny_bundle
from trifold.bundle.bundle import Bundle, load_bundle
from trifold.contracts import Clip, TokenSequence
from trifold.errors import DecodeError, EncoderError, InputError
from trifold.features.store import FeatureStore
from trifold.features.transcribe import with_transcripts
from trifold.features.words import PACKAGED
from trifold.scoring.in_memory import CandidateScorer, MemoryStore, media_info


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("one")
    write_tiny_bundle(folder / "bundle")
    write_interview(folder, "q1", seconds=2.0)
    return folder


@pytest.fixture(scope="module")
def scorer(root: Path) -> CandidateScorer:
    return CandidateScorer(load_bundle(root / "bundle"))


def clips(root: Path) -> list[Clip]:
    return [
        Clip("q1", "ann", root / "q1.mp4", root / "q1.vtt"),
        Clip("q2", "ann", root / "none.mp4"),
        Clip("q3", "ann", None, transcript="I plan every step."),
    ]


def test_rows_do_not_depend_on_where_features_lie(root, scorer) -> None:
    in_memory = scorer.score(clips(root))
    on_disk = scorer.score(clips(root), FeatureStore(root / "features"))
    again = scorer.score(clips(root), FeatureStore(root / "features"))
    for other in (on_disk, again):
        assert (other.candidate, other.answers) == (in_memory.candidate, in_memory.answers)
    assert [row["status"] for row in in_memory.answers] == ["scored", "error", "scored"]
    assert in_memory.candidate["n_answers"] == 2
    assert [clip.clip_id for clip in in_memory.usable] == ["q1", "q3"]
    assert in_memory.sample is not None
    assert len(in_memory.sample.answers) == 2


def test_reading_texts_ahead_changes_no_score_and_never_raises(root, scorer) -> None:
    store = MemoryStore()
    scorer.read_texts([*clips(root), Clip("q4", "bob", None, Path("none.vtt"))], store)
    assert scorer.score(clips(root), store).candidate == scorer.score(clips(root)).candidate


def test_a_candidate_without_anything_is_withheld(root, scorer) -> None:
    scored = scorer.score([Clip("q2", "ann", root / "none.mp4")])
    assert (scored.candidate["status"], scored.sample, list(scored.usable)) == (
        "withheld",
        None,
        [],
    )


def test_a_memory_store_gives_back_what_it_got_and_writes_nothing(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    times = np.arange(2, dtype="f4")
    sequence = TokenSequence(np.ones((2, 3), dtype="f4"), times, times + 1, "audio", "f" * 16)
    store = MemoryStore()
    assert store.get("a" * 32, "f" * 16) is None
    store.put("a" * 32, sequence)
    assert store.get("a" * 32, "f" * 16) is sequence
    assert store.get("b" * 32, "f" * 16) is None
    assert MemoryStore().get("a" * 32, "f" * 16) is None
    assert list(tmp_path.iterdir()) == []


def test_headers_are_told_without_decoding(root) -> None:
    info = media_info(clips(root)[0])
    assert (info.has_audio, info.has_video) == (True, True)
    with pytest.raises(DecodeError, match="no such file"):
        media_info(clips(root)[1])


@pytest.fixture(scope="module")
def recogniser(tmp_path_factory) -> dict:
    return recogniser_spec(converted_whisper(tmp_path_factory.mktemp("whisper")))


def trained_on(root: Path, words_from: dict[str, int]) -> Bundle:
    bundle = load_bundle(root / "bundle")
    return replace(bundle, description=replace(bundle.description, words_from=words_from))


@pytest.mark.parametrize(
    ("asr", "words_from", "hears"),
    [
        ("auto", {"given": 3}, False),
        ("auto", {}, False),  # bundles of before
        ("auto", {"given": 3, "f" * 16: 1}, True),
        ("none", {"f" * 16: 1}, False),
        ("packaged", {"given": 3}, True),
    ],
)
def test_speech_is_recognised_where_the_model_was_trained_so_or_somebody_wants_it(
    root, recogniser, tmp_path, monkeypatch, asr, words_from, hears
) -> None:
    monkeypatch.setattr("trifold.features.words.PACKAGED", recogniser)
    bundle = trained_on(root, words_from)
    spoken = [Clip("q1", "ann", root / "q1.mp4"), Clip("q3", "ann", None, transcript="I plan.")]
    scorer = CandidateScorer(bundle, asr=asr)
    clips = scorer.with_words(spoken, tmp_path / "aside")
    assert clips[1] == spoken[1]
    if not hears:
        assert clips == spoken
        return
    assert clips == with_transcripts(spoken, recogniser, tmp_path / "cache", progress=False)
    row = scorer.score(clips).answers[0]
    assert (row["words_source"], row["missing"]) == ("recognised", None)
    assert 0 < row["word_confidence"] <= 1
    assert "OTHER_WORDS" in row["remarks"]  # another recogniser than in training


def test_a_recogniser_that_is_not_there_is_refused_at_once(root, tmp_path, monkeypatch) -> None:
    nowhere = {**PACKAGED, "model": str(tmp_path / "nowhere")}
    monkeypatch.setattr("trifold.features.words.PACKAGED", nowhere)
    with pytest.raises(EncoderError):
        CandidateScorer(load_bundle(root / "bundle"), asr="packaged")
    with pytest.raises(InputError, match="got 'sometimes'"):
        CandidateScorer(load_bundle(root / "bundle"), asr="sometimes")
