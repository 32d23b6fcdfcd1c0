"""The page of a scored folder, as values for its template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from trifold.reports.model import ReportedModel
from trifold.reports.scales import FEWEST_FOR_HISTOGRAM, distributions, scales
from trifold.reports.wording import flags, meaning, page_name, reasons
from trifold.scoring.rows import Row

MOST_CANDIDATES = 2000  # a browser on a phone still opens that many
MOST_FAILED = 1000
PAGES = "candidates"  # folder of the candidates' own pages


def overview_values(
    answers: Sequence[Row], candidates: Sequence[Row], model: ReportedModel, *, pages: bool
) -> dict[str, Any]:
    """Values of ``scores.html.j2``.

    Args:
        answers: one row per file.
        candidates: one row per person.
        model: what made the scores.
        pages: link each candidate to a page of their own.
    """
    good = [row for row in candidates if row["status"] == "scored"]
    failed = [row for row in answers if row["status"] != "scored"]
    usable = [row for row in answers if row["status"] == "scored"]
    return {
        **model.values(),
        "tiles": _tiles(answers, candidates, failed),
        "choices": _choices(candidates),
        "distributions": distributions(good, model.targets, model.norms),
        "fewest": FEWEST_FOR_HISTOGRAM,
        "candidates": [_person(row, model, pages=pages) for row in candidates[:MOST_CANDIDATES]],
        "n_more": max(len(candidates) - MOST_CANDIDATES, 0),
        "pages": pages,
        "missing": _missing(usable),
        "n_scored_files": len(usable),
        "failed": failed[:MOST_FAILED],
        "n_more_failed": max(len(failed) - MOST_FAILED, 0),
        "failures": _failures(failed),
    }


def person_values(row: Row, model: ReportedModel) -> dict[str, Any]:
    """What both pages say of a candidate."""
    return {
        "id": row["candidate_id"],
        "scales": scales(row, model.targets, model.norms),
        "reasons": [{"code": code, "meaning": meaning(code)} for code in reasons(row)],
        "flags": flags(row),
        "n_answers": row["n_answers"],
        "n_files": row["n_files"],
        "modalities": str(row["modalities"] or "").replace("+", ", "),
    }


def _person(row: Row, model: ReportedModel, *, pages: bool) -> dict[str, Any]:
    page = f"{PAGES}/{page_name(str(row['candidate_id']))}.html" if pages else None
    return person_values(row, model) | {"page": page}


def _tiles(
    answers: Sequence[Row], candidates: Sequence[Row], failed: Sequence[Row]
) -> list[dict[str, Any]]:
    withheld = sum(row["status"] != "scored" for row in candidates)
    counts = {
        "candidates": len(candidates),
        "with scores": len(candidates) - withheld,
        "withheld": withheld,
        "files": len(answers),
        "files without scores": len(failed),
    }
    return [{"name": name, "value": value} for name, value in counts.items()]


def _choices(candidates: Sequence[Row]) -> list[tuple[str, str, int]]:
    """Id, name and size of what may be shown alone."""
    scored = sum(row["status"] == "scored" for row in candidates[:MOST_CANDIDATES])
    flagged = sum(bool(flags(row)) for row in candidates[:MOST_CANDIDATES])
    shown = min(len(candidates), MOST_CANDIDATES)
    return [
        ("all", "All", shown),
        ("only-scored", "With scores", scored),
        ("only-withheld", "Withheld", shown - scored),
        ("only-flagged", "With a flag", flagged),
    ]


def _missing(usable: Sequence[Row]) -> list[dict[str, Any]]:
    """How often what was missing in files that were scored all the same."""
    found = Counter((f["where"], f["code"], f["meaning"]) for row in usable for f in flags(row))
    return [
        {"where": where, "code": code, "meaning": said, "n": n}
        for (where, code, said), n in sorted(found.items(), key=lambda item: (-item[1], item[0]))
    ]


def _failures(failed: Sequence[Row]) -> list[dict[str, Any]]:
    """Codes of files without scores, the most frequent first."""
    found = Counter(str(row["error_code"] or "; ".join(reasons(row))) for row in failed)
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [{"code": code, "meaning": meaning(code), "n": n} for code, n in ordered]
