"""One recording under containers, codecs, track layouts and transcripts: the same score, or a code.

Eight drawn people train a bundle: seven in H.264 with AAC, one without loss. What has one of these
encodings never has the code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pytest
from hydra import compose, initialize_config_dir

from trifold.bundle.bundle import load_bundle
from trifold.codes import Code
from trifold.commands.train import train
from trifold.contracts import Clip, Segment
from trifold.corpora.synthetic.corpus import SyntheticSettings, write_corpus
from trifold.media.transcripts.reading import read_transcript
from trifold.robustness.transcoding import Kind, transcode
from trifold.scoring.in_memory import CandidateScorer
from trifold.scoring.rows import Row

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
WITHIN = 0.02  # standard deviations over people
LOSSLESS = Kind(".mkv", "ffv1", "flac")
LEARNER = [
    "learner=media_ensemble", "~learner.members.words", "~learner.members.voice",
    "~learner.members.face", "streams=[contours,prosody,face]",
    "learner.members.together.views=[{streams: [contours], kernel: rbf, scaling: standard},"
    "{streams: [prosody], kernel: rbf, scaling: standard},"
    "{streams: [face], kernel: rbf, scaling: standard}]",
]  # fmt: skip
OTHERWISE = [
    "folds=2", "seeds=[0]", "resamples=10", "baselines=[train_mean]", "workers=1",
    "progress=false", "asr=none", "voices=none", "limits={words: 1, speech_s: 0.1}",
]  # fmt: skip


class Told(NamedTuple):
    """The bundle's scorer, the recording, its scores and their deviation over people, both (K,)."""

    scorer: CandidateScorer
    clip: Clip
    scores: np.ndarray
    deviation: np.ndarray

    def moved(self, clip: Clip) -> tuple[float, Row]:
        """The largest difference of a score, in deviations, and the row."""
        found, row = score(self.scorer, clip)
        return float(np.max(np.abs(found - self.scores) / self.deviation)), row


def score(scorer: CandidateScorer, clip: Clip) -> tuple[np.ndarray, Row]:
    (row,) = scorer.score([clip]).answers
    names = scorer.bundle.description.schema.names
    return np.array([row[name] for name in names], dtype=float), row


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Told:
    root = tmp_path_factory.mktemp("same")
    people = root / "people"
    list(write_corpus(people, SyntheticSettings(candidates=8, answers=1, seconds=3), workers=1))
    media = sorted(people.glob("media/*/*.mp4"))
    transcode(media[-1], media[-1].with_suffix(".mkv"), LOSSLESS)
    manifest = people / "manifest.csv"
    kept = str(media[-1].relative_to(people))
    manifest.write_text(manifest.read_text().replace(kept, kept.replace(".mp4", ".mkv")))
    settings = [f"corpora.root={people}", f"out={root / 'run'}", f"paths.features={root / 'kept'}"]
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        train(compose("train", overrides=[*settings, *LEARNER, *OTHERWISE]))
    scorer = CandidateScorer(load_bundle(root / "run"))
    clips = [Clip(p.parent.name, p.parent.name, p, p.with_suffix(".vtt")) for p in media[:-1]]
    scores = np.stack([score(scorer, clip)[0] for clip in clips])
    return Told(scorer, clips[0], scores[0], scores.std(axis=0))


def test_the_bundle_knows_how_its_training_was_encoded(told: Told) -> None:
    assert told.scorer.bundle.description.codecs == {
        "video": {"h264": 7, "ffv1": 1}, "audio": {"aac": 7, "flac": 1},
    }  # fmt: skip


def copied(source: Path, target: Path, *, form: str | None = None) -> Path:
    """The same packets in another container."""
    with av.open(str(source)) as read, av.open(str(target), "w", format=form) as written:
        streams = {s.index: written.add_stream_from_template(s) for s in read.streams}
        for packet in read.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                written.mux(packet)
    return target


CONTAINERS = {".mkv": None, ".mov": None, ".ts": "mpegts", ".flv": None}


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_another_container_changes_no_score(told: Told, tmp_path: Path, suffix: str) -> None:
    path = copied(told.clip.path, tmp_path / f"a{suffix}", form=CONTAINERS[suffix])
    moved, row = told.moved(replace(told.clip, path=path))
    assert moved <= WITHIN
    assert (row["flags"], row["codec_share"]) == (None, 7 / 8)


