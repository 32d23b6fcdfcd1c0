"""The MIT Interview layout with invented students, two interviews each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from trifold.corpora.mock.cast import MockPerson, Twin, begin, cast
from trifold.corpora.readers.mit_interview.dialogue import QUESTIONS
from trifold.corpora.readers.mit_interview.reader import SCHEMA
from trifold.corpora.readers.mit_interview.tables import (
    ACOUSTIC,
    AUDIO,
    FACE,
    FACIAL,
    RATINGS,
    TRAITS,
    TRANSCRIPTS,
)
from trifold.corpora.synthetic.generative import CUES

SESSIONS = (1, 2)
ASKED = {  # sessions are asked in other words
    1: dict(QUESTIONS),
    2: {
        "background": "Fine.  What belongs to your background?",
        "leadership": "Are there leaders among your idols  and what is one to you?",
        "team": "Which quarrel of a team do you remember?",
        "weakness": "What do you want to improve in yourself?",
        "hiring": "Which post suits you  and what makes you deserve that job?",
    },
}
SHOWN = {  # measures that follow a cue; the others are noise
    "a03": "voice_pitch",
    "a05": "voice_level",
    "a07": "voice_rate",
    "a09": "voice_pauses",
    "a11": "voice_pitch_range",
    "abs_yaw": "face_head_movement",
    "landmark1_x": "face_closeness",
    "landmark2_y": "face_smile",
}


def write(root: Path, twin: Twin) -> Iterator[str]:
    """The four tables, yielding each person's number."""
    begin(root)
    generator = np.random.default_rng(twin.seed)
    rows: dict[str, list[dict[str, object]]] = {}
    for number, actor in enumerate(cast(twin, answers=len(SESSIONS) * len(QUESTIONS)), start=1):
        for session in SESSIONS:
            keys = {"id": f"{'p' * session}{number}", "person": number, "session": session}
            rated = {t.name: round(actor.label(t, generator), 6) for t in SCHEMA.targets}
            measured = _measures(actor, session, generator)
            said = {"transcript": _dialogue(actor, session, rated["no_fillers"], generator)}
            for name, values in (
                (RATINGS, {TRAITS[target]: value for target, value in rated.items()}),
                (AUDIO, {column: measured[column] for column in ACOUSTIC}),
                (FACE, {column: measured[column] for column in FACIAL}),
                (TRANSCRIPTS, said),
            ):
                rows.setdefault(name, []).append({**keys, **values})
        yield str(number)
    for name, table in rows.items():
        pd.DataFrame(table).to_csv(root / name, index=False)


def _measures(actor: MockPerson, session: int, generator: np.random.Generator) -> dict[str, float]:
    cues = dict(zip((cue.name for cue in CUES), actor.person.cues[session - 1], strict=True))
    columns = (*ACOUSTIC, *FACIAL)
    noise = dict(zip(columns, generator.normal(size=len(columns)), strict=True))
    return {c: round(float(cues[SHOWN[c]] if c in SHOWN else noise[c]), 6) for c in columns}


def _dialogue(
    actor: MockPerson, session: int, no_fillers: float, generator: np.random.Generator
) -> str:
    """Turns as they are shared: small talk, five questions, fillers, and a typist's slips."""
    turns = ["Interviewer: Was the train on time?", "Interviewee: Nearly."]
    for number, (question, asked) in enumerate(ASKED[session].items()):
        said = actor.says((session - 1) * len(QUESTIONS) + number)
        lines = [
            "Uhm  " + s.text if generator.uniform(1, 7) > no_fillers else s.text
            for s in said.segments
        ]
        halves = [" ".join(lines[:3]), " ".join(lines[3:])]
        label = "Interveiwee" if question == "team" else "Interviewee"  # once in an interview
        turns += [f"Interviewer: {asked}", f"{label}: {halves[0]}"]
        if question == "leadership":
            turns += [halves[1]]  # a turn that goes on needs no label
        else:
            turns += ["Interviewer:  Aha", f"Interviewee: {halves[1]} [laughs]"]
    return "|".join([*turns, "Interviewer: Goodbye."]).replace(", ", "  ")
