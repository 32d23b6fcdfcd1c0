"""The YouTube Personality layout with invented vloggers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from trifold.corpora.mock.cast import Twin, begin, cast
from trifold.corpora.readers.youtube_personality import MEASURES, SCHEMA, SCORES, TRAITS
from trifold.corpora.synthetic.generative import CUES

AUDIO = [
    "mean.pitch",
    "sd.pitch",
    "mean.conf.pitch",
    "sd.conf.pitch",
    "mean.spec.entropy",
    "sd.spec.entropy",
    "mean.val.apeak",
    "sd.val.apeak",
    "mean.loc.apeak",
    "sd.loc.apeak",
    "mean.num.apeak",
    "sd.num.apeak",
    "mean.energy",
    "sd.energy",
    "mean.d.energy",
    "sd.d.energy",
    "avg.voiced.seg",
    "avg.len.seg",
    "time.speaking",
    "voice.rate",
    "num.turns",
]
VIDEO = ["hogv.entropy", "hogv.median", "hogv.cogR", "hogv.cogC"]
SHOWN = {  # measures that follow a cue; the others are noise
    "mean.pitch": "voice_pitch",
    "sd.pitch": "voice_pitch_range",
    "mean.energy": "voice_level",
    "voice.rate": "voice_rate",
    "time.speaking": "voice_pauses",
    "hogv.entropy": "face_head_movement",
    "hogv.median": "face_gestures",
}


def write(root: Path, twin: Twin) -> Iterator[str]:
    """Both tables and the transcripts, yielding each vlog's id."""
    begin(root)
    (root / "transcripts").mkdir(exist_ok=True)
    generator = np.random.default_rng(twin.seed)
    scores = [" ".join(["vlogId", *TRAITS.values()])]
    measures = [" ".join(["vlogId", *AUDIO, *VIDEO])]
    for p, actor in enumerate(cast(twin, answers=1)):
        vlog = f"VLOG{p + 1}"
        rated = [actor.label(target, generator) for target in SCHEMA.targets]
        scores.append(" ".join([vlog, *(f"{value:.1f}" for value in rated)]))
        cues = dict(zip((cue.name for cue in CUES), actor.person.cues[0], strict=True))
        row = [cues[SHOWN[m]] if m in SHOWN else generator.normal() for m in (*AUDIO, *VIDEO)]
        measures.append(" ".join([vlog, *(f"{value:.5g}" for value in row)]))
        said = root / "transcripts" / f"{vlog}.txt"
        said.write_text(actor.says(0).text + "\n", encoding="utf-8")
        yield vlog
    (root / SCORES).write_text("\n".join(scores) + "\n", encoding="utf-8")
    (root / MEASURES).write_text("\n".join(measures) + "\n", encoding="utf-8")
