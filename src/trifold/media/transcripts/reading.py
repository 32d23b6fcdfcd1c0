"""Transcripts from files, whose format their content tells.

Bytes become text, the reader of its format gives segments, and what all formats share is done here:
labels become speakers, and segments are sorted by time. Whose words count, and whether times fit
the recording, is decided where candidate and recording are known: ``candidate``, ``timing``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from trifold.codes import Code
from trifold.contracts import Segment, Transcript
from trifold.errors import TranscriptError
from trifold.media.transcripts.languages import language_of
from trifold.media.transcripts.parsed import OtherContentError, ParsedTranscript
from trifold.media.transcripts.speakers.labels import labelled
from trifold.media.transcripts.speakers.word_labels import labelled_words
from trifold.media.transcripts.text.decoding import text_of
from trifold.media.transcripts.text.documents import is_document, text_of_document
from trifold.media.transcripts.text.markdown import unmarked
from trifold.media.transcripts.text.not_transcripts import check_payload
from trifold.media.transcripts.timed import cues, markup

MOST_BYTES = 64 << 20  # of a transcript file; hours of talk with word times take less


class NoTranscriptError(TranscriptError):
    """A file that can be read and is something else: settings, photo data, another table."""


def read_transcript(path: Path) -> Transcript:
    """Read a transcript file; one without words gives a transcript without segments.

    Raises:
        TranscriptError: when it cannot be read, or is neither text nor a document.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"expected at most {MOST_BYTES >> 20} MiB, got a larger file")
        raw = path.read_bytes()
        text, remark = (text_of_document(raw), None) if is_document(raw) else text_of(raw)
        text = unmarked(text)
        _check_kind(path, text)
        transcript = _transcript(_parsed(text), remark)
        tag = path.stem.rpartition(".")[2]
        if language_of(tag) is None:
            return transcript
        remarks = {**transcript.remarks, Code.LANGUAGE: f"the words are those of '{tag}'"}
        return replace(transcript, remarks=remarks)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise TranscriptError(expected="a readable file", got=reason, where=path) from error
    except Exception as error:  # no file, whatever is in it, may stop a run
        raise _transcript_error(error, path) from error


def parse_transcript(text: str) -> Transcript:
    """Read the text of a transcript, in any format that files may have.

    Raises:
        TranscriptError: when it is not a transcript.
    """
    try:
        text, remark = text_of(text.encode("utf-8", "replace"))
        return _transcript(_parsed(unmarked(text)), remark)
    except Exception as error:  # see above
        raise _transcript_error(error, None) from error


def _parsed(text: str) -> ParsedTranscript:
    """Read by its format; for WebVTT, which most files are, the others are not even imported."""
    if cues.is_webvtt(text):
        return cues.read(text)
    from trifold.media.transcripts.formats import read_text

    return read_text(text)


def _check_kind(path: Path, text: str) -> None:
    """See ``formats.check_kind``."""
    if path.suffix.lower() in (".json", ".csv", ".tsv"):
        from trifold.media.transcripts.formats import check_kind

        check_kind(path.suffix.lower(), text)


def _transcript(parsed: ParsedTranscript, encoding: str | None) -> Transcript:
    """The transcript, with labels as speakers, in order of time, and what is to be said of it."""
    check_payload(parsed.segments)
    bare = parsed.segments if parsed.by_trifold else _without_labels(parsed.segments)
    segments = [s for s in bare if s.text]
    if all(s.start_s is not None for s in segments):
        segments.sort(key=lambda s: s.start_s or 0.0)
    return Transcript(
        tuple(segments),
        parsed.kind,
        words_timed=_are_words(segments),
        unit_known=parsed.unit_known,
        remarks=_remarks(parsed, segments, encoding),
    )


def _remarks(
    parsed: ParsedTranscript, segments: Sequence[Segment], encoding: str | None
) -> dict[str, str]:
    remarks: dict[str, str] = {}
    if encoding:
        remarks[Code.ENCODING] = encoding
    if parsed.damaged:
        remarks[Code.DAMAGED_TIMES] = f"{parsed.damaged} times could not be read"
    if parsed.language:
        remarks[Code.LANGUAGE] = f"the file says that its words are {parsed.language}"
    if parsed.turns and not any(segment.speaker for segment in segments):
        remarks[Code.SEVERAL_SPEAKERS] = f"{parsed.turns} marks of another speaker, no names"
    return remarks


def _without_labels(segments: Sequence[Segment]) -> list[Segment]:
    """Labels in the text moved to the speaker."""
    spoken = labelled_words(segments) if _are_words(segments) else labelled(segments)
    return [replace(s, text=markup.without_custom(s.text)) for s in spoken]


def _are_words(segments: Sequence[Segment]) -> bool:
    """Whether every segment is one word and most have times; the others are interpolated."""
    timed = [s for s in segments if s.start_s is not None]
    return (
        bool(segments)
        and 2 * len(timed) > len(segments)
        and all(" " not in s.text for s in segments)
    )


def _transcript_error(error: Exception, path: Path | None) -> TranscriptError:
    """A reader's message as an error that names the file; of our own faults the type alone."""
    if not isinstance(error, ValueError):
        got = f"one whose reading ends in {type(error).__name__}"
        return TranscriptError(expected="a transcript", got=got, where=path)
    kind = NoTranscriptError if isinstance(error, OtherContentError) else TranscriptError
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    expected, comma, got = text.removeprefix("expected ").rpartition(", got ")
    if not comma:
        expected, got = "a transcript", text
    return kind(expected=expected, got=got, where=path)
