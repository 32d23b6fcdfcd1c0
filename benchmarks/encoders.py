"""Speed and memory of the embedded encoders: ``python -m benchmarks.encoders [FILE …]``."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import av
import numpy as np
import yaml

from trifold.contracts import Clip
from trifold.corpora.synthetic.face import Appearance, Performance, frames
from trifold.corpora.synthetic.voice import Voice, loudness_envelope, speak
from trifold.features.extract import ClipEncoder
from trifold.features.store import FeatureStore
from trifold.media.container.probe import probe
from trifold.media.picture.frames import read_frames
from trifold.media.sound.activity import with_speech
from trifold.media.sound.stream import read_audio
from trifold.workers.local import LocalEngine
from trifold.workers.pool import run_all

SPECS = yaml.safe_load(Path("configs/encoders/embedded.yaml").read_text())
RUNS, COPIES = 5, 8
WORDS = "I plan every step, check the list and talk with the team. " * 4
VOICE = Voice(pitch_hz=140, pitch_range_st=2, level_db=-22, rate_hz=4.5, pause_share=0.25)
CALM = Performance(smile=0.5, head_amplitude=0.12, closeness=0.68, gesture_amplitude=0.08)


def main() -> None:
    """Print the three tables."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        files = [Path(name) for name in sys.argv[1:]] or [write_clip(root / "10s.mp4", 10)]
        print(f"{os.cpu_count()} cores; {RUNS} runs; median (lowest to highest)")
        speed(files, root)
        stages(files[0])
        memory(root)


def speed(files: list[Path], root: Path) -> None:
    """Clips through a warm pool of one process per core, nothing cached."""
    workers = os.cpu_count() or 1
    clips = [
        Clip(f"{f.stem}-{i}", str(i), f, transcript=WORDS) for i in range(COPIES) for f in files
    ]
    seconds = COPIES * sum(probe(file).duration_s or 0.0 for file in files)
    rates = []
    for run in range(RUNS):
        store = FeatureStore(root / f"store{run}")
        factory = partial(ClipEncoder, SPECS, store.root, 1)
        with LocalEngine(factory, workers=workers) as engine:
            warm = [write_clip(root / f"warm{i}.mp4", 2) for i in range(2 * workers)]
            clips_to_warm = [Clip(w.stem, "w", w, transcript="Warm.") for w in warm]
            list(run_all(clips_to_warm, engine))
            # each clip has its own words, so that no text is found in the cache; media are
            # copies, so their cache entries are removed as they come
            start = time.perf_counter()
            list(run_all(_distinct(clips, root, run), engine))
            rates.append(seconds / (time.perf_counter() - start))
    print(f"all encoders, {workers} processes: {_range(rates)} x real time")


def _distinct(clips: list[Clip], root: Path, run: int) -> list[Clip]:
    """Copies whose content differs, so that nothing is found in the cache."""
    folder = root / f"run{run}"
    folder.mkdir()
    distinct = []
    for i, clip in enumerate(clips):
        copy = folder / f"{i}{clip.path.suffix}"  # type: ignore[union-attr]
        copy.write_bytes(clip.path.read_bytes() + f"\0{run}.{i}".encode())  # type: ignore[union-attr]
        distinct.append(Clip(str(i), str(i), copy, transcript=f"{WORDS} Number {i}."))
    return distinct


def stages(file: Path) -> None:
    """CPU seconds per 10 s of video, stage by stage, in one process."""
    from trifold.encoders.build import build_encoders
    from trifold.media.transcripts.reading import parse_transcript

    encoders = build_encoders(SPECS)
    face, prosody = encoders["face"], encoders["prosody"]
    size = {"frame_rate_hz": face.frame_rate_hz, "max_side_px": face.max_side_px}  # type: ignore[attr-defined]
    images = list(read_frames(file, **size))
    audio = list(read_audio(file))
    spoken = list(with_speech(audio))
    words = parse_transcript(WORDS)
    per = 10 / (probe(file).duration_s or 10)
    jobs = {
        "decode video": lambda: list(read_frames(file, **size)),
        "decode audio": lambda: list(read_audio(file)),
        "voice activity": lambda: list(with_speech(audio)),
        "face": lambda: face.encode(images),  # type: ignore[attr-defined]
        "prosody": lambda: prosody.encode(spoken),  # type: ignore[attr-defined]
        "sentences": lambda: encoders["sentences"].encode(words),  # type: ignore[attr-defined]
        "contours": lambda: encoders["contours"].encode(words),  # type: ignore[attr-defined]
    }
    for name, job in jobs.items():
        job()
        times = []
        for _ in range(RUNS):
            start = time.process_time()
            job()
            times.append((time.process_time() - start) * per)
        print(f"  {name:<15} {_range(times, digits=3)} CPU s per 10 s")


def memory(root: Path) -> None:
    """Peak resident memory of a fresh process that encodes 1, 5 and 30 minutes."""
    minute = write_clip(root / "minute.mp4", 60)
    for minutes in (1, 5, 30):
        file = repeat(minute, root / f"{minutes}.mp4", minutes)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.encoders", "--one", str(file)],
            capture_output=True,
            text=True,
            check=True,
        )
        print(f"  {minutes:>2} minutes: {done.stdout.strip()}")


def one(file: Path) -> None:
    """Encode one file in this process and print peak memory and speed."""
    with tempfile.TemporaryDirectory() as folder:
        encode = ClipEncoder(SPECS, Path(folder), 1)
        start = time.perf_counter()
        (record,) = encode([Clip("a", "a", file, transcript=WORDS)])
        wall = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if record.error_code:
        sys.exit(f"{record.error_code}: {record.error_message}")
    print(f"peak {peak:.0f} MiB, {(record.duration_s or 0) / wall:.0f} x real time in one process")


def write_clip(path: Path, seconds: float) -> Path:
    """A drawn face that talks: 640×480, 30 fps, H.264 and AAC."""
    if path.exists():
        return path
    generator = np.random.default_rng(0)
    audio = speak(VOICE, duration_s=seconds, generator=generator)
    loudness = loudness_envelope(audio, 30, round(seconds * 30))
    pictures = frames(
        Appearance.draw(generator),
        CALM,
        loudness,
        size=(480, 640),
        frame_rate_hz=30,
        generator=generator,
    )
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = 640, 480, "yuv420p"
        sound = container.add_stream("aac", rate=16000, layout="mono")
        for image in pictures:
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(video.encode(None))
        for start in range(0, len(audio), 1024):
            chunk = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(audio[None, start : start + 1024]), "fltp", "mono"
            )
            chunk.sample_rate, chunk.pts = 16000, start
            container.mux(sound.encode(chunk))
        container.mux(sound.encode(None))
    return path


def repeat(minute: Path, path: Path, times: int, every_s: float = 60.2) -> Path:
    """The same recording again and again, without encoding anew; a turn begins every so often."""
    with av.open(str(path), "w") as target:
        streams = {}
        for turn in range(times):
            with av.open(str(minute)) as source:
                for stream in source.streams:
                    if stream.index not in streams:
                        streams[stream.index] = target.add_stream_from_template(stream)
                for packet in source.demux():
                    if packet.dts is None:
                        continue
                    shift = round(every_s * turn / packet.time_base)
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = streams[packet.stream.index]
                    target.mux(packet)
    return path


def _range(values: list[float], digits: int = 1) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(Path(sys.argv[2]))
    else:
        main()
