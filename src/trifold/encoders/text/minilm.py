"""Sentence embeddings by MiniLM, whose weights ``trifold weights`` fetches."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from trifold.contracts import Array, Segment, TokenSequence, Transcript
from trifold.encoders.base import TextEncoder, fingerprint
from trifold.encoders.text.sentences import count_words, sentences
from trifold.errors import EncoderError
from trifold.pretrained.packaged import packaged
from trifold.runtime.fast_imports import large_imports

PACKAGED = "minilm"
PUBLISHED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS = 6
MAX_TOKENS = 256  # what all-MiniLM-L6-v2 was trained with


class MiniLM(TextEncoder):
    """Windows of whole sentences to mean-pooled, unit-length all-MiniLM-L6-v2 embeddings.

    Reimers and Gurevych (2019), Sentence-BERT; the model is sentence-transformers/all-MiniLM-L6-v2.

    Args:
        layer: None for the sentence embedding; 1 to 6 for the mean hidden state of that layer,
            where more of style and grammar is left than in the embedding.
        window_words: neighbouring sentences are joined to windows of about this many words; 0 keeps
            each alone.
        batch_size: windows per forward pass.
        model_dir: another local folder with the same architecture; None takes the packaged weights.
        sha256: expected SHA-256 of ``model.safetensors``; None accepts any, and the fingerprint
            still carries the one found.

    Raises:
        EncoderError: when the weights are missing or not the ones expected.
    """

    languages = ("en",)  # its lists and weights are English
    dim = 384
    version = 2
    packaged_weights = (PACKAGED,)

    def __init__(
        self,
        *,
        layer: int | None = None,
        window_words: int = 24,
        batch_size: int = 32,
        model_dir: str | None = None,
        sha256: str | None = PUBLISHED_SHA256,
    ) -> None:
        if layer is not None and not 1 <= layer <= LAYERS:
            raise EncoderError(expected=f"a layer from 1 to {LAYERS}", got=str(layer))
        self.layer, self.window_words, self.batch_size = layer, window_words, batch_size
        self.folder = Path(model_dir) if model_dir else packaged(PACKAGED)
        self.weights_sha256 = _checked_sha256(self.folder / "model.safetensors", sha256)

    @property
    def fingerprint(self) -> str:
        """Changes with weights, windowing and the transformers version; not with batch size."""
        settings = {
            "window_words": self.window_words,
            "weights": self.weights_sha256,
            "transformers": _transformers_version(),
        } | ({} if self.layer is None else {"layer": self.layer})
        return fingerprint("MiniLM", self.version, settings)

    def encode(self, transcript: Transcript, *, duration_s: float | None = None) -> TokenSequence:
        """One token per window of sentences; no token for an empty transcript."""
        windows = join_sentences(sentences(transcript, duration_s), self.window_words)
        return TokenSequence(
            values=self.embed([window.text for window in windows]),
            start_s=np.array([w.start_s for w in windows], dtype=np.float32),
            end_s=np.array([w.end_s for w in windows], dtype=np.float32),
            modality=self.modality,
            fingerprint=self.fingerprint,
            quality={"n_words": float(count_words(transcript.text))},
        )

    @torch.inference_mode()
    def embed(self, texts: Sequence[str]) -> Array:
        """(n,) texts to (n, 384) vectors, of unit length without ``layer``, however batched."""
        embeddings = np.zeros((len(texts), self.dim), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for first in range(0, len(texts), self.batch_size):
            chosen = by_length[first : first + self.batch_size]
            embeddings[chosen] = self._forward([texts[i] for i in chosen]).numpy()
        return embeddings

    def _forward(self, texts: list[str]) -> Tensor:
        tokenizer, model = _load(self.folder)
        inputs = tokenizer(
            texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        )
        states = model(**inputs, output_hidden_states=self.layer is not None)
        hidden: Tensor  # (n, tokens, 384)
        hidden = (
            states.last_hidden_state if self.layer is None else states.hidden_states[self.layer]
        )
        mask = inputs["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
        return F.normalize(mean, dim=-1) if self.layer is None else mean


def join_sentences(parts: Sequence[Segment], window_words: int) -> list[Segment]:
    """Join neighbours to windows of about ``window_words`` words, as even as sentences allow.

    A short rest at the end would count as much as a whole window wherever windows are averaged.
    """
    words = [count_words(part.text) for part in parts]
    count = max(1, round(sum(words) / window_words)) if window_words else len(parts)
    if count >= len(parts):
        return list(parts)
    middle = np.cumsum(words) - np.array(words) / 2
    place = np.minimum(middle * count // sum(words), count - 1).astype(int)
    groups = [[p for p, at in zip(parts, place, strict=True) if at == i] for i in range(count)]
    return [
        Segment(" ".join(p.text for p in group), group[0].start_s, group[-1].end_s)
        for group in groups
        if group
    ]


@lru_cache(maxsize=4)
def _checked_sha256(path: Path, expected: str | None) -> str:
    if not path.is_file():
        raise EncoderError(expected="MiniLM weights", got="no such file", where=path)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if expected is not None and found != expected:
        raise EncoderError(expected=f"weights with SHA-256 {expected}", got=found, where=path)
    return found


@cache
def _transformers_version() -> str:
    return version("transformers")


@lru_cache(maxsize=2)
def _load(folder: Path) -> tuple[Any, Any]:
    """Tokenizer and model in evaluation mode, once per process, from disk only."""
    with large_imports():
        import transformers  # seconds, which cached features need not wait for
        from transformers import AutoModel, AutoTokenizer

        transformers.utils.logging.disable_progress_bar()
        # without a word about code of the folder's own, transformers asks at the terminal
        safe = {"local_files_only": True, "trust_remote_code": False}
        tokenizer = AutoTokenizer.from_pretrained(folder, **safe)
        model = AutoModel.from_pretrained(folder, use_safetensors=True, **safe)
    return tokenizer, model.eval()
