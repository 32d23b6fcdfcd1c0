"""Walks through parsed JSON to where the words lie.

Every format is a tree of the same kinds of things: an object says something itself, or lists of
objects inside it say the same in more detail. What such lists are called stands in ``vocabulary``.
A field that is not in it is never looked into, so that settings, captions of pictures,
translations and summaries are no speech.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from trifold.media.transcripts.found import OtherContentError
from trifold.media.transcripts.json import fields as fields_
from trifold.media.transcripts.json.levels import best
from trifold.media.transcripts.json.quirks import (
    are_guesses,
    final_of,
    in_turns,
    on_channels,
    youtube_event,
)
from trifold.media.transcripts.json.tables import as_rows, in_parallel, labelled_regions
from trifold.media.transcripts.json.times import Moment, span_of
from trifold.media.transcripts.json.vocabulary import FILES, GUESSES, PLACES, SPEECH
from trifold.media.transcripts.json.words import (
    Fragment,
    Level,
    Role,
    chain,
    count,
    joined,
    letters,
    voices,
)

DEEPEST = 14  # objects inside objects, of which no format needs more than eight
_FILE = re.compile(r"\.[A-Za-z]\w{1,3}$|^[A-Za-z]{2,5}://")


class Around(NamedTuple):
    """What the objects around one say about it.

    Attributes:
        trusted: whether texts in it are speech without further proof.
        row: whether it is one of a list of its like.
        start, end: set where its times are those of the object around it.
    """

    trusted: bool
    row: bool = False
    speaker: str | None = None
    channel: str | None = None
    role: Role | None = None
    start: Moment | None = None
    end: Moment | None = None


def level_of(document: object) -> Level:
    """What a parsed file says, in its own order; empty where it is no transcript."""
    around = Around(trusted=True)
    document = labelled_regions(document) or as_rows(document)
    if isinstance(document, list):
        if all(isinstance(row, str) for row in document) and not _is_spoken(document):
            return []
        return on_channels(_rows(document, around, depth=0))
    if isinstance(document, dict):
        return on_channels(_said_by(document, around, depth=0))
    return []


def _is_spoken(texts: list[str]) -> bool:
    """Whether bare texts are sentences, or words that come again, rather than names of things."""
    if any(_FILE.search(text) for text in texts):
        return False
    words = [word for text in texts for word in text.split()]
    return len(words) >= 2 * len(texts) or len(set(map(letters, words))) <= 0.9 * len(words)


def names_of(document: object, depth: int = 0) -> dict[str, str]:
    """Names of numbered speakers, from tables beside the words."""
    if isinstance(document, list):
        document = document[0] if len(document) == 1 else None
    if not isinstance(document, dict) or depth > DEEPEST:
        return {}
    fields = fields_.fields_of(document)
    names: dict[str, str] = {}
    for name in PLACES.keys() & fields.keys():
        if isinstance(fields[name], dict | list):
            names |= names_of(fields[name], depth + 1)
    return names | dict(fields_.names_in(fields))


def _said_by(node: Mapping[str, object], around: Around, depth: int) -> Level:
    fields = fields_.fields_of(node)
    if depth > DEEPEST or fields_.is_unfinished(fields):
        return []
    if event := youtube_event(node, fields):
        return event
    stated = fields_.speaker(fields, row=around.row)
    own = _own(node, fields, around, speaker=stated or around.speaker)
    inside = around._replace(
        speaker=own.speaker,
        channel=own.channel,
        start=own.start,
        end=own.end,
        role=fields_.role(fields) or around.role,
    )
    inside_levels = list(_levels(fields, inside, depth))
    if rows := in_parallel(fields):
        inside_levels.append(
            _rows(rows, inside._replace(trusted=True, start=None, end=None), depth + 1)
        )
    levels = [_owned(in_turns(level, fields), stated) for level in inside_levels if count(level)]
    if levels:
        own = own._replace(text=fields_.cleaned(own.text))
    return best([*levels, _lines(own)]) or ([own] if own.damaged and own.text else [])


def _own(
    node: Mapping[str, object], fields: Mapping[str, object], around: Around, speaker: str | None
) -> Fragment:
    """What an object says itself: its text, empty where it has none that is speech."""
    start, end, damaged = span_of(node)
    if start is None and not damaged:
        start, end = around.start, around.end
    role = fields_.role(fields) or around.role
    channel = fields_.channel(fields) or around.channel
    piece = Fragment("", start, end, speaker, channel, role or "said", damaged)
    if fields_.is_seen(fields):
        return piece
    if not around.row:
        return piece._replace(text=fields_.whole(fields) or "") if around.trusted else piece
    said = fields_.said(fields)
    if said is None or (start is None and not damaged and fields_.is_written(fields)):
        return piece
    proof = said.proof + around.trusted + 2 * (end is not None)
    if proof < 2:
        named = around.speaker or fields_.speaker(fields, row=False)
        proof += role is not None or named is not None or "role" in fields
    proof += fields.get("type") in fields_.SPOKEN_TYPES
    timed = (start is not None or damaged) and proof >= 1
    return piece._replace(text=said.text) if proof >= 2 or timed else piece


def _owned(level: Level, speaker: str | None) -> Level:
    """What is inside a turn is its speaker's, unless the words themselves tell speakers apart."""
    if speaker is None or voices([piece._replace(channel=None) for piece in level]) > 1:
        return level
    return [piece._replace(speaker=speaker) for piece in level]


