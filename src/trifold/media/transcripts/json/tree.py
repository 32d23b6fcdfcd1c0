"""Walks through parsed JSON to where the words lie.

Every format is a tree of the same kinds of things: an object has a text of its own, or lists of
objects inside it have the same text in more detail. ``vocabulary`` names the fields that hold such
lists. Other fields are never looked into, so settings, captions of pictures, translations and
summaries are not taken for speech.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from trifold.media.transcripts.json.fields import (
    SPOKEN_TYPES,
    fields_of,
    file_text,
    is_post,
    is_screen_text,
    is_unfinished,
    listed_names,
    row_text,
    stated_channel,
    stated_role,
    stated_speaker,
    without_markup,
)
from trifold.media.transcripts.json.levels import best_level
from trifold.media.transcripts.json.quirks import (
    are_alternatives,
    check_one_recording,
    google_results,
    single_result,
    with_channel_speakers,
    with_turn_speakers,
    youtube_event,
)
from trifold.media.transcripts.json.tables import as_rows, in_parallel, labelled_regions
from trifold.media.transcripts.json.times import Moment, span_of
from trifold.media.transcripts.json.vocabulary import (
    ALTERNATIVES,
    CONTAINERS,
    SPEECH_CONTAINERS,
)
from trifold.media.transcripts.json.words import (
    Fragment,
    Level,
    Role,
    comparable,
    concatenate,
    joined_words,
    num_speakers,
    num_words,
)

MAX_DEPTH = 14  # objects inside objects; no known format needs more than eight
_FILE = re.compile(r"\.[A-Za-z]\w{1,3}$|^[A-Za-z]{2,5}://")


class Context(NamedTuple):
    """What an object inherits from those that it lies in.

    Attributes:
        trusted: whether its texts are speech without further proof.
        row: whether it is an item of a list.
        speaker, channel, role: of the object around it.
        start, end: times of the object around it, where they are also its own.
    """

    trusted: bool
    row: bool = False
    speaker: str | None = None
    channel: str | None = None
    role: Role | None = None
    start: Moment | None = None
    end: Moment | None = None


def read_level(document: object) -> Level:
    """What a parsed file says, in its own order; empty where it is no transcript."""
    context = Context(trusted=True)
    document = labelled_regions(document) or as_rows(document)
    if isinstance(document, list):
        if all(isinstance(row, str) for row in document) and not _is_spoken(document):
            return []
        return with_channel_speakers(_list_level(document, context, depth=0))
    if isinstance(document, dict):
        return with_channel_speakers(_object_level(document, context, depth=0))
    return []


def _is_spoken(texts: list[str]) -> bool:
    """Whether bare texts are sentences, or words that come again, rather than names of things."""
    if any(_FILE.search(text) for text in texts):
        return False
    words = [word for text in texts for word in text.split()]
    return len(words) >= 2 * len(texts) or len(set(map(comparable, words))) <= 0.9 * len(words)


def speaker_names(document: object, depth: int = 0) -> dict[str, str]:
    """Names of numbered speakers, from tables beside the words."""
    if isinstance(document, list):
        document = document[0] if len(document) == 1 else None
    if not isinstance(document, dict) or depth > MAX_DEPTH:
        return {}
    fields = fields_of(document)
    names: dict[str, str] = {}
    for name in CONTAINERS.keys() & fields.keys():
        if isinstance(fields[name], dict | list):
            names |= speaker_names(fields[name], depth + 1)
    return names | dict(listed_names(fields))


def _object_level(node: Mapping[str, object], context: Context, depth: int) -> Level:
    """What an object says: its own text or what lies inside, whichever tells more."""
    fields = fields_of(node)
    if depth > MAX_DEPTH or is_unfinished(fields):
        return []
    if event := youtube_event(node, fields):
        return event
    speaker = stated_speaker(fields, row=context.row)
    own = _own_fragment(node, fields, context, speaker=speaker or context.speaker)
    inside = context._replace(
        speaker=own.speaker,
        channel=own.channel,
        start=own.start,
        end=own.end,
        role=stated_role(fields) or context.role,
    )
    nested = list(_nested_levels(fields, inside, depth))
    if rows := in_parallel(fields):
        trusted = inside._replace(trusted=True, start=None, end=None)
        nested.append(_list_level(rows, trusted, depth + 1))
    levels = [
        _attributed(with_turn_speakers(level, fields), speaker)
        for level in nested
        if num_words(level)
    ]
    if levels:
        own = own._replace(text=without_markup(own.text))
    return best_level([*levels, _lines(own)]) or ([own] if own.damaged and own.text else [])


def _own_fragment(
    node: Mapping[str, object], fields: Mapping[str, object], context: Context, speaker: str | None
) -> Fragment:
    """An object's own text and times; the text is empty where it has none that is speech.

    A text in a row counts as speech by points: for the name of its field (see ``RowText``), a
    container of speech around it, an end, a role or speaker where that is needed, and a type that
    says so. Two points are enough, or one and a start.
    """
    start, end, damaged = span_of(node)
    if start is None and not damaged:
        start, end = context.start, context.end
    role = stated_role(fields) or context.role
    channel = stated_channel(fields) or context.channel
    piece = Fragment("", start, end, speaker, channel, role or "said", damaged)
    if is_screen_text(fields):
        return piece
    if not context.row:
        return piece._replace(text=file_text(fields) or "") if context.trusted else piece
    said = row_text(fields)
    if said is None or (start is None and not damaged and is_post(fields)):
        return piece
    proof = said.proof + context.trusted + 2 * (end is not None)
    if proof < 2:
        named = context.speaker or stated_speaker(fields, row=False)
        proof += role is not None or named is not None or "role" in fields
    proof += fields.get("type") in SPOKEN_TYPES
    timed = (start is not None or damaged) and proof >= 1
    return piece._replace(text=said.text) if proof >= 2 or timed else piece


def _attributed(level: Level, speaker: str | None) -> Level:
    """What is inside a turn is its speaker's, unless the words themselves tell speakers apart."""
    if speaker is None or num_speakers([piece._replace(channel=None) for piece in level]) > 1:
        return level
    return [piece._replace(speaker=speaker) for piece in level]


