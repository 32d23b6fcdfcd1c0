"""A trained model as a self-describing folder: ``bundle.json`` and ``weights.safetensors``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from src.contracts import MODALITIES, QUESTION, Modality, Target, TargetSchema
from src.encoders.build import build_encoder, build_encoders
from src.errors import BundleError, InputError
from src.network.build import STANDARD_TARGETS, Targets, build_network
from src.network.network import FusionNetwork
from src.terms import cleared

FORMAT = 1
DESCRIPTION, WEIGHTS = "bundle.json", "weights.safetensors"


@dataclass(frozen=True)
class Stream:
    """One encoder of the bundle: how to build it and what it must be."""

    spec: Mapping[str, Any]
    modality: Modality
    dim: int
    fingerprint: str


@dataclass(frozen=True)
class Description:
    """All of a bundle but the weights; JSON-ready.

    Attributes:
        name: of the run.
        synthetic: True when trained on generated people.
        terms: licence terms of the training corpus.
        schema: the K targets.
        streams: stream name to encoder.
        network: specification of the network.
        coverage: nominal coverage of the intervals.
        targets: specification of the transform between scores and the network's targets.
        half_width: ``candidate`` and ``answer`` to K conformal half-widths on the schema's scale;
            None where too few held-out candidates were there to calibrate.
    """

    name: str
    synthetic: bool
    terms: str
    schema: TargetSchema
    streams: Mapping[str, Stream]
    network: Mapping[str, Any]
    coverage: float
    half_width: Mapping[str, list[float | None]]
    targets: Mapping[str, Any] = field(default_factory=lambda: dict(STANDARD_TARGETS))

    @property
    def stream_dims(self) -> dict[str, int]:
        """Stream name to token width."""
        return {name: stream.dim for name, stream in self.streams.items()}

    @property
    def stream_modality(self) -> dict[str, Modality]:
        """Stream name to modality."""
        return {name: stream.modality for name, stream in self.streams.items()}

    @property
    def fingerprints(self) -> dict[str, str]:
        """Stream name to encoder fingerprint."""
        return {name: stream.fingerprint for name, stream in self.streams.items()}

    @property
    def encoder_specs(self) -> dict[str, Mapping[str, Any]]:
        """Stream name to encoder specification."""
        return {name: stream.spec for name, stream in self.streams.items()}


@dataclass(frozen=True)
class Bundle:
    """A loaded bundle, ready to score; ``bundle_id`` identifies weights and description."""

    description: Description
    network: FusionNetwork
    scaler: Targets
    bundle_id: str

    def cleared_for(self, purpose: str, *, rights: str | None = None) -> Bundle:
        """The same, if the terms of its data allow the purpose; stated rights join the terms.

        Raises:
            InputError: see ``src.terms.cleared``.
        """
        terms = cleared(purpose, self.description.terms, rights=rights)
        return replace(self, description=replace(self.description, terms=terms))


def describe_streams(
    specs: Mapping[str, Mapping[str, Any]], *, modalities: Sequence[str]
) -> dict[str, Stream]:
    """Build each encoder once to learn what it is; keep those of the wanted modalities.

    Raises:
        InputError: when a modality is unknown or no encoder is left.
    """
    unknown = sorted(set(modalities) - set(MODALITIES))
    if unknown:
        raise InputError(expected=f"modalities among {', '.join(MODALITIES)}", got=unknown[0])
    encoders = build_encoders(specs)
    streams = {
        name: Stream(dict(specs[name]), encoder.modality, encoder.dim, encoder.fingerprint)
        for name, encoder in encoders.items()
        if encoder.modality in (*modalities, QUESTION)
    }
    if not any(stream.modality != QUESTION for stream in streams.values()):
        raise InputError(expected="at least one encoder", got=f"none for {list(modalities)}")
    return streams


def write_bundle(
    folder: Path,
    description: Description,
    network: FusionNetwork,
    scaler: Targets,
    *,
    network_spec: Mapping[str, Any] | None = None,
) -> None:
    """Write weights first, then the description that carries their SHA-256.

    Args:
        folder: the run folder.
        description: of the bundle.
        network: trained.
        scaler: fitted.
        network_spec: rebuilds the network, where it is not the description's.
    """
    if network_spec is not None:
        description = replace(description, network=network_spec)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"network.{k}": v.contiguous() for k, v in network.state_dict().items()}
    tensors |= {f"scaler.{k}": v.contiguous() for k, v in scaler.state_dict().items()}
    save_file(tensors, folder / WEIGHTS)
    facts = {"format": FORMAT, "weights_sha256": _sha256(folder / WEIGHTS), **asdict(description)}
    (folder / DESCRIPTION).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def load_bundle(folder: Path) -> Bundle:
    """Load and check a bundle; nothing is unpickled.

    Raises:
        BundleError: when it is missing, damaged, of another format, or when an installed encoder
            is not the one that it was trained with.
    """
    facts = _read_facts(folder)
    description = _description(facts, folder)
    for name, stream in description.streams.items():
        _check_encoder(name, stream, folder)
    network, scaler = build_network(
        description.network,
        stream_dims=description.stream_dims,
        stream_modality=description.stream_modality,
        schema=description.schema,
        targets=description.targets,
    )
    _load_weights(folder / WEIGHTS, facts["weights_sha256"], network, scaler)
    bundle_id = _sha256(folder / DESCRIPTION)[:12]
    return Bundle(description, network.eval(), scaler.eval(), bundle_id)


def _read_facts(folder: Path) -> dict[str, Any]:
    path = folder / DESCRIPTION
    if not path.is_file():
        raise BundleError(expected=f"a run folder with {DESCRIPTION}", got="none", where=folder)
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BundleError(expected="valid JSON", got=str(error), where=path) from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        came = facts.get("format") if isinstance(facts, dict) else type(facts).__name__
        raise BundleError(expected=f"bundle format {FORMAT}", got=repr(came), where=path)
    return facts


def _description(facts: Mapping[str, Any], folder: Path) -> Description:
    """Rebuild the dataclasses from JSON."""
    try:
        fields = {k: v for k, v in facts.items() if k not in ("format", "weights_sha256")}
        schema = fields.pop("schema")
        targets = tuple(Target(**target) for target in schema["targets"])
        streams = {name: Stream(**stream) for name, stream in fields.pop("streams").items()}
        return Description(schema=TargetSchema(schema["name"], targets), streams=streams, **fields)
    except (KeyError, TypeError) as error:
        where = folder / DESCRIPTION
        raise BundleError(expected="a complete description", got=str(error), where=where) from error


def _check_encoder(name: str, stream: Stream, folder: Path) -> None:
    came = build_encoder(stream.spec).fingerprint
    if came != stream.fingerprint:
        raise BundleError(
            expected=f"encoder '{name}' with fingerprint {stream.fingerprint}",
            got=f"{came} (another version, setting or weights): train again or install what the "
            "bundle was trained with",
            where=folder,
        )


def _load_weights(path: Path, sha256: str, network: FusionNetwork, scaler: Targets) -> None:
    if not path.is_file():
        raise BundleError(expected="a weights file", got="none", where=path)
    if _sha256(path) != sha256:
        raise BundleError(expected=f"SHA-256 {sha256}", got=_sha256(path), where=path)
    both = torch.nn.ModuleDict({"network": network, "scaler": scaler})
    try:
        both.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError) as error:
        raise BundleError(
            expected="weights that fit the network", got=str(error), where=path
        ) from error


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
