"""What Whisper hears in a voice: its encoder's states, second by second, without its words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from trifold.contracts import Array, AudioChunk
from trifold.encoders.audio.measures.rhythm import SPEECH_THRESHOLD
from trifold.encoders.audio.speech import SpeechEncoder
from trifold.encoders.audio.stream import SAMPLE_RATE_HZ, SPEECH_WINDOW
from trifold.encoders.base import fingerprint
from trifold.errors import InputError
from trifold.pretrained.device import pick_device
from trifold.pretrained.packaged import packaged
from trifold.pretrained.packages import PACKAGED
from trifold.pretrained.snapshot import locate
from trifold.pretrained.whisper import CTRANSLATE2, compute_type, load_whisper, width

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

MODEL = "whisper_tiny_en"
SEEN_S, FRAME_S = 30.0, 0.02  # that Whisper sees at once, and of one of its states
MARGIN_S = 3.0  # seen on both sides of what is kept, so that no token stands at an edge
LEAST_S = 0.1  # of speech behind a token: less holds no word
LEVEL = 0.07  # root mean square of speech, -23 dB re full scale: that of usual recordings
SILENT = 1e-5  # root mean square below which there is nothing to bring to a level
PLACED = 50.0  # times the median variance over silence, from which a column tells the place
LIBRARIES = ("faster-whisper", "ctranslate2")


class Window(NamedTuple):
    """What the encoder sees at once, with the part of it that is kept.

    Attributes:
        samples: (N,) at 16 kHz, at most 30 s.
        speech: (N,) probability that each is speech.
        first_s: of the samples, on the recording's clock.
        kept_s: start and end of what is kept, on the same clock.
    """

    samples: Array
    speech: Array
    first_s: float
    kept_s: tuple[float, float]


class WhisperStates(SpeechEncoder):
    """States of a Whisper's encoder over speech, averaged to tokens (Radford et al. 2022).

    It reads windows of 30 s that overlap, each brought to one level of speech, and takes the mean
    over the frames of a token in which somebody speaks. A token with less than 0.1 s of speech is
    left out, and so is a window without any. How loud a recording is changes nothing, nor does
    silence behind its end. Columns that tell where in the window a token stands are 0, see
    ``placed_columns``.

    The model is the one that recognises words, in CTranslate2's layout, and loaded once for both.
    The states are computed anew: recognition reads stretches of speech that it cuts at pauses, only
    where there is no transcript, and at the recording's own level.

    Args:
        model: name of packaged weights, folder, or hub id, in CTranslate2's layout.
        revision: hub commit of 40 hex digits; needed with a hub id.
        token_s: seconds per token, of which 24 s are a multiple.
        device: ``auto``, ``cpu`` or ``cuda:N``.
        precision: ``auto`` (int8 on a CPU, float16 on a GPU, under one fingerprint), ``int8``,
            ``float16``, ``bfloat16`` or ``float32``.

    Raises:
        EncoderError: when the model is not there, or is no such Whisper.
        InputError: for an unknown device or precision, or tokens that do not fill a window.
    """

    version = 1
    pretrained = True
    packaged_weights = (MODEL,)

    def __init__(
        self,
        *,
        model: str = MODEL,
        revision: str | None = None,
        token_s: float = 1.0,
        device: str = "auto",
        precision: str = "auto",
    ) -> None:
        kept_s = SEEN_S - 2 * MARGIN_S
        tokens = kept_s / token_s if token_s > 0 else 0.0
        if token_s < LEAST_S or tokens < 1 or abs(tokens - round(tokens)) > 1e-6:
            raise InputError(
                expected=f"token_s from {LEAST_S} on of which {kept_s:g} s are a multiple",
                got=str(token_s),
            )
        folder = str(packaged(model)) if model in PACKAGED else model
        self.snapshot = locate(folder, revision, layout=CTRANSLATE2)
        self.token_s, self._device, self.precision = token_s, device, precision
        compute_type(precision, torch.device("cpu"))  # a wrong name shall fail now
        self.dim = width(self.snapshot.folder)

    @property
    def fingerprint(self) -> str:
        """Changes with weights, token length, precision and libraries; not with the device."""
        settings = {
            "token_s": self.token_s,
            "precision": self.precision,
            "libraries": {name: metadata.version(name) for name in LIBRARIES},
            **self.snapshot.identity,
        }
        return fingerprint(type(self).__name__, self.version, settings)

    @property
    def model(self) -> WhisperModel:
        """The loaded model; a recogniser of the same settings has the same one."""
        device, threads = pick_device(self._device), torch.get_num_threads()
        return load_whisper(self.snapshot.folder, device, self.precision, threads)

    @cached_property
    def placed(self) -> Array:
        """(D,) bool: columns that are 0."""
        return placed_columns(self.states(np.zeros(0, np.float32)))

    def tokens(self, chunks: Iterable[AudioChunk]) -> tuple[Array, Array, Array]:
        """One token per stretch with speech."""
        rows: list[Array] = [np.zeros((0, self.dim), np.float32)]
        starts: list[Array] = [np.zeros(0, np.float32)]
        for window in windows(chunks):
            level = speech_level(window)
            if level > SILENT:
                states = self.states(window.samples * np.float32(LEVEL / level))
                values, numbers = pooled(states, window, self.token_s)
                rows.append(np.where(self.placed, np.float32(0.0), values))
                starts.append((numbers * self.token_s).astype(np.float32))
        start_s = np.concatenate(starts)
        return np.concatenate(rows), start_s, start_s + np.float32(self.token_s)

    def states(self, samples: Array) -> Array:
        """(N,) samples at 16 kHz, at most 30 s, to (1500, D): one state for 20 ms.

        What is shorter is filled up with silence, as Whisper was trained.
        """
        import ctranslate2

        model = self.model
        whole = np.zeros(round(SEEN_S * SAMPLE_RATE_HZ), np.float32)
        whole[: len(samples)] = samples
        spectrum = model.feature_extractor(whole, padding=0)[None].astype(np.float32)
        view = ctranslate2.StorageView.from_array(np.ascontiguousarray(spectrum))
        found = model.model.encode(view, to_cpu=True)
        return np.asarray(found.to(ctranslate2.DataType.float32))[0].copy()


def windows(chunks: Iterable[AudioChunk]) -> Iterator[Window]:
    """Windows of 30 s, each 24 s after the one before, however the stream was cut.

    The kept parts follow each other without a gap: from the start of the recording, and to its end.
    """
    size, margin = (round(s * SAMPLE_RATE_HZ) for s in (SEEN_S, MARGIN_S))
    step = size - 2 * margin
    samples, speech = np.zeros(margin, np.float32), np.zeros(margin, np.float32)
    at = -margin  # of the first held sample, and so before the recording begins
    for chunk in chunks:
        samples = np.concatenate([samples, chunk.samples])
        each = np.repeat(_speech(chunk), SPEECH_WINDOW)[: len(chunk.samples)]
        speech = np.concatenate([speech, each])
        while len(samples) >= size:
            yield _window(samples[:size], speech[:size], at)
            samples, speech, at = samples[step:], speech[step:], at + step
    if len(samples) > margin:
        yield _window(samples, speech, at)


def speech_level(window: Window) -> float:
    """Root mean square of the spoken samples that are kept; 0 where nobody speaks."""
    start, end = (round((s - window.first_s) * SAMPLE_RATE_HZ) for s in window.kept_s)
    spoken = window.speech[start:end] >= SPEECH_THRESHOLD
    heard = window.samples[start:end][spoken].astype(np.float64)
    return float(np.sqrt(np.square(heard).mean())) if len(heard) else 0.0


def pooled(states: Array, window: Window, token_s: float) -> tuple[Array, Array]:
    """Means over spoken frames, and the number of each token on the recording's clock.

    Args:
        states: (frames, D) of the window.
        window: it.
        token_s: seconds per token.

    Returns:
        (L, D) and (L,); tokens with less than 0.1 s of speech are left out.
    """
    n_frames = int(len(window.samples) / SAMPLE_RATE_HZ / FRAME_S + 0.5)  # their middle is in it
    middles = (np.arange(n_frames) + 0.5) * FRAME_S
    spoken = window.speech[(middles * SAMPLE_RATE_HZ).astype(int)] >= SPEECH_THRESHOLD
    seconds = middles + window.first_s
    spoken &= (seconds >= window.kept_s[0]) & (seconds < window.kept_s[1])
    token = np.floor(seconds[spoken] / token_s + 1e-6).astype(int)
    numbers, counts = np.unique(token, return_counts=True)
    parts = np.split(states[: len(middles)][spoken], np.cumsum(counts)[:-1])
    enough = counts * FRAME_S >= LEAST_S - 1e-6
    means = [part.mean(axis=0) for part, keep in zip(parts, enough, strict=True) if keep]
    return np.array(means, np.float32).reshape(-1, states.shape[1]), numbers[enough]


def placed_columns(silence: Array) -> Array:
    """(D,) bool: columns that silence moves more than 50 times as much as most, second by second.

    A few columns of a Whisper count the seconds of its window, whatever is heard. Of tiny.en's 384
    they are nine, and hold nearly all variance: with them, the seconds of one recording that is
    moved in the window by 1 to 16 s correlate .34 with what they were, without the eight that are
    moved most .97 (one real clip).

    Args:
        silence: (frames, D) states of 30 s of it.
    """
    per_s = round(1 / FRAME_S)
    seconds = silence[: len(silence) // per_s * per_s].reshape(-1, per_s, silence.shape[1])
    variance = seconds.mean(axis=1).var(axis=0)
    placed: Array = variance > PLACED * np.median(variance)
    return placed


def _window(samples: Array, speech: Array, at: int) -> Window:
    first_s = at / SAMPLE_RATE_HZ
    start_s, end_s = first_s + MARGIN_S, first_s + SEEN_S - MARGIN_S
    return Window(samples, speech, first_s, (start_s, end_s))


def _speech(chunk: AudioChunk) -> Array:
    if chunk.speech is None:
        raise InputError(expected="audio with speech probabilities", got="none")
    return chunk.speech
