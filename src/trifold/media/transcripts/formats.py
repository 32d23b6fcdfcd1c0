"""All formats of transcripts, in the order in which they are tried."""

from __future__ import annotations

from trifold.media.transcripts.annotation import chat, elan, praat, transcriber
from trifold.media.transcripts.json import files as json_files
from trifold.media.transcripts.parsed import Format, ParsedTranscript
from trifold.media.transcripts.tabular import (
    audacity,
    headerless,
    records,
    rows,
    with_header,
)
from trifold.media.transcripts.text import not_transcripts, plain
from trifold.media.transcripts.text.decoding import unwrapped
from trifold.media.transcripts.text.fragments import is_fragment, text_of_fragment
from trifold.media.transcripts.timed import cues, subtitles, ttml, xml_tree, youtube

FORMATS = (
    Format(json_files.recognises, json_files.read),  # before those that look at single lines
    *not_transcripts.FORMATS,
    *subtitles.FORMATS,
    *ttml.FORMATS,
    *youtube.FORMATS,
    *elan.FORMATS,
    *transcriber.FORMATS,
    *chat.FORMATS,
    *xml_tree.FORMATS,
    *praat.FORMATS,
    *audacity.FORMATS,
    *with_header.FORMATS,
    *headerless.FORMATS,
    *records.FORMATS,
    *rows.FORMATS,
    Format(cues.recognises, cues.read),
)


def read_text(text: str) -> ParsedTranscript:
    """Read a text as the first format that recognises it, or as plain text.

    Raises:
        ValueError: when that format finds it damaged.
    """
    if not json_files.recognises(text):
        text = unwrapped(text)
        text = text_of_fragment(text) if is_fragment(text) else text
    for known in FORMATS:
        if known.recognises(text):
            return known.read(text)
    return plain.read(text)


def check_kind(suffix: str, text: str) -> None:
    """Refuse damaged JSON and tables without a column of words, which plain text would read.

    Args:
        suffix: ``.json``, ``.csv`` or ``.tsv``, as the file is called.
        text: of the file.

    Raises:
        ValueError: when a text that is called JSON is not JSON.
        OtherContentError: when a text that is called a table is one of something else.
    """
    if suffix == ".json":
        if text.strip() and not json_files.recognises(text):
            raise ValueError(f"expected JSON, got {text.strip()[:20]!r}")
    elif not any(known.recognises(text) for known in FORMATS):
        with_header.check(text)
