"""The synthetic interviews do what their generative model says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from trifold.contracts import MODALITIES
from trifold.corpora.synthetic.corpus import (
    SyntheticSettings,
    draw_people,
    read_synthetic,
    write_corpus,
)
from trifold.corpora.synthetic.generative import (
    ANSWER_NOISE,
    CUES,
    LABEL_NOISE,
    PERSON_NOISE,
    TRAITS,
    ceilings,
    draw_cues,
    draw_labels,
    draw_latents,
    high_slots,
)
from trifold.corpora.synthetic.words import FAMILIES, compose, to_vtt
from trifold.errors import CorpusError, InputError
from trifold.media.transcripts.reading import read_transcript

pytestmark = pytest.mark.slow

TINY = SyntheticSettings(candidates=3, answers=1, seconds=2)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("corpus")
    assert len(list(write_corpus(root, TINY))) == 3
    return root


@pytest.mark.parametrize("trait", ["planted_audio", "planted_video"])
def test_ceiling_is_the_analytic_one_for_a_gaussian_cue(trait: str) -> None:
    loading, answers = 0.9, 2
    noise = PERSON_NOISE**2 + ANSWER_NOISE**2 / answers
    r = np.sqrt(loading**2 / (loading**2 + noise) / (1 + LABEL_NOISE**2))
    analytic = 6 / np.pi * np.arcsin(r / 2)  # Spearman of a bivariate normal, Pearson (1907)
    assert ceilings(answers, modalities=MODALITIES)[trait] == pytest.approx(analytic, abs=0.01)


def test_ceilings_are_zero_where_nothing_is_planted_and_grow_with_answers() -> None:
    audio = ceilings(2, modalities=("audio",))
    assert audio["planted_video"] == audio["planted_text"] == audio["agreeableness"] == 0
    assert audio["planted_audio"] > 0.75
    assert ceilings(2, modalities=("video",))["emotional_stability"] > 0.75  # the mouth pauses too
    more, fewer = (ceilings(t, modalities=MODALITIES) for t in (4, 1))
    assert all(more[trait] > fewer[trait] for trait in TRAITS)


def test_planted_latents_touch_cues_of_their_modality_only() -> None:
    generator = np.random.default_rng(0)
    latents = draw_latents(20_000, generator)
    cues = draw_cues(latents, 1, generator)[:, 0]
    for k, trait in enumerate(TRAITS):
        for j, cue in enumerate(CUES):
            r = np.corrcoef(latents[:, k], cues[:, j])[0, 1]
            assert (abs(r) > 0.5) == (cue.trait == trait), (trait, cue.name)
    assert cues.std(axis=0) == pytest.approx(np.ones(len(CUES)), abs=0.03)


def test_labels_follow_latents_on_the_scale() -> None:
    generator = np.random.default_rng(0)
    latents = draw_latents(5000, generator)
    labels = draw_labels(latents, generator)
    assert labels.min() >= 1
    assert labels.max() <= 7
    rho = stats.spearmanr(labels[:, 0], latents[:, 0]).statistic
    assert rho == pytest.approx(6 / np.pi * np.arcsin(0.5 / np.sqrt(1.16)), abs=0.02)


def test_words_carry_the_asked_for_slots_and_their_length_tells_no_time() -> None:
    generator = np.random.default_rng(0)
    for k in range(4):
        transcript = compose(dict.fromkeys(FAMILIES, k), duration_s=6, generator=generator)
        assert len(transcript.segments) == len(FAMILIES)
        for _, high, low in FAMILIES.values():
            assert sum(phrase in transcript.text for phrase in high) == k
            assert sum(phrase in transcript.text for phrase in low) == 3 - k
        assert transcript.segments[0].start_s == 0
        assert transcript.segments[-1].end_s == 6
    assert high_slots(np.array([-2.0, -0.5, 0.5, 2.0])).tolist() == [0, 1, 2, 3]


def test_vtt_round_trip(tmp_path: Path) -> None:
    high = dict.fromkeys(FAMILIES, 1)
    transcript = compose(high, duration_s=6, generator=np.random.default_rng(0))
    (tmp_path / "a.vtt").write_text(to_vtt(transcript))
    assert read_transcript(tmp_path / "a.vtt") == transcript


def test_same_seed_same_bytes_and_another_seed_others(corpus: Path, tmp_path: Path) -> None:
    list(write_corpus(tmp_path, TINY, workers=1))
    files = sorted(p.relative_to(corpus) for p in corpus.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    for file in files:
        assert (corpus / file).read_bytes() == (tmp_path / file).read_bytes(), file
    other = draw_people(SyntheticSettings(candidates=3, answers=1, seconds=2, seed=1))
    assert not np.allclose(other[0].cues, draw_people(TINY)[0].cues)


def test_a_second_run_reuses_and_another_corpus_is_refused(corpus: Path) -> None:
    video = next(corpus.rglob("*.mp4"))
    before = video.stat().st_mtime_ns
    list(write_corpus(corpus, TINY))
    assert video.stat().st_mtime_ns == before
    with pytest.raises(CorpusError, match="expected an empty folder or a corpus with settings"):
        list(write_corpus(corpus, SyntheticSettings(candidates=4, answers=1, seconds=2)))


def test_it_says_synthetic_and_is_read_as_such(corpus: Path) -> None:
    assert (corpus / "README.md").read_text().startswith("SYNTHETIC")
    read = read_synthetic(corpus)
    assert read.synthetic
    assert "synthetic" in read.terms
    assert {target.source for target in read.schema.targets} == {"synthetic"}
    assert len(read.labels) == 3
    assert not any(f.count for f in read.findings)
    assert json.loads((corpus / "ceiling.json").read_text())["spearman"]["audio"]["openness"] > 0.5


def test_unlabelled_corpora_are_no_training_data(tmp_path: Path) -> None:
    settings = SyntheticSettings(candidates=1, answers=1, seconds=2, labelled=False)
    list(write_corpus(tmp_path, settings, workers=1))
    assert not (tmp_path / "manifest.csv").exists()
    with pytest.raises(CorpusError, match="expected a labelled synthetic corpus"):
        read_synthetic(tmp_path)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"people": 3}, "expected settings among out, candidates, .* got 'people'"),
        ({"candidates": "many"}, "expected candidates of type int, got 'many'"),
        ({"seconds": 0.1}, "seconds: expected 2 to 600, got 0.1"),
    ],
)
def test_settings_are_checked(values, message) -> None:
    with pytest.raises(InputError, match=message):
        SyntheticSettings.parse(values)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "error: expected trifold make synthetic"),
        (["synthetic"], "got no out=DIR"),
        (["synthetic", "out=x", "colour=red"], "got 'colour'"),
    ],
)
def test_the_command_ends_with_one_clear_line(shell, arguments, message) -> None:
    done = shell.python("-m", "src.corpora.make", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
