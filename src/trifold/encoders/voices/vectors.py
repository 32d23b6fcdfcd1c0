"""Stretches of speech to vectors that are near for one voice and far for two.

A vector lives for as long as a recording is gone through, and is written nowhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from trifold.contracts import Array
from trifold.encoders.voices.speakers import WINDOW, speaker_vectors
from trifold.errors import EncoderError
from trifold.pretrained.device import pick_device
from trifold.pretrained.models import library_versions, load_config, load_model, load_processor
from trifold.pretrained.packaged import packaged
from trifold.pretrained.packages import PACKAGED, weights_named
from trifold.pretrained.snapshot import locate

SAMPLE_RATE_HZ = 16000
TOGETHER = 32  # stretches in a batch


class VoiceVectors(ABC):
    """A model of voices.

    Attributes:
        window_s: seconds of a stretch.
        identity: what goes into a fingerprint.
    """

    window_s: float
    identity: Mapping[str, Any]

    @abstractmethod
    def of(self, waves: Array) -> Array:
        """(n, D) float32 of length 1 from (n, ``window_s``) float32 waveforms at 16 kHz."""


class PackagedVoices(VoiceVectors):
    """The packaged speaker encoder, see ``trifold.encoders.voices.speakers``.

    Args:
        name: of the packaged weights.

    Raises:
        EncoderError: when they are missing or wrong.
    """

    window_s = WINDOW / SAMPLE_RATE_HZ

    def __init__(self, name: str) -> None:
        self.folder = packaged(name)
        self.identity = {"weights": [file.sha256 for file in weights_named(name).files]}

    def of(self, waves: Array) -> Array:
        """(n, 256)."""
        parts = [waves[at : at + TOGETHER] for at in range(0, len(waves), TOGETHER)]
        return np.concatenate([speaker_vectors(part, self.folder) for part in parts])


class XVectors(VoiceVectors):
    """A speaker model of a user's own: WavLM, wav2vec 2.0 or UniSpeech-SAT with an x-vector head.

    Snyder et al. (2018), X-vectors. Loaded by transformers as ``AutoModelForAudioXVector``.

    Args:
        model: folder or hub id, such as ``microsoft/wavlm-base-plus-sv``.
        revision: hub commit of 40 hex digits; needed with a hub id.
        device: ``auto``, ``cpu`` or ``cuda:N``.

    Raises:
        EncoderError: when it is not there, or is no such model.
    """

    window_s = 2.0

    def __init__(self, model: str, revision: str | None, device: str) -> None:
        self.snapshot, self._device = locate(model, revision), device
        if not hasattr(load_config(self.snapshot), "xvector_output_dim"):
            raise EncoderError(
                expected="a speaker model with an x-vector head",
                got=load_config(self.snapshot).model_type,
                where=self.snapshot.folder,
            )
        self.identity = {**self.snapshot.identity, "libraries": library_versions()}

    @torch.inference_mode()
    def of(self, waves: Array) -> Array:
        """(n, D)."""
        device = pick_device(self._device)
        model = load_model(self.snapshot, "speaker", device, torch.float32)
        prepared = load_processor(self.snapshot, "audio")
        found = []
        for at in range(0, len(waves), TOGETHER):
            part = list(waves[at : at + TOGETHER])
            read = prepared(part, sampling_rate=SAMPLE_RATE_HZ, return_tensors="pt")
            vectors = model(read["input_values"].to(device)).embeddings
            found.append(torch.nn.functional.normalize(vectors, dim=-1).cpu().numpy())
        return np.concatenate(found)


def voice_vectors(model: str, revision: str | None = None, device: str = "auto") -> VoiceVectors:
    """The model of a name: that of packaged weights, a folder, or a hub id.

    Raises:
        EncoderError: when it is not there, or is no model of voices.
    """
    return PackagedVoices(model) if model in PACKAGED else XVectors(model, revision, device)
