"""Two people in one recording: ``python -m benchmarks.two_people [people=FOLDER] [pairs=6]``.

How much of the other person is left out, by layout, on synthetic interviews whose every second is
known (``tests.factories.dialogues``). ``FOLDER`` holds a folder of recordings per real speaker;
pairs of them are mixed turn by turn into one track, recognised with and without telling them apart,
and each speaker alone must stay one voice. Prints a line per layout or pair.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from tests.factories.dialogues import CANDIDATE, INTERVIEWER, Dialogue, dialogue, film
from tests.factories.recordings import Track, mono, record
from trifold.contracts import Array, Clip, Span, Turns
from trifold.encoders.speech_to_text.whisper import WhisperRecogniser
from trifold.encoders.voices.teller import VoiceTurns
from trifold.features.source import Source
from trifold.features.turns.listening import recording_of
from trifold.features.turns.told import turns_of
from trifold.media.sound.choice import choose_sound
from trifold.media.sound.stream import read_audio

LAYOUTS = (None, "webcam", "gallery", "active speaker")
QUESTION_S, ANSWER_S, PAUSE_S = (3.0, 8.0), (8.0, 25.0), (0.1, 0.8)
LEVEL, MOST_S = 0.05, 60.0
OWN_WORDS = ("I", "planned", "the", "work", "with", "care.")  # the other says none of them
SUFFIXES = {".wav", ".flac", ".mp3", ".m4a"}


class Shares(NamedTuple):
    """Of the other person's speech and words what is left out, and of the candidate's."""

    others_s: float
    own_s: float
    others_words: float
    own_words: float
    told_by: str

    def __str__(self) -> str:
        return (
            f"{self.told_by or 'withheld':8s} others' seconds left out {self.others_s:6.1%}, words"
            f" {self.others_words:6.1%}; candidate's seconds {self.own_s:5.1%}, words"
            f" {self.own_words:5.1%}"
        )


def main(arguments: list[str]) -> None:
    """Print the shares of every layout, and of real pairs where there are some."""
    given = dict(argument.split("=", 1) for argument in arguments)
    torch.set_num_threads(1)
    teller = VoiceTurns()
    with tempfile.TemporaryDirectory() as folder:
        for view in LAYOUTS:
            for apart in (False, True):
                name = f"{view or 'sound alone'}, {'channels apart' if apart else 'one mono mix'}"
                print(f"{name:32s}", _synthetic(Path(folder), view, apart, teller), flush=True)
        if "people" in given:
            _real(Path(given["people"]), Path(folder), int(given.get("pairs", 6)), teller)


def _synthetic(folder: Path, view: str | None, apart: bool, teller: VoiceTurns) -> Shares:
    said = dialogue()
    path = film(folder / f"talk.{'wav' if view is None else 'mp4'}", said, view, apart=apart)
    turns = turns_of(Clip("a", "a", path), teller)
    heard = Source(Clip("a", "a", path, transcript=said.vtt(), turns=turns))
    if (
        apart
    ):  # of two channels one is read: all of one person is left out, and nothing of the other
        place = turns.channel or (heard.info.audio_stream, heard.info.audio_channel)
        other = float(place[1] == CANDIDATE)
        return Shares(other, 1 - other, other, 1 - other, turns.told_by)
    words = heard.transcript.text.split() if heard.transcript else []
    n_own = sum(word in OWN_WORDS for word in words)
    seconds = [_left(turns.others, said.said_by(who)) for who in (INTERVIEWER, CANDIDATE)]
    return Shares(*seconds, 1 - (len(words) - n_own) / 18, 1 - n_own / 18, turns.told_by)


def _real(people: Path, folder: Path, pairs: int, teller: VoiceTurns) -> None:
    voices = {p.name: _voice(p) for p in sorted(people.iterdir()) if p.is_dir()}
    seconds_s = spent_s = 0.0
    for name, voice in voices.items():
        path = _write(folder / "alone.wav", voice)
        start_s = time.perf_counter()
        found = turns_of(Clip("a", "a", path), teller)
        spent_s += time.perf_counter() - start_s
        seconds_s += len(voice) / 16000
        print(f"{name:32s}", "one voice" if found == Turns() else f"SPLIT: {found.remarks}")
    print(f"{60 * spent_s / seconds_s:.2f} s per minute of sound, with decoding and voice activity")
    generator, recogniser = np.random.default_rng(0), WhisperRecogniser()
    for _ in range(pairs):
        one, other = generator.choice(sorted(voices), 2, replace=False)
        said = _interview(voices[one], voices[other], generator)
        path = _write(folder / "pair.wav", said.sound.sum(axis=0))
        turns = turns_of(Clip("a", "a", path), teller)
        print(
            f"{f'{one} asked by {other}':32s}", _scored(path, said, turns, recogniser), flush=True
        )


def _scored(path: Path, said: Dialogue, turns: Turns, recogniser: WhisperRecogniser) -> Shares:
    """Words by their middles, in all that is recognised and in what is of the candidate's turns."""
    whole, own = (
        [
            (s.start_s + s.end_s) / 2
            for s in recogniser.recognise(
                recording_of(path, choose_sound(path), longest_s=30.0, others=others)
            ).transcript.segments
        ]
        for others in ((), turns.others)
    )
    asked, told = (
        [sum(said.said_by(who)[min(int(100 * t), len(said.said_by(who)) - 1)] for t in times)
         for times in (whole, own)]
        for who in (INTERVIEWER, CANDIDATE)
    )  # fmt: skip
    seconds = [_left(turns.others, said.said_by(who)) for who in (INTERVIEWER, CANDIDATE)]
    words = [1 - heard[1] / max(heard[0], 1) for heard in (asked, told)]
    return Shares(*seconds, *words, turns.told_by)


