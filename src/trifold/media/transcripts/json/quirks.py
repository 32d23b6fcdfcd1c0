"""What single services write unlike all others."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from trifold.media.transcripts.json.fields import cleaned, fields_of, speaker
from trifold.media.transcripts.json.levels import best
from trifold.media.transcripts.json.times import Moment, span_of
from trifold.media.transcripts.json.words import Fragment, Level, chain, joined, letters, voices

TURNS = ("speakerlabels", "paragraphs", "diarization", "speakersegments", "turns")
ALIKE = 0.9  # of the words of two channels, so that both hold the same voice


def final_of(levels: Sequence[Level]) -> Level:
    """Google's results one after the other, or the last where it repeats all, with speakers.

    The pieces before the last then only give their punctuation.
    """
    if len(levels) > 1:
        before = joined(chain(levels[:-1]))
        if before and _repeats(levels[-1], before):
            return best([levels[-1], before])
    return joined(chain(levels))


def _repeats(last: Level, before: Level) -> bool:
    """Whether a level begins with all that was said before it, and knows more of it."""
    told = letters("".join(piece.text for piece in before))
    knows = any(piece.speaker is not None for piece in last)
    return bool(told) and knows and letters("".join(p.text for p in last)).startswith(told)


def are_guesses(rows: Sequence[object]) -> bool:
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


def in_turns(level: Level, fields: Mapping[str, object]) -> Level:
    """Pieces without speakers, told apart by a list of who speaks when (AWS, IBM)."""
    if all(fields.get(name) is None for name in TURNS) or voices(level):
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
    for table in TURNS:
        listed = fields.get(table)
        rows = fields_of(listed).get("segments") if isinstance(listed, dict) else listed
        for row in rows if isinstance(rows, list) else ():
            inner = fields_of(row) if isinstance(row, dict) else {}
            start, name = span_of(row).start if inner else None, speaker(inner, row=True)
            if start is not None and name is not None:
                yield start.value, name


def on_channels(level: Level) -> Level:
    """Channels of a recording as speakers, in the order of time.

    The same voice on all channels counts once.
    """
    channels: defaultdict[str, Level] = defaultdict(list)
    for piece in level:
        if piece.channel is not None and piece.text:
            channels[piece.channel].append(piece)
    if len(channels) < 2:
        return level
    first, *others = channels.values()
    if all(_alike(first, other) for other in others):
        return first
    if all(piece.start is not None for piece in level):
        level = sorted(level, key=lambda piece: piece.start.value if piece.start else 0.0)
    return [piece._replace(speaker=_on_channel(piece)) for piece in level]


def _alike(ours: Level, theirs: Level) -> bool:
    first, second = (
        Counter(letters(word) for piece in side for word in piece.text.split())
        for side in (ours, theirs)
    )
    return (first & second).total() >= ALIKE * max(first.total(), second.total(), 1)


def _on_channel(piece: Fragment) -> str | None:
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
            pieces.append(Fragment(cleaned(text), start, whole.end, damaged=whole.damaged))
    if len({piece.start for piece in pieces}) > 1:
        return joined(_until_next(pieces))
    text = "".join(piece.text for piece in pieces)
    return [pieces[0]._replace(text=text)] if text.strip() else []


def _until_next(pieces: Level) -> Level:
    """Words that are given by their starts end where the next begins."""
    ends: list[Moment | None] = [piece.start for piece in pieces[1:]] + [pieces[-1].end]
    return [piece._replace(end=end) for piece, end in zip(pieces, ends, strict=True)]
