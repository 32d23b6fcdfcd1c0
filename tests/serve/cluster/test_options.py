"""What of a cluster is used, as a command line says it and a folder keeps it."""

from __future__ import annotations

import pytest

from trifold.errors import InputError
from trifold.serve.cluster.options import ClusterOptions
from trifold.serve.operations.start import read_arguments


def test_options_are_kept_for_a_gateway_that_is_started_anew(tmp_path) -> None:
    given = {"ray": "10.0.0.5:6379", "max_workers": "16", "cpus": "0.5", "gpus": "0.25"}
    options = ClusterOptions.of(given)
    assert options == ClusterOptions("10.0.0.5:6379", 16, 0.5, 0.25)
    options.write(tmp_path)
    assert ClusterOptions.read(tmp_path) == options


@pytest.mark.parametrize(
    ("name", "text"),
    [("gpus", "-1"), ("gpus", "half"), ("cpus", "inf"), ("cpus", "nan"), ("max_workers", "1.5")],
)
def test_numbers_that_are_none_are_named(name: str, text: str) -> None:
    with pytest.raises(InputError, match=f"{name}: expected a .*number of 0 or more, got '{text}'"):
        ClusterOptions.of({name: text})


def test_options_of_a_cluster_need_that_engine() -> None:
    assert read_arguments(["engine=ray", "gpus=0.25"])[0]["gpus"] == "0.25"
    with pytest.raises(InputError, match="gpus: expected engine=ray beside gpus=, got built_in"):
        read_arguments(["gpus=0.25"])
