"""Codes of doubt about one answer, from what its encoders noticed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from trifold.codes import Code, Of, codes_of
from trifold.errors import InputError
from trifold.features.quality.codecs import UNKNOWN, Codecs, with_codec_share
from trifold.features.quality.limits import DEFAULT_LIMITS, Limits, passed
from trifold.features.records import ClipRecord

NOTICED = (
    Code.SEVERAL_SPEAKERS,
    Code.ASSUMED_SPEAKER,
    Code.TIMES_OUT_OF_RANGE,
    Code.UNCLEAR_SPEECH,
    Code.OTHER_LANGUAGE,
    Code.TRUNCATED,
    Code.TELEPHONE_SOUND,
)
LEFT_OUT = (Code.OTHER_VIEW, Code.SAME_FILE)  # files that are no answers of their own
CLOSED = (Code.NO_CONSENT, Code.NO_NOTICE)  # people of whom no file was opened
MEDIA_CODES = codes_of(Of.MISSING, Of.DOUBT)  # an answer may be withheld for these


def flags(record: ClipRecord, limits: Limits = DEFAULT_LIMITS) -> tuple[str, ...]:
    """The codes of doubt that hold for an answer: limits of its card, then what was noticed."""
    noticed = (code for code in NOTICED if code in record.remarks)
    return (*passed(record.card, limits), *noticed)


def with_other_words(record: ClipRecord, trained: Mapping[str, int]) -> ClipRecord:
    """The record, with a remark where its words came as no training words did.

    Args:
        record: of a file to score.
        trained: ``given`` or a recogniser's fingerprint to how many answers of the training were
            read so; empty where nobody knows, as of older bundles.
    """
    if not trained or record.words_from is None or record.words_from in trained:
        return record
    if record.recogniser is None:
        line = "the words were given; the model was trained on recognised ones"
    elif set(trained) == {"given"}:
        line = "the words were recognised; the model was trained on transcripts that were given"
    else:
        line = "the words were recognised otherwise than those that the model was trained on"
    return replace(record, remarks={**record.remarks, Code.OTHER_WORDS: line})


def withheld(
    record: ClipRecord,
    codes: Collection[str],
    limits: Limits = DEFAULT_LIMITS,
    *,
    codecs: Codecs = UNKNOWN,
) -> ClipRecord:
    """The record with its flags, and as one without scores where one of ``codes`` holds for it.

    Args:
        record: of a file.
        codes: for which it is not scored, among ``MEDIA_CODES``.
        limits: of the card, see ``quality_limits``.
        codecs: of the training, see ``Description.codecs``.
    """
    record = with_codec_share(record, codecs, least=limits.get("codec_share"))
    record = replace(record, flags=flags(record, limits))
    if record.error_code is not None:
        return record
    found = [code for code in (*record.missing.values(), *record.flags) if code in codes]
    if not found:
        return record
    return replace(record, error_code=found[0], error_message=f"withheld for {', '.join(found)}")


def check_codes(codes: Collection[str]) -> tuple[str, ...]:
    """The codes, if they are among those that a file can be withheld for.

    Raises:
        InputError: when one is not.
    """
    unknown = sorted(set(codes) - set(MEDIA_CODES))
    if unknown:
        raise InputError(expected=f"codes among {', '.join(MEDIA_CODES)}", got=unknown[0])
    return tuple(codes)
