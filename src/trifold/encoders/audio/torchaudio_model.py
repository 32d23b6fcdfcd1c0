"""wav2vec 2.0, HuBERT and WavLM as torchaudio's pipelines hold them.

torchaudio downloads its weights as pickles. ``python -m trifold.encoders.audio.torchaudio_model
WAVLM_BASE_PLUS FOLDER`` fetches them once, reading tensors only, and writes a folder of safetensors
that ``TorchaudioModel`` and the one loader take.
"""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
import torchaudio
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from trifold.encoders.audio.windowed import WindowedSpeech
from trifold.errors import EncoderError, InputError
from trifold.pretrained.layers import Layer, check_layer, side_by_side, width_of
from trifold.pretrained.snapshot import WEIGHTS, Snapshot

BUILDERS = {
    "Wav2Vec2": torchaudio.models.wav2vec2_model,
    "WavLM": torchaudio.models.wavlm_model,
}


class TorchaudioModel(WindowedSpeech):
    """Hidden states of a torchaudio pipeline's model, averaged to tokens.

    Args:
        layer: −1 for the last layer, 1 to n, ``mean``, n + 1 weights of which the first is not
            used, or ``all``. Embeddings (0) are not to be had from torchaudio.
        token_s: seconds per token.
        window_s: seconds that the model sees at once, a multiple of ``token_s``.
        options: as for ``PretrainedEncoder``; ``model`` is a folder that ``save_pipeline`` wrote.

    Raises:
        EncoderError: when the folder is another's.
        InputError: when there is no such layer, or a window is no multiple of a token.
    """

    def __init__(
        self,
        *,
        layer: Layer = -1,
        token_s: float = 1.0,
        window_s: float = 20.0,
        **options: Any,
    ) -> None:
        super().__init__(token_s=token_s, window_s=window_s, **options)
        facts = pipeline_facts(self.snapshot)
        self.n_layers = int(facts["parameters"]["encoder_num_layers"])
        self.layer = check_layer(layer, self.n_layers)
        if self.layer == 0:
            raise InputError(expected=f"a layer from 1 to {self.n_layers}", got="0")
        hidden = int(facts["parameters"]["encoder_embed_dim"])
        self.dim = width_of(self.layer, hidden=hidden, n_layers=self.n_layers - 1)

    @property
    def fingerprint(self) -> str:
        """Changes with weights, layer, windows and torchaudio's version."""
        names = ("layer", "token_s", "window_s")
        settings = {name: getattr(self, name) for name in names}
        return self.identify(settings | {"torchaudio": torchaudio.__version__})

    @property
    def layer_numbers(self) -> tuple[int, ...]:
        """What ``layer=all`` puts side by side."""
        return tuple(range(1, self.n_layers + 1))

    def states(self, waves: Tensor) -> Tensor:
        """(n, N) waveforms to (n, frames, D)."""
        facts = pipeline_facts(self.snapshot)
        if facts["normalize"]:
            waves = F.layer_norm(waves, waves.shape[1:])
        model: Any = load_pipeline(self.snapshot, self.device, self.dtype)
        numbers: list[int] = [self.layer] if isinstance(self.layer, int) else []
        if isinstance(self.layer, str):
            numbers = side_by_side(self.layer)
        highest = max(numbers, default=self.n_layers)
        layers, _ = model.extract_features(waves.to(self.dtype), num_layers=highest)
        if numbers:
            return torch.cat([layers[number - 1] for number in numbers], dim=-1)
        if self.layer == "all":
            return torch.cat(layers, dim=-1)
        weights = (
            [1.0] * self.n_layers if isinstance(self.layer, str | int) else list(self.layer)[1:]
        )
        total = sum(weights)
        return torch.stack([w / total * x for w, x in zip(weights, layers, strict=True)]).sum(dim=0)


def pipeline_facts(snapshot: Snapshot) -> dict[str, Any]:
    """``config.json`` of a folder that ``save_pipeline`` wrote.

    Raises:
        EncoderError: when the folder is another's.
    """
    facts = dict(snapshot.config())
    if facts.get("builder") not in BUILDERS:
        raise EncoderError(
            expected=f"a folder written by {__name__}", got="another", where=snapshot.folder
        )
    return facts


@lru_cache(maxsize=4)
def load_pipeline(snapshot: Snapshot, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """The frozen model in evaluation mode.

    Raises:
        EncoderError: when the weights do not fit the architecture.
    """
    facts = pipeline_facts(snapshot)
    model: nn.Module = BUILDERS[facts["builder"]](**facts["parameters"])
    try:
        model.load_state_dict(load_file(snapshot.folder / WEIGHTS))
    except RuntimeError as error:
        raise EncoderError(
            expected="weights that fit the architecture",
            got=str(error).splitlines()[-1].strip(),
            where=snapshot.folder,
        ) from error
    return model.to(device, dtype).eval().requires_grad_(False)


def save_pipeline(bundle: Any, folder: Path) -> Path:
    """Write a torchaudio pipeline as safetensors and JSON; torchaudio may download it first.

    Raises:
        EncoderError: when the pipeline is no speech model.
    """
    if getattr(bundle, "_model_type", None) not in BUILDERS:
        raise EncoderError(
            expected=f"a pipeline of {' or '.join(BUILDERS)}", got=type(bundle).__name__
        )
    model = bundle.get_model(dl_kwargs={"weights_only": True})
    if bundle._normalize_waveform:  # torchaudio wraps such models
        model = model.model
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    facts = {
        "builder": bundle._model_type,
        "parameters": bundle._params,
        "normalize": bundle._normalize_waveform,
    }
    (folder / "config.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return folder


def main() -> None:
    """Entry point."""
    if len(sys.argv) != 3 or sys.argv[1] not in torchaudio.pipelines.__all__:
        sys.exit("usage: python -m trifold.encoders.audio.torchaudio_model PIPELINE FOLDER")
    print(save_pipeline(getattr(torchaudio.pipelines, sys.argv[1]), Path(sys.argv[2])))


if __name__ == "__main__":
    main()
