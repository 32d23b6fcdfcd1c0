"""JSON transcripts: of recognisers, meeting services and subtitle editors, and JSON Lines.

Which tool wrote a file is told from its fields, for its name only: all are read by one walk
(:mod:`json_tree`), so that a format that nobody has seen is read if it is built like others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from src.contracts import Segment
from src.media.transcripts.found import Found, OtherContentError
from src.media.transcripts.json_fields import fields_of
from src.media.transcripts.json_times import Moment
from src.media.transcripts.json_tree import level_of, names_of
from src.media.transcripts.json_words import Level, Piece, count

KINDS = (  # the first whose fields are all there
    ("youtube", {"events", "segs"}),
    ("teams", {"entries", "speakerdisplayname"}),
    ("azure", {"combinedrecognizedphrases"}),
    ("azure", {"combinedphrases"}),
    ("azure", {"nbest"}),
    ("deepgram", {"channels", "alternatives"}),
    ("deepgram", {"channelindex", "alternatives"}),
    ("ibm", {"results", "alternatives", "timestamps"}),
    ("aws", {"results", "transcripts"}),
    ("aws", {"items", "beginoffsetmillis"}),
    ("speechmatics", {"results", "alternatives", "content"}),
    ("google", {"results", "alternatives"}),
    ("rev", {"monologues"}),
    ("whisper.cpp", {"transcription", "offsets"}),
    ("gladia", {"fulltranscript", "utterances"}),
    ("assemblyai", {"audioduration", "words", "confidence"}),
    ("assemblyai", {"acousticmodel", "words"}),
    ("assemblyai", {"utterances", "words", "status", "id"}),
    ("elevenlabs", {"languagecode", "words"}),
    ("recall", {"participant", "words"}),
    ("vosk", {"result", "conf"}),
    ("vosk", {"partial"}),
    ("whisperx", {"segments", "wordsegments"}),
    ("transformers", {"chunks", "timestamp"}),
    ("podcast", {"segments", "body"}),
    ("gong", {"calltranscripts"}),
    ("whisper", {"segments", "text"}),
)
MILLISECONDS = ("assemblyai", "gong")  # whole numbers of these are milliseconds
LOOKED_AT = 400  # objects of which the fields tell the kind
SLOWEST = 0.2  # words a second: fractions that make less are no seconds
NAMES = {
    "english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it",
    "portuguese": "pt", "dutch": "nl", "russian": "ru", "chinese": "zh", "japanese": "ja",
    "korean": "ko", "polish": "pl", "turkish": "tr", "arabic": "ar", "hindi": "hi",
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it",
    "por": "pt", "nld": "nl", "rus": "ru", "zho": "zh", "jpn": "ja", "kor": "ko", "pol": "pl",
}  # fmt: skip
LANGUAGES = ("language", "languagecode", "detectedlanguage", "languagedetected", "locale")

_BEGINS = re.compile(r'\s*(?:\{\s*["}]|\[\s*(?:\{\s*["}]|\[\s*[\["\d-]|"|\]\s*$))')
_GAP = re.compile(r"[\s,\x1e]*")
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def recognises(text: str) -> bool:
    r"""Whether a text is JSON or begins as JSON does, be it a transcript or not.

    A text such as ``[00:01] Hello.`` or ``{\an8}Hello.`` does not.
    """
    return bool(_BEGINS.match(text.removeprefix("\ufeff")))


def read(text: str) -> Found:
    """The words of a JSON transcript.

    Raises:
        ValueError: when it is no JSON.
        OtherContentError: when it is no transcript.
    """
    document = _parsed(text.removeprefix("\ufeff"))
    level = level_of(document)
    if not count(level):
        _check_silence(document)
    kind = _kind_of(document)
    level, unit_known = _in_seconds(level, kind)
    segments, damaged = _segments(level, names_of(document))
    return Found(
        segments, kind=kind, unit_known=unit_known, rolling=kind == "youtube",
        language=_language_of(document), damaged=damaged,
    )  # fmt: skip


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


def _check_silence(document: object) -> None:
    """Nothing said is a transcript where a place for words is there, and empty."""
    if document == []:
        return
    fields = fields_of(document) if isinstance(document, dict) else {}
    if any(fields.get(name) in ("", []) for name in ("text", "transcript", "segments", "words")):
        return
    if any(isinstance(row, dict) and "partial" in row for row in _objects(document)):
        return
    raise OtherContentError(
        f"expected words in one of the forms of transcripts, got {_told(document)}"
    )


def _told(document: object) -> str:
    if isinstance(document, dict):
        names = [str(key)[:30] for key in list(document)[:6]]
        return f"an object of {', '.join(names) or 'nothing'}"
    if isinstance(document, list):
        return f"a list of {len(document)} x {type(document[0]).__name__}"
    return f"a single {type(document).__name__}"


def _objects(document: object) -> Iterator[Mapping[str, object]]:
    """The first objects of a document, outer ones first."""
    waiting: list[object] = [document]
    for _ in range(LOOKED_AT):
        if not waiting:
            return
        node = waiting.pop(0)
        if isinstance(node, dict):
            yield node
            waiting += list(node.values())[:LOOKED_AT]
        elif isinstance(node, list):
            waiting += node[:2]


def _kind_of(document: object) -> str:
    names = {name for node in _objects(document) for name in fields_of(node)}
    return next((kind for kind, fields in KINDS if fields <= names), "json")


def _language_of(document: object) -> str | None:
    for node in _objects(document):
        fields = fields_of(node)
        for name in LANGUAGES:
            value = fields.get(name)
            if isinstance(value, str) and 2 <= len(value.strip()) <= 20:
                return NAMES.get(value.strip().casefold(), value.strip())
    return None


def _in_seconds(level: Level, kind: str) -> tuple[Level, bool]:
    """Bare numbers as seconds where that is sure, and whether it is."""
    moments = [moment for piece in level for moment in (piece.start, piece.end) if moment]
    bare = [moment.value for moment in moments if not moment.known]
    whole = all(value.is_integer() for value in bare)
    if kind in MILLISECONDS and bare and whole:
        return [replace(p, start=_thousandth(p.start), end=_thousandth(p.end)) for p in level], True
    if len(bare) < len(moments) or not bare:
        return level, True
    return level, not whole and count(level) >= SLOWEST * (max(bare) - min(bare))


def _thousandth(moment: Moment | None) -> Moment | None:
    return moment if moment is None or moment.known else Moment(moment.value / 1e3, known=True)


def _segments(level: Level, names: Mapping[str, str]) -> tuple[tuple[Segment, ...], int]:
    """Segments with names for numbers, and how many had times that could not be read."""
    damaged = sum(piece.damaged for piece in level)
    said = [piece for piece in level if piece.text]
    segments = []
    for i, piece in enumerate(said):
        start_s, end_s = _times(piece, said[i + 1] if i + 1 < len(said) else None)
        speaker = names.get(piece.speaker, piece.speaker) if piece.speaker is not None else None
        text = _plain(piece.text)
        if text:
            segments.append(Segment(text, start_s, end_s, speaker))
    return tuple(segments), damaged


def _times(piece: Piece, following: Piece | None) -> tuple[float | None, float | None]:
    """Start and end; an end that is missing is where the next begins."""
    if piece.start is None:
        return None, None
    start_s = piece.start.value
    end = piece.end
    if end is None and following is not None and following.start is not None:
        end = following.start if following.start.value >= start_s else None
    return start_s, None if end is None else max(start_s, end.value)


def _plain(text: str) -> str:
    """A text without what no text holds: control signs and halves of characters."""
    return " ".join(_NO_TEXT.sub(" ", text).split())
