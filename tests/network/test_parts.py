"""How networks come from nested specifications."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.network.network_factory import DIMS, MODALITY, make_batch
from trifold import plugins
from trifold.network.base import FusionNetwork
from trifold.network.blocks.enhancer import PlainText
from trifold.network.build import build_network
from trifold.network.former_settings import in_parts
from trifold.network.pooled import PooledFusion
from trifold.network.trifold import TrifoldNetwork

PARTS: dict[str, Any] = dict(
    in_parts({"_target_": "trifold.network.trifold.TrifoldNetwork", "width": 16, "members": 2})
)


def made(spec: dict[str, Any]) -> FusionNetwork:
    torch.manual_seed(0)
    modality: Any = MODALITY
    return build_network(spec, stream_dims=DIMS, stream_modality=modality, num_targets=4).eval()


def turned(spec: Any) -> Any:
    """The same mappings, written from the end."""
    if not isinstance(spec, dict):
        return spec
    return {name: turned(value) for name, value in reversed(spec.items())}


def test_the_order_of_a_file_does_not_change_the_start() -> None:
    kept = PARTS["experts"], PARTS["connectors"]  # whose own order is that of their weights
    other = turned(PARTS) | {"experts": kept[0], "connectors": kept[1]}
    first, second = made(PARTS).state_dict(), made(other).state_dict()
    assert list(first) == list(second)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_specification_of_parts_is_left_as_it_is() -> None:
    assert in_parts(PARTS) is PARTS
    plain = {"_target_": "trifold.network.pooled.PooledFusion", "width": 4}
    assert in_parts(plain) is plain


def test_connectors_may_differ_by_modality() -> None:
    pooled = {"_target_": "trifold.network.blocks.connector.PooledConnector"}
    network = made(PARTS | {"connectors": PARTS["connectors"] | {"video": pooled}})
    assert [len(one.layers) for one in network.connectors.values()] == [1, 0]  # type: ignore[union-attr,operator]
    assert network(*make_batch()).candidate.isfinite().all()


@pytest.mark.parametrize("kind", ["network", "part"])
def test_plugins_are_networks_and_parts_too(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "_found", {})

    class Mine(PooledFusion):
        def __init__(self, *, depth: int, **settings: Any) -> None:
            super().__init__(**settings)
            self.depth = depth

    class Louder(PlainText):
        def forward(self, text, audio, video, present):
            return text + audio

    plugins.plugin("network", "mine")(Mine)
    plugins.plugin("network", "louder")(Louder)
    if kind == "network":
        network = made({"_target_": "plugin.mine", "depth": 3, "width": 8})
        assert isinstance(network, Mine)
    else:
        network = made(PARTS | {"enhancer": {"_target_": "plugin.louder"}})
        assert isinstance(network, TrifoldNetwork)
        assert isinstance(network.enhancer, Louder)
    assert network(*make_batch()).candidate.isfinite().all()
