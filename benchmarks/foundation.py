"""Speed and memory of foundation encoders: ``python -m benchmarks.foundation [SIZES] [KIND …]``.

SIZES is ``small``, ``cpu`` or ``real``, which wants a GPU; see ``benchmarks.foundation_models``.
Further arguments choose kinds of models. A clip is an answer of 30 s with 75
words; media are decoded and speech and faces found beforehand, so that what is timed is the model
and our code around it.
"""

from __future__ import annotations

import gc
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.foundation_models import SIZES, build_models
from trifold.contracts import AudioChunk, Frame, Segment, Transcript
from trifold.encoders.audio.speech_model import SpeechModel
from trifold.encoders.text.prompting.prompted import PromptedLanguageModel
from trifold.encoders.text.prompting.questionnaire import QuestionnaireReading
from trifold.encoders.text.sentence_encoder import SentenceEncoder
from trifold.encoders.video.image_model import ImageModel
from trifold.encoders.video.video_model import VideoModel
from trifold.pretrained.batching import Batches
from trifold.pretrained.device import pick_device, pick_dtype
from trifold.pretrained.models import load_model, load_timm

RUNS = 3
SECONDS, WORDS = 30, 75
BATCHES = {"cpu": (1, 4, 16), "cuda": (1, 8, 64)}
CLIPS = {"cpu": {"text": 16, "media": 2}, "cuda": {"text": 64, "media": 4}}
CONFIGS = Path("configs/encoders")


def main() -> None:
    """Print a table per encoder."""
    size = sys.argv[1] if len(sys.argv) > 1 else "small"
    if size not in SIZES:
        sys.exit(f"usage: python -m benchmarks.foundation [{'|'.join(SIZES)}] [KIND …]")
    device = pick_device()
    dtype = pick_dtype("auto", device)
    name = (
        torch.cuda.get_device_name(device) if device.type == "cuda" else f"{os.cpu_count()} cores"
    )
    rate = matrix_rate(device, dtype)
    print(f"{size} models with random weights; {name}, {dtype}, {torch.get_num_threads()} threads;")
    print(f"matrix rate {rate / 1e12:.3f} Tflop/s; {RUNS} runs; median (lowest to highest)")
    with tempfile.TemporaryDirectory() as root:
        models = build_models(Path(root), SIZES[size], set(sys.argv[2:]))
        for title, encoder, run in encoders(models):
            measure(title, encoder, run, device, rate)


def encoders(models: dict[str, str]) -> Iterator[tuple[str, Any, Callable[[int], object]]]:
    """Title, encoder, and a function that encodes so many clips."""
    prompt = yaml.safe_load((CONFIGS / "prompts/hexaco.yaml").read_text())
    form_prompt = yaml.safe_load((CONFIGS / "prompts/questionnaire.yaml").read_text())
    form = yaml.safe_load((CONFIGS / "questionnaires/mini_ipip.yaml").read_text())
    said, chunks, frames = transcript(), audio(), video()
    if "language" in models:
        model = models["language"]
        for reuse in (True, False):
            encoder = PromptedLanguageModel(model=model, prompt=prompt, reuse_prefix=reuse)
            title = f"prompted language model, prefix {'kept' if reuse else 'read anew'}"
            yield title, encoder, _texts(encoder, said)
        for reuse in (True, False):
            reading = QuestionnaireReading(
                model=model, prompt=form_prompt, questionnaire=form, reuse_prefix=reuse
            )
            title = f"questionnaire of 20 items, keys {'kept' if reuse else 'read anew'}"
            if reuse or "language" in sys.argv or torch.cuda.is_available():  # else too slow
                yield title, reading, _texts(reading, said)
    if "sentences" in models:
        sentences = SentenceEncoder(model=models["sentences"])
        yield "sentence encoder", sentences, _texts(sentences, said)
    for kind in ("wav2vec2", "whisper"):
        if kind in models:
            speech = SpeechModel(model=models[kind])
            yield kind, speech, _media(speech, chunks)
    for kind in ("siglip", "timm"):
        if kind in models:
            image = ImageModel(model=models[kind], view="frame")
            yield f"{kind}, 2 pictures per second", image, _media(image, frames[::4])
    if "videomae" in models:
        moving = VideoModel(model=models["videomae"])
        yield "videomae, 8 pictures per second", moving, _media(moving, frames)


