"""Text files that are no transcripts: pointers of Git LFS, links, captions as codes of decoders."""

from __future__ import annotations

import re
from collections.abc import Sequence

from trifold.contracts import Segment
from trifold.media.transcripts.parsed import Format, OtherContentError, ParsedTranscript

_KNOWN = (
    (r"version https://git-lfs\.github\.com/spec/", "a pointer of Git LFS: fetch the file itself"),
    (
        r"(?:\.\./){0,9}\.git/annex/objects/|/annex/objects/",
        "a pointer of git-annex: fetch the file itself",
    ),
    (r"\[InternetShortcut\]|\[Desktop Entry\]", "a link: save what it leads to"),
    (r"https?://\S+\s*\Z", "a link: save what it leads to"),
    (r"Scenarist_SCC", "the codes of Scenarist_SCC: save as text"),
    (r"File Format=MacCaption_MCC", "the codes of MacCaption_MCC: save as text"),
)
_PAYLOAD = re.compile(  # of cues that no player shows as text
    r"\S{1,300}\.(?:jpe?g|png|webp|gif|bmp|avif)(?:[?#]\S{0,200})?|\{\s*[\"'].{0,2000}\}", re.DOTALL
)
_BEGINS = re.compile("|".join(f"({begins})" for begins, _ in _KNOWN))


def recognises(text: str) -> bool:
    """True for files that begin as one of these does."""
    return _BEGINS.match(text.lstrip("\ufeff \r\n\t")[:500]) is not None


def refuse(text: str) -> ParsedTranscript:
    """Refuse it.

    Raises:
        OtherContentError: always, with what it is.
    """
    found = _BEGINS.match(text.lstrip("\ufeff \r\n\t")[:500])
    what = _KNOWN[(found.lastindex or 1) - 1][1] if found else "something else"
    raise OtherContentError(f"expected subtitles or a transcript as text, got {what}")


def check_payload(segments: Sequence[Segment]) -> None:
    """Refuse cues that carry pictures of a preview, or data, in place of words.

    Raises:
        OtherContentError: where all of them do.
    """
    if segments and all(_PAYLOAD.fullmatch(segment.text) for segment in segments):
        raise OtherContentError(f"expected words, got data in cues: {segments[0].text[:30]!r}")


FORMATS = (Format(recognises, refuse),)
