"""What extraction found out about a clip, without its tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from trifold.contracts import Modality, QualityCard, card_of


@dataclass(frozen=True)
class ClipRecord:
    """One clip after extraction; small, so that a hundred thousand fit in memory.

    Attributes:
        clip_id: of the clip.
        candidate_id: whose answer it is.
        question: text of the question, if known.
        question_id: its identifier, if known.
        duration_s: length of the media, None where unknown.
        content: stream name to content hash of its stored tokens; missing modalities are absent.
        missing: modality to the reason code why it has no tokens.
        quality: ``stream.name`` to number.
        remarks: what was noticed in reading, code to one line for people.
        words_source: ``given`` or ``recognised``; None where no words were read.
        recogniser: fingerprint of what recognised them.
        codecs: modality to what the stream that was read is encoded as (``h264``, ``aac``).
        flags: codes of doubt, once ``trifold.features.quality.withheld`` has judged it.
        error_code: set when nothing of the clip could be encoded.
        error_message: one line for people.
    """

    clip_id: str
    candidate_id: str
    question: str | None = None
    question_id: str | None = None
    duration_s: float | None = None
    content: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[Modality, str] = field(default_factory=dict)
    quality: Mapping[str, float] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    words_source: str | None = None
    recogniser: str | None = None
    codecs: Mapping[Modality, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    error_code: str | None = None
    error_message: str | None = None

    @cached_property
    def card(self) -> QualityCard:
        """What can be heard and seen in it."""
        return card_of(self.quality)

    @property
    def words_from(self) -> str | None:
        """``given`` or the recogniser's fingerprint: what training and scoring should share."""
        return self.recogniser or self.words_source
