"""The same interview in many kinds of file: ``python -m benchmarks.recordings bundle=DIR``.

Synthetic people (``people=12``) are scored as they are written, then each of them again in other
containers, codecs and track layouts. A row tells by how many standard deviations (of that target,
over the people) the scores of the same person differ: the mean and the largest over people and
targets. Codes are those of the files that were flagged or left unscored.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from src.contracts import Array, Clip
from src.corpora.synthetic.corpus import Settings, write_corpus
from src.media.audio import read_audio
from src.media.folder import scan
from src.media.video import read_frames
from src.scoring.bundle import load_bundle
from src.scoring.one import CandidateScorer
from tests.recordings import Codec, Options, Track, record


class Kind(NamedTuple):
    """One kind of file; ``layout`` says what the tracks hold."""

    suffix: str
    picture: str
    sound: str
    format: str | None = None
    layout: str = "mono"


KINDS = (
    Kind(".mkv", "ffv1", "flac"), Kind(".mp4", "libx264", "aac"),
    Kind(".mov", "libx264", "pcm_s16le"), Kind(".webm", "libvpx", "libopus"),
    Kind(".avi", "mpeg4", "libmp3lame"),
    Kind(".mpg", "mpeg2video", "mp2"), Kind(".wmv", "wmv2", "wmav2"),
    Kind(".ts", "libx264", "aac", "mpegts"), Kind(".flv", "libx264", "aac"),
    Kind(".3gp", "libx264", "libopencore_amrnb"), Kind(".mp4", "libx264", "aac", None, "both"),
    Kind(".mp4", "libx264", "aac", None, "left"), Kind(".mp4", "libx264", "aac", None, "antiphase"),
    Kind(".mkv", "libx264", "aac", None, "silent first"),
)  # fmt: skip
RATES = {"libopencore_amrnb": 8000, "mp2": 48000, "wmav2": 48000}


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    settings = dict(argument.split("=", 1) for argument in arguments)
    scorer = CandidateScorer(load_bundle(Path(settings["bundle"])))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        wanted = Settings(candidates=int(settings.get("people", 12)), answers=1, labelled=False)
        list(write_corpus(root / "people", wanted, workers=1))
        clips = scan(root / "people")
        reference = np.stack([scores(scorer, clip)[0] for clip in clips])
        spread = np.nanstd(reference, axis=0)
        print(f"{len(clips)} people, {reference.shape[1]} targets; differences in their sd")
        print(f"{'kind':<44} {'mean':>6} {'most':>6}  codes")
        for kind in KINDS:
            report(kind, scorer, clips, reference, spread, root)


def report(
    kind: Kind,
    scorer: CandidateScorer,
    clips: Sequence[Clip],
    reference: Array,
    spread: Array,
    root: Path,
) -> None:
    """One row of the table."""
    found, codes = [], set()
    for number, clip in enumerate(clips):
        values, flagged = scores(scorer, written(kind, clip, root / f"again{number}{kind.suffix}"))
        found.append(values)
        codes |= flagged
    apart = np.abs(np.stack(found) - reference) / spread
    name = f"{kind.suffix} {kind.picture} {kind.sound} {kind.layout}"
    print(f"{name:<44} {np.nanmean(apart):6.3f} {np.nanmax(apart):6.3f}  {' '.join(sorted(codes))}")


def scores(scorer: CandidateScorer, clip: Clip) -> tuple[Array, set[str]]:
    """(K,) scores of one answer, NaN where there are none, and its codes."""
    (row,) = scorer.score([clip]).answers
    names = scorer.bundle.description.schema.names
    values = np.array([np.nan if row.get(n) is None else row[n] for n in names], dtype=float)
    flagged = {code for code in str(row.get("flags") or "").split(";") if code}
    return values, flagged | ({str(row["error_code"])} if row.get("error_code") else set())


def written(kind: Kind, clip: Clip, path: Path) -> Clip:
    """The same answer as another kind of file."""
    source = Path(clip.path or "")
    voice = np.concatenate([chunk.samples for chunk in read_audio(source)])
    images = [frame.image for frame in read_frames(source)]
    rate_hz = RATES.get(kind.sound, 16000)  # as the people are written
    tracks = [Track(samples, kind.sound, rate_hz) for samples in laid_out(voice, kind.layout)]
    film = 25 if kind.picture == "mpeg2video" else 15
    height, width = images[0].shape[:2]
    codec = Codec(kind.picture, "yuv420p", (width, height), film)
    record(path, shown=images, codec=codec, tracks=tracks, options=Options(kind.format))
    return Clip(clip.clip_id, clip.candidate_id, path, transcript_path=clip.transcript_path)


def laid_out(voice: Array, layout: str) -> list[Array]:
    """(C, N) samples of each track."""
    silence = np.zeros_like(voice)
    tracks = {
        "mono": [[voice]],
        "both": [[voice, voice]],
        "left": [[voice, silence]],
        "antiphase": [[voice, -voice]],
        "silent first": [[silence], [voice]],
    }
    return [np.stack(channels) for channels in tracks[layout]]


if __name__ == "__main__":
    main(sys.argv[1:])
