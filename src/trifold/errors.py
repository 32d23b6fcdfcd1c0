"""One exception family: what was expected, what came, and where.

Batch scoring turns a ``TrifoldError`` into a row with ``code`` and message and goes on; entry
points print it as one line and exit non-zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from trifold.codes import Code

NAMED_AT_MOST = 16  # names of which a message lists all


class TrifoldError(Exception):
    """Something that the user can mend.

    Attributes:
        code: stable upper-case identifier that rows and responses carry.
        expected: what would have been right.
        got: what came instead.
        where: the file, field or clip concerned.
    """

    code = "ERROR"

    def __init__(self, *, expected: str, got: str, where: object = None) -> None:
        """Store the three facts and join them to one line."""
        self.expected, self.got = expected, got
        self.where = None if where is None else str(where)
        place = "" if self.where is None else f"{self.where}: "
        super().__init__(f"{place}expected {expected}, got {got}")

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the trip from a worker process (keyword-only arguments do not by default)."""
        return _rebuild, (type(self), self.expected, self.got, self.where)


def _rebuild(kind: type[TrifoldError], expected: str, got: str, where: str | None) -> TrifoldError:
    return kind(expected=expected, got=got, where=where)


class InputError(TrifoldError):
    """A folder, manifest or argument does not hold what was asked for."""

    code = Code.INPUT_ERROR


class DecodeError(TrifoldError):
    """A media file cannot be opened or holds nothing decodable."""

    code = Code.DECODE_ERROR


class DecoderLostError(TrifoldError):
    """The process that decodes a media file ended of it, or had to be ended."""

    code = Code.DECODE_ERROR


class NoMemoryError(DecoderLostError):
    """Decoding a media file takes more memory than it may."""

    code = Code.OUT_OF_MEMORY


class NoTimeError(DecoderLostError):
    """Decoding a media file takes longer than it may."""

    code = Code.OUT_OF_TIME


class TranscriptError(TrifoldError):
    """A transcript file cannot be read or parsed."""

    code = Code.TRANSCRIPT_ERROR


class EncoderError(TrifoldError):
    """Weights or packages that an encoder needs are missing or not the ones expected."""

    code = Code.ENCODER_ERROR


class CorpusError(TrifoldError):
    """A corpus does not follow its published layout or its labels cannot be right."""

    code = Code.CORPUS_ERROR


class BundleError(TrifoldError):
    """A run folder or bundle is missing, damaged or not compatible."""

    code = Code.BUNDLE_ERROR


def unknown(
    got: object,
    known: Iterable[str],
    *,
    what: str,
    where: object = None,
    meant: Sequence[str] = (),
) -> InputError:
    """The refusal of a name, with the nearest of those that there are.

    Args:
        got: the name that came.
        known: all that would have been right.
        what: what they name, in the plural, such as ``settings``.
        where: see ``TrifoldError``.
        meant: names that are nearer than any spelling; empty looks for the most similar.
    """
    names = [str(name) for name in known]
    near = list(meant[:3]) or nearest(str(got), names)
    listed = names if len(names) <= NAMED_AT_MOST else [*names[:NAMED_AT_MOST], "…"]
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return InputError(
        expected=f"{what} among {', '.join(listed)}", got=f"{str(got)!r}{hint}", where=where
    )


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three of the known names that look like this one, the most similar first."""
    folded = {other.lower(): other for other in known}
    return [folded[near] for near in get_close_matches(name.lower(), folded, n=3, cutoff=0.6)]
