"""The packaged speaker encoder: stretches of 1.6 s to vectors that are near for one voice.

Wan et al. (2018), Generalized end-to-end loss for speaker verification, in the weights that
Resemblyzer publishes: three LSTM layers over mel powers. Vectors are made, compared and forgotten;
nothing stores them.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from trifold.errors import EncoderError

SAMPLE_RATE_HZ, FRAMES = 16000, 160
WINDOW = FRAMES * SAMPLE_RATE_HZ // 100  # samples: 1.6 s
LEVEL = 10 ** (-30 / 20)  # root mean square that quieter stretches are raised to, as in training
MEL = {"n_fft": 400, "hop_length": 160, "n_mels": 40, "norm": "slaney", "mel_scale": "slaney"}
FILE = "pretrained.pt"


class SpeakerEncoder(nn.Module):
    """(n, N) float32 waveforms of ``WINDOW`` samples at 16 kHz to (n, 256) vectors of length 1."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(MEL["n_mels"], 256, 3, batch_first=True)
        self.linear = nn.Linear(256, 256)

    def forward(self, waves: Tensor) -> Tensor:
        """Vectors without a negative number, so that their cosines lie between 0 and 1."""
        level = waves.square().mean(dim=1, keepdim=True).sqrt()
        powers = _mel()(waves * (LEVEL / (level + 1e-9)).clamp(min=1.0))[..., :FRAMES]
        _, (hidden, _) = self.lstm(powers.transpose(1, 2))
        vectors = torch.relu(self.linear(hidden[-1]))
        unit: Tensor = vectors / vectors.norm(dim=1, keepdim=True).clamp(min=1e-9)
        return unit


@cache
def _mel() -> Any:
    from torchaudio.transforms import MelSpectrogram

    return MelSpectrogram(SAMPLE_RATE_HZ, power=2.0, pad_mode="constant", **MEL)


@lru_cache(maxsize=1)
def load_speaker_encoder(folder: Path) -> SpeakerEncoder:
    """The encoder of a folder of packaged weights; nothing is unpickled but tensors.

    Raises:
        EncoderError: when the file holds other weights.
    """
    try:
        held = torch.load(folder / FILE, map_location="cpu", weights_only=True)["model_state"]
        encoder = SpeakerEncoder()
        own = encoder.state_dict()
        encoder.load_state_dict({name: held[name] for name in own})
    except Exception as error:  # whatever torch says of a file that is none
        raise EncoderError(
            expected="weights of the speaker encoder",
            got=(str(error).strip() or type(error).__name__).splitlines()[0],
            where=folder / FILE,
        ) from error
    return encoder.eval()


@torch.inference_mode()
def speaker_vectors(waves: np.ndarray, folder: Path) -> np.ndarray:
    """(n, 256) float32 of (n, ``WINDOW``) waveforms, on the CPU."""
    vectors: np.ndarray = load_speaker_encoder(folder)(torch.from_numpy(waves)).numpy()
    return vectors
