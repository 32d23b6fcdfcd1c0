"""One interview in many kinds of file: ``python -m benchmarks.recordings bundle=DIR``.

Synthetic people (``people=12``) are scored as they are written, then with their decoded pictures
and samples encoded anew in other containers, codecs and track layouts. A row tells by how many
standard deviations (of that target, over the people) the scores of the same person differ, the mean
and the largest over people and targets, how many people were left unscored, and with which codes
files were flagged; below it stand the features that moved most, in standard deviations of that
column over the people (mean over people). ``files=DIR`` keeps the files for another run.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trifold.bundle.bundle import load_bundle
from trifold.contracts import Array, Clip
from trifold.corpora.synthetic.corpus import SyntheticSettings, write_corpus
from trifold.media.files.folder import scan
from trifold.robustness.transcoding import Kind, transcode
from trifold.scoring.in_memory import CandidateScorer

KINDS = {
    "lossless, mkv": Kind(".mkv", "ffv1", "pcm_f32le"),
    "lossless, mkv flac": Kind(".mkv", "ffv1", "flac"),
    "both channels": Kind(".mkv", "ffv1", "pcm_f32le", layout="both"),
    "left channel alone": Kind(".mkv", "ffv1", "pcm_f32le", layout="left"),
    "antiphase": Kind(".mkv", "ffv1", "pcm_f32le", layout="antiphase"),
    "silent track first": Kind(".mkv", "ffv1", "pcm_f32le", layout="silent first"),
    "lossless at 48 kHz": Kind(".mkv", "ffv1", "pcm_f32le", sound_hz=48000),
    "mp4 H.264, AAC": Kind(".mp4", "libx264", "aac"),
    "mov H.264, PCM": Kind(".mov", "libx264", "pcm_s16le"),
    "mkv, AAC alone": Kind(".mkv", "ffv1", "aac"),
    "mp4 H.265, AAC 48 kHz": Kind(".mp4", "libx265", "aac", sound_hz=48000, sound_bps=128_000),
    "mp4 AV1, AAC": Kind(".mp4", "libsvtav1", "aac"),
    "webm VP8, Opus": Kind(".webm", "libvpx", "libopus"),
    "webm VP9, Opus": Kind(".webm", "libvpx-vp9", "libopus"),
    "mkv, Opus alone": Kind(".mkv", "ffv1", "libopus"),
    "ts H.264, AAC": Kind(".ts", "libx264", "aac", format="mpegts"),
    "flv H.264, AAC": Kind(".flv", "libx264", "aac"),
    "avi MPEG-4, MP3": Kind(".avi", "mpeg4", "libmp3lame"),
    "mpg MPEG-2, MP2": Kind(".mpg", "mpeg2video", "mp2", picture_bps=2_000_000),
    "wmv WMV2, WMA": Kind(".wmv", "wmv2", "wmav2"),
    "mkv, MP3 at 32 kbit/s": Kind(".mkv", "ffv1", "libmp3lame", sound_bps=32_000),
    "webm VP8 at 150 kbit/s": Kind(".webm", "libvpx", "libopus", picture_bps=150_000),
    "3gp H.264, AMR": Kind(".3gp", "libx264", "libopencore_amrnb"),
}
SHOWN = 6  # features that moved most


@dataclass(frozen=True)
class Seen:
    """What one file came to: (K,) scores, NaN where there are none, (D,) features, its codes."""

    scores: Array
    features: Mapping[str, float]
    codes: frozenset[str]


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    settings = dict(argument.split("=", 1) for argument in arguments)
    scorer = CandidateScorer(load_bundle(Path(settings["bundle"])))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(settings.get("files", folder))
        wanted = SyntheticSettings(
            candidates=int(settings.get("people", 12)), answers=1, seed=1, labelled=False
        )
        list(write_corpus(root / "people", wanted, workers=2))
        clips = scan(root / "people")
        reference = [look(scorer, clip) for clip in clips]
        count = len(reference[0].scores)
        print(f"{len(clips)} people, {count} targets; differences in standard deviations")
        print(
            f"{'kind':<26} {'mean':>6} {'most':>6} {'unscored':>8}  codes; features that moved most"
        )
        for name, kind in KINDS.items():
            if settings.get("kind", name) == name:
                report(name, reference, [look(scorer, again(kind, name, c, root)) for c in clips])


def again(kind: Kind, name: str, clip: Clip, root: Path) -> Clip:
    """The same answer as another kind of file."""
    target = root / re.sub(r"\W+", "-", name) / f"{clip.candidate_id}{kind.suffix}"
    if not target.is_file():
        target.parent.mkdir(exist_ok=True)
        transcode(Path(clip.path or ""), target, kind)
    return Clip(clip.clip_id, clip.candidate_id, target, transcript_path=clip.transcript_path)


def look(scorer: CandidateScorer, clip: Clip) -> Seen:
    """Score one answer."""
    scored = scorer.score([clip])
    (row,) = scored.answers
    names = scorer.bundle.description.schema.names
    values = np.array([np.nan if row.get(n) is None else row[n] for n in names], dtype=float)
    codes = {code for code in str(row.get("flags") or "").split(";") if code}
    codes |= {str(row["error_code"])} if row.get("error_code") else set()
    codes |= set(str(scored.candidate.get("reasons") or "").split(";")) - {""}
    features: dict[str, float] = {}
    for stream, sequence in (scored.sample.answers[0] if scored.sample else {}).items():
        encoder = scorer.encoders[stream]
        columns = getattr(
            encoder, "feature_names", [str(i) for i in range(sequence.values.shape[1])]
        )
        means = sequence.values.mean(axis=0)
        features |= {f"{stream}.{c}": float(m) for c, m in zip(columns, means, strict=True)}
    return Seen(values, features, frozenset(codes))


def report(name: str, reference: Sequence[Seen], found: Sequence[Seen]) -> None:
    """One row of the table, and the features."""
    before, after = (np.stack([seen.scores for seen in many]) for many in (reference, found))
    apart = np.abs(after - before) / np.nanstd(before, axis=0)
    unscored = int(np.isnan(after).all(axis=1).sum())
    codes = " ".join(sorted(frozenset().union(*(seen.codes for seen in found))))
    print(f"{name:<26} {np.nanmean(apart):6.3f} {np.nanmax(apart):6.3f} {unscored:8d}  {codes}")
    moved = movements(reference, found)
    most = sorted(moved, key=lambda column: -moved[column])[:SHOWN]
    print(" " * 28 + " ".join(f"{column} {moved[column]:.2f}" for column in most), flush=True)


def movements(reference: Sequence[Seen], found: Sequence[Seen]) -> dict[str, float]:
    """Column to the mean absolute change of its clip mean, in its deviation over the people."""
    moved = {}
    for column in reference[0].features:
        before = np.array([seen.features.get(column, np.nan) for seen in reference])
        after = np.array([seen.features.get(column, np.nan) for seen in found])
        moved[column] = float(np.nanmean(np.abs(after - before)) / max(np.nanstd(before), 1e-9))
    return moved


if __name__ == "__main__":
    main(sys.argv[1:])
