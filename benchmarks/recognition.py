"""Speech recognition: ``python -m benchmarks.recognition published=FOLDER [WHAT …] [model=…]``.

``FOLDER`` holds ``metadata.jsonl`` and its videos as RecruitView publishes them, with transcripts
whose lines begin ``[00:00 - 00:12]``. ``accuracy`` (word error rate, and how far lines start from
the published whole seconds), ``speed`` (by beam and batch, of one process), ``memory`` (of one
process, by the length of a recording) and ``foreign`` (mean log-probability of the files below
``foreign=FOLDER``, which are in a language that the model does not know); the first three are done
where none is named.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import av
import jiwer
import numpy as np
import torch

from trifold.contracts import Array
from trifold.encoders.speech_to_text.recordings import Recognition
from trifold.encoders.speech_to_text.whisper import PACKAGED_MODEL, WhisperRecogniser
from trifold.features.turns.listening import recording_of
from trifold.media.sound.choice import choose_sound
from trifold.media.sound.stream import read_audio

SETTINGS = [(beam, batch) for beam in (1, 5) for batch in (1, 4, 8, 16)]
WHAT = ("accuracy", "speed", "memory")
MINUTES = (1, 5, 30)
COPIES = 8  # of each clip, for the speed over several files
LINE = re.compile(r"\[(\d+):(\d+) - [\d:]+\] (.*)")
PLAIN = jiwer.Compose(
    [
        jiwer.ToLowerCase(),
        jiwer.SubstituteRegexes({r"[-\u2013\u2014]": " "}),
        jiwer.RemovePunctuation(),
        jiwer.RemoveMultipleSpaces(),
        jiwer.Strip(),
    ]
)


class Published(NamedTuple):
    """A clip with its lines as published: whole seconds and words."""

    path: Path
    lines: list[tuple[float, str]]


def main(arguments: list[str]) -> None:
    """Print what was asked for."""
    settings = dict(a.split("=", 1) for a in arguments if "=" in a)
    model = settings.get("model", PACKAGED_MODEL)
    if "peak" in arguments:  # in a process of its own
        print(peak(Path(settings["file"]), model))
        return
    clips = list(published(Path(settings["published"])))
    print(f"{model}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for what in [a for a in arguments if "=" not in a] or list(WHAT):
        if what == "foreign":
            foreign(Path(settings["foreign"]), model)
        else:
            {"accuracy": accuracy, "speed": speed, "memory": memory}[what](clips, model)


def published(folder: Path) -> Iterator[Published]:
    """The clips of a folder."""
    for line in (folder / "metadata.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found = LINE.findall(row["transcript"])
        lines = [(60.0 * int(m) + int(s), text) for m, s, text in found]
        yield Published(folder / row["file_name"], lines)


def accuracy(clips: Sequence[Published], model: str) -> None:
    """Word error rate and start of lines, by settings."""
    print("| precision | beam | word error rate | line starts, s from the published | mean log p |")
    for precision in ("int8", "float32"):
        for beam in (1, 5):
            recogniser = WhisperRecogniser(model=model, beam_size=beam, precision=precision)
            found = [recognised(recogniser, clip.path) for clip in clips]
            rates = [error_rate(c, r) for c, r in zip(clips, found, strict=True)]
            starts = [off for c, r in zip(clips, found, strict=True) for off in starts_off(c, r)]
            told = " ".join(f"{rate:.3f}" for rate in rates)
            offs = " ".join(f"{off:+.2f}" for off in starts)
            sure = " ".join(f"{r.log_probability:.2f}" for r in found)
            print(f"| {precision} | {beam} | {told} | {offs} | {sure} |")


def speed(clips: Sequence[Published], model: str) -> None:
    """Times real time of one process over many files, by beam and batch, without decoding."""
    recordings = [
        recording_of(clip.path, choose_sound(clip.path), longest_s=30.0) for clip in clips
    ] * COPIES
    seconds = COPIES * sum(duration_s(clip.path) for clip in clips)
    print("| beam | batch | times real time | seconds of sound per CPU second |")
    for beam, batch in SETTINGS:
        recogniser = WhisperRecogniser(model=model, beam_size=beam, batch_size=batch)
        list(recogniser.recognise_all(recordings[:1]))  # loads the model
        start_s, used_s = time.perf_counter(), time.process_time()
        list(recogniser.recognise_all(recordings))
        wall_s, cpu_s = time.perf_counter() - start_s, time.process_time() - used_s
        print(f"| {beam} | {batch} | {seconds / wall_s:.1f} | {seconds / cpu_s:.1f} |", flush=True)


def memory(clips: Sequence[Published], model: str) -> None:
    """Peak of a process by the length of the recording, and its speed with all decoding."""
    said = np.concatenate([voice for clip in clips for voice in (sound(clip.path), pause())])
    with tempfile.TemporaryDirectory() as folder:
        for minutes in MINUTES:
            path = Path(folder) / f"{minutes}.m4a"
            write_sound(path, np.resize(said, minutes * 60 * 16000))
            command = [sys.executable, "-m", "benchmarks.recognition", "peak", f"file={path}"]
            start_s = time.perf_counter()
            out = subprocess.run([*command, f"model={model}"], capture_output=True, check=True)
            took_s = time.perf_counter() - start_s
            peak_gb = float(out.stdout) / 1e6
            print(f"{minutes:3d} min: {peak_gb:.2f} GB, {60 * minutes / took_s:.1f} x real time")


def foreign(folder: Path, model: str) -> None:
    """What the model makes of a language that it does not know: how sure it is."""
    recogniser = WhisperRecogniser(model=model)
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        found = recognised(recogniser, path)
        codes = " ".join(found.transcript.remarks)
        print(f"{found.log_probability:6.2f} {codes:14} {path.name}: {found.transcript.text[:60]}")


def recognised(recogniser: WhisperRecogniser, path: Path) -> Recognition:
    """The words of a file."""
    return recogniser.recognise(
        recording_of(path, choose_sound(path), longest_s=recogniser.longest_s)
    )


def error_rate(clip: Published, found: Recognition) -> float:
    """Word error rate without case and punctuation."""
    reference = " ".join(text for _, text in clip.lines)
    return float(jiwer.wer(PLAIN(reference), PLAIN(found.transcript.text)))


def starts_off(clip: Published, found: Recognition) -> list[float]:
    """Seconds between the first word of each line that was understood and the published start."""
    said = [(word, s.start_s) for s in found.transcript.segments for word in PLAIN(s.text).split()]
    lines = [PLAIN(text).split() for _, text in clip.lines]
    output = jiwer.process_words(
        " ".join(word for line in lines for word in line), " ".join(word for word, _ in said)
    )
    pairs = {
        chunk.ref_start_idx + i: chunk.hyp_start_idx + i
        for chunk in output.alignments[0]
        if chunk.type in ("equal", "substitute")
        for i in range(chunk.ref_end_idx - chunk.ref_start_idx)
    }
    firsts = np.cumsum([0, *map(len, lines)])
    return [
        float(said[pairs[first]][1] or 0.0) - start_s
        for first, (start_s, _) in zip(firsts.tolist(), clip.lines, strict=False)
        if first in pairs
    ]


def peak(path: Path, model: str) -> int:
    """Kilobytes of this process at its largest, after a recording."""
    import resource

    torch.set_num_threads(os.cpu_count() or 1)
    recognised(WhisperRecogniser(model=model), path)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def sound(path: Path) -> Array:
    """(N,) float32 at 16 kHz."""
    return np.concatenate([chunk.samples for chunk in read_audio(path)])


def duration_s(path: Path) -> float:
    """Of its sound."""
    return len(sound(path)) / 16000


def pause() -> Array:
    """Four seconds in which nobody speaks."""
    return np.zeros(64000, np.float32)


def write_sound(path: Path, samples: Array) -> None:
    """As AAC."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate = 16000
        container.mux([*stream.encode(frame), *stream.encode(None)])


if __name__ == "__main__":
    main(sys.argv[1:])
