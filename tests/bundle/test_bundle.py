"""Bundles load only whole and unchanged, and score one person at a time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from trifold.bundle.bundle import (
    Bundle,
    Description,
    describe_streams,
    load_bundle,
    write_bundle,
)
from trifold.bundle.calibration import calibrate, uncalibrated
from trifold.contracts import Target, TargetSchema, TokenSequence
from trifold.errors import BundleError, InputError
from trifold.features.collate import CandidateSample
from trifold.forms import Form
from trifold.network.build import build_network, build_targets
from trifold.network.targets.spec import STANDARD_TARGETS
from trifold.psychometrics.short_forms import widths_by_form
from trifold.scoring.predictor import Predictor, score_all

SCHEMA = TargetSchema("s", (Target("warmth", 1, 7), Target("drive", 1, 5)))
SPECS = {
    "contours": {"_target_": "trifold.encoders.text.contours.PsycholinguisticContours"},
    "prosody": {"_target_": "trifold.encoders.audio.prosody.Prosody"},
}


def describe() -> Description:
    return Description(
        name="tiny",
        synthetic=True,
        terms="free",
        schema=SCHEMA,
        streams=describe_streams(SPECS, modalities=["text", "audio"]),
        network={"_target_": "trifold.network.pooled.PooledFusion", "width": 8},
        coverage=0.9,
        half_width=uncalibrated(2),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    description = describe()
    network = build_network(
        description.network,
        stream_dims=description.stream_dims,
        stream_modality=description.stream_modality,
        num_targets=len(SCHEMA.targets),
    )
    scaler = build_targets(STANDARD_TARGETS, SCHEMA)
    half_width = {"candidate": [0.5, None], "answer": [1.0, 1.0]}
    write_bundle(tmp_path, replace(description, half_width=half_width), network, scaler)
    return tmp_path


def sample(name: str, answers: int, bundle: Bundle, seed: int = 0) -> CandidateSample:
    generator = np.random.default_rng(seed)
    made = []
    for t in range(answers):
        streams = {}
        for stream, dim in bundle.description.stream_dims.items():
            values = generator.normal(size=(3 + t, dim)).astype("f4")
            times = np.arange(3 + t, dtype="f4")
            modality = bundle.description.stream_modality[stream]
            streams[stream] = TokenSequence(values, times, times + 1, modality, "f")
        made.append(streams)
    return CandidateSample(name, tuple(made))


def test_round_trip(folder: Path) -> None:
    bundle, again = load_bundle(folder), load_bundle(folder)
    assert bundle.description.schema == SCHEMA
    assert bundle.bundle_id == again.bundle_id
    first, second = (Predictor(b).score(sample("a", 2, b)).candidate.score for b in (bundle, again))
    np.testing.assert_array_equal(first, second)


def test_a_score_does_not_depend_on_who_else_is_scored(folder: Path) -> None:
    predictor = Predictor(load_bundle(folder))
    people = [sample(str(i), 1 + i % 3, predictor.bundle, seed=i) for i in range(5)]
    together, half_width = score_all(predictor, people)
    backwards, _ = score_all(predictor, people[::-1])
    np.testing.assert_array_equal(together, backwards[::-1])
    assert half_width.shape == together.shape == (5, 2)
    assert [len(predictor.score(one).answers) for one in people] == [1, 2, 3, 1, 2]


def test_intervals_enclose_the_score_and_stay_on_the_scale(folder: Path) -> None:
    predictor = Predictor(load_bundle(folder))
    scores = predictor.score(sample("a", 1, predictor.bundle)).candidate
    assert (scores.low <= scores.score).all()
    assert (scores.score <= scores.high).all()
    assert (scores.low[1], scores.high[1]) == (1, 5)  # uncalibrated: the whole scale
    assert scores.high[0] - scores.low[0] <= 1.0 + 1e-6


def test_calibration_takes_the_conformal_quantile_of_each_form() -> None:
    errors = np.tile(np.linspace(0.05, 1.0, 20)[:, None], (1, 2))
    of_one = np.tile([[2.0], [-2.0]], (20, 2))
    forms = {Form(("text",), 2): errors, Form(("text",), 1): of_one}
    calibrated = calibrate(describe(), errors, forms).half_width
    assert calibrated["candidate"] == pytest.approx([0.95, 0.95])
    assert calibrated["text 2"] == pytest.approx([0.95, 0.95])
    assert calibrated["text 1"] == calibrated["answer"] == pytest.approx([2.0, 2.0])
    few = calibrate(describe(), errors[:5], {form: values[:5] for form, values in forms.items()})
    assert few.half_width["candidate"] == few.half_width["text 1"] == [None, None]


def test_more_answers_never_widen_a_band() -> None:
    errors = np.linspace(0.05, 1.0, 20)[:, None]
    found = widths_by_form(
        {Form(("text",), n): errors * (2 if n == 3 else 1) for n in (4, 3, 2, 1)}, coverage=0.9
    )
    assert [found[Form(("text",), n)][0] for n in (1, 2, 3, 4)] == pytest.approx(
        [1.9, 1.9, 1.9, 0.95]
    )


def edit(folder: Path, **changes: object) -> None:
    path = folder / "bundle.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def flip_a_bit(folder: Path) -> None:
    content = bytearray((folder / "weights.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "weights.safetensors").write_bytes(content)


def change_fingerprint(folder: Path) -> None:
    streams = json.loads((folder / "bundle.json").read_text())["streams"]
    streams["prosody"]["fingerprint"] = "0" * 16
    edit(folder, streams=streams)


def remove_half_width(folder: Path) -> None:
    facts = json.loads((folder / "bundle.json").read_text())
    del facts["half_width"]
    (folder / "bundle.json").write_text(json.dumps(facts))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "bundle.json").unlink(), "a run folder with bundle.json, got none"),
        (lambda f: (f / "bundle.json").write_text("{"), "expected valid JSON"),
        (lambda f: (f / "bundle.json").write_text("[]"), "expected a JSON object, got list"),
        (lambda f: edit(f, format=99), "expected bundle format 1, got 99"),
        (remove_half_width, "expected a complete description"),
        (lambda f: (f / "weights.safetensors").unlink(), "expected a weights file, got none"),
        (flip_a_bit, "expected SHA-256"),
        (change_fingerprint, "expected encoder 'prosody' with fingerprint 0000000000000000"),
        (lambda f: edit(f, network={"_target_": "trifold.network.pooled.PooledFusion", "width": 9}),
         "expected weights that fit the network"),
    ],
)  # fmt: skip
def test_damaged_bundles_are_refused_with_the_reason(folder: Path, damage, message) -> None:
    damage(folder)
    with pytest.raises(BundleError, match=message):
        load_bundle(folder)


def test_a_bundle_cannot_name_other_code(folder: Path) -> None:
    edit(folder, network={"_target_": "os.system", "command": "true"})
    with pytest.raises(InputError, match=r"expected a _target_ below trifold\.network"):
        load_bundle(folder)


def test_streams_follow_the_modalities() -> None:
    assert list(describe_streams(SPECS, modalities=["audio"])) == ["prosody"]
    with pytest.raises(InputError, match="expected modalities among text, audio, video, got smell"):
        describe_streams(SPECS, modalities=["smell"])
    with pytest.raises(InputError, match="expected at least one encoder"):
        describe_streams(SPECS, modalities=["video"])


CODECS = [{"text": {"a": 1}}, {"audio": {"aac": 0}}, {"audio": {"aac": True}}, {"audio": ["aac"]},
          {"audio": {"a\u202e": 1}}, {"video": 3}, ["audio"], 5]  # fmt: skip


@pytest.mark.parametrize("codecs", CODECS, ids=repr)
def test_codecs_that_cannot_be_are_refused(folder: Path, codecs: object) -> None:
    edit(folder, codecs=codecs)
    with pytest.raises(BundleError, match=r"bundle\.json: expected a complete description, got"):
        load_bundle(folder)


def test_codecs_of_the_training_come_back_and_older_bundles_have_none(folder: Path) -> None:
    assert load_bundle(folder).description.codecs == {}
    edit(folder, codecs={"audio": {"aac": 3}})
    assert load_bundle(folder).description.codecs == {"audio": {"aac": 3}}
    facts = json.loads((folder / "bundle.json").read_text())
    del facts["codecs"]
    (folder / "bundle.json").write_text(json.dumps(facts))
    assert load_bundle(folder).description.codecs == {}
