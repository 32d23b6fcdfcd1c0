"""The named encoder sets, with tiny models in place of the real ones; and the probe on them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from tests.factories.models import (
    image_text_model,
    llm,
    sentence_encoder,
    speech_model,
    timm_model,
    videomae,
    whisper,
)
from trifold.encoders.build import build_encoders
from trifold.encoders.text.prompting.prompts import PromptTemplate
from trifold.pretrained.snapshot import COMMIT, HUB_ID

ROOT = Path(__file__).parents[2]
SETS = sorted(path.stem for path in (ROOT / "configs/encoders").glob("foundation_*.yaml"))
KINDS = {
    "BAAI/bge-small-en-v1.5": sentence_encoder,
    "Qwen/Qwen3-Embedding-0.6B": llm,
    "Qwen/Qwen2.5-7B-Instruct": lambda folder: llm(folder, layers=28),
    "Salesforce/SFR-Embedding-Mistral": lambda folder: llm(folder, kind="mistral"),
    "facebook/wav2vec2-base-960h": lambda folder: speech_model(folder, "wav2vec2", layers=12),
    "openai/whisper-large-v3": lambda folder: whisper(folder, layers=32),
    "google/siglip2-base-patch16-224": lambda folder: image_text_model(folder, "siglip"),
    "google/siglip2-so400m-patch14-384": lambda folder: image_text_model(folder, "siglip"),
    "timm/vit_large_patch14_reg4_dinov2.lvd142m": timm_model,
    "MCG-NJU/videomae-base": videomae,
}


def specs_of(name: str) -> dict:
    """The set as ``encoders=NAME`` gives it."""
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        config = compose("extract", [f"encoders={name}", "input=x"])
    specs = OmegaConf.to_container(config.encoders, resolve=True)
    assert isinstance(specs, dict)
    return specs


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory) -> dict[str, str]:
    """Hub id to a tiny model of the same kind and depth."""
    root = tmp_path_factory.mktemp("models")
    return {hub: str(build(root / hub.replace("/", "--"))) for hub, build in KINDS.items()}


@pytest.mark.parametrize("name", SETS)
def test_sets_are_pinned_and_build(name: str, stand_ins: dict[str, str]) -> None:
    specs = specs_of(name)
    for spec in specs.values():
        if "model" in spec:
            assert HUB_ID.fullmatch(spec["model"])
            assert COMMIT.fullmatch(spec["revision"]), spec["model"]
            spec["model"] = stand_ins[spec["model"]]
    encoders = build_encoders(specs)
    modalities = {encoder.modality for encoder in encoders.values()}
    assert {"text", "audio", "video"} <= modalities
    assert len({encoder.fingerprint for encoder in encoders.values()}) == len(encoders)


def test_prompts_come_into_the_sets_from_their_files() -> None:
    specs = specs_of("foundation_24gb")
    assert PromptTemplate.of(specs["language"]["prompt"]).name == "big_five"
    assert specs["language"]["prompt"]["chat"] is True
    assert len(specs["ratings"]["questionnaire"]["items"]) == 50
    assert specs["ratings"]["model"] == specs["language"]["model"]
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        choice = ["encoders=foundation_24gb", "input=x",
                  "encoders/prompts@encoders.language.prompt=hexaco",
                  "encoders/questionnaires@encoders.ratings.questionnaire=mini_ipip"]  # fmt: skip
        other = compose("extract", choice).encoders
    assert other.language.prompt.name == "hexaco"
    assert len(other.ratings.questionnaire["items"]) == 20


def test_no_set_reads_emotion_labels_or_recognises_people() -> None:
    for name in SETS:
        for spec in specs_of(name).values():
            model = str(spec.get("model", "")).lower()
            assert not any(word in model for word in ("emotion", "fer", "facenet", "arcface"))


@pytest.fixture(scope="module")
def interviews(tmp_path_factory) -> Path:
    """Sixty transcripts whose rating is the share of one word among them."""
    generator = np.random.default_rng(0)
    shares = generator.uniform(size=60)
    rows = [
        {
            "candidate_id": f"p{i}",
            "transcript": " ".join(generator.choice(["plan", "rest"], 30, p=[s, 1 - s])) + ".",
            "extraversion": 1 + 6 * s,
            "openness": generator.uniform(1, 7),
        }
        for i, s in enumerate(shares)
    ]
    root = tmp_path_factory.mktemp("interviews")
    pd.DataFrame(rows).to_csv(root / "ratings.csv", index=False)
    schema = "name: two\ntargets:\n- {name: extraversion, low: 1, high: 7}\n"
    (root / "schema.yaml").write_text(schema + "- {name: openness, low: 1, high: 7}\n")
    return root


def probe_config(interviews: Path, model: str, out: Path, *more: str):
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        return compose(
            "probe",
            ["corpora=manifest", f"corpora.path={interviews}/ratings.csv", "stream=sentences",
             f"corpora.schema={interviews}/schema.yaml", f"encoders.sentences.model={model}",
             f"out={out}", "seeds=[0]", "folds=5", "resamples=20", "progress=false",
             f"paths.features={out}/features", *more],
        )  # fmt: skip


def test_the_probe_finds_what_a_layer_reads(interviews, stand_ins, tmp_path, capsys) -> None:
    from trifold.commands.probe import probe

    model = stand_ins["BAAI/bge-small-en-v1.5"]
    config = probe_config(interviews, model, tmp_path, "encoders.sentences.pooling=mean",
                          "+encoders.sentences.normalize=false")  # fmt: skip
    written = probe(config)
    assert [path.name for path in written] == ["layers.csv", "layers.png", "choice.json"]
    assert all(path.stat().st_size > 0 for path in written)
    table = pd.read_csv(tmp_path / "layers.csv", index_col="layer")
    assert table.index.tolist() == ["0", "1", "2", "3", "picked", "train_mean", "answer_length"]
    assert table.loc["picked", "spearman_extraversion"] > 0.7
    assert abs(table.loc["picked", "spearman_openness"]) < 0.45
    choice = json.loads((tmp_path / "choice.json").read_text())
    assert choice["layer"] in range(4)
    assert choice["data"]["n"] == 60
    assert f"encoders.sentences.layer={choice['layer']} reads best" in capsys.readouterr().out


def test_the_probe_needs_an_encoder_with_layers(interviews, stand_ins, tmp_path) -> None:
    from trifold.commands.probe import probe
    from trifold.errors import InputError

    model = stand_ins["BAAI/bge-small-en-v1.5"]
    with pytest.raises(InputError, match=r"expected stream among sentences, .* got 'hands'"):
        probe(probe_config(interviews, model, tmp_path, "stream=hands"))
    with pytest.raises(InputError, match="contours: expected an encoder whose layers can be read"):
        probe(probe_config(interviews, model, tmp_path, "stream=contours"))


def test_extraction_recognises_speech_unless_it_is_told_not_to(tmp_path, capsys) -> None:
    from tests.factories.media import voice, write_media
    from tests.factories.recognisers import LOOSE, converted_whisper
    from trifold.commands.extract import extract_folder

    write_media(tmp_path / "in/talk.m4a", audio=voice(3))
    model = converted_whisper(tmp_path / "whisper")
    guards = [f"asr.guards.{name}={value}" for name, value in LOOSE.items()]
    for more in (["asr=none"], ["asr=whisper", f"asr.model={model}", *guards]):
        with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
            config = compose(
                "extract",
                [f"input={tmp_path}/in", f"paths.features={tmp_path}/features", "progress=false",
                 f"paths.transcripts={tmp_path}/transcripts", "~encoders.sentences",
                 "~encoders.prosody", "~encoders.face", *more],
            )  # fmt: skip
        extract_folder(config)
        assert ("NO_TRANSCRIPT" in capsys.readouterr().out) == (more == ["asr=none"])
    (made,) = (tmp_path / "transcripts").glob("*/*/*.vtt")
    assert made.read_text().startswith("WEBVTT\n\nNOTE trifold {")
