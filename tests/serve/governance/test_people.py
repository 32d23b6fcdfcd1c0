"""Policies of the endpoint, overrides and copies of what is kept, before real workers' code."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.scoring.scoring_factory import tiny_bundle
from tests.serve.access.tenant_factory import Endpoint, endpoint
from trifold.policy.findings import PolicyError
from trifold.records.overrides import NAME
from trifold.serve.governance.rules import ServingRules, read_api
from trifold.serve.settings import Settings
from trifold.serve.worker.model import load
from trifold.serve.worker.retention import Keep

WORDS = "I plan every step of the work and talk with the team before we start. " * 4
TODAY = date.today()
API = read_api()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    tiny_bundle(folder)
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory, bundle: Path):
    """An endpoint with consents and roles, and what it keeps."""
    root = tmp_path_factory.mktemp("people")
    write_consents(root, "ann", "bob")
    stated = {"recipients": {"roles": {"hr": "recruiter", "dpo": "operator", "other": "recruiter"}}}
    (root / "deployment.yaml").write_text(yaml.safe_dump(stated))
    settings = Settings(
        keep_dir=str(root / "keep"), audit_log=str(root / "audit.jsonl"), policy="us-il",
        consent=str(root / "consents.csv"), deployment=str(root / "deployment.yaml"),
    )  # fmt: skip
    with endpoint(root, bundle, settings) as running:
        running.add("hr")
        running.add("other")
        running.add("dpo", "forget", "admin")
        running.add("shop")
        yield running


def write_consents(root: Path, *people: str) -> None:
    day = TODAY - timedelta(days=3)
    lines = "".join(f"{name},{day},{day},{day},{day}\n" for name in people)
    head = "candidate_id,notice_on,explained_on,consent_on,release_on\n"
    (root / "consents.csv").write_text(head + lines)


def score(served: Endpoint, caller: str, name: str, **more: object):
    facts = {"candidate_id": name, "answers": [{"transcript": WORDS}], "retain": True}
    return served.post(caller, facts | more)


def fits(answer, schema: str) -> dict:
    facts = answer.json()
    root = {"$ref": f"#/components/schemas/{schema}", "components": API["components"]}
    jsonschema.validate(facts, root)
    return facts


OVERRIDE = {"candidate_id": "ann", "target": "warmth", "reason": "No sound", "reviewer": "Kim"}


def test_who_has_not_consented_is_refused_and_others_of_the_request_are_scored(served) -> None:
    refused = score(served, "hr", "eve")
    assert (refused.status_code, refused.json()["code"]) == (403, "NO_CONSENT")
    assert "820 ILCS 42/5" in refused.json()["detail"]
    many = [{"candidate_id": n, "answers": [{"transcript": WORDS}]} for n in ("ann", "eve")]
    found = served.post("hr", {"candidates": many}).json()["candidates"]
    assert [one["status"] for one in found] == [200, 403]
    assert found[1]["candidate_id"] == "eve"
    write_consents(served.folder, "ann", "bob", "eve")  # read again when it changes
    os.utime(served.folder / "consents.csv", ns=(1, 1))
    assert score(served, "hr", "eve").status_code == 200


def test_a_caller_without_a_role_is_refused_and_may_still_have_somebody_forgotten(served) -> None:
    refused = score(served, "shop", "ann")
    assert (refused.status_code, refused.json()["code"]) == (403, "POLICY_REFUSED")
    assert "the caller 'shop' with none" in refused.json()["detail"]
    assert served.post("shop", OVERRIDE, "/overrides").status_code == 403
    assert served.post("shop", {"forget": "ann"}).status_code == 200


def test_an_override_is_kept_beside_the_response_which_stays(served) -> None:
    assert score(served, "hr", "ann").status_code == 200
    keep = Keep(served.folder / "keep")
    before = {path: path.read_bytes() for path in keep.files_of("ann", "hr")}
    made = served.post("hr", OVERRIDE, "/overrides")
    assert made.status_code == 201
    assert fits(made, "Override")["reason"] == "No sound"
    after = {path: path.read_bytes() for path in keep.files_of("ann", "hr")}
    assert {p: c for p, c in after.items() if p.name != NAME} == before
    line = json.loads((served.folder / "audit.jsonl").read_text().splitlines()[-1])
    assert line["event"] == "override"
    assert line["pseudonym"] == keep.pseudonym("ann", "hr")
    assert "No sound" not in (served.folder / "audit.jsonl").read_text()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"reason": " "}, 400, "BAD_FIELD"),
        ({"reviewer": None}, 400, "BAD_FIELD"),
        ({"target": "age"}, 400, "BAD_FIELD"),
        ({"target": "warmth_percentile"}, 400, "BAD_FIELD"),
        ({"score": 5}, 400, "BAD_FIELD"),
        ({"reason": 5}, 400, "BAD_FIELD"),
        ({"reason": "x" * 2001}, 400, "BAD_FIELD"),
        ({"reason": "\ud800"}, 400, "BAD_FIELD"),
        ({"reason": "x" * 70_000}, 413, "REQUEST_TOO_LARGE"),
        ({"candidate_id": "nobody"}, 404, "NOT_FOUND"),
    ],
)
def test_a_wrong_override_is_refused_and_nothing_is_written(served, change, status, code) -> None:
    score(served, "hr", "ann")
    path = Keep(served.folder / "keep").folder_of("ann", "hr") / NAME
    before = path.read_bytes() if path.exists() else b""
    answer = served.call("POST", "/overrides", "hr", data=json.dumps(OVERRIDE | change))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (path.read_bytes() if path.exists() else b"") == before


def test_an_export_holds_what_a_caller_has_and_a_deletion_takes_all_of_it(served) -> None:
    for caller, reason in (("hr", "of hr"), ("other", "of other")):
        assert score(served, caller, "bob").status_code == 200
        override = OVERRIDE | {"candidate_id": "bob", "reason": reason}
        assert served.post(caller, override, "/overrides").status_code == 201
    own = fits(served.post("hr", {"candidate_id": "bob"}, "/exports"), "PersonExport")
    assert [one["reason"] for one in own["overrides"]] == ["of hr"]
    assert [one["candidate"]["candidate_id"] for one in own["responses"]] == ["bob"]
    assert (
        served.post("hr", {"candidate_id": "bob", "everyone": True}, "/exports").status_code == 403
    )
    every = served.post("dpo", {"candidate_id": "bob", "everyone": True}, "/exports").json()
    assert sorted(one["reason"] for one in every["overrides"]) == ["of hr", "of other"]
    gone = served.post("dpo", {"forget": "bob", "everyone": True}).json()
    assert gone["forgotten"]["remaining"] == 0
    assert len(gone["forgotten"]["files"]) >= 3
    left = served.post("dpo", {"candidate_id": "bob", "everyone": True}, "/exports").json()
    nothing = {k: [] for k in ("responses", "overrides", "interviews", "job_answers")}
    assert left == {"candidate_id": "bob"} | nothing
    events = [json.loads(line) for line in (served.folder / "audit.jsonl").read_text().splitlines()]
    assert [e["everyone"] for e in events if e["event"] == "export"] == [False, True, True]


@pytest.mark.parametrize("path", ["/overrides", "/exports"])
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"candidate_id": 1}', b"{}"])
def test_a_body_that_is_none_is_refused(served, path: str, body: bytes) -> None:
    answer = served.call("POST", path, "hr", data=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_FIELD")
    assert served.call("POST", path, "no-key", data=body).status_code == 401


def stated(tmp_path: Path, **sections: dict) -> str:
    (tmp_path / "d.yaml").write_text(yaml.safe_dump(sections))
    return str(tmp_path / "d.yaml")


def test_an_old_audit_warns_then_stops_the_start(tmp_path, capsys) -> None:
    def rules(days: int) -> ServingRules:
        audit = {"dated": TODAY - timedelta(days=days)}
        return ServingRules(
            Settings(policy="us-nyc", deployment=stated(tmp_path, bias_audit=audit))
        )

    rules(329).check()
    assert capsys.readouterr().err == ""
    rules(330).check()
    assert "warning: policy us-nyc, rule audit_age_soon" in capsys.readouterr().err
    with pytest.raises(PolicyError, match=r"rule audit_age \(6 RCNY § 5-301\(a\)\)"):
        rules(366).check()
    with pytest.raises(PolicyError, match=r"no bias_audit\.dated in the deployment file"):
        ServingRules(Settings(policy="us-nyc")).check()


def test_europe_asks_for_a_log_overrides_and_named_reviewers(tmp_path) -> None:
    path = stated(tmp_path, reviewers={"names": ["Kim"]}, event_log={"kept_days": 183})
    whole = Settings(policy="eu", deployment=path, audit_log="a", keep_dir="k")
    ServingRules(whole).check()
    for change in ({"audit_log": ""}, {"keep_dir": ""}, {"deployment": ""}):
        with pytest.raises(PolicyError, match="policy eu"):
            ServingRules(replace(whole, **change)).check()


def test_a_model_that_a_policy_forbids_is_not_loaded(bundle, tmp_path) -> None:
    path = stated(tmp_path, event_log={"kept_days": 183})
    load(bundle, Settings(policy="eu", deployment=path, audit_log="a"))
    with pytest.raises(PolicyError, match="no audit_log"):
        load(bundle, Settings(policy="eu", deployment=path))
    mine = {"id": "mine", "version": "1", "checked_on": TODAY, "rules": [{
        "id": "no_warmth", "hook": "load", "check": "no_sensitive_categorisation",
        "on_fail": "refuse", "message": "no warmth", "confidence": "house",
        "params": {"targets": ["warmth"], "packages": []}}]}  # fmt: skip
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(mine))
    with pytest.raises(PolicyError, match="policy mine, rule no_warmth: expected no warmth, got"):
        load(bundle, Settings(policy=f"eu,{tmp_path}/mine.yaml"))
    with pytest.raises(PolicyError, match=r"ethics\.id"):
        load(bundle, Settings(policy="research"))
