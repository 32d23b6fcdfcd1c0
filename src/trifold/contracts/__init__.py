"""The dataclasses that cross module borders, one per arrow of the data flow.

Shape legend, used in every docstring of the project:

    ``B`` candidates    ``T`` answers of a candidate    ``L`` tokens of one stream
    ``D`` width         ``K`` targets                   ``E`` experts    ``M`` ensemble members

Masks are bool and True means real data. Times are seconds (``*_s``), rates Hertz (``*_hz``).
A *stream* is what one encoder makes of one modality; several streams may share a modality.
"""

from trifold.contracts.corpus import Corpus, Finding, Target, TargetSchema
from trifold.contracts.features import (
    FeatureBatch,
    TokenSequence,
    TraitScores,
    scored_targets,
)
from trifold.contracts.kinds import MODALITIES, QUESTION, Array, Modality, Split
from trifold.contracts.media import (
    AudioChunk,
    Chosen,
    Clip,
    Frame,
    MediaInfo,
    Segment,
    Transcript,
)
from trifold.contracts.quality import MEASURES, Measure, QualityCard, card_of
from trifold.contracts.turns import Span, Turns, View

__all__ = [
    "MEASURES",
    "MODALITIES",
    "QUESTION",
    "Array",
    "AudioChunk",
    "Chosen",
    "Clip",
    "Corpus",
    "FeatureBatch",
    "Finding",
    "Frame",
    "Measure",
    "MediaInfo",
    "Modality",
    "QualityCard",
    "Segment",
    "Span",
    "Split",
    "Target",
    "TargetSchema",
    "TokenSequence",
    "TraitScores",
    "Transcript",
    "Turns",
    "View",
    "card_of",
    "scored_targets",
]
