"""Specifications of ``TrifoldNetwork`` from when it chose its blocks by strings.

Bundles that were written then hold them, as in ``{"connector": "mha", "routing": "soft"}``; here
they become specifications of parts. Nothing else reads the old settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trifold.errors import InputError, unknown
from trifold.former_names import present
from trifold.network.blocks.routing import PATHS
from trifold.specs import Spec

TRIFOLD = "trifold.network.trifold.TrifoldNetwork"
BLOCKS = "trifold.network.blocks."
SHARED = ("width", "dropout")
DEFAULTS: Spec = {
    "streams": None,
    "bottleneck": 64,
    "projector": "tokens",
    "prompt_gate": True,
    "contour_streams": (),
    "connector": "mha",
    "direction": "text_query",
    "connector_layers": 1,
    "heads": 4,
    "enhancer": True,
    "question_token": True,
    "routing": "soft",
    "routing_prior": None,
    "experts": ("euclidean", "hyperbolic", "spherical"),
    "hyperbolic": None,
    "spherical": None,
    "router": "adaptive",
    "router_noise": 0.0,
    "fusion": "tangent",
    "head": "batchensemble",
    "members": 16,
    "aggregate": "question",
    "missing": "learned",
}
PROJECTORS = {
    "tokens": "streams.chunks.ChunkProjector",
    "concat": "streams.chunks.SliceProjector",
    "linear": "streams.projector.TokenProjector",
}
MISSING = {"learned": True, "zero": False}
CONNECTORS = {
    "mha": "connector.AttentionConnector",
    "headgate": "connector.HeadGateConnector",
    "concat": "connector.JointConnector",
    "none": "connector.PooledConnector",
}
DIRECTIONS = {"text_query": (True, False), "av_query": (False, True), "both": (True, True)}
ROUTINGS = {
    "soft": "routing.SoftRouting",
    "static": "routing.StaticRouting",
    "fixed": "routing.FixedRouting",
    "uniform": "routing.UniformRouting",
    **dict.fromkeys(PATHS, "routing.SinglePathRouting"),
}
GEOMETRIES = {
    "euclidean": "experts.euclidean.EuclideanExpert",
    "hyperbolic": "experts.curved.HyperbolicExpert",
    "spherical": "experts.curved.SphericalExpert",
}
CONTROLS = {"euclidean_for_hyperbolic": "hyperbolic", "euclidean_for_spherical": "spherical"}
ROUTERS = {
    "adaptive": "experts.router.AdaptiveRouter",
    "static": "experts.router.StaticRouter",
    "uniform": "experts.router.UniformRouter",
}
FUSIONS = {
    "tangent": "experts.fusion.TangentFusion",
    "gyromidpoint": "experts.fusion.GyromidpointFusion",
    "concat": "experts.fusion.ConcatFusion",
    "scores": "experts.fusion.ScoreFusion",
}
HEADS = {"batchensemble": "heads.BatchEnsembleHead", "full_mlp": "heads.FullEnsembleHead"}
AGGREGATES = {
    "question": "answers.QuestionAwareAnswers",
    "question_hard": "answers.HardQuestionAnswers",
    "mean": "answers.EvenAnswers",
    "max": "answers.HighestAnswer",
}


def in_parts(spec: Spec) -> Spec:
    """A specification of ``TrifoldNetwork`` by parts; what already is one, or is of another class.

    Raises:
        InputError: for settings that there never were, or that say nothing.
    """
    target = spec.get("_target_") if isinstance(spec, Mapping) else None
    if not isinstance(target, str) or present(target) != TRIFOLD or "projection" in spec:
        return spec
    given = {name: value for name, value in spec.items() if name != "_target_"}
    for name in given:
        if name not in DEFAULTS and name not in SHARED:
            raise unknown(name, [*SHARED, *DEFAULTS], what="settings that it takes", where=TRIFOLD)
    old = {**DEFAULTS, **given}
    shared = {name: given[name] for name in SHARED if name in given}
    connector, experts = _connector(old), _experts(old)
    asked = "question.QuestionToken" if old["question_token"] else "question.PlainTokens"
    router = _part(_chosen(old, "router", ROUTERS), noise=old["router_noise"])
    return {
        "_target_": TRIFOLD,
        **shared,
        "projection": _projection(old),
        "question": _part(asked),
        "pool": _part("attention.AttentionPool"),
        "connectors": {"audio": connector, "video": connector},
        "enhancer": _part("enhancer.TextEnhancer" if old["enhancer"] else "enhancer.PlainText"),
        "routing": _routing(old),
        "experts": experts,
        "router": router if experts else None,
        "fusion": _part(_chosen(old, "fusion", FUSIONS)),
        "head": _part(_chosen(old, "head", HEADS), members=old["members"]),
        "answers": _part(_chosen(old, "aggregate", AGGREGATES)),
    }


def _projection(old: Spec) -> Spec:
    projector = _chosen(old, "projector", PROJECTORS)
    chunks = {"hidden": old["bottleneck"], "prompt_gate": old["prompt_gate"]}
    contours = _part("streams.contours.ContourPath")
    return _part(
        "streams.projection.StreamProjection",
        projector=_part(projector, **({} if old["projector"] == "linear" else chunks)),
        by_stream=dict.fromkeys(_names(old, "contour_streams"), contours),
        streams=None if old["streams"] is None else _names(old, "streams"),
        learned_null=_chosen(old, "missing", MISSING),
    )


def _connector(old: Spec) -> Spec:
    target = _chosen(old, "connector", CONNECTORS)
    text_asks, other_asks = _chosen(old, "direction", DIRECTIONS)
    if old["connector"] not in ("mha", "headgate"):
        return _part(target)
    layers = {"layers": old["connector_layers"]} if old["connector"] == "mha" else {}
    asks = {"text_asks": text_asks, "other_asks": other_asks}
    return _part(target, heads=old["heads"], **asks, **layers)


def _routing(old: Spec) -> Spec:
    target = _chosen(old, "routing", ROUTINGS)
    path = {"path": old["routing"]} if old["routing"] in PATHS else {}
    return _part(target, prior=old["routing_prior"], **path)


def _experts(old: Spec) -> dict[str, Spec]:
    """Name to expert, numbered where one occurs twice."""
    found: dict[str, Spec] = {}
    for place, name in enumerate(_names(old, "experts")):
        key = name if name not in found else f"{name}_{place}"
        geometry = CONTROLS.get(name, name)
        if geometry not in GEOMETRIES:
            raise unknown(name, [*GEOMETRIES, *CONTROLS], what="experts", where=TRIFOLD)
        settings = old.get(geometry) or {}
        if not isinstance(settings, Mapping) or "_target_" in settings:
            raise InputError(expected="settings of an expert", got=repr(settings)[:80], where=name)
        found[key] = _part(GEOMETRIES[geometry], **settings)
        if name in CONTROLS:
            found[key] = _part("experts.euclidean.MatchedEuclideanExpert", stands_for=found[key])
    return found


def _part(name: str, /, **settings: object) -> dict[str, Any]:
    return {"_target_": BLOCKS + name, **settings}


def _chosen(old: Spec, setting: str, table: Mapping[str, Any]) -> Any:
    """What a name stands for."""
    value = old[setting]
    if not isinstance(value, str) or value not in table:
        raise unknown(value, table, what=f"{setting}", where=TRIFOLD)
    return table[value]


def _names(old: Spec, setting: str) -> list[str]:
    value = old[setting]
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise InputError(expected=f"a list of names as {setting}", got=repr(value)[:80])
    return list(value)
