"""Bundles and configs written before the package had its name still mean the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trifold.bundle.description import read_description
from trifold.encoders.build import encoder_class
from trifold.errors import InputError
from trifold.former_names import FORMER_CLASSES, FORMER_MODULES, present
from trifold.network.build import build_network, build_targets
from trifold.specs import resolve

FORMER = Path(__file__).parent / "former"  # written by version 0.1.0, when it was called src


def test_the_network_of_an_old_bundle_is_built_with_the_same_weights() -> None:
    description, _ = read_description(FORMER)
    network = build_network(
        description.network,
        stream_dims=description.stream_dims,
        stream_modality=description.stream_modality,
        num_targets=len(description.schema.targets),
    )
    scaler = build_targets(description.targets, description.schema)
    shapes = {name: list(tensor.shape) for name, tensor in network.state_dict().items()}
    assert shapes == json.loads((FORMER / "shapes.json").read_text())
    assert type(scaler).__module__ == "trifold.network.targets.transforms"


def test_the_encoders_of_an_old_bundle_are_found() -> None:
    description, _ = read_description(FORMER)
    for stream in description.streams.values():
        assert encoder_class(stream.spec).__module__.startswith("trifold.encoders.")


@pytest.mark.parametrize("former", FORMER_MODULES)
def test_every_former_module_has_its_classes_where_the_table_says(former: str) -> None:
    module = FORMER_MODULES[former]
    assert present(f"{former}.Name") == f"{module}.Name"
    path = Path(__file__).parents[2] / "src" / Path(*module.split(".")).with_suffix(".py")
    assert path.is_file()


@pytest.mark.parametrize("former", FORMER_CLASSES)
def test_every_former_class_is_the_one_that_the_table_says(former: str) -> None:
    package = ".".join(former.split(".")[:2])
    found = resolve({"_target_": former}, below=package)
    assert f"{found.__module__}.{found.__name__}" == FORMER_CLASSES[former]
    assert present(former.replace("trifold.", "src.", 1)) == FORMER_CLASSES[former]


def test_a_former_name_opens_no_other_door() -> None:
    for target in ("src.specs.build", "src.network.build.build_network", "src.os.system"):
        with pytest.raises(InputError):
            resolve({"_target_": target}, below="trifold.network")
