"""All formats of transcripts, in the order in which a text is shown to them."""

from __future__ import annotations

from trifold.media.transcripts.annotation import audacity, elan, praat, rows, tabular
from trifold.media.transcripts.found import Format, Found
from trifold.media.transcripts.json import files as json_files
from trifold.media.transcripts.text import plain
from trifold.media.transcripts.text.decoding import unwrapped
from trifold.media.transcripts.timed import cues, subtitles, trees, ttml, youtube

FORMATS = (
    Format(json_files.recognises, json_files.read),  # before those that look at single lines
    *subtitles.FORMATS,
    *ttml.FORMATS,
    *youtube.FORMATS,
    *elan.FORMATS,
    *trees.FORMATS,
    *praat.FORMATS,
    *audacity.FORMATS,
    *tabular.FORMATS,
    *rows.FORMATS,
    Format(cues.recognises, cues.read),
)


def read_text(text: str) -> Found:
    """What the first format that knows the text makes of it; plain text where none does.

    Raises:
        ValueError: when that format finds it damaged.
    """
    text = text if json_files.recognises(text) else unwrapped(text)
    for known in FORMATS:
        if known.recognises(text):
            return known.read(text)
    return plain.read(text)


def check_json(text: str) -> None:
    """A damaged file of JSON is no speech.

    Raises:
        ValueError: when a text that is called JSON is not JSON.
    """
    if text.strip() and not json_files.recognises(text):
        raise ValueError(f"expected JSON, got {text.strip()[:20]!r}")
