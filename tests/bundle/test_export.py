"""Exported bundles: whole, self-describing, refused when changed, and scoring as their run does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.bundle.bundle_factory import (
    CORRECTED,
    ENSEMBLE,
    KERNELS,
    PROCESS,
    batch_of,
    people,
    write_run,
)
from trifold.bundle.bundle import load_bundle
from trifold.bundle.export import export_bundle
from trifold.errors import BundleError, InputError
from trifold.scoring.predictor import Predictor

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FILES = {"bundle.json", "weights.safetensors", "reference.safetensors", "metrics.json",
         "program.pt2", "card.json", "card.md", "checksums.json"}  # fmt: skip


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> tuple[Path, Path]:
    """A run with a fusion network, a plain one and a Gaussian process averaged; its bundle."""
    root = tmp_path_factory.mktemp("export")
    write_run(root / "run", ENSEMBLE)
    export_bundle(root / "run", root / "bundle")
    return root / "run", root / "bundle"


def copy(bundle: Path, to: Path) -> Path:
    to.mkdir()
    for path in bundle.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


def test_the_bundle_scores_as_its_run_does_bit_for_bit(exported) -> None:
    run, bundle = (Predictor(load_bundle(folder)) for folder in exported)
    assert run.bundle.bundle_id == bundle.bundle.bundle_id
    for sample in people(run.bundle.description, 4, seed=5):
        first, second = run.score(sample), bundle.score(sample)
        for one, other in zip((first.candidate, *first.answers),
                              (second.candidate, *second.answers), strict=True):  # fmt: skip
            for name in ("score", "low", "high"):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        np.testing.assert_array_equal(first.candidate.spread, second.candidate.spread)
        np.testing.assert_array_equal(first.percentile, second.percentile)
        assert (first.distance, first.reasons) == (second.distance, second.reasons)


def test_every_file_is_there_and_has_a_checksum(exported) -> None:
    _, bundle = exported
    assert {path.name for path in bundle.iterdir()} == FILES
    assert set(json.loads((bundle / "checksums.json").read_text())) == FILES - {"checksums.json"}


def test_the_card_says_what_the_bundle_is(exported) -> None:
    _, bundle = exported
    facts = json.loads((bundle / "card.json").read_text())
    assert facts["bundle_id"] == load_bundle(bundle).bundle_id
    assert [t["name"] for t in facts["schema"]["targets"]] == ["warmth", "drive"]
    assert facts["purposes"]["hiring"]["ruled_out"]
    assert not facts["purposes"]["research"]["ruled_out"]
    widths = facts["intervals"]["half_width"]
    assert widths["0.8"]["warmth"] < widths["0.9"]["warmth"] < widths["0.95"]["warmth"]
    assert facts["intervals"]["n"] == {"warmth": 60, "drive": 60}
    assert facts["norms"]["drive"]["n"] == 60
    assert set(facts["withheld"]["distance"]["streams"]) == {"contours", "prosody", "face"}
    assert facts["program"]["streams"] == load_bundle(bundle).description.stream_dims
    text = (bundle / "card.md").read_text()
    for said in ("What the run said.", "## Score intervals", "## Norms", "OUT_OF_DISTRIBUTION",
                 "less than 10 words and less than 3 s of speech", "| face | video |"):  # fmt: skip
        assert said in text


def check_program(folder: Path) -> None:
    program = torch.export.load(folder / "program.pt2").module()
    loaded = load_bundle(folder)
    description = loaded.description
    for n, answers in ((1, 1), (1, 4), (5, 1), (6, 2)):
        batch = batch_of(description, people(description, n, answers=answers, seed=n))
        with torch.inference_mode():
            candidate, answer = program(batch.tokens, batch.token_mask, batch.answer_mask)
            output = loaded.network(batch.tokens, batch.token_mask, batch.answer_mask)
            torch.testing.assert_close(candidate, loaded.scaler(output.candidate))
            torch.testing.assert_close(answer, loaded.scaler(output.answer))


def test_the_exported_program_scores_batches_of_every_size(exported) -> None:
    check_program(exported[1])


@pytest.mark.parametrize("network", [KERNELS, PROCESS, CORRECTED],
                         ids=["kernels", "read by a process", "corrected"])  # fmt: skip
def test_other_kinds_of_networks_are_exported_too(network, tmp_path: Path) -> None:
    write_run(tmp_path / "run", network)
    export_bundle(tmp_path / "run", tmp_path / "bundle")
    check_program(tmp_path / "bundle")
    run, bundle = (Predictor(load_bundle(tmp_path / name)) for name in ("run", "bundle"))
    found = [run.score(one).candidate.score for one in people(run.bundle.description, 3, seed=5)]
    again = [bundle.score(one).candidate.score for one in people(run.bundle.description, 3, seed=5)]
    np.testing.assert_array_equal(found, again)
    assert np.ptp(found, axis=0).min() > 1e-3  # and they tell people apart


@pytest.mark.parametrize("name", sorted(FILES - {"checksums.json"}))
def test_a_changed_or_missing_file_is_refused_by_name(exported, tmp_path: Path, name: str) -> None:
    changed = copy(exported[1], tmp_path / "changed")
    content = bytearray((changed / name).read_bytes())
    content[len(content) // 2] ^= 1
    (changed / name).write_bytes(content)
    with pytest.raises(BundleError, match=rf"{name}: expected SHA-256 .*: changed since"):
        load_bundle(changed)
    (changed / name).unlink()
    with pytest.raises(BundleError, match=rf"{name}: expected the file that was exported, got no"):
        load_bundle(changed)


def test_checksums_stay_inside_the_bundle(exported, tmp_path: Path) -> None:
    changed = copy(exported[1], tmp_path / "changed")
    (tmp_path / "outside").write_text("x")
    (changed / "checksums.json").write_text(json.dumps({"../outside": "0"}))
    with pytest.raises(BundleError, match="expected the file that was exported, got none"):
        load_bundle(changed)
    (changed / "checksums.json").write_text("[1]")
    with pytest.raises(BundleError, match="expected a JSON object, got list"):
        load_bundle(changed)
    (changed / "checksums.json").write_text('{"card.md": 1}')
    with pytest.raises(BundleError, match="expected file names with SHA-256"):
        load_bundle(changed)


def test_a_reference_that_does_not_belong_is_refused(tmp_path: Path) -> None:
    for name, seed in (("one", 0), ("other", 1)):
        write_run(tmp_path / name, seed=seed)
    other = (tmp_path / "other/reference.safetensors").read_bytes()
    (tmp_path / "one/reference.safetensors").write_bytes(other)
    with pytest.raises(BundleError, match=r"reference\.safetensors: expected SHA-256"):
        load_bundle(tmp_path / "one")


def test_scoring_a_bundle_needs_no_training_code(exported, tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
import numpy as np
from trifold.contracts import TokenSequence
from trifold.features.collate import CandidateSample
from trifold.bundle.bundle import load_bundle
from trifold.scoring.predictor import Predictor
bundle = load_bundle(Path({str(exported[1])!r}))
d = bundle.description
times = np.arange(3, dtype="f4")
answer = {{s: TokenSequence(np.ones((3, n), "f4"), times, times + 1, d.stream_modality[s], "f")
          for s, n in d.stream_dims.items()}}
scores = Predictor(bundle).score(CandidateSample("a", (answer,)))
assert np.isfinite(scores.candidate.score).all()
bad = [m for m in sys.modules if m.split(".")[0] in ("lightning", "pytorch_lightning", "hydra")
       or m.startswith(("trifold.training", "trifold.corpora"))]
sys.exit(str(bad) if bad else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_nothing_but_an_earlier_bundle_is_replaced(exported, tmp_path: Path) -> None:
    run, bundle = exported
    again = copy(bundle, tmp_path / "again")
    (again / "stray.txt").write_text("from another export")
    export_bundle(run, again, program=False)
    assert {path.name for path in again.iterdir()} == FILES - {"program.pt2"}
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("x")
    with pytest.raises(InputError, match="expected a new folder or an earlier bundle"):
        export_bundle(run, precious)
    with pytest.raises(InputError, match="expected another folder than the run's own"):
        export_bundle(run, run)
    assert (precious / "thesis.txt").is_file()


def test_an_unfinished_run_is_not_exported(tmp_path: Path) -> None:
    write_run(tmp_path / "run")
    (tmp_path / "run/metrics.json").unlink()
    with pytest.raises(BundleError, match="expected the metrics of a finished run, got none"):
        export_bundle(tmp_path / "run", tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_the_card_tells_what_a_panel_found(exported, tmp_path: Path) -> None:
    run, _ = exported
    tried = {
        "hue": {"class": "IDENTITY", "what": "colours turned", "exceeds": ["warmth: mean +0.20"]},
        "mirror": {"class": "IDENTITY", "what": "left and right exchanged", "exceeds": []},
    }
    panel = {"format": 1, "bundle_id": load_bundle(run).bundle_id, "people": 50, "clip_s": 20.0,
             "limits": {}, "perturbations": tried}  # fmt: skip
    (tmp_path / "panel.json").write_text(json.dumps(panel))
    out = tmp_path / "told"
    export_bundle(run, out, program=False, panel=tmp_path / "panel.json")
    card = (out / "card.md").read_text()
    assert "first 20 s of recordings of 50 people; 1 is beyond a limit." in card
    assert "| IDENTITY | 2 | mirror | hue |" in card
    assert json.loads((out / "card.json").read_text())["robustness"]["people"] == 50
    (out / "panel.json").write_text("{}")
    with pytest.raises(BundleError, match=r"panel\.json"):
        load_bundle(out)
    panel["bundle_id"] = "other"
    (tmp_path / "panel.json").write_text(json.dumps(panel))
    with pytest.raises(BundleError, match="a panel of this model"):
        export_bundle(run, tmp_path / "no", program=False, panel=tmp_path / "panel.json")
    assert not (tmp_path / "no").exists()