KINDS = {
    "without loss": LOSSLESS,
    "pcm": Kind(".mkv", "ffv1", "pcm_f32le"),
    "h.265": Kind(".mp4", "libx265", "aac"),
    "av1": Kind(".mp4", "libsvtav1", "aac"),
    "vp8": Kind(".webm", "libvpx", "libopus"),
    "vp9": Kind(".webm", "libvpx-vp9", "libopus"),
    "mpeg-4": Kind(".avi", "mpeg4", "libmp3lame"),
    "mpeg-2": Kind(".mpg", "mpeg2video", "mp2", picture_bps=2_000_000),
    "wmv": Kind(".wmv", "wmv2", "wmav2"),
    "opus alone": Kind(".mkv", "ffv1", "libopus"),
}
COVERED = {"without loss", "pcm"}


@pytest.mark.parametrize("name", KINDS)
def test_another_codec_changes_no_score_or_is_said(told: Told, tmp_path: Path, name: str) -> None:
    kind = KINDS[name]
    path = transcode(told.clip.path, tmp_path / f"a{kind.suffix}", kind)
    moved, row = told.moved(replace(told.clip, path=path))
    coded = Code.OTHER_CODEC in str(row["flags"]).split(";")
    assert moved <= WITHIN or coded
    assert coded == (name not in COVERED)
    assert coded == ("the model was trained on" in str(row["remarks"]))


LAYOUTS = ("both", "left", "antiphase", "silent first")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_another_layout_of_tracks_changes_no_score(told: Told, tmp_path: Path, layout: str) -> None:
    path = transcode(told.clip.path, tmp_path / "a.mkv", LOSSLESS._replace(layout=layout))
    moved, row = told.moved(replace(told.clip, path=path))
    assert moved <= WITHIN
    assert row["flags"] is None


def clock(seconds: float | None, mark: str = ".") -> str:
    whole, milliseconds = divmod(round(1000 * (seconds or 0)), 1000)
    minutes, seconds = divmod(whole, 60)
    return f"0:{minutes:02d}:{seconds:02d}{mark}{milliseconds:03d}"


def _cues(line: str, *, mark: str = ".", head: str = "", tail: str = "") -> Callable:
    def write(segments: Sequence[Segment]) -> str:
        lines = [
            line.format(n=n, a=clock(s.start_s, mark), b=clock(s.end_s, mark), text=s.text)
            for n, s in enumerate(segments, 1)
        ]
        return head + "\n".join(lines) + tail

    return write


def _whisper(segments: Sequence[Segment]) -> str:
    found = [{"id": n, "start": s.start_s, "end": s.end_s, "text": f" {s.text}"}
             for n, s in enumerate(segments)]  # fmt: skip
    return json.dumps({"text": " ".join(s.text for s in segments), "segments": found})


TRANSCRIPTS = {
    ".vtt": _cues("0{a} --> 0{b}\n{text}\n", head="WEBVTT\n\n"),
    ".srt": _cues("{n}\n0{a} --> 0{b}\n{text}\n", mark=","),
    ".sbv": _cues("{a},{b}\n{text}\n"),
    ".ttml": _cues('<p begin="0{a}" end="0{b}">{text}</p>',
                   head='<tt xmlns="http://www.w3.org/ns/ttml"><body><div>',
                   tail="</div></body></tt>"),
    ".ass": _cues("Dialogue: 0,{a},{b},Default,,0,0,0,,{text}",
                  head="[Script Info]\nScriptType: v4.00+\n\n[Events]\nFormat: Layer, Start, End, "
                       "Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"),
    ".json": _whisper,
}  # fmt: skip


@pytest.mark.parametrize("suffix", TRANSCRIPTS)
def test_another_form_of_transcript_changes_no_score(told, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    segments = read_transcript(told.clip.transcript_path).segments
    path.write_text(TRANSCRIPTS[suffix](segments), encoding="utf-8")
    moved, row = told.moved(replace(told.clip, transcript_path=path))
    assert moved <= WITHIN
    assert row["flags"] is None