def _interview(own: Array, other: Array, generator: np.random.Generator) -> Dialogue:
    """Questions and answers in turn, the other up to 8 dB softer and 3 dB louder."""
    parts, turns = [np.zeros((2, 0), np.float32)], []
    voices = (own, other * 10 ** (generator.uniform(-8, 3) / 20))
    at, now_s = [0, 0], 0.0
    while all(len(voices[who]) - at[who] > 16000 for who in (0, 1)):
        for who, lengths in ((INTERVIEWER, QUESTION_S), (CANDIDATE, ANSWER_S)):
            pause = np.zeros((2, round(generator.uniform(*PAUSE_S) * 16000)), np.float32)
            piece = voices[who][at[who] : at[who] + round(generator.uniform(*lengths) * 16000)]
            at[who] += len(piece)
            both = np.zeros((2, len(piece)), np.float32)
            both[who] = piece
            turns.append((who, now_s, now_s + len(piece) / 16000))
            now_s += (len(piece) + pause.shape[1]) / 16000
            parts += [both, pause]
    return Dialogue(np.concatenate(parts, axis=1), tuple(turns))


def _voice(folder: Path) -> Array:
    """The recordings of one person, one behind the other, at one level."""
    pieces = [c.samples for file in _recordings(folder) for c in read_audio(file)]
    samples = np.concatenate(pieces)[: round(MOST_S * 16000)]
    scaled: Array = samples * (LEVEL / np.sqrt(np.mean(np.square(samples))))
    return scaled


def _recordings(folder: Path) -> Iterator[Path]:
    return (p for p in sorted(folder.rglob("*")) if p.suffix.lower() in SUFFIXES)


def _write(path: Path, samples: Array) -> Path:
    noise = np.random.default_rng(0).normal(0, 1e-4, len(samples))
    mixed = np.clip(samples + noise, -1, 1).astype(np.float32)
    return record(path, tracks=[Track(mono(mixed), "pcm_s16le", 16000)])


def _left(spans: Sequence[Span], where: Array) -> float:
    """Of the hundredths of seconds in which ``where`` holds, the share within the spans."""
    times = np.arange(len(where)) / 100
    inside = np.zeros(len(where), bool)
    for start, end in spans:
        inside |= (times >= start) & (times < end)
    return float(inside[where].mean())


if __name__ == "__main__":
    main(sys.argv[1:])
