"""A trained model as a self-describing folder: description, weights and reference numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from trifold.bundle.description import (
    DESCRIPTION,
    FORMAT,
    REFERENCE,
    WEIGHTS,
    Description,
    Stream,
    read_description,
)
from trifold.bundle.integrity.checksums import member, sha256, verify
from trifold.bundle.integrity.signing import TrustedKeys, verify_signature
from trifold.bundle.reference import Reference, check_reference, read_reference, write_reference
from trifold.bundle.weights import budget_for, check_header, load_weights
from trifold.contracts import MODALITIES, QUESTION
from trifold.encoders.build import build_encoder, build_encoders
from trifold.errors import BundleError, InputError
from trifold.network.base import FusionNetwork
from trifold.network.build import build_network, build_targets
from trifold.network.targets.base import TargetTransform
from trifold.pretrained.snapshot import no_downloads
from trifold.terms import cleared


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
    scaler: TargetTransform
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
            InputError: see ``trifold.terms.cleared``.
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
        name: Stream(
            dict(specs[name]),
            encoder.modality,
            encoder.dim,
            encoder.fingerprint,
            tuple(encoder.resolution),
        )
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
    scaler: TargetTransform,
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
    if not description.answer_variance:
        del facts["answer_variance"]  # older bundles are written as they were
    (folder / DESCRIPTION).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def load_bundle(folder: Path, *, trusted: TrustedKeys | None = None) -> Bundle:
    """Load and check a run folder or an exported bundle, which may be a stranger's.

    Nothing is unpickled, nothing but encoders and networks of ours is built, no more of them than
    the weights fill, and nothing is fetched: a pretrained model that the bundle names lies in the
    hub's cache or a folder already.

    Args:
        folder: of the bundle.
        trusted: public keys; with some, only bundles that one of them signed are loaded.

    Raises:
        BundleError: when it is missing, damaged, changed, of another format, not signed by a
            trusted key, or when an installed encoder is not the one that it was trained with.
        InputError: when it names what is no encoder or network of ours, or settings that it does
            not take.
        EncoderError: when weights or packages of an encoder are not there.
    """
    if trusted is None:
        verify(folder)
    else:
        verify_signature(folder, trusted)
    description, hashes = read_description(folder)
    weights = _file(folder, WEIGHTS, hashes["weights_sha256"], what="a weights file")
    with no_downloads():
        for name, stream in description.streams.items():
            _check_encoder(name, stream, folder)
        with budget_for(weights):
            network = build_network(
                description.network,
                stream_dims=description.stream_dims,
                stream_modality=description.stream_modality,
                num_targets=len(description.schema.targets),
            )
            scaler = build_targets(description.targets, description.schema)
    load_weights(weights, torch.nn.ModuleDict({"network": network, "scaler": scaler}))
    reference = None
    if "reference_sha256" in hashes:
        path = _file(folder, REFERENCE, hashes["reference_sha256"], what="a reference file")
        check_header(path)
        reference = read_reference(path)
        check_reference(reference, description.stream_dims, len(description.schema.targets), path)
    bundle_id = sha256(folder / DESCRIPTION)[:12]
    return Bundle(description, network.eval(), scaler.eval(), bundle_id, reference)


def _check_encoder(name: str, stream: Stream, folder: Path) -> None:
    encoder = build_encoder(stream.spec)
    try:
        came = encoder.fingerprint
        shape = (encoder.modality, encoder.dim)
    except (AttributeError, TypeError, ValueError) as error:
        raise BundleError(expected=f"encoder '{name}'", got=str(error)[:300], where=folder) from (
            error
        )
    if came != stream.fingerprint:
        raise BundleError(
            expected=f"encoder '{name}' with fingerprint {stream.fingerprint}",
            got=f"{came} (another version, setting or weights): train again or install what the "
            "bundle was trained with",
            where=folder,
        )
    if shape != (stream.modality, stream.dim):
        raise BundleError(
            expected=f"encoder '{name}' of {stream.modality}, {stream.dim} wide",
            got=f"{shape[0]}, {shape[1]} wide",
            where=folder,
        )


def _file(folder: Path, name: str, expected: str, *, what: str) -> Path:
    path = member(folder, name, what=what)
    came = sha256(path)
    if came != expected:
        raise BundleError(expected=f"SHA-256 {expected}", got=came, where=path)
    return path
