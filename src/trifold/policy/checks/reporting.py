"""What is looked at before a report is shown: words, ranks, norms, evidence, what was published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from trifold.policy.checks.registry import Breach, check
from trifold.policy.facts import ReportFacts
from trifold.policy.vocabulary import denied

SMALL_SHARE = 0.02  # of all people, below which a category may be left out of ratios


@check("report")
def one_norm_for_all(
    facts: ReportFacts, params: Mapping[str, Any], today: date
) -> Iterator[Breach]:
    """Each target has one norm table."""
    for target, ids in facts.norms.items():
        if len(set(ids)) > 1:
            yield Breach(f"{len(set(ids))} norm tables of {target}: {', '.join(sorted(set(ids)))}")


@check("report")
def one_cut_for_all(facts: ReportFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """Each target has one cut score."""
    for target, cuts in facts.cuts.items():
        if len(set(cuts)) > 1:
            yield Breach(f"{len(set(cuts))} cut scores of {target}")


@check("report", params=("words",))
def vocabulary(facts: ReportFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """No denied word stands in what the program says."""
    for place, text in facts.texts.items():
        for word in denied(text, params["words"]):
            yield Breach(f"'{word}' in {place}")


@check("report", params=("rank_columns", "interval", "score"))
def no_single_rank(facts: ReportFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """No table has a rank without its ends, and pages show an interval before a score."""
    ranked = [name for name in facts.columns if name.split("_")[-1] in params["rank_columns"]]
    for name in ranked:
        ends = {f"{name}_low", f"{name}_high"}
        if not ends <= set(facts.columns):
            yield Breach(f"a column '{name}' without {' and '.join(sorted(ends))}")
    score, interval = (facts.page.find(params[name]) for name in ("score", "interval"))
    if score >= 0 and not 0 <= interval < score:
        yield Breach("a page that shows a score before its interval")


@check("report", params=("section", "fields"))
def stated_for_reports(
    facts: ReportFacts, params: Mapping[str, Any], today: date
) -> Iterator[Breach]:
    """The deployer states these fields."""
    absent = facts.deployment.missing(params["section"], tuple(params["fields"]))
    if absent:
        yield Breach(f"no {', '.join(absent)} in the deployment file")


@check("report")
def evidence_given(facts: ReportFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """The main elements of each score are given."""
    if not facts.has_evidence:
        yield Breach("evidence=false")


@check("report")
def summary_still_public(
    facts: ReportFacts, params: Mapping[str, Any], today: date
) -> Iterator[Breach]:
    """The summary of the bias audit was published, and no last use is stated of what is in use."""
    published = facts.deployment.get("bias_audit", "published_on")
    last = facts.deployment.get("bias_audit", "last_used_on")
    if published is None or published > today:
        yield Breach("no bias_audit.published_on that has come")
    if last is not None and last < today:
        yield Breach(f"bias_audit.last_used_on of {last}, though it is in use now")


@check("report")
def small_categories_justified(
    facts: ReportFacts, params: Mapping[str, Any], today: date
) -> Iterator[Breach]:
    """Each category below 2 % stands with n, rate and a reason where it was left out."""
    categories = facts.deployment.get("bias_audit", "categories") or []
    small = {
        str(c.get("name")): c
        for c in _mappings(facts.deployment.get("bias_audit", "small_categories") or [])
    }
    total = sum(int(c.get("n") or 0) for c in _mappings(categories))
    for category in _mappings(categories):
        name, n = str(category.get("name")), int(category.get("n") or 0)
        if total and n < SMALL_SHARE * total and name not in small:
            yield Breach(f"'{name}' with {n} of {total} that is not among small_categories")
    for name, category in small.items():
        absent = [f for f in ("n", "rate", "reason") if category.get(f) in (None, "")]
        if absent:
            yield Breach(f"the small category '{name}' without {', '.join(absent)}")


@check("report", params=("allowed",))
def groups_are_self_reported(
    facts: ReportFacts, params: Mapping[str, Any], today: date
) -> Iterator[Breach]:
    """Categories come from people's own reports, never from a guess."""
    came = facts.deployment.get("bias_audit", "groups_from")
    if came not in params["allowed"]:
        yield Breach(f"bias_audit.groups_from: {came or 'nothing'}")


@check("report", params=("enough",))
def test_data_reason(
    facts: ReportFacts, params: Mapping[str, Any], today: date
) -> Iterator[Breach]:
    """Test data stand with a reason, and only where there are too few data of one's own."""
    audit = facts.deployment
    kind, own = audit.get("bias_audit", "data"), audit.get("bias_audit", "own_data_n")
    if kind not in ("historical", "test"):
        yield Breach(f"bias_audit.data: {kind or 'nothing'} (historical or test)")
    elif kind == "test" and not audit.get("bias_audit", "test_reason"):
        yield Breach("test data without bias_audit.test_reason")
    elif kind == "test" and (own or 0) >= params["enough"]:
        yield Breach(f"test data beside {own} people's own data")


@check("report")
def race_report(facts: ReportFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """Where the AI alone screens: counts by race to 30 November, filed by 31 December."""
    alone = facts.deployment.get("screening", "ai_alone")
    if alone is None:
        yield Breach("no screening.ai_alone in the deployment file")
    if not alone:
        return
    due_year = today.year - 1  # the last report that is due by today
    to = facts.deployment.get("screening", "report_to")
    filed = facts.deployment.get("screening", "filed_on")
    if to is None or to < date(due_year, 11, 30) or filed is None:
        yield Breach(f"no report to 30 November {due_year} that was filed")


@check("report", params=("section", "fresh_days"))
def tested_lately(facts: ReportFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """A test of this very model is stated, and not older than so many days."""
    section, state = params["section"], facts.deployment
    if absent := state.missing(section):
        yield Breach(f"no {', '.join(absent)} in the deployment file")
    model, day = state.get(section, "bundle_id"), state.get(section, "dated")
    if model is not None and model != facts.bundle_id:
        yield Breach(f"a {section} of another model, {model}")
    if day is not None and (today - day).days > params["fresh_days"]:
        yield Breach(f"a {section} of {day}")


@check("report", params=("least",))
def small_cells(facts: ReportFacts, params: Mapping[str, Any], today: date) -> Iterator[Breach]:
    """No published cell holds fewer people than this; empty ones tell nothing of anybody."""
    small = [n for n in facts.cells if 0 < n < params["least"]]
    if small:
        yield Breach(f"{len(small)} cells of fewer, the smallest of {min(small)}")


def _mappings(entries: list[Any]) -> list[Mapping[str, Any]]:
    return [entry for entry in entries if isinstance(entry, Mapping)]
