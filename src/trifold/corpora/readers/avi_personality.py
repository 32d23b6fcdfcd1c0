"""AVI-Personality (Zhang et al., 2026, arXiv 2608.25316): six interview videos of 646 people.

The layout is that of the AVI Challenge's videos: ``Training.csv``, ``Validation.csv`` and
``Testing.csv`` (452, 64 and 130 people, the published split) with ids and label columns, and
folders ``Training``, ``Validation`` and ``Testing`` with ``<id>_q1_generic.mp4`` …
``<id>_q6_personality.mp4``, with transcripts beside them where there are any. A ``questions.csv``
(question, text) of one's own tells what was asked; without it the two general questions are known.

The data are gated, and their codebook comes with them. On public record are: files, folders, split
and the columns of the competencies. The six ``*_self`` (of HEXACO-100, where E is Emotionality and
X Extraversion) are taken from the codebook of a sister set of the same laboratory. ``p_C_observer``
is what the challenge's own baseline reads; that the observers' ratings of the other traits are
called alike is taken from there, and where a download has another name an error asks for it.
Demographics, accents and cognitive ability stand in the tables and are never read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from trifold.contracts import Corpus
from trifold.corpora.readers.avi import LABEL_SETS, read_release
from trifold.corpora.readers.avi import RELEASE as CHALLENGE
from trifold.corpora.readers.avi_labels import Release
from trifold.terms import terms

OBSERVED = {
    "honesty_humility": "p_H_observer",
    "extraversion": "p_X_observer",
    "agreeableness": "p_A_observer",
    "conscientiousness": "p_C_observer",
}
SELF_FULL = {
    "honesty_humility": "H_self",
    "emotionality": "E_self",
    "extraversion": "X_self",
    "agreeableness": "A_self",
    "conscientiousness": "C_self",
    "openness": "O_self",
}
RELEASE = Release(
    name="avi_personality",
    label_sets={
        "observer_hexaco": OBSERVED,
        "competencies": {
            target: CHALLENGE.other_names[column][0]
            for target, column in LABEL_SETS["competencies"].items()
        },
        "self_hexaco": LABEL_SETS["self_hexaco"],
        "self_hexaco_full": SELF_FULL,
    },
    tables={"train": ("Training.csv",), "val": ("Validation.csv",), "test": ("Testing.csv",)},
    terms=terms(
        "AVI-Personality (APAL, Southeast University): gated; academic, non-commercial research "
        "alone; no redistribution, no attempt to identify anybody, no real hiring decisions",
        forbids=("commercial", "hiring"),
    ),
    same_name={
        "H_self": "p_H_observer",
        "X_self": "p_X_observer",
        "A_self": "p_A_observer",
        "C_self": "p_C_observer",
    },
    other_names={column: (LABEL_SETS["observer_hexaco"][t],) for t, column in OBSERVED.items()},
    complete=True,
    unconfirmed=(frozenset(OBSERVED.values()) - {"p_C_observer"}) | frozenset(SELF_FULL.values()),
)


def read_avi_personality(
    root: str | Path,
    *,
    labels: str = "observer_hexaco",
    columns: Mapping[str, str] | None = None,
    near_empty: str = "keep",
) -> Corpus:
    """Read and check one label set, on the published split.

    Args:
        root: folder that holds the tables and the folders of videos.
        labels: ``observer_hexaco`` (four traits, each as rated on the answer to its question),
            ``competencies``, ``self_hexaco`` (the four traits of the challenge) or
            ``self_hexaco_full`` (all six).
        columns: target to column, where a download calls it otherwise.
        near_empty: ``drop`` leaves out answers of five words or fewer.

    Raises:
        CorpusError: see ``read_release``; also when one of the three tables is missing.
    """
    return read_release(Path(root), RELEASE, labels=labels, columns=columns, near_empty=near_empty)
