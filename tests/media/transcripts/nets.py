"""A talk about nets of six seconds, as lines and as cues with any labels."""

from __future__ import annotations

from trifold.contracts import Transcript
from trifold.media.transcripts.reading import parse_transcript
from trifold.media.transcripts.speakers.candidate import of_candidate
from trifold.media.transcripts.timing import fitted

ASKED = ("How do you mend nets?", "And when it rains?")
SAID = ("I soak the rope first.", "Then I wait in the shed.")
OWN = " ".join(SAID)
ALL = f"{ASKED[0]} {SAID[0]} {ASKED[1]} {SAID[1]}"
TURNS = (("I", ASKED[0], 0, 1), ("C", SAID[0], 1, 3), ("I", ASKED[1], 3, 4), ("C", SAID[1], 4, 6))


def own(text: str, *, person: str = "otto_lind") -> Transcript:
    """What the candidate says in a recording of six seconds."""
    return fitted(of_candidate(parse_transcript(text), candidate_id=person), 6.0)


def lines(asks: str, answers: str) -> str:
    return "\n".join(f"{asks if who == 'I' else answers}{text}" for who, text, _, _ in TURNS)


def cues(asks: str, answers: str) -> str:
    return "WEBVTT\n\n" + "\n".join(
        f"00:0{start}.000 --> 00:0{end}.000\n{asks if who == 'I' else answers}{text}\n"
        for who, text, start, end in TURNS
    )


def starts(said: Transcript) -> list[float | None]:
    """Where each segment begins, to the hundredth."""
    return [None if s.start_s is None else round(s.start_s, 2) for s in said.segments]
