"""Which tool wrote a JSON transcript, and in which language people speak in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trifold.media.transcripts.json.fields import fields_of

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
NAMES = {
    "english": "en",
    "german": "de",
    "french": "fr",
    "spanish": "es",
    "italian": "it",
    "portuguese": "pt",
    "dutch": "nl",
    "russian": "ru",
    "chinese": "zh",
    "japanese": "ja",
    "korean": "ko",
    "polish": "pl",
    "turkish": "tr",
    "arabic": "ar",
    "hindi": "hi",
    "eng": "en",
    "deu": "de",
    "ger": "de",
    "fra": "fr",
    "fre": "fr",
    "spa": "es",
    "ita": "it",
    "por": "pt",
    "nld": "nl",
    "rus": "ru",
    "zho": "zh",
    "jpn": "ja",
    "kor": "ko",
    "pol": "pl",
}
LANGUAGES = ("language", "languagecode", "detectedlanguage", "languagedetected", "locale")


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


def language_of(document: object) -> str | None:
    """Language as stated, in two letters where its name or its three letters are."""
    for node in objects_of(document):
        fields = fields_of(node)
        for name in LANGUAGES:
            value = fields.get(name)
            if isinstance(value, str) and 2 <= len(value.strip()) <= 20:
                return NAMES.get(value.strip().casefold(), value.strip())
    return None
