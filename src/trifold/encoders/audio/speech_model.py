"""wav2vec 2.0, HuBERT, WavLM and the Whisper encoder, read through transformers."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from trifold.encoders.audio.windowed import FRAME_S, WindowedSpeech
from trifold.encoders.foundation import LayeredEncoder
from trifold.errors import EncoderError, InputError
from trifold.pretrained.layers import read_layer
from trifold.pretrained.models import load_config, load_model, load_processor

WAVEFORM_MODELS = (
    "wav2vec2",
    "hubert",
    "wavlm",
    "wav2vec2-conformer",
    "data2vec-audio",
    "unispeech",
)
USUAL_WINDOW_S, WHISPER = 20.0, "whisper"


class SpeechModel(LayeredEncoder, WindowedSpeech):
    """Hidden states of a pretrained speech model, averaged to tokens.

    Baevski et al. (2020), wav2vec 2.0; Hsu et al. (2021), HuBERT; Chen et al. (2022), WavLM;
    Radford et al. (2022), Whisper, whose encoder reads log-mel spectra of 30 s filled up with
    silence as it was trained to.

    Args:
        token_s: seconds per token.
        window_s: seconds that the model sees at once, a multiple of ``token_s``; None takes what
            20 s hold, and for Whisper its own window.
        options: as for ``LayeredEncoder``.

    Raises:
        EncoderError: when the model is of another kind or was trained at another rate.
        InputError: when a window is no multiple of a token, or longer than Whisper's.
    """

    def __init__(
        self,
        *,
        token_s: float = 1.0,
        window_s: float | None = None,
        **options: Any,
    ) -> None:
        usual_s = whole_tokens(USUAL_WINDOW_S, token_s)
        super().__init__(
            token_s=token_s, window_s=usual_s if window_s is None else window_s, **options
        )
        config = load_config(self.snapshot)
        self.is_whisper = config.model_type == WHISPER
        if not self.is_whisper and config.model_type not in WAVEFORM_MODELS:
            raise EncoderError(
                expected=f"a speech model ({', '.join((*WAVEFORM_MODELS, WHISPER))})",
                got=config.model_type,
                where=self.snapshot.folder,
            )
        if self.is_whisper:
            self._fit_to_whisper(config, window_s)

    @property
    def kind(self) -> str:
        """Of the model to load: Whisper without its decoder."""
        return "encoder" if self.is_whisper else "base"

    @property
    def fingerprint(self) -> str:
        """Changes with weights, layer and windows; not with the batch size or device."""
        names = ("layer", "token_s", "window_s")
        return self.identify({name: getattr(self, name) for name in names})

    @cached_property
    def extractor(self) -> Any:
        """The model's own preparation of audio.

        Raises:
            EncoderError: when it was made for another rate than 16 kHz.
        """
        extractor = load_processor(self.snapshot, "audio")
        if extractor.sampling_rate != self.sample_rate_hz:
            raise EncoderError(
                expected=f"a model of {self.sample_rate_hz} Hz audio",
                got=f"{extractor.sampling_rate} Hz",
                where=self.snapshot.folder,
            )
        return extractor

    def states(self, waves: Tensor) -> Tensor:
        """(n, N) waveforms to (n, frames, D)."""
        model = load_model(self.snapshot, self.kind, self.device, self.dtype)
        if self.is_whisper:
            return self._whisper_states(model, waves)
        waves = normalized(waves) if self.extractor.do_normalize else waves
        waves = waves.to(self.dtype)
        return read_layer(model, self.layer, lambda **extra: model(input_values=waves, **extra))

    def _whisper_states(self, encoder: nn.Module, waves: Tensor) -> Tensor:
        """The frames that real audio fills."""
        spectra = self.extractor(
            list(waves.cpu().numpy()),
            sampling_rate=self.sample_rate_hz,
            return_tensors="pt",
            device=str(self.device),
        )["input_features"].to(self.device, self.dtype)
        states = read_layer(
            encoder, self.layer, lambda **extra: encoder(input_features=spectra, **extra)
        )
        filled = -(-waves.shape[1] // round(FRAME_S * self.sample_rate_hz))
        return states[:, :filled]

    def _fit_to_whisper(self, config: Any, window_s: float | None) -> None:
        most_s = config.max_source_positions * FRAME_S
        if window_s is not None and window_s > most_s:
            raise InputError(expected=f"window_s up to {most_s:g}", got=f"{window_s:g}")
        if window_s is None:
            self.window_s = whole_tokens(most_s, self.token_s)
            self.tokens_per_window = round(self.window_s / self.token_s)


def whole_tokens(most_s: float, token_s: float) -> float:
    """The longest window of whole tokens, and of one at least, that ``most_s`` holds."""
    return token_s * max(1, int(most_s / token_s + 1e-6)) if token_s > 0 else most_s


def normalized(waves: Tensor) -> Tensor:
    """Each of (n, N) waveforms at zero mean and unit variance, as these models were trained."""
    mean = waves.mean(dim=1, keepdim=True)
    variance = waves.var(dim=1, unbiased=False, keepdim=True)
    scaled: Tensor = (waves - mean) * torch.rsqrt(variance + 1e-7)
    return scaled
