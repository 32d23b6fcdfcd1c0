"""The page of one candidate, as values for its template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trifold.contracts import Transcript
from trifold.records.overrides import Override
from trifold.reports.model import ReportedModel
from trifold.reports.overriding import override_values
from trifold.reports.overview import person_values
from trifold.reports.recordings import recordings
from trifold.reports.standing import standing
from trifold.reports.timeline import UNCLEAR, panels, spoken
from trifold.scoring.attribution.cue_words import BESIDE_TRAINING
from trifold.scoring.rows import Row

NO_EVIDENCE = "evidence=true also shows what moved each score, and when."


def candidate_values(
    candidate: Row,
    answers: Sequence[Row],
    model: ReportedModel,
    *,
    overview: str,
    evidence: Mapping[str, Any] | None = None,
    transcripts: Mapping[str, Transcript] | None = None,
    overrides: Sequence[Override] = (),
) -> dict[str, Any]:
    """Values of ``candidate.html.j2``.

    Args:
        candidate: the person's row.
        answers: rows of all their files, in the order of the input.
        model: what made the scores.
        overview: where the page of all candidates lies, seen from this one.
        evidence: ``Evidence.to_dict()``; None where it was not asked for or scores are withheld.
        transcripts: clip id to words, where known.
        overrides: what reviewers said beside the scores.
    """
    usable = [row for row in answers if row["status"] == "scored"]
    said = transcripts or {}
    distance = candidate.get("distance")
    return {
        **model.values(),
        "overview": overview,
        "overrides": override_values(overrides),
        "person": person_values(candidate, model) | {"distance": distance},
        "standing": standing(candidate, model),
        "recordings": recordings(answers),
        "panels": panels(evidence, usable, said),
        "reference": evidence["reference"].rstrip(".") if evidence else "",
        "method": evidence["method"] if evidence else "",
        "unclear": UNCLEAR,
        "sampled": _is_sampled(evidence),
        "cued": bool(evidence and evidence.get("cues")),
        "beside_training": BESIDE_TRAINING,
        "answers": spoken(usable, said),
        "no_evidence": NO_EVIDENCE,
    }


def _is_sampled(evidence: Mapping[str, Any] | None) -> bool:
    """Whether any piece has an error."""
    targets = evidence["targets"] if evidence else []
    return any(piece["error"] for target in targets for piece in target["pieces"])
