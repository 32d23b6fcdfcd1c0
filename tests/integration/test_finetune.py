"""Fine-tuning through the real training command, and its bundle through the real scoring path."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from safetensors.numpy import load_file

from tests.factories.models import sentence_encoder
from trifold.bundle.bundle import load_bundle
from trifold.commands.train import train
from trifold.errors import TrifoldError
from trifold.features.extract import extract
from trifold.features.samples import by_candidate, load_sample
from trifold.features.store import FeatureStore
from trifold.media.files.folder import scan
from trifold.scoring.predictor import Predictor
from trifold.workers.base import EngineSettings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Path:
    """Forty-five rated transcripts and a tiny model; one run trained on them."""
    root = tmp_path_factory.mktemp("finetune")
    generator = np.random.default_rng(0)
    shares = generator.uniform(size=45)
    rows = [
        {
            "candidate_id": f"p{i}",
            "transcript": " ".join(generator.choice(["plan", "rest"], 20, p=[s, 1 - s])) + ".",
            "extraversion": 1 + 6 * s,
        }
        for i, s in enumerate(shares)
    ]
    pd.DataFrame(rows).to_csv(root / "ratings.csv", index=False)
    schema = "name: one\ntargets:\n- {name: extraversion, low: 1, high: 7}\n"
    (root / "schema.yaml").write_text(schema)
    sentence_encoder(root / "model")
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        config = compose(
            "train",
            ["corpora=manifest", f"corpora.path={root}/ratings.csv", "encoders=finetune_text",
             f"corpora.schema={root}/schema.yaml", f"encoders.raw.model={root}/model",
             "encoders.raw.revision=null", "encoders.raw.window_tokens=30", "network=lora",
             "trainer.max_epochs=6", "trainer.accelerator=cpu", f"out={root}/run", "resamples=10",
             "modalities=[text]", "progress=false", "workers=1", f"paths.features={root}/features"],
        )  # fmt: skip
    train(config)
    return root


def test_the_run_learns_and_stores_adapters_alone(work: Path) -> None:
    weights = load_file(work / "run/weights.safetensors")
    encoder = [name for name in weights if name.startswith("network.network.encoder.")]
    assert encoder
    assert all("lora_" in name for name in encoder)
    moved = [np.abs(weights[name]).max() for name in encoder if "lora_B" in name]
    assert min(moved) > 0  # they start at zero
    predictions = pd.read_csv(work / "run/predictions.csv")
    assert len(predictions) == 45


def test_its_bundle_scores_as_the_run_did(work: Path) -> None:
    bundle = load_bundle(work / "run")
    store = FeatureStore(work / "features")
    records = extract(
        scan(work / "ratings.csv"),
        bundle.description.encoder_specs,
        store,
        settings=EngineSettings(workers=1),
    )
    predictor = Predictor(bundle)
    table = pd.read_csv(work / "run/predictions.csv", dtype={"candidate_id": str})
    expected = table.set_index("candidate_id")["extraversion"]
    for candidate, group in list(by_candidate(records).items())[:10]:
        sample = load_sample(group, bundle.description.fingerprints, store)
        score = predictor.score(sample).candidate.score[0]
        assert score == pytest.approx(expected[candidate], abs=1e-4)


def test_a_bundle_without_its_encoder_is_refused(work: Path, tmp_path: Path) -> None:
    shutil.copytree(work / "run", tmp_path / "run")
    shutil.move(work / "model", work / "elsewhere")
    try:
        with pytest.raises(TrifoldError, match="expected a model folder or hub id, got no such"):
            load_bundle(tmp_path / "run")
    finally:
        shutil.move(work / "elsewhere", work / "model")
