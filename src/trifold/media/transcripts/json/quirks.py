"""What one service or program writes unlike all others."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from trifold.media.transcripts.json.fields import fields_of, stated_speaker, without_markup
from trifold.media.transcripts.json.levels import best_level
from trifold.media.transcripts.json.times import Moment, span_of
from trifold.media.transcripts.json.vocabulary import FILE_FIELDS
from trifold.media.transcripts.json.words import (
    Fragment,
    Level,
    comparable,
    concatenate,
    joined_words,
    num_speakers,
)
from trifold.media.transcripts.parsed import OtherContentError

TURN_FIELDS = ("speakerlabels", "paragraphs", "diarization", "speakersegments", "turns")
SAME_WORDS = 0.9  # share of the words of two channels, above which both recorded the same voice


def google_results(levels: Sequence[Level]) -> Level:
    """Google's results one after the other; or the last, where it repeats them with speakers.

    Those before the last then only lend it their punctuation.
    """
    if len(levels) > 1:
        before = joined_words(concatenate(levels[:-1]))
        if before and _repeats(levels[-1], before):
            return best_level([levels[-1], before])
    return joined_words(concatenate(levels))


def _repeats(last: Level, before: Level) -> bool:
    """Whether a level begins with the text of another, and has speakers."""
    text_before = comparable("".join(piece.text for piece in before))
    text = comparable("".join(piece.text for piece in last))
    has_speakers = any(piece.speaker is not None for piece in last)
    return bool(text_before) and has_speakers and text.startswith(text_before)


def are_alternatives(rows: Sequence[object]) -> bool:
    """Whether a list holds several readings of the same words, as DeepSpeech writes them."""
    objects = [fields_of(row) for row in rows if isinstance(row, dict)]
    if len(objects) < 2 or len(objects) < len(rows):
        return False
    bare = all(
        "confidence" in f and not {"channel", "channelindex", "speaker"} & f.keys() for f in objects
    )
    listed = [f.get("words") for f in objects]
    words = [w[0] for w in listed if isinstance(w, list) and w and isinstance(w[0], dict)]
    starts = [span_of(word).start for word in words]
    return bare and len({start.value if start else None for start in starts}) == 1


def with_turn_speakers(level: Level, fields: Mapping[str, object]) -> Level:
    """A level without speakers, with those of a list of turns beside it (AWS, IBM)."""
    if all(fields.get(name) is None for name in TURN_FIELDS) or num_speakers(level):
        return level
    turns = sorted(_turns(fields))
    if not turns:
        return level
    starts = [start for start, _ in turns]
    done: Level = []
    name = None
    for piece in level:
        if piece.start is not None:
            name = turns[max(bisect_right(starts, piece.start.value) - 1, 0)][1]
        done.append(piece._replace(speaker=name))
    return done


def _turns(fields: Mapping[str, object]) -> Iterator[tuple[float, str]]:
    for table in TURN_FIELDS:
        listed = fields.get(table)
        rows = fields_of(listed).get("segments") if isinstance(listed, dict) else listed
        for row in rows if isinstance(rows, list) else ():
            inner = fields_of(row) if isinstance(row, dict) else {}
            start, name = span_of(row).start if inner else None, stated_speaker(inner, row=True)
            if start is not None and name is not None:
                yield start.value, name


def with_channel_speakers(level: Level) -> Level:
    """Channels of a recording as speakers, in order of time; one that repeats another goes."""
    channels: defaultdict[str, Level] = defaultdict(list)
    for piece in level:
        if piece.channel is not None and piece.text:
            channels[piece.channel].append(piece)
    if len(channels) < 2:
        return level
    first, *others = channels.values()
    if all(_same_words(first, other) for other in others):
        return first
    if all(piece.start is not None for piece in level):
        level = sorted(level, key=lambda piece: piece.start.value if piece.start else 0.0)
    return [piece._replace(speaker=_channel_speaker(piece)) for piece in level]


def _same_words(ours: Level, theirs: Level) -> bool:
    first, second = (
        Counter(comparable(word) for piece in side for word in piece.text.split())
        for side in (ours, theirs)
    )
    return (first & second).total() >= SAME_WORDS * max(first.total(), second.total(), 1)


def _channel_speaker(piece: Fragment) -> str | None:
    """A speaker whose number begins anew on each channel is named with the channel."""
    if piece.channel is None or (piece.speaker is not None and not piece.speaker.isdigit()):
        return piece.speaker
    name = piece.channel if "ch" in piece.channel.casefold() else f"channel {piece.channel}"
    return name if piece.speaker is None else f"{name}, speaker {piece.speaker}"


def youtube_event(node: Mapping[str, object], fields: Mapping[str, object]) -> Level:
    """An event of YouTube's json3, whose words count from its start; empty for other objects."""
    segs = fields.get("segs")
    if not isinstance(segs, list):
        return []
    whole = span_of(node)
    pieces: Level = []
    for seg in segs:
        inner = fields_of(seg) if isinstance(seg, dict) else {}
        text = inner.get("utf8")
        if isinstance(text, str):
            start = span_of(seg, base=whole.start).start or whole.start
            pieces.append(Fragment(without_markup(text), start, whole.end, damaged=whole.damaged))
    if len({piece.start for piece in pieces}) > 1:
        return joined_words(_until_next(pieces))
    text = "".join(piece.text for piece in pieces)
    return [pieces[0]._replace(text=text)] if text.strip() else []


def _until_next(pieces: Level) -> Level:
    """Words that are given by their starts end where the next begins."""
    ends: list[Moment | None] = [piece.start for piece in pieces[1:]] + [pieces[-1].end]
    return [piece._replace(end=end) for piece, end in zip(pieces, ends, strict=True)]


def check_one_recording(rows: list[object]) -> None:
    """Refuse a list of recordings with a text each.

    Raises:
        OtherContentError: where the rows name several files.
    """
    objects = [row for row in rows if isinstance(row, dict)]
    for name in FILE_FIELDS if objects else ():
        if name in objects[0] or name in objects[-1]:
            files = {row[name] for row in objects if isinstance(row.get(name), str)}
            if len(files) > 1:
                raise OtherContentError(f"expected one recording's words, got {len(files)}")


def single_result(node: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The one result of an object of results by file, as Google writes them."""
    if name == "results" and len(node) == 1:
        (only,) = node.values()
        known = fields_of(only) if isinstance(only, dict) else {}
        if "transcript" in known or "inlineresult" in known:
            return only  # type: ignore[return-value]
    return node
