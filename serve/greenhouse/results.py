"""What Greenhouse is shown of an interview: a flat object, each score with its range."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from trifold.contracts import scored_targets
from trifold.serve.greenhouse.interviews import COMPLETE, Interview
from trifold.serve.greenhouse.settings import PLACE, GreenhouseSettings

NOTE = "An impression with its range, no verdict: decision support for people who may disregard it."


def result_of(body: bytes) -> dict[str, Any]:
    """What is kept of an answer: scores and ranges, or a code.

    Args:
        body: of an answer about one candidate.
    """
    facts = json.loads(body)
    if "code" in facts:
        return {"code": str(facts["code"])}
    row = facts.get("candidate")
    if not row:
        return {"code": "BAD_REQUEST"}  # of several candidates, where one was asked for
    scores = {
        target: [row[target], row[f"{target}_low"], row[f"{target}_high"]]
        for target in scored_targets(row)
    }
    named = {"bundle": facts["bundle_id"], "version": facts["model_version"]}
    return {"scores": scores, "answers": row.get("n_answers"), **named}


def status_of(interview: Interview, settings: GreenhouseSettings) -> dict[str, Any]:
    """An answer to ``test_status``."""
    if interview.status != COMPLETE:
        code = interview.result.get("code")
        said = f"{interview.status}: {code}" if code else interview.status
        return {"partner_status": said}
    scores: Mapping[str, list[float]] = interview.result["scores"]
    found: dict[str, Any] = {
        "partner_status": COMPLETE,
        "partner_profile_url": settings.profile_url.replace(PLACE, interview.id),
        "metadata": _metadata(interview.result),
    }
    if settings.partner_score in scores:
        found["partner_score"] = round(scores[settings.partner_score][0], 2)
    return found


def _metadata(result: Mapping[str, Any]) -> dict[str, str | float | None]:
    shown: dict[str, str | float | None] = {}
    for target, (score, low, high) in result["scores"].items():
        shown[target] = round(score, 2)
        shown[f"{target} (lower)"], shown[f"{target} (upper)"] = round(low, 2), round(high, 2)
    model = f"{result['version']} ({result['bundle'][:12]})"
    return {**shown, "answers": result["answers"], "model": model, "note": NOTE}
