"""Features that a corpus publishes instead of media, as a stream like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from trifold.contracts import MODALITIES, Modality, TokenSequence
from trifold.encoders.base import MeasureEncoder, fingerprint
from trifold.errors import EncoderError


class PublishedMeasures(MeasureEncoder):
    """One token per clip: the named columns, in this order.

    Args:
        columns: names in ``Clip.measures``.
        modality: text, audio or video.

    Raises:
        EncoderError: without columns, or for an unknown modality.
    """

    version = 1

    def __init__(self, *, columns: Sequence[str], modality: Modality) -> None:
        if not columns or modality not in MODALITIES:
            raise EncoderError(
                expected=f"at least one column and a modality among {', '.join(MODALITIES)}",
                got=f"{len(columns)} columns and {modality!r}",
            )
        self.columns, self.modality = tuple(columns), modality
        self.dim = len(self.columns)

    @property
    def fingerprint(self) -> str:
        """Changes with the columns and their order."""
        settings = {"columns": list(self.columns), "modality": self.modality}
        return fingerprint("PublishedMeasures", self.version, settings)

    def encode(self, measures: Mapping[str, float]) -> TokenSequence:
        """One token.

        Raises:
            EncoderError: when a column is missing.
        """
        missing = [column for column in self.columns if column not in measures]
        if missing:
            raise EncoderError(expected=f"a measure '{missing[0]}'", got="none")
        values = np.array([[measures[column] for column in self.columns]], dtype=np.float32)
        zero = np.zeros(1, dtype=np.float32)
        return TokenSequence(values, zero, zero, self.modality, self.fingerprint)