def _lines(own: Fragment) -> Level:
    """A text without times line by line, since each may begin with a name; subtitles whole."""
    is_whole = own.start is not None or "-->" in own.text
    lines = [own.text] if is_whole else own.text.splitlines()
    return [own._replace(text=line) for line in lines if line.strip()]


def _nested_levels(fields: Mapping[str, object], context: Context, depth: int) -> Iterator[Level]:
    """What each list or object inside says, those of speech first."""
    names = sorted(CONTAINERS.keys() & fields.keys(), key=CONTAINERS.__getitem__)
    for name in names:
        value = fields[name]
        if not isinstance(value, dict | list):
            continue
        # one object, or readings of the same words: what holds for the outer one holds for it
        same = isinstance(value, dict) or name in ALTERNATIVES
        holds_speech = CONTAINERS[name] < len(SPEECH_CONTAINERS)
        inside = context._replace(trusted=holds_speech or (context.trusted and same))
        inside = inside if same else inside._replace(start=None, end=None)
        if isinstance(value, dict):
            yield _object_level(single_result(value, name), inside._replace(row=False), depth + 1)
        else:
            first = name in ALTERNATIVES or (name == "transcripts" and are_alternatives(value))
            yield _list_level(value[:1] if first else value, inside, depth + 1, name=name)


def _list_level(rows: list[object], context: Context, depth: int, *, name: str = "") -> Level:
    """What a list says: objects, texts, or ``[start, end, text]``."""
    if not any(isinstance(row, dict | str | list) for row in rows):
        return []
    check_one_recording(rows)
    levels: list[Level] = []
    for i, row in enumerate(rows):
        inside = context._replace(row=True)
        if name == "channels" and context.channel is None:
            inside = inside._replace(channel=str(i))
        levels.append(_row_level(row, inside, depth))
    if name in ALTERNATIVES:
        return concatenate(levels)
    return google_results(levels) if name == "results" else joined_words(concatenate(levels))


def _row_level(row: object, context: Context, depth: int) -> Level:
    if isinstance(row, dict):
        return _object_level(row, context, depth)
    if isinstance(row, str):
        piece = Fragment(without_markup(row), speaker=context.speaker, channel=context.channel)
        return [piece] if context.trusted else []
    if isinstance(row, list) and any(isinstance(item, dict) for item in row):
        return _list_level(row, context, depth + 1) if depth < MAX_DEPTH else []
    if isinstance(row, list):
        return _positional_row(row, context) if context.trusted else []
    return [Fragment("", damaged=True)] if context.trusted else []


def _positional_row(row: list[object], context: Context) -> Level:
    """``[start, end, text]``, ``[text, start, end]``, or a segment written as the list it is."""
    texts = [i for i, item in enumerate(row) if isinstance(item, str)]
    if len(texts) != 1:
        return []
    times = row[: texts[0]][-2:] if texts[0] >= 2 else row[texts[0] + 1 :][:2]
    start, end, damaged = span_of({"timestamp": times})
    text = str(row[texts[0]])
    return [Fragment(text, start, end, context.speaker, context.channel, damaged=damaged)]