def measure(
    title: str,
    encoder: Any,
    run: Callable[[int], object],
    device: torch.device,
    rate: float,
) -> None:
    """Clips per second, share of our own code, memory and use of the device, by batch size."""
    print(f"\n{title} ({parameters(encoder) / 1e6:.0f} M parameters)")
    most = CLIPS[device.type]["text" if encoder.modality == "text" else "media"]
    for size in BATCHES[device.type]:
        clips = min(most, 8 * size)
        encoder.batches = Batches(size)
        run(1)
        flops = counted(lambda: run(1))
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        rates, shares = [], []
        for _ in range(RUNS):
            with model_time(encoder) as spent:
                start = time.perf_counter()
                run(clips)
                total = time.perf_counter() - start
            rates.append(clips / total)
            shares.append((total - spent[0]) / spent[0])
        used = statistics.median(rates) * flops / rate
        print(
            f"  batch {encoder.batches.size(device):>3}: {_range(rates, 2)} clips/s "
            f"of {flops / 1e12:.2f} Tflop, "
            f"around the model {_range([100 * s for s in shares], 1)} %, "
            f"{memory(device):.2f} GB, {100 * used:.0f} % of the matrix rate"
        )
    _forget()


@contextmanager
def model_time(encoder: Any) -> Iterator[list[float]]:
    """Seconds inside the model's own forward passes."""
    module, spent, started = model_of(encoder), [0.0], [0.0]

    def wait() -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()

    def before(*_: object) -> None:
        wait()
        started[0] = time.perf_counter()

    def after(*_: object) -> None:
        wait()
        spent[0] += time.perf_counter() - started[0]

    handles = [module.register_forward_pre_hook(before), module.register_forward_hook(after)]
    try:
        yield spent
    finally:
        for handle in handles:
            handle.remove()


def model_of(encoder: Any) -> torch.nn.Module:
    """The module that an encoder runs."""
    if getattr(encoder, "is_timm", False):
        return load_timm(encoder.snapshot, encoder.device, encoder.dtype)
    kind = getattr(getattr(encoder, "tower", encoder), "kind", "base")
    return load_model(encoder.snapshot, kind, encoder.device, encoder.dtype)


def parameters(encoder: Any) -> int:
    """Of the module that is run."""
    return sum(p.numel() for p in model_of(encoder).parameters())


def counted(job: Callable[[], object]) -> int:
    """Floating-point operations of matrix products in a job.

    The plain form of attention, as the counter refuses the fused one with shared keys.
    """
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        job()
    return int(counter.get_total_flops())


def matrix_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Floating-point operations per second of large matrix products, the best of several."""
    n = 8192 if device.type == "cuda" else 1024
    a, b = (torch.randn(n, n, device=device, dtype=dtype) for _ in range(2))
    times = []
    for _ in range(12):
        start = time.perf_counter()
        a @ b
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return 2 * n**3 / min(times[2:])


def memory(device: torch.device) -> float:
    """Peak GB: of the GPU since it was reset, or of this process since it began."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def transcript() -> Transcript:
    """75 words in seven sentences over 30 s."""
    words = ("I plan every step and talk with the team before we start " * 9).split()[:WORDS]
    sentences = [" ".join(words[i : i + 11]).capitalize() + "." for i in range(0, WORDS, 11)]
    step = SECONDS / len(sentences)
    return Transcript(
        tuple(Segment(s, i * step, (i + 1) * step) for i, s in enumerate(sentences)), "vtt"
    )


def audio() -> list[AudioChunk]:
    """30 s of noise that counts as speech."""
    samples = np.random.default_rng(0).normal(size=16000 * SECONDS).astype(np.float32) * 0.1
    return [AudioChunk(samples, 0.0, 16000, np.ones(-(-len(samples) // 512), np.float32))]


def video() -> list[Frame]:
    """30 s at 8 Hz, 480×640."""
    images = np.random.default_rng(0).integers(0, 255, (8, 480, 640, 3), np.uint8)
    return [Frame(images[i % 8], i / 8) for i in range(8 * SECONDS)]


def _texts(encoder: Any, said: Transcript) -> Callable[[int], object]:
    return lambda n: encoder.encode_batch([said] * n, [None] * n)


def _media(encoder: Any, content: list[Any]) -> Callable[[int], object]:
    return lambda n: [encoder.encode(iter(content)) for _ in range(n)]


def _forget() -> None:
    load_model.cache_clear()
    load_timm.cache_clear()
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _range(values: list[float], digits: int) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


if __name__ == "__main__":
    main()
