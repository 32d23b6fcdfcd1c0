"""Five lines of Python give what the command gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import trifold
from tests.factories.media import voice, write_interview, write_media
from tests.factories.recognisers import converted_whisper, recogniser_spec
from tests.scoring.norms_factory import norms_of
from tests.serve.serve_factory import write_tiny_bundle
from trifold.errors import BundleError, InputError


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("api")
    write_tiny_bundle(folder / "bundle")
    for person in ("ann", "bob"):
        (folder / "media" / person).mkdir(parents=True)
        for answer in ("q1", "q2"):
            write_interview(folder / "media" / person, answer, seconds=2.0)
    (folder / "media/bob/q3.mp4").write_bytes(b"no video")
    return folder


@pytest.fixture(scope="module")
def scores(root: Path) -> trifold.Scores:
    return trifold.load(root / "bundle").score(root / "media", engine="inline", out=root / "out")


def test_rows_are_those_of_the_command(root: Path, scores) -> None:
    command = [sys.executable, "-m", "trifold", "score", f"input={root}/media",
               f"bundle={root}/bundle", f"out={root}/told", f"paths.features={root}/cache",
               "report=false", "progress=false"]  # fmt: skip
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for table, rows in (("answers", scores.answer_rows), ("candidates", scores.candidate_rows)):
        lines = (root / f"told/{table}.jsonl").read_text().splitlines()
        assert [json.loads(line) for line in lines] == list(rows)
        assert (root / f"out/{table}.csv").read_bytes() == (root / f"told/{table}.csv").read_bytes()


def test_frames_hold_scores_with_intervals_and_reasons(scores) -> None:
    assert list(scores.candidates.index) == ["ann", "bob"]
    row = scores.candidates.loc["ann"]
    assert row["warmth_low"] < row["warmth"] < row["warmth_high"]
    assert scores.answers.loc["bob/q3", "error_code"] == "DECODE_ERROR"
    assert repr(scores) == "<trifold.Scores: 2 of 2 people scored>"


def test_an_explanation_adds_up_and_is_drawn(scores, tmp_path: Path) -> None:
    why = scores.explain("ann", "drive")
    total = why.reference + why.pieces["contribution"].sum()
    assert total == pytest.approx(why.score, abs=1e-6)
    assert why.score == pytest.approx(scores.candidates.loc["ann", "drive"], abs=1e-4)
    assert sum(why.by_modality.values()) == pytest.approx(why.score - why.reference, abs=1e-6)
    strongest = why.strongest(2)["contribution"].abs()
    assert strongest.min() >= why.pieces["contribution"].abs().drop(strongest.index).max()
    assert str(why).startswith("ann: drive ")
    why.plot(tmp_path / "why.png")
    assert (tmp_path / "why.png").read_bytes().startswith(b"\x89PNG")


def test_percentiles_are_of_the_norm_group_that_is_named(root: Path, tmp_path: Path) -> None:
    model = trifold.load(root / "bundle")
    norms = norms_of(model.bundle, tmp_path / "norms.json")
    found = model.score(root / "media/ann/q1.mp4", engine="inline", norms=norms).candidates.iloc[0]
    assert (found["norm_id"], found["norm_n"]) == ("pilot", 120)
    assert 0 < found["warmth_percentile"] < 100
    with pytest.raises(InputError, match="NORM_OTHER_MODEL"):
        model.score(["no.mp4"], norms=norms_of(model.bundle, tmp_path / "n.json", model="other"))


def test_files_alone_and_nothing_stays_on_disk(root: Path, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    model = trifold.load(root / "bundle", coverage=None)
    files = [
        root / f"media/{who}/{answer}.mp4" for who in ("bob", "ann") for answer in ("q1", "q2")
    ]
    found = model.score(files, engine="inline")
    assert isinstance(found.answers, pd.DataFrame)
    assert found.candidates["n_files"].to_dict() == {"ann": 2, "bob": 2}  # as in their folder
    assert "2 candidates, 4 files" in found.notes[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.explain("anna"), r"expected candidates among ann, bob, got 'anna'; did you"),
        (lambda s: s.explain("ann", "warm"), r"expected targets among .*did you mean warmth"),
        (lambda s: s.model.score([__file__]), r"expected a recording, got another kind of file"),
        (lambda s: s.model.score(["no.mp4"]), r"no\.mp4: expected a recording, got nothing there"),
        (lambda s: s.model.score([]), r"expected a folder, manifest or recordings, got none"),
        (lambda s: s.model.score("nowhere"), r"nowhere: expected a folder or manifest of media"),
        (
            lambda s: s.model.score([s.clips[-1].path], asr={"_target_": "os.system"}),
            r"expected a _target_ below trifold\.encoders\.speech_to_text, got .os\.system.",
        ),
    ],
)
def test_what_cannot_be_is_named(scores, call, message) -> None:
    with pytest.raises(InputError, match=message):
        call(scores)


def test_terms_and_folders_are_checked_as_the_command_does(root: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"expected a run folder with bundle\.json"):
        trifold.load(tmp_path)
    with pytest.raises(InputError, match=r"purpose"):
        trifold.load(root / "bundle", purpose="fun")


def test_the_package_loads_nothing_before_it_is_asked() -> None:
    code = "import sys, trifold; sys.exit(any(m in sys.modules for m in ('torch', 'pandas')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert set(dir(trifold)) >= {"load", "Model", "Scores", "plugin", "__version__"}
    with pytest.raises(AttributeError, match="has no attribute 'laod'"):
        trifold.laod  # noqa: B018


def test_speech_without_a_transcript_is_recognised_unless_told_not_to(
    root: Path, tmp_path: Path
) -> None:
    write_media(tmp_path / "eve.m4a", audio=voice(3))
    model, mine = trifold.load(root / "bundle"), converted_whisper(tmp_path / "whisper")
    asr = {name: value for name, value in recogniser_spec(mine).items() if name != "_target_"}
    kept = tmp_path / "transcripts"
    heard = model.score(tmp_path / "eve.m4a", engine="inline", asr=asr, transcripts=kept)
    assert heard.answers.loc["eve", "words_source"] == "recognised"
    assert len(list(kept.glob("*/*/*.vtt"))) == 1
    silent = model.score(tmp_path / "eve.m4a", engine="inline", asr="none")
    assert silent.answers.loc["eve", "words_source"] is None
    assert "text:NO_TRANSCRIPT" in silent.answers.loc["eve", "missing"]
