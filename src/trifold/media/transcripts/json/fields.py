"""Text, speaker and kind of a JSON object, whatever its fields are called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from trifold.media.transcripts.json.times import parse_key
from trifold.media.transcripts.json.vocabulary import SCREEN_FIELDS
from trifold.media.transcripts.json.words import Role
from trifold.media.transcripts.text.fragments import is_fragment, text_of_fragment
from trifold.media.transcripts.timed.markup import spoken_lines

TEXTS = (
    "punctuatedword",
    "displaytext",
    "text",
    "punct",
    "word",
    "utf8",
    "fulltranscript",
    "transcript",
    "sentence",
    "utterance",
    "spokentext",
    "transcription",
    "predtext",
    "display",
)
WEAK_TEXTS = (  # also names of much that nobody said: they need times beside them
    "content",
    "body",
    "value",
    "caption",
    "segment",
    "phrase",
    "words",
    "lines",
    "line",
    "said",
    "speech",
    "snippet",
)
SURE_TEXTS = ("punctuatedword", "fulltranscript", "transcript", "spokentext", "predtext")
WHOLE_TEXTS = ("text", "fulltranscript", "transcript", "transcription", "predtext")
NAMES = (
    "speakername",
    "speakerdisplayname",
    "participantname",
    "speakerlabel",
    "speaker",
    "participant",
    "speakerid",
    "speakertag",
    "participantrole",
    "spk",
    "participantid",
    "speakerrole",
    "speakertype",
    "participanttype",
    "personname",
    "personid",
    "talker",
    "party",
)
WEAK_NAMES = (
    "from",
    "role",
    "voice",
    "author",
    "user",
    "username",
    "users",
    "name",
    "labels",
)  # rows only
ALL_NAMES = (*NAMES, *WEAK_NAMES)
NAME_OF = (
    *("name", "displayname", "fullname", "speakername", "label", "username"),
    *("id", "speakerid", "email"),
)
CHANNELS = ("channel", "channelid", "channeltag", "channellabel", "mediachannel", "channelindex")
UNKNOWN = {"", "uu", "unknown", "none", "null", "nan", "?"}
PARTIAL_TYPES = ("partial", "partialtranscript", "interim")
SPOKEN_TYPES = ("transcript", "speech", "utterance")
ROLES: Mapping[str, Role] = {
    "punct": "punctuation",
    "punctuation": "punctuation",
    "spacing": "space",
    "space": "space",
    "audioevent": "sound",
    "sound": "sound",
    "noise": "sound",
    "music": "sound",
    "silence": "sound",
    "speakerchange": "sound",
    "word": "said",
    "pronunciation": "said",
    "text": "said",
    "entity": "said",
}
CHATS = ("message",)  # speech only where a role says who of two talks
NOT_SPOKEN = {"system", "tool", "function", "developer"}  # roles in logs of talking machines
WRITERS = {"user", "username", "author", "screenname", "handle"}  # who writes is seldom heard

STAMPED = re.compile(r"^\s{0,9}[\[(]?\d{1,2}:\d{2}", re.MULTILINE)  # lines that begin with times
_MARKUP_SIGNS = set("<>{}[]()&*\\♩♪♫♬🎵🎶（【［")  # a text without any has no markup or sounds
# tokens of recognisers: [_BEG_], [_TT_150], <|en|>
_SPECIAL = re.compile(r"\[_[A-Z]{2,8}_?\d{0,6}\]|<\|[^|<>]{0,40}\|>")


class RowText(NamedTuple):
    """The text of a row, and points for the name of its field, see ``tree._own_fragment``.

    ``proof`` is 2 for names of speech alone (``transcript``), 1 for names that also mean other
    texts (``text``), 0 for those that mostly do (``content``).
    """

    text: str
    proof: int


def fields_of(node: Mapping[str, object]) -> dict[str, object]:
    """Values by the plain names of their fields; the first where two are one."""
    fields: dict[str, object] = {}
    for key, value in node.items():
        fields.setdefault(parse_key(key).name, value)
    return fields


def row_text(fields: Mapping[str, object]) -> RowText | None:
    """The text of a row, of several the one with punctuation; None without one."""
    chats = CHATS if "role" in fields else ()
    for name in (*TEXTS, *WEAK_TEXTS, *chats):
        text = _text(fields[name]) if name in fields else None
        if text is not None:
            proof = 2 if name in SURE_TEXTS else int(name in TEXTS)
            return RowText(without_markup(text), proof)
    return None


def file_text(fields: Mapping[str, object]) -> str | None:
    """The text of a whole file, which fewer fields are taken for; None without one."""
    for name in WHOLE_TEXTS:
        text = fields.get(name)
        if isinstance(text, str) and text.strip():
            text = text_of_fragment(text) if is_fragment(text) else text
            return text if STAMPED.search(text) else without_markup(text)
    return None


def without_markup(text: str) -> str:
    """A text without markup and sounds; its lines, and the white space around it, stay."""
    if _MARKUP_SIGNS.isdisjoint(text):
        return text
    bare = _SPECIAL.sub("", text)
    before, after = bare[: len(bare) - len(bare.lstrip())], bare[len(bare.rstrip()) :]
    return before + "\n".join(spoken_lines(bare)) + after


def _text(value: object) -> str | None:
    """A text, a number that a spreadsheet made of one, or lines of text."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)[:40]
    if isinstance(value, list) and value:
        lines = [line.get("text") if isinstance(line, dict) else line for line in value]
        if all(isinstance(line, str) for line in lines):
            return " ".join(line for line in lines if isinstance(line, str))
    return None


