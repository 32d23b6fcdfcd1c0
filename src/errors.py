"""One exception family: what was expected, what came, and where.

Batch scoring turns a ``TrifoldError`` into a row with ``code`` and message and goes on; entry
points print it as one line and exit non-zero.
"""

from __future__ import annotations


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

    code = "INPUT_ERROR"


class DecodeError(TrifoldError):
    """A media file cannot be opened or holds nothing decodable."""

    code = "DECODE_ERROR"


class TranscriptError(TrifoldError):
    """A transcript file cannot be read or parsed."""

    code = "TRANSCRIPT_ERROR"


class EncoderError(TrifoldError):
    """Weights or packages that an encoder needs are missing or not the ones expected."""

    code = "ENCODER_ERROR"


class CorpusError(TrifoldError):
    """A corpus does not follow its published layout or its labels cannot be right."""

    code = "CORPUS_ERROR"


class BundleError(TrifoldError):
    """A run folder or bundle is missing, damaged or not compatible."""

    code = "BUNDLE_ERROR"
