"""The candidate's speech in a file, cut at pauses, for what recognises words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from trifold.encoders.speech_to_text.recordings import Recording, Span, Utterance
from trifold.media.sound.activity import pack_speech, speech_segments, with_speech
from trifold.media.sound.choice import Sound
from trifold.media.sound.stream import cut_spans, read_audio, silenced

LONGEST_PAUSE_S = 2.0  # inside an utterance: Whisper reads 30 s at a time, however little is said


def recording_of(
    path: Path, sound: Sound, *, longest_s: float, others: Sequence[Span] = ()
) -> Recording:
    """The speech of a media file, cut at pauses; memory does not grow with its length.

    Args:
        path: the media file.
        sound: the candidate's track and channel.
        longest_s: of one utterance.
        others: spans of other people's turns, which are not heard.

    Raises:
        DecodeError: when nothing of its sound can be decoded.
    """
    chunks = with_speech(silenced(read_audio(path, sound=sound), others))
    chances = [chunk.speech for chunk in chunks if chunk.speech is not None]
    spoken = speech_segments(np.concatenate(chances)) if chances else []
    spans = pack_speech(spoken, longest_s=longest_s, pause_s=LONGEST_PAUSE_S)
    return Recording(
        spans, partial(_utterances, path, sound, others), [start for start, _ in spoken]
    )


def _utterances(
    path: Path, sound: Sound, others: Sequence[Span], spans: Sequence[Span]
) -> Iterator[Utterance]:
    for part in cut_spans(silenced(read_audio(path, sound=sound), others), spans):
        if len(part.samples):
            yield Utterance(part.start_s, part.samples)
