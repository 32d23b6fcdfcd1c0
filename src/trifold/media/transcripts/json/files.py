"""JSON transcripts: of recognisers, meeting services and subtitle editors, and JSON Lines.

All are read by one walk through the tree of objects (``tree``), so a format that nobody has seen is
read if it is built like others. ``kinds`` recognises the tool by its fields, for its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from trifold.media.transcripts.annotation.tiers import parsed_from_tiers
from trifold.media.transcripts.json.fields import fields_of
from trifold.media.transcripts.json.kinds import kind_of, objects_of, stated_language
from trifold.media.transcripts.json.segments import parsed_from_level, subtitles_in
from trifold.media.transcripts.json.tiers import tiers_of
from trifold.media.transcripts.json.times import parse_key
from trifold.media.transcripts.json.tree import read_level, speaker_names
from trifold.media.transcripts.json.words import is_timed, num_words
from trifold.media.transcripts.parsed import Format, OtherContentError, ParsedTranscript
from trifold.media.transcripts.text import literals
from trifold.media.transcripts.timed.markup import spoken

# {"key":   {}   [{"   [[   ["text",   [1.5,   []   , white space between them
_BEGINS = re.compile(
    r"""\s*+(?:\{\s*+(?:["'][^"'\n]{0,80}["']\s*+:|\}\s*+$)"""
    r"""|\[\s*+(?:\{\s*+["'}]|\[\s*+[\[{"'\d-]|"(?:[^"\\]|\\.)*+"\s*+[,\]]"""
    r"""|-?(?:0|[1-9]\d*+)(?:\.\d++)?(?:[eE][+-]?\d++)?\s*+,|\]\s*+$))"""
)
# var transcript =   window.data =
_ASSIGNED = re.compile(r"\s*+(?:(?:var|let|const)\s++)?+[\w.$]{1,60}+\s*+=\s*+(?=[\[{])")
UNFINISHED = {
    *("error", "failed", "failure", "canceled", "cancelled", "processing", "queued", "pending"),
    *("running", "inprogress", "submitted", "notstarted", "starting"),
}
_GAP = re.compile(r"[\s,\x1e]*")


def recognises(text: str) -> bool:
    r"""Whether a text is JSON or begins as JSON does, be it a transcript or not.

    A text such as ``[00:01] Hello.`` or ``{\an8}Hello.`` does not.
    """
    value = _value(text)
    return bool(_BEGINS.match(value)) or literals.is_printed(value)


def _value(text: str) -> str:
    """The text without what makes it a script: ``const transcript = [...];``."""
    text = text.removeprefix("\ufeff")
    assigned = _ASSIGNED.match(text)
    return text[assigned.end() :].rstrip().removesuffix(";") if assigned else text


def read(text: str) -> ParsedTranscript:
    """The words of a JSON transcript.

    Raises:
        ValueError: when it is no JSON, or no transcript.
    """
    value = _value(text)
    document = literals.parsed(value) if literals.is_literal(value) else _parsed(value)
    tiers = tiers_of(document)
    if any(tier.labels for tier in tiers):
        return parsed_from_tiers(tiers, kind="tiers")
    level = read_level(document)
    if not num_words(level):
        _check_finished(document)
        _check_has_place_for_words(document)
    subtitles = None if is_timed(level) else subtitles_in(document)
    return subtitles or parsed_from_level(
        level,
        kind=kind_of(document),
        names=speaker_names(document),
        language=stated_language(document),
    )


def _parsed(text: str) -> object:
    """One JSON value, or the list of several, one a line or one after the other."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("expected a transcript, got JSON nested without end") from error
    except ValueError as error:
        try:
            return list(_values(text))
        except (ValueError, RecursionError):
            raise ValueError(f"expected valid JSON, got {error}") from error


def _values(text: str) -> Iterator[object]:
    """Values of JSON Lines, or written one after the other with white space or commas between."""
    decoder = json.JSONDecoder()
    place = _GAP.match(text, 0).end()  # type: ignore[union-attr]
    while place < len(text):
        value, place = decoder.raw_decode(text, place)
        if not isinstance(value, dict | list):
            raise ValueError("expected objects")
        place = _GAP.match(text, place).end()  # type: ignore[union-attr]
        yield value


def _check_finished(document: object) -> None:
    """Refuse what a service answers before it is done or when it failed: no empty transcript.

    Raises:
        OtherContentError: naming the status.
    """
    stated = fields_of(document).get("status") if isinstance(document, dict) else None
    if isinstance(stated, str) and parse_key(stated).name in UNFINISHED:
        raise OtherContentError(
            f"expected a finished transcript, got one of status '{stated[:30]}'"
        )


def _check_has_place_for_words(document: object) -> None:
    """Take a file without words for a transcript only if it has a field for them.

    Raises:
        OtherContentError: where it has none.
    """
    if document == []:
        return
    for node in objects_of(document):
        fields = fields_of(node)
        places = [fields.get(name) for name in ("segments", "words", "utterances", "monologues")]
        if [] in places or isinstance(fields.get("partial"), str):
            return
        for text in (fields.get("text"), fields.get("transcript")):
            if isinstance(text, str) and not spoken(text):
                return
    raise OtherContentError(
        f"expected words in a form that transcripts have, got {_described(document)}"
    )


def _described(document: object) -> str:
    if isinstance(document, dict):
        names = [str(key)[:30] for key in list(document)[:6]]
        return f"an object of {', '.join(names) or 'nothing'}"
    if isinstance(document, list):
        return f"a list of {len(document)} of type {type(document[0]).__name__}"
    return f"a single {type(document).__name__}"


FORMATS = (Format(recognises, read),)
