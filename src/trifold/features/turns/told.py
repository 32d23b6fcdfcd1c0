"""What of a recording is the candidate's: by labels, tracks, a choice, the face, or assumed.

Nothing is left out that is not known to be another's, or said to be assumed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from trifold.codes import Code
from trifold.contracts import AudioChunk, Clip, MediaInfo, Span, Turns, View
from trifold.encoders.voices.teller import VoiceTurns
from trifold.errors import TranscriptError
from trifold.features.source import Source
from trifold.features.turns.chosen import in_doubt_where_chosen, moments_of, voice_at
from trifold.features.turns.seats import Seats, find_seats, voice_of
from trifold.features.turns.views import views_of
from trifold.features.turns.words import joined, minus, turns_of_labels
from trifold.media.picture.frames import read_frames
from trifold.media.sound.activity import speech_segments, with_speech
from trifold.media.sound.choice import Sound, voices_apart
from trifold.media.sound.heard import is_titled
from trifold.media.sound.stream import read_audio
from trifold.media.transcripts.speakers.candidate import of_candidate
from trifold.media.transcripts.timing import fitted
from trifold.pretrained.packaged import packaged

BY_CHOICE, BY_FACE, BY_MOST = "choice", "face", "most"
FRAME_RATE_HZ, MAX_SIDE_PX = 10.0, 640  # mouths need ten pictures a second
MARGIN_S = 0.2  # by which voice activity begins late and ends early
PAUSE_S = 2.0  # longest that belongs to a turn of somebody else, who thinks there
FACES = "faces"
Voices = Sequence[Sequence[Span]]  # spans of each voice, the longest speaker's first


def by_labels(source: Source) -> Turns | None:
    """The turns that labels of a timed transcript give; None where they do not tell.

    Raises:
        TranscriptError: when the transcript cannot be read.
    """
    said = source.said
    if said is None or all(s.speaker is None for s in said.segments):
        return None
    clip = source.clip
    own = of_candidate(said, speaker=clip.speaker, candidate_id=clip.person)
    if Code.SEVERAL_SPEAKERS in own.remarks or len(own.segments) == len(said.segments):
        return None
    if any(s.start_s is None for s in said.segments):
        return None
    whole = fitted(said, source.info.duration_s)
    if any(s.start_s is None for s in whole.segments):
        return None
    mine = of_candidate(whole, speaker=clip.speaker, candidate_id=clip.person)
    return turns_of_labels(whole, mine)


def turns_of(clip: Clip, teller: VoiceTurns) -> Turns:
    """What of a clip's recording is the candidate's.

    Args:
        clip: with a media file.
        teller: tells voices of one channel apart.

    Raises:
        TrifoldError: when the file cannot be read.
        EncoderError: when packaged weights are missing.
    """
    source = Source(clip)
    labels = _quietly_by_labels(source)
    if labels is not None:
        return _with_views(in_doubt_where_chosen(labels, clip), source)
    info = source.info
    if not info.has_audio or clip.path is None:
        return Turns()
    if Code.SEVERAL_SPEAKERS in info.remarks:
        return _by_channels(source, sure=teller.sure)
    if not moments_of(clip) and is_titled(clip.path, info.audio_stream):
        return Turns()  # the file says whose track it is
    return _by_voices(source, teller)


def _quietly_by_labels(source: Source) -> Turns | None:
    try:
        return by_labels(source)
    except TranscriptError:  # extraction says why
        return None


def _by_voices(source: Source, teller: VoiceTurns) -> Turns:
    """By the sound of the voices in one channel."""
    turns = teller.turns(partial(_chunks, source), _spoken(source))
    if not turns:
        alone = "one voice alone is heard, and all of it was read"
        return Turns(remarks={Code.SPEAKER: alone} if moments_of(source.clip) else {})
    count = 1 + max(turn.voice for turn in turns)
    voices = [joined([t[:2] for t in turns if t.voice == v], gap_s=MARGIN_S) for v in range(count)]
    found = _owned(voices, source, sure=teller.sure)
    return replace(found, voices=tuple(tuple(voice) for voice in voices))


def _by_channels(source: Source, *, sure: float) -> Turns:
    """By the channels or tracks that different voices are on; the chosen one comes first."""
    chosen = source.clip.chosen
    track = source.info.audio_stream if chosen and chosen.of_sound else None
    apart = voices_apart(source.path, track=track)
    heard = sorted(apart, key=lambda voice: -voice.speech_s)
    voices = [speech_segments(np.asarray(voice.speech, float)) for voice in heard]
    found = _owned(voices, source, sure=sure)
    if not found.told_by:  # the header's own remark says that there are several
        return found if moments_of(source.clip) else replace(found, remarks={})
    own = [n for n, voice in enumerate(voices) if joined(voice) == list(found.own)]
    if not own:
        line = f"{_told(voices)}, each on a channel, of which one alone can be read; all was read"
        return Turns(remarks={Code.SEVERAL_SPEAKERS: line})
    voice = heard[own[0]]
    several = voice.place if voice.has_channels else (voice.place[0], None)
    same = several == (source.info.audio_stream, source.info.audio_channel)
    alone = replace(found, others=(), channel=None if same else several)
    left = "on a channel of its own"
    return replace(alone, remarks=_remarks(alone, voices, left))


def _owned(voices: Voices, source: Source, *, sure: float) -> Turns:
    """The turns of the voices that somebody chose, else of the face's, else of the longest speaker.

    Args:
        voices: spans of each, the longest speaker's first.
        source: of the clip.
        sure: share of speech that the longest speaker needs, to be assumed the candidate.
    """
    seats = _seats(source) if source.info.has_video else None
    speaks = {} if seats is None else _speaking(seats, voices)
    share = _length(voices[0]) / sum(map(_length, voices))
    told_by, owners = BY_MOST, {0}
    if moments := moments_of(source.clip):
        heard = {at: voice_at(at, voices) for at in moments}
        told_by, owners = BY_CHOICE, {voice for voice in heard.values() if voice is not None}
        silent = [f"{at:g}" for at, voice in heard.items() if voice is None]
        if silent:
            line = f"{_told(voices)}, none of them at {', '.join(silent)} s; all of it was read"
            return Turns(remarks={Code.SEVERAL_SPEAKERS: line})
    elif seats is not None and len(seats.seats) == 1 and 0 in speaks:
        told_by, owners = BY_FACE, {speaks[0]}
    elif share < sure:
        line = f"{_told(voices)}; nothing says which is the candidate's, and all of it was read"
        return Turns(remarks={Code.SEVERAL_SPEAKERS: line})
    own = joined([span for k in owners for span in voices[k]])
    others = joined([s for k, voice in enumerate(voices) if k not in owners for s in voice])
    wide = [(max(0.0, a - MARGIN_S), b + MARGIN_S) for a, b in others]
    others = minus(joined(wide, gap_s=PAUSE_S), own)
    alone = len(owners) == len(voices)  # then all that is seen is the candidate's, too
    views = None if seats is None or alone else _views(seats, speaks, owners)
    found = Turns(own=tuple(own), others=tuple(others), told_by=told_by, views=views)
    left = f"{found.others_s:.1f} s were left out" if found.others else "nothing was left out"
    return replace(found, remarks=_remarks(found, voices, left))


def _with_views(turns: Turns, source: Source) -> Turns:
    """Turns that labels told, with the place where the candidate is seen."""
    if not turns.others or not source.info.has_video or source.clip.path is None:
        return turns
    seats = _seats(source)
    if len(seats.seats) < 2:
        return turns
    return replace(turns, views=_views(seats, _speaking(seats, [turns.own, turns.others]), {0}))


def _seats(source: Source) -> Seats:
    frames = read_frames(
        source.path,
        stream=source.info.video_stream,
        frame_rate_hz=FRAME_RATE_HZ,
        max_side_px=MAX_SIDE_PX,
    )
    return find_seats(frames, packaged(FACES))


def _speaking(seats: Seats, voices: Voices) -> dict[int, int]:
    """Seat to the voice that its mouth moves with, as far as that can be told."""
    found = {number: voice_of(seat, voices) for number, seat in enumerate(seats.seats)}
    return {number: voice for number, voice in found.items() if voice is not None}


def _views(
    seats: Seats, speaks: Mapping[int, int], owners: Collection[int]
) -> tuple[View, ...] | None:
    """Where the owner of voices is seen; None, the whole picture, where that is not known."""
    own = [number for number, voice in speaks.items() if voice in owners]
    if not own:
        return None
    together = sorted(s for number in own for s in seats.seats[number])
    rest = [seat for number, seat in enumerate(seats.seats) if number not in own]
    return views_of(together, replace(seats, seats=[together, *rest]))


def _remarks(found: Turns, voices: Voices, left: str) -> dict[str, str]:
    """How the candidate was told, code to one line."""
    how = {
        BY_CHOICE: "what was chosen by hearing was read",
        BY_FACE: "the one that the face's mouth moves with was read",
        BY_MOST: "the one that speaks most was read",
    }[found.told_by]
    line = f"{_told(voices)}; {how}, {left}"
    code = Code.ASSUMED_SPEAKER if found.told_by == BY_MOST else Code.SPEAKER
    return {code: line}


def _told(voices: Voices) -> str:
    lengths = ", ".join(f"{_length(voice):.1f}" for voice in voices)
    return f"{len(voices)} voices speak for {lengths} s"


def _length(spans: Sequence[Span]) -> float:
    return sum(end - start for start, end in spans)


def _chunks(source: Source) -> Iterator[AudioChunk]:
    info: MediaInfo = source.info
    return read_audio(source.path, sound=Sound(info.audio_stream, info.audio_channel))


def _spoken(source: Source) -> list[Span]:
    found = [c.speech for c in with_speech(_chunks(source)) if c.speech is not None]
    return speech_segments(np.concatenate(found)) if found else []
