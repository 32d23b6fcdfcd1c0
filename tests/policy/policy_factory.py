"""Facts that every shipped rule is content with, and for each rule what breaks it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from trifold.policy.deployment import Deployment
from trifold.policy.facts import (
    Consent,
    DeleteFacts,
    LoadFacts,
    ReportFacts,
    ScoreFacts,
    ServeFacts,
    StreamFact,
    TrainFacts,
)
from trifold.serve.governance.rules import read_api

TODAY = date(2026, 11, 29)  # a Sunday
LATER = date(2028, 1, 3)
ALL = ("eu", "us-nyc", "us-il", "us-ca", "research")
WHO = "0123456789abcdef"


def days_ago(n: int, today: date = TODAY) -> date:
    return today - timedelta(days=n)


def stated(today: date = TODAY) -> dict[str, dict[str, Any]]:
    """A deployment file that leaves nothing out."""
    day = days_ago(20, today)
    part = {
        "general_description", "development", "monitoring", "metrics", "risk_management",
        "changes", "standards", "declaration", "post_market_plan",
    }  # fmt: skip
    return {
        "dpia": {"id": "D1", "dated": day},
        "ethics": {"id": "E1"},
        "notice": {"id": "N1", "dated": day},
        "reviewers": {"names": ["Kim"]},
        "recipients": {"roles": {"hr": "recruiter"}},
        "processors": {"names": []},
        "backups": {"names": ["tape"]},
        "event_log": {"kept_days": 200},
        "biometrics": {"schedule": "https://example.org/schedule"},
        "accommodation": {"process": "a talk", "measures": ["voice"]},
        "technical_file": dict.fromkeys(part, "see the manual"),
        "bias_audit": {
            "dated": day, "auditor": "A", "url": "https://example.org", "published_on": day,
            "distributed_on": day, "data": "historical", "data_explained": "last year",
            "n_unknown": 3, "median_over": "known", "groups_from": "self-report",
            "categories": [{"name": "a", "n": 60}, {"name": "b", "n": 39}, {"name": "c", "n": 1}],
            "small_categories": [{"name": "c", "n": 1, "rate": 0.5, "reason": "one person"}],
        },
        "data_statement": {"types": "video", "source": "candidates", "retention": "90 days"},
        "screening": {"ai_alone": False},
        "bias_tests": {"bundle_id": "b1", "job": "clerk", "dated": day},
        "leak_probe": {"bundle_id": "b1", "dated": day, "result": "AUC .52"},
    }  # fmt: skip


def without(section: str, name: str | None = None, **instead: Any) -> Deployment:
    """Everything stated but for a section or field, or with another value there."""
    facts = stated()
    if name is None and not instead:
        del facts[section]
    elif name is not None:
        del facts[section][name]
    facts.get(section, {}).update(instead)
    return Deployment(facts)


def good(hook: str, today: date = TODAY) -> Any:
    """Facts that break no rule of any profile."""
    deployment, day = Deployment(stated(today)), days_ago(20, today)
    told = Consent("N1", day, day, day, day)
    face = StreamFact("face", "video", "trifold.encoders.video.face.FaceMotion")
    words = StreamFact("words", "text", "trifold.encoders.text.minilm.MiniLM")
    names = {"the manifest": ("path", "candidate_id", "language", "page")}
    return {
        "load": LoadFacts("research", "free", ("warmth",), (face, words), ("torch",), deployment),
        "train": TrainFacts("research", names, deployment),
        "score": ScoreFacts("research", names, (WHO,), {WHO: told}, True, deployment),
        "report": ReportFacts(
            texts={"the targets": "Warmth. Honesty humility. Emotionality"},
            columns=("candidate_id", "warmth", "warmth_low", "warmth_high", "rank_low"),
            page='<i class="band"></i><span class="value">4</span>',
            norms={"warmth": ("n1", "n1")}, cuts={"warmth": (3.0, 3.0)}, cells=(0, 10, 30),
            has_evidence=True, bundle_id="b1", deployment=deployment,
        ),
        "serve": ServeFacts(read_api(), ("hr",), True, True, deployment),
        "delete": DeleteFacts(today, {"requested": today}, (), True, deployment),
    }[hook]  # fmt: skip


def stream(target: str, modality: str = "audio") -> tuple[StreamFact, ...]:
    return (StreamFact("s", modality, "trifold.x.Y", target),)


def consent(**changes: Any) -> dict[str, Any]:
    """Score facts with one candidate's record changed."""
    told = good("score").consents[WHO]
    return {"consents": {WHO: replace(told, **changes)}}


def api_with(path: str) -> dict[str, Any]:
    """The endpoint's description with one more path."""
    api = read_api()
    return {**api, "paths": {**api["paths"], path: {"post": {"operationId": "x"}}}}


def audit(**changes: Any) -> dict[str, Any]:
    return {"deployment": without("bias_audit", **changes)}


