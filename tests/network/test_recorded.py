"""Networks compute today what they computed when the numbers in ``recorded.json`` were written.

That was before ``TrifoldNetwork`` was assembled from parts: the same weights by name, shape, number
and start, and the same outputs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.network.network_factory import DIMS, make_network
from tests.network.recorded import CONFIGS, STREAMS, built, dims_of, facts
from trifold.errors import InputError

RECORDED: dict[str, Any] = json.loads(Path(__file__).with_name("recorded.json").read_text())
VARIANTS = sorted(path.stem for path in (CONFIGS / "variant").glob("*.yaml"))
HAS_CONTOURS = [name for name, streams in STREAMS.items() if "contours" in streams]


@pytest.fixture(autouse=True)
def _one_thread():
    """Sums are taken in one order, and tiny matrices gain nothing from more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def require_same(got: dict[str, Any], want: dict[str, Any]) -> None:
    """Names and counts are equal; numbers are, up to how another processor rounds."""
    assert set(got) == set(want)
    for name in ("state", "parameters"):
        assert got.pop(name) == want[name], name
    for name, numbers in got.items():
        assert numbers == pytest.approx(want[name], rel=1e-3, abs=1e-4), name


@pytest.mark.parametrize("experiment", STREAMS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_of_every_ablation_computes_the_same(variant: str, experiment: str) -> None:
    if variant == "contour_blstm" and experiment not in HAS_CONTOURS:
        with pytest.raises(InputError, match=r"expected streams among .*, got \['contours'\]"):
            built(experiment, variant)
        return
    require_same(facts(built(experiment, variant), dims_of(experiment)),
                 RECORDED[experiment][variant])  # fmt: skip


@pytest.mark.parametrize("settings", RECORDED["settings"])
def test_settings_of_before_mean_the_same(settings: str) -> None:
    network = make_network(**json.loads(settings))
    require_same(facts(network, DIMS), RECORDED["settings"][settings])
