"""Which tool wrote a JSON transcript, and in which language people speak in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trifold.media.transcripts.json.fields import fields_of
from trifold.media.transcripts.languages import two_letters

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
    ("otter", {"speech", "transcripts", "startoffset"}),
    ("whisper", {"segments", "text"}),
)
MAX_OBJECTS = 400  # that are looked at
LANGUAGE_FIELDS = ("language", "languagecode", "detectedlanguage", "languagedetected", "locale")


def objects_of(document: object) -> Iterator[Mapping[str, object]]:
    """The first objects of a document, outer ones first."""
    waiting: list[object] = [document]
    for _ in range(MAX_OBJECTS):
        if not waiting:
            return
        node = waiting.pop(0)
        if isinstance(node, dict):
            yield node
            waiting += list(node.values())[:MAX_OBJECTS]
        elif isinstance(node, list):
            waiting += node[:2]


def kind_of(document: object) -> str:
    """Name of the tool whose fields a document has; ``json`` where it is none of them."""
    names = {name for node in objects_of(document) for name in fields_of(node)}
    return next((kind for kind, fields in KINDS if fields <= names), "json")


def stated_language(document: object) -> str | None:
    """The language that a document states, as two letters where it gives its name or three."""
    for node in objects_of(document):
        fields = fields_of(node)
        for name in LANGUAGE_FIELDS:
            value = fields.get(name)
            if isinstance(value, str) and 2 <= len(value.strip()) <= 20:
                return two_letters(value) or value.strip()
    return None