# rule to what breaks it, and what is then said
BREAKS: dict[str, tuple[dict[str, Any], str]] = {
    "common/no_auto_reject": ({"api": api_with("/candidates/reject")}, "'/candidates/reject'"),
    "common/no_group_inputs_in_training": ({"names": {"m": ("Gender",)}}, "'Gender' in m"),
    "common/no_group_inputs_in_scoring": ({"names": {"m": ("date of birth",)}}, "'date of birth'"),
    "common/no_group_norms": ({"norms": {"warmth": ("women", "men")}}, "2 norm tables of warmth"),
    "common/no_group_cuts": ({"cuts": {"warmth": (3.0, 3.5)}}, "2 cut scores of warmth"),
    "common/purpose_terms": ({"purpose": "hiring", "terms": "x [forbids: hiring]"}, "forbids"),
    "common/vocabulary_deny": ({"texts": {"the targets": "An INTJ, and honest"}}, "'honest'"),
    "common/no_single_rank": ({"columns": ("rank",)}, "a column 'rank' without"),
    "eu/no_emotion_from_biometrics": ({"targets": ("facial_expression",)}, "facial_expression"),
    "eu/no_sensitive_categorisation": ({"targets": ("religion",)}, "the target 'religion'"),
    "eu/no_identity_embeddings": ({"streams": stream("speechbrain/spkrec-ecapa")}, "ecapa"),
    "eu/event_log_when_scoring": ({"event_log": False}, "no audit_log"),
    "eu/event_log_when_serving": (
        {"deployment": without("event_log", kept_days=182)}, "kept_days of 182"),
    "eu/oversight_record": ({"can_override": False}, "no keep_dir"),
    "eu/candidate_notice": (consent(notice_id=""), "no notice_id"),
    "eu/explanation": ({"has_evidence": False}, "evidence=false"),
    "eu/annex_iv_ahead": ({"deployment": without("technical_file", "risk_management")}, "risk_m"),
    "eu/annex_iv_complete": ({"deployment": without("technical_file", "changes")}, "changes"),
    "eu/dpia": ({"deployment": without("dpia")}, "no dpia.id"),
    "eu/erasure": ({"remaining": ("/data/out",)}, "something in /data/out"),
    "eu/erasure_in_a_month": ({"since": {"requested": days_ago(31)}}, "to be deleted by"),
    "us-nyc/audit_age_soon": (audit(dated=days_ago(330)), "330 days ago"),
    "us-nyc/audit_age": (audit(dated=days_ago(366)), "366 days ago"),
    "us-nyc/notice_10_business_days": (consent(notice_on=days_ago(13)), "not before"),
    "us-nyc/summary_published": (audit(name="url"), "no bias_audit.url"),
    "us-nyc/summary_public": (audit(last_used_on=days_ago(184)), "though it is in use now"),
    "us-nyc/unknown_counted": (audit(name="n_unknown"), "no bias_audit.n_unknown"),
    "us-nyc/median_stated": (audit(name="median_over"), "no bias_audit.median_over"),
    "us-nyc/small_category_justified": (audit(small_categories=[]), "'c' with 1 of 100"),
    "us-nyc/no_inferred_groups": (audit(groups_from="first names"), "first names"),
    "us-nyc/test_data_reason": (audit(data="test"), "without bias_audit.test_reason"),
    "us-nyc/data_statement": ({"deployment": without("data_statement", "source")}, "source"),
    "us-il/consent_first": (consent(explained_on=None), "no explained_on"),
    "us-il/share_limited": ({"callers": ("hr", "shop")}, "the caller 'shop' with none"),
    "us-il/delete_30_days": ({"receipt": False}, "no receipt=FILE"),
    "us-il/delete_30_days_late": ({"since": {"requested": days_ago(31)}}, "to be deleted by"),
    "us-il/race_report": ({"deployment": without("screening", ai_alone=True)}, "30 November 2025"),
    "us-il/no_zip_proxy_in_training": ({"names": {"m": ("ZIP Code",)}}, "'ZIP Code' in m"),
    "us-il/no_zip_proxy_in_scoring": ({"names": {"m": ("postcode",)}}, "'postcode' in m"),
    "us-il/ai_notice": ({"deployment": without("notice")}, "no notice.id"),
    "us-il/bipa_schedule": (
        {"streams": stream("face_mesh", "video"), "deployment": without("biometrics")},
        "no biometrics.schedule"),
    "us-il/bipa_release": (consent(release_on=None), "no release_on"),
    "us-il/bipa_three_years": ({"since": {"consent": days_ago(1096)}}, "features since"),
    "us-ca/records_4_years": ({"since": {"scored": days_ago(10)}}, "to be kept until"),
    "us-ca/anti_bias_testing": ({"bundle_id": "b2"}, "of another model, b1"),
    "us-ca/accommodation_route": ({"deployment": without("accommodation", "process")}, "process"),
    "us-ca/proxy_check": (
        {"deployment": without("leak_probe", dated=days_ago(366))}, "a leak_probe of"),
    "research/real_hiring_off": ({"purpose": "hiring"}, "purpose=hiring"),
    "research/ethics_id": ({"deployment": without("ethics")}, "no ethics.id"),
    "research/pseudonymous": ({"candidates": ("Ann",)}, "1 of 1 ids that are none"),
    "research/small_cells": ({"cells": (9, 12)}, "1 cells of fewer, the smallest of 9"),
}  # fmt: skip