def _lines(own: Fragment) -> Level:
    """A text without times line by line, since each may begin with a name; subtitles whole."""
    is_whole = own.start is not None or "-->" in own.text
    lines = [own.text] if is_whole else own.text.splitlines()
    return [own._replace(text=line) for line in lines if line.strip()]


def _levels(fields: Mapping[str, object], around: Around, depth: int) -> Iterator[Level]:
    """What each list or object inside says, those of speech first."""
    names = sorted(PLACES.keys() & fields.keys(), key=PLACES.__getitem__)
    for name in names:
        value = fields[name]
        if not isinstance(value, dict | list):
            continue
        single = isinstance(value, dict) or name in GUESSES
        inherits = isinstance(value, dict) or name in GUESSES
        passed = around if inherits else around._replace(start=None, end=None)
        passed = passed._replace(trusted=PLACES[name] < len(SPEECH) or (around.trusted and single))
        if isinstance(value, dict):
            yield _said_by(_only(value, name), passed._replace(row=False), depth + 1)
        else:
            guessed = name in GUESSES or (name == "transcripts" and are_guesses(value))
            yield _rows(value[:1] if guessed else value, passed, depth + 1, name=name)


def _rows(rows: list[object], around: Around, depth: int, *, name: str = "") -> Level:
    """What a list says: objects, texts, or ``[start, end, text]``."""
    if not any(isinstance(row, dict | str | list) for row in rows):
        return []
    _check_one_recording(rows)
    levels: list[Level] = []
    for i, row in enumerate(rows):
        inside = around._replace(row=True)
        if name == "channels" and around.channel is None:
            inside = inside._replace(channel=str(i))
        levels.append(_row(row, inside, depth))
    if name in GUESSES:
        return chain(levels)
    return final_of(levels) if name == "results" else joined(chain(levels))


def _row(row: object, around: Around, depth: int) -> Level:
    if isinstance(row, dict):
        return _said_by(row, around, depth)
    if isinstance(row, str):
        piece = Fragment(fields_.cleaned(row), speaker=around.speaker, channel=around.channel)
        return [piece] if around.trusted else []
    if isinstance(row, list) and any(isinstance(item, dict) for item in row):
        return _rows(row, around, depth + 1) if depth < DEEPEST else []
    if isinstance(row, list):
        return _listed(row, around) if around.trusted else []
    return [Fragment("", damaged=True)] if around.trusted else []


def _listed(row: list[object], around: Around) -> Level:
    """``[start, end, text]``, ``[text, start, end]``, or a segment written as the list it is."""
    texts = [i for i, item in enumerate(row) if isinstance(item, str)]
    if len(texts) != 1:
        return []
    times = row[: texts[0]][-2:] if texts[0] >= 2 else row[texts[0] + 1 :][:2]
    start, end, damaged = span_of({"timestamp": times})
    text = str(row[texts[0]])
    return [Fragment(text, start, end, around.speaker, around.channel, damaged=damaged)]


def _check_one_recording(rows: list[object]) -> None:
    """Lists of recordings with a text each are not one of them."""
    objects = [row for row in rows if isinstance(row, dict)]
    for name in FILES if objects else ():
        if name in objects[0] or name in objects[-1]:
            files = {row[name] for row in objects if isinstance(row.get(name), str)}
            if len(files) > 1:
                raise OtherContentError(f"expected one recording's words, got {len(files)}")


def _only(node: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The one result of an object of results by file, as Google writes them."""
    if name == "results" and len(node) == 1:
        (only,) = node.values()
        known = fields_.fields_of(only) if isinstance(only, dict) else {}
        if "transcript" in known or "inlineresult" in known:
            return only  # type: ignore[return-value]
    return node