def stated_speaker(fields: Mapping[str, object], *, row: bool) -> str | None:
    """Who speaks, by name rather than number; in a ``row`` of a list ``user`` counts too."""
    for name in ALL_NAMES if row else NAMES:
        label = _label(fields[name]) if name in fields else None
        if label is not None and not (name == "speakertag" and label == "0"):
            return label
    return None


def stated_channel(fields: Mapping[str, object]) -> str | None:
    """The channel of a recording that something was said on."""
    stated = (_label(fields[name]) for name in CHANNELS if name in fields)
    return next((label for label in stated if label is not None), None)


def _label(value: object) -> str | None:
    if isinstance(value, list) and value and not isinstance(value[0], list):
        value = value[0]
    if isinstance(value, dict):
        inner = fields_of(value)
        value = next((inner[name] for name in NAME_OF if inner.get(name) not in (None, "")), None)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, float) and not value.is_integer():
        return None
    label = " ".join(str(int(value) if isinstance(value, float) else value).split())[:200]
    return None if label.casefold() in UNKNOWN else label


def stated_role(fields: Mapping[str, object]) -> Role | None:
    """What a row says it is: something said, punctuation, a space or a sound."""
    kind = fields.get("type", fields.get("elementtype"))
    plain = parse_key(kind).name if isinstance(kind, str) else ""
    return ROLES.get(plain)


def is_unfinished(fields: Mapping[str, object]) -> bool:
    """Whether a row is a guess that a later row replaces, or nothing that anybody said."""
    if fields.get("isfinal", fields.get("final", True)) is False or fields.get("ispartial") is True:
        return True
    kind = fields.get("messagetype", fields.get("type"))
    if isinstance(kind, str) and parse_key(kind).name in (
        "partial",
        "partialtranscript",
        "interim",
    ):
        return True
    if fields.get("endofturn") is False:
        return True
    return isinstance(fields.get("role"), str) and str(fields["role"]).casefold() in NOT_SPOKEN


def is_screen_text(fields: Mapping[str, object]) -> bool:
    """Whether a text was read off a picture or a page, or is of a log or a chat."""
    return not SCREEN_FIELDS.isdisjoint(fields) or fields.get("type") == "message"


def is_post(fields: Mapping[str, object]) -> bool:
    """Whether a row without times is a post or a comment, going by what it calls its author."""
    return not WRITERS.isdisjoint(fields) and fields.keys().isdisjoint({*NAMES, "role"})


def listed_names(fields: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Number and name of each speaker that a table of the file lists."""
    for table in ("speakers", "participants", "parties", "speakermapping", "speakernames"):
        listed = fields.get(table)
        if isinstance(listed, dict):
            pairs = ((key, _label(value)) for key, value in listed.items())
            yield from ((str(key), name) for key, name in pairs if name is not None)
        for entry in listed if isinstance(listed, list) else ():
            inner = fields_of(entry) if isinstance(entry, dict) else {}
            name = next((n for key in NAME_OF[:5] if (n := _label(inner.get(key)))), None)
            for key in ("id", "speakerid", "speaker", "speakertag", "index", "tag"):
                number = _label(inner.get(key))
                if name is not None and number is not None:
                    yield number, name
