"""No spelling of a specification builds anything but the classes that it is meant for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.watching import watched
from trifold.contracts import Target, TargetSchema
from trifold.encoders.build import build_encoder, is_pretrained
from trifold.errors import InputError, TrifoldError
from trifold.network.build import build_network, build_targets
from trifold.network.former_settings import in_parts
from trifold.specs import resolve

SCHEMA = TargetSchema("s", (Target("warmth", 1, 7),))
PLAIN = "trifold.network.pooled.PooledFusion"


def network(spec: object) -> object:
    return build_network(spec, stream_dims={"a": 3}, stream_modality={"a": "audio"}, num_targets=1)  # type: ignore[arg-type]


def command(file: Path) -> dict[str, object]:
    return {"_target_": "os.system", "command": f"touch {file}"}


DOORS = {
    "an imported builder": lambda below, f: {
        "_target_": f"{below}.build.build", "spec": command(f), "below": "os"},
    "a builder of our own": lambda below, f: {
        "_target_": "trifold.specs.build", "spec": command(f), "below": "os"},
    "a name outside": lambda below, f: command(f),
    "a package that only begins like ours": lambda below, f: {"_target_": f"{below}_evil.Class"},
    "an imported module": lambda below, f: {"_target_": f"{below}.build.Mapping"},
    "dots through a module": lambda below, f: {"_target_": f"{below}.build.import_module.x"},
    "dunder": lambda below, f: {"_target_": f"{below}.build.__builtins__"},
    "a dunder path": lambda below, f: {"_target_": f"{below}.build.__loader__.load_module"},
    "the package": lambda below, f: {"_target_": below},
    "an empty part": lambda below, f: {"_target_": f"{below}..build.build"},
    "a line end": lambda below, f: {"_target_": f"{below}.build.build\n"},
    "wide letters": lambda below, f: {"_target_": f"{below}.build.\uff42uild"},
    "a look-alike dot": lambda below, f: {"_target_": f"{below}\u2024build\u2024build"},
    "a path": lambda below, f: {"_target_": f"{below}./../../{f}"},
    "a list": lambda below, f: {"_target_": [below, "build", "build"]},
    "a nested specification as the name": lambda below, f: {"_target_": command(f)},
    "nothing": lambda below, f: {},
    "Hydra's call": lambda below, f: {"_target_": below + ".build.build", "_args_": ["os.system"]},
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("below", ["trifold.encoders", "trifold.network"])
def test_no_door_opens(door: str, below: str, tmp_path: Path) -> None:
    victim = tmp_path / "pwned"
    spec = DOORS[door](below, victim)
    makers = {"trifold.encoders": (build_encoder, is_pretrained), "trifold.network": (
        network, lambda s: build_targets(s, SCHEMA))}[below]  # fmt: skip
    with watched() as seen:
        for make in makers:
            with pytest.raises(InputError, match="expected a "):
                make(spec)
    assert not victim.exists()
    assert not seen


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("trifold.network.pooled.TokenProjector", "a class that trifold.network.pooled defines"),
        ("trifold.network.pooled.masked_mean", "a class that trifold.network.pooled defines"),
        ("trifold.network.base.nn", "a class that trifold.network.base defines"),
        ("trifold.network.base.trained_numbers", "a class that trifold.network.base defines"),
        (
            "trifold.network.blocks.streams.projector.TokenProjector",
            "a class of kind FusionNetwork",
        ),
        ("trifold.network.targets.standard.StandardTargets", "a class of kind FusionNetwork"),
        ("trifold.network.budget.Budget", "a class of kind FusionNetwork"),
        ("trifold.network.base.FusionNetwork.forward", "a class that exists"),
    ],
)
def test_networks_are_networks(target: str, kind: str) -> None:
    with pytest.raises(InputError, match=f"expected {kind}"):
        network({"_target_": target})


@pytest.mark.parametrize("wrapper", ["ensemble", "blind", "lora"])
def test_networks_within_networks_are_held_to_the_same(wrapper: str, tmp_path: Path) -> None:
    victim = tmp_path / "pwned"
    inner = DOORS["an imported builder"]("trifold.network", victim)
    spec = {
        "ensemble": {"_target_": "trifold.network.wrappers.ensemble.EnsembleNetwork",
                     "members": [inner]},
        "blind": {"_target_": "trifold.network.wrappers.blind.BlindNetwork", "network": inner,
                  "unseen": []},
        "lora": {"_target_": "trifold.network.wrappers.lora.FineTunedEncoder", "network": inner,
                 "stream": "a", "model": str(tmp_path)},
    }[wrapper]  # fmt: skip
    with watched() as seen, pytest.raises(TrifoldError):
        network(spec)
    assert not victim.exists()
    assert not seen


PARTS = dict(in_parts({"_target_": "trifold.network.trifold.TrifoldNetwork", "width": 8}))


def places(spec: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where specifications stand inside one."""
    for key, value in spec.items():
        if isinstance(value, dict):
            yield from [(*path, key)] if "_target_" in value else []
            yield from places(value, (*path, key))


