"""A trained model as a self-describing folder: description, weights and reference numbers."""

from __future__ import annotations

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
from src.forms import Grid, grid_of
from src.network.build import STANDARD_TARGETS, Targets, build_network
from src.network.network import FusionNetwork
from src.scoring.checksums import sha256, verify
from src.scoring.reference import Reference, read_reference, write_reference
from src.terms import cleared

FORMAT = 1
DESCRIPTION, WEIGHTS, REFERENCE = "bundle.json", "weights.safetensors", "reference.safetensors"
HASHES = ("weights_sha256", "reference_sha256")


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
        limits: what makes a score doubtful: fewer ``words`` or ``speech_s`` over all answers, a
            ``distance`` above it. What is not named has no limit.
        half_width: ``candidate``, ``answer`` and the key of every form that was told apart to K
            conformal half-widths on the schema's scale; None where too few held-out candidates were
            there to calibrate.
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
    limits: Mapping[str, float] = field(default_factory=dict)

    @property
    def grid(self) -> Grid | None:
        """The forms that intervals are told apart by; None in bundles from before there were."""
        return grid_of(self.half_width)

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
    """A loaded bundle, ready to score.

    Attributes:
        description: of the model.
        network: in evaluation mode.
        scaler: from the network's outputs to scores.
        bundle_id: identifies weights, description and reference.
        reference: of the training candidates; None in bundles from before there was one.
    """

    description: Description
    network: FusionNetwork
    scaler: Targets
    bundle_id: str
    reference: Reference | None = None

    def at_coverage(self, coverage: float | None) -> Bundle:
        """The same with intervals of another coverage; None keeps the bundle's own.

        Raises:
            InputError: when it does not lie between 0 and 1 or the held-out errors are not there.
        """
        if coverage is None or coverage == self.description.coverage:
            return self
        if not 0 < coverage < 1:
            raise InputError(expected="a coverage between 0 and 1", got=str(coverage))
        if self.reference is None:
            raise InputError(
                expected=f"coverage {self.description.coverage:g} (this bundle holds no held-out "
                "errors to calibrate another with)",
                got=f"{coverage:g}",
            )
        widths = self.reference.half_widths(coverage)
        changed = replace(self.description, coverage=float(coverage), half_width=widths)
        return replace(self, description=changed)

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
    reference: Reference | None = None,
) -> None:
    """Write weights and reference first, then the description that carries their SHA-256.

    Args:
        folder: the run folder.
        description: of the bundle.
        network: trained.
        scaler: fitted.
        network_spec: rebuilds the network, where it is not the description's.
        reference: numbers of the training candidates, if there are any.
    """
    if network_spec is not None:
        description = replace(description, network=network_spec)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"network.{k}": v.contiguous() for k, v in network.state_dict().items()}
    tensors |= {f"scaler.{k}": v.contiguous() for k, v in scaler.state_dict().items()}
    save_file(tensors, folder / WEIGHTS)
    facts = {"format": FORMAT, "weights_sha256": sha256(folder / WEIGHTS)}
    if reference is not None:
        write_reference(folder / REFERENCE, reference)
        facts["reference_sha256"] = sha256(folder / REFERENCE)
    facts |= asdict(description)
    (folder / DESCRIPTION).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def load_bundle(folder: Path) -> Bundle:
    """Load and check a run folder or an exported bundle; nothing is unpickled.

    Raises:
        BundleError: when it is missing, damaged, changed, of another format, or when an installed
            encoder is not the one that it was trained with.
    """
    verify(folder)
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
    reference = _load_reference(folder / REFERENCE, facts.get("reference_sha256"))
    bundle_id = sha256(folder / DESCRIPTION)[:12]
    return Bundle(description, network.eval(), scaler.eval(), bundle_id, reference)


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
        fields = {k: v for k, v in facts.items() if k not in ("format", *HASHES)}
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


def _load_weights(path: Path, expected: str, network: FusionNetwork, scaler: Targets) -> None:
    _require(path, expected, what="a weights file")
    both = torch.nn.ModuleDict({"network": network, "scaler": scaler})
    try:
        both.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError) as error:
        raise BundleError(
            expected="weights that fit the network", got=str(error), where=path
        ) from error


def _load_reference(path: Path, expected: str | None) -> Reference | None:
    if expected is None:
        return None
    _require(path, expected, what="a reference file")
    return read_reference(path)


def _require(path: Path, expected: str, *, what: str) -> None:
    if not path.is_file():
        raise BundleError(expected=what, got="none", where=path)
    came = sha256(path)
    if came != expected:
        raise BundleError(expected=f"SHA-256 {expected}", got=came, where=path)
