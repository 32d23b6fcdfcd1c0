"""Every config composes, and what it names can be built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import get_class
from omegaconf import OmegaConf

ROOT = Path(__file__).parents[2] / "configs"
MUST = ["out=somewhere"]
ABLATIONS = sorted(path.stem for path in (ROOT / "experiment").glob("*_ablation.yaml"))
WITHOUT = {  # what an ablation has nothing of, so that leaving it out changes nothing
    "geometric_ablation": (
        "without_consistency",
        "without_modality_dropout",
        "without_overlap",
        "without_rank",
    )
}


def names(group: str) -> list[str]:
    return sorted(path.stem for path in (ROOT / group).glob("*.yaml"))


def composed(*overrides: str, entry: str = "train") -> dict[str, Any]:
    with initialize_config_dir(str(ROOT), version_base="1.3"):
        config = compose(entry, overrides=[*overrides])
    plain: Any = OmegaConf.to_container(config, resolve=False)
    return plain


def targets(node: Any) -> list[str]:
    """Every ``_target_`` in a tree."""
    if isinstance(node, dict):
        inner = [t for value in node.values() for t in targets(value)]
        return [node["_target_"], *inner] if "_target_" in node else inner
    if isinstance(node, list):
        return [t for value in node for t in targets(value)]
    return []


def require_buildable(config: dict[str, Any]) -> None:
    found = targets(config)
    assert found
    for target in found:
        module, _, name = target.rpartition(".")
        if name[0].isupper():
            get_class(target)
        else:
            assert callable(getattr(__import__(module, fromlist=[name]), name)), target


@pytest.mark.parametrize("name", names("experiment"))
def test_every_experiment_composes(name: str) -> None:
    config = composed(*MUST, f"experiment={name}")
    require_buildable(config)
    streams = config["streams"] or list(config["encoders"])
    assert set(streams) <= set(config["encoders"])


@pytest.mark.parametrize("experiment", ABLATIONS)
@pytest.mark.parametrize("name", names("variant"))
def test_every_variant_changes_the_ablation(name: str, experiment: str) -> None:
    plain = composed(*MUST, f"experiment={experiment}")
    changed = composed(*MUST, f"experiment={experiment}", f"variant={name}")
    require_buildable(changed)
    assert set(plain) == set(changed)
    assert (plain == changed) == (name == "full" or name in WITHOUT.get(experiment, ()))


@pytest.mark.parametrize(
    ("group", "name"),
    [(g, n) for g in ("network", "learner", "targets", "encoders") for n in names(g)],
)
def test_every_choice_of_a_group_composes(group: str, name: str) -> None:
    require_buildable(composed(*MUST, f"{group}={name}"))


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.yaml")), ids=lambda p: p.stem)
def test_keys_are_names(path: Path) -> None:
    """YAML reads ``null:``, ``yes:`` and ``1:`` as other things than words."""

    def check(node: Any) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                assert isinstance(key, str), f"{key!r} in {path.name}"
                check(value)
        elif isinstance(node, list):
            for value in node:
                check(value)

    import yaml

    check(yaml.safe_load(path.read_text(encoding="utf-8")))
