"""Encoders, readers and networks from outside: found by name, checked by contract, refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.factories.media import write_interview
from trifold import plugins
from trifold.bundle.bundle import load_bundle
from trifold.cli.values import check
from trifold.contracts import TokenSequence
from trifold.encoders.audio.prosody import Prosody
from trifold.encoders.base import fingerprint
from trifold.encoders.build import build_encoder
from trifold.encoders.text.contours import PsycholinguisticContours
from trifold.encoders.video.face import FaceMotion
from trifold.encoders.video.face_mesh import FaceMesh
from trifold.errors import InputError
from trifold.network.build import build_network
from trifold.network.pooled import PooledFusion
from trifold.testing.contract import check_encoder, check_network

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples/loudness.py"
LOUDNESS = {"_target_": "plugin.loudness"}
BUNDLE = """
import sys
from tests.scoring.scoring_factory import SCHEMA
from trifold.bundle.bundle import Description, describe_streams, write_bundle
from trifold.bundle.calibration import uncalibrated
from trifold.network.build import build_network, build_targets
from trifold.network.targets.spec import STANDARD_TARGETS
from pathlib import Path

spec = {"_target_": "trifold.network.pooled.PooledFusion", "width": 4}
made = Description(name="loud", synthetic=True, terms="free", schema=SCHEMA,
    streams=describe_streams({"loud": {"_target_": "plugin.loudness"}}, modalities=["audio"]),
    network=spec, coverage=0.9, half_width=uncalibrated(2))
network = build_network(spec, stream_dims=made.stream_dims,
    stream_modality=made.stream_modality, num_targets=len(SCHEMA.targets))
scaler = build_targets(STANDARD_TARGETS, SCHEMA)
write_bundle(Path(sys.argv[1]), made, network, scaler)
"""


@pytest.fixture
def announced(monkeypatch) -> None:
    monkeypatch.setattr(plugins, "_found", {})
    monkeypatch.setenv(plugins.VARIABLE, "")
    plugins.announce([str(EXAMPLE)])


def test_the_example_is_short_and_holds_its_contract(announced) -> None:
    assert len(EXAMPLE.read_text().splitlines()) <= 25
    check_encoder(build_encoder(LOUDNESS))


@pytest.mark.parametrize("made", [Prosody, FaceMotion, FaceMesh, PsycholinguisticContours])
def test_encoders_of_ours_hold_the_contract_too(made) -> None:
    check_encoder(made())


@pytest.mark.parametrize(
    "made",
    [
        PooledFusion,
        partial(
            build_network,
            {"_target_": "trifold.network.trifold.TrifoldNetwork", "width": 16, "members": 2},
        ),
    ],
)
def test_networks_of_ours_hold_the_contract_too(made) -> None:
    check_network(made)


class Wrong:
    """An encoder that gives what its settings say."""

    modality, dim, sample_rate_hz = "audio", 2, 16000
    fingerprint = "0" * 16

    def __init__(self, **changes) -> None:
        self.changes, self.calls = changes, 0

    def encode(self, chunks):
        self.calls += 1
        n = sum(1 for _ in chunks)
        values = np.full((min(n, 3), self.changes.get("width", 2)), 1.0, np.float32)
        values *= self.changes.get("value", 1.0) * (self.calls if "moody" in self.changes else 1)
        start = np.arange(len(values), dtype=np.float32)[:: self.changes.get("order", 1)]
        return TokenSequence(values, start, start + 1, "audio", self.fingerprint)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 3}, r"contract: expected values \(L, 2\)"),
        ({"value": np.nan}, "expected finite values"),
        ({"moody": True}, "expected the same tokens for the same input"),
        ({}, "however the sound is cut into chunks"),
    ],
)
def test_what_breaks_the_contract_is_named(changes, message) -> None:
    with pytest.raises(InputError, match=message):
        check_encoder(Wrong(**changes))


def test_names_are_found_or_told(announced, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"plugin\.loudnes: expected the plug-in 'loudnes' \(enc"):
        build_encoder({"_target_": "plugin.loudnes"})
    with pytest.raises(InputError, match="expected a file of Python"):
        plugins.announce([str(tmp_path / "none.py")])
    bad = tmp_path / "bad.py"
    bad.write_text("import nothing_like_it")
    plugins.announce([str(bad)])
    with pytest.raises(InputError, match=r"bad\.py: expected a plug-in that loads, got ModuleNot"):
        build_encoder({"_target_": "plugin.other"})
    with pytest.raises(InputError, match="expected kinds of plug-ins among encoder"):
        plugins.plugin("encoders", "x")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="a plain name"):
        plugins.plugin("encoder", "os.system")


def test_files_of_plugins_are_checked_with_all_other_settings() -> None:
    with pytest.raises(InputError, match=r"mine\.py: expected a file of Python with plug-ins"):
        check({"plugins": ["mine.py"]}, "train")
    check({"plugins": [str(EXAMPLE)]}, "train")


def test_a_plugin_of_another_kind_is_no_encoder(announced) -> None:
    plugins.plugin("encoder", "thing")(dict)
    with pytest.raises(InputError, match="expected a class of kind Encoder"):
        build_encoder({"_target_": "plugin.thing"})


def test_an_installed_package_has_its_plugins_found(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(plugins, "_found", {})
    (tmp_path / "their_encoders.py").write_text(EXAMPLE.read_text().split("@trifold")[0] + (
        "class Quiet:\n    modality, dim, sample_rate_hz = 'audio', 1, 16000\n"
        "    fingerprint = fingerprint('Quiet', 1, {})\n"
        "    def encode(self, chunks): ...\n"))  # fmt: skip
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[trifold.encoders]\nquiet = their_encoders:Quiet\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert build_encoder({"_target_": "plugin.quiet"}).fingerprint == fingerprint("Quiet", 1, {})


def test_a_bundle_that_needs_a_plugin_scores_with_it_and_refuses_without(shell, tmp_path) -> None:
    with_it = os.environ | {plugins.VARIABLE: str(EXAMPLE), "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    subprocess.run([sys.executable, "-c", BUNDLE, str(tmp_path / "b")], env=with_it, check=True)
    with pytest.raises(InputError, match=r"the plug-in 'loudness' \(encoder\): install the pack"):
        load_bundle(tmp_path / "b")
    (tmp_path / "in").mkdir()
    write_interview(tmp_path / "in", "ann", seconds=2.0)
    command = ["score", "input=in", "bundle=b", "out=out", "report=false", "workers=2",
               "withhold=[]"]  # fmt: skip
    without = shell.trifold(*command, folder=tmp_path)
    assert without.returncode == 2
    assert "plugins=[FILE.py]" in without.stderr
    done = shell.trifold(*command, f"plugins=[{EXAMPLE}]", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    (row,) = map(json.loads, (tmp_path / "out/answers.jsonl").read_text().splitlines())
    assert row["status"] == "scored"