def put(spec: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    """The same with another value at one place."""
    first, *rest = path
    return spec | {first: put(spec[first], tuple(rest), value) if rest else value}


@pytest.mark.parametrize("place", list(places(PARTS)), ids=".".join)
def test_parts_are_held_to_the_same_at_every_depth(place: tuple[str, ...], tmp_path: Path) -> None:
    victim = tmp_path / "pwned"
    with watched() as seen:
        for door in DOORS.values():
            with pytest.raises(InputError, match="expected a "):
                network(put(PARTS, place, door("trifold.network", victim)))
        for value in (None, 1, "trifold.network.blocks.enhancer.PlainText", [], [PARTS]):
            with pytest.raises(InputError):
                network(put(PARTS, place, value))
    assert not victim.exists()
    assert not seen


@pytest.mark.parametrize("place", list(places(PARTS)), ids=".".join)
def test_a_part_is_of_the_kind_that_its_place_wants(place: tuple[str, ...]) -> None:
    for target in (PLAIN, "trifold.network.blocks.affine.TokenStandardizer"):
        with pytest.raises(InputError, match="expected a class of kind"):
            network(put(PARTS, place, {"_target_": target, "dim": 3}))


@pytest.mark.parametrize(
    "base",
    ["connector.Connector", "connector.QueryConnector", "enhancer.Enhancer", "heads.EnsembleHead",
     "experts.base.Expert", "experts.fusion.ExpertFusion", "streams.projector.Projector",
     "question.QuestionInText", "experts.router.ExpertRouter", "routing.TraitRouting"],
)  # fmt: skip
def test_what_only_says_what_a_part_does_is_no_part(base: str) -> None:
    target = f"trifold.network.blocks.{base}"
    kind = resolve({"_target_": target}, below="trifold.network")
    for place in places(PARTS):
        spec = put(PARTS, place, {"_target_": target})
        with pytest.raises(InputError, match=f"abstract class {kind.__name__}|class of kind"):
            network(spec)


@pytest.mark.parametrize("size", ["width", "feature_dim", "num_targets", "dropout", "num_experts"])
def test_sizes_are_the_networks_to_say(size: str) -> None:
    with pytest.raises(InputError, match="takes these settings"):
        network(put(PARTS, ("router",), PARTS["router"] | {size: 8}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"router": None}, "expected a router for experts alone, got 3 experts"),
        ({"experts": {}}, "expected experts to choose among, got none"),
        ({"connectors": {}}, "expected connectors audio and video, got "),
        ({"colour": 1}, "takes these settings, got .*colour"),
        ({"experts": [1]}, r"expected a specification as experts, got \[1\]"),
        ({"experts": {"a": 1}}, r"expected a specification as experts\.a, got 1"),
        ({"width": "8"}, "takes these settings"),
    ],
    ids=str,
)
def test_parts_that_do_not_fit_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        network(PARTS | changes)


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("trifold.encoders.base.Encoder", "a class of kind Encoder"),
        ("trifold.encoders.speech_to_text.whisper.WhisperRecogniser", "a class of kind Encoder"),
        ("trifold.encoders.video.yunet.YuNetFaces", "a class of kind Encoder"),
        (
            "trifold.encoders.text.facets.MiniLM",
            "a class that trifold.encoders.text.facets defines",
        ),
    ],
)
def test_encoders_are_encoders(target: str, kind: str) -> None:
    with pytest.raises(InputError, match=f"expected {kind}"):
        build_encoder({"_target_": target})


@pytest.mark.parametrize(
    "settings",
    [{"_partial_": True}, {"_args_": [1]}, {"_recursive_": False}, {"self": 1}, {"width": "9" * 9},
     {"stream_dims": {"a": 9}}, {"num_targets": 2}, {"__class__": "x"}, {"": 1}, {"width": -1},
     {"width": None}, {"width": [8]}, {"width": {"_target_": "os.getcwd"}}, {"dropout": "x"}],
    ids=str,
)  # fmt: skip
def test_a_class_gets_the_settings_that_it_knows(settings: dict[str, object]) -> None:
    with pytest.raises(InputError, match="takes these settings"):
        network({"_target_": PLAIN} | settings)


@pytest.mark.parametrize(
    "model",
    ["https://evil.example/model", "evil/../../etc", "../../etc/passwd", "hf-hub:evil/model", "\0",
     "file:///etc", "//evil/share/model", "evil/model\n", "\uff45vil/model", "", "s3://evil/model"],
)  # fmt: skip
def test_models_are_folders_or_hub_ids(model: str) -> None:
    spec = {"_target_": "trifold.encoders.text.sentence_encoder.SentenceEncoder", "model": model}
    with watched() as seen, pytest.raises(TrifoldError):
        build_encoder(spec | {"revision": "0" * 40})
    assert not [event for event in seen if "write" not in event]
