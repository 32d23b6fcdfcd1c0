"""Every shipped rule: content with good facts, broken by one change, and as strict as it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.policy.policy_factory import ALL, BREAKS, LATER, TODAY, good, stream, without
from trifold.policy.findings import PolicyError, examine, stale_lines
from trifold.policy.reading import read_policy
from trifold.policy.rules import HOOKS, Policy, strictest
from trifold.shipped import CONFIGS

PROFILES = {profile.id: profile for profile in read_policy(ALL).profiles}
RULES = {f"{p.id}/{rule.id}": rule for p in PROFILES.values() for rule in p.rules}


def alone(name: str) -> Policy:
    return Policy((), (RULES[name],))


def test_every_shipped_rule_has_a_test_that_breaks_it() -> None:
    assert BREAKS.keys() == RULES.keys()
    assert {path.stem for path in (CONFIGS / "policies").glob("*.yaml")} == PROFILES.keys()


@pytest.mark.parametrize("day", [TODAY, LATER])
@pytest.mark.parametrize("hook", HOOKS)
def test_good_facts_break_no_rule(hook: str, day) -> None:
    assert examine(read_policy(ALL), hook, good(hook, day), day).found == ()


@pytest.mark.parametrize("name", RULES)
def test_one_change_breaks_the_rule_and_is_told(name: str) -> None:
    rule, (change, said) = RULES[name], BREAKS[name]
    day = TODAY if rule.holds_on(TODAY) else LATER
    facts = replace(good(rule.hook), **change)
    (first, *_) = examine(alone(name), rule.hook, facts, day).found
    assert said in first.breach.got
    found = examine(alone(name), rule.hook, facts, day)
    if rule.on_fail == "warn":
        found.raise_refused()
        assert found.lines[0] == f"warning: {rule}: expected {rule.message}, got {first.breach.got}"
    elif first.breach.candidate is None:
        with pytest.raises(PolicyError) as raised:
            found.raise_refused()
        assert str(raised.value) == f"{rule}: expected {rule.message}, got {first.breach.got}"
    else:
        found.raise_refused()
        code = "NO_CONSENT" if rule.check == "consent_first" else "NO_NOTICE"
        assert found.closed[first.breach.candidate] == (code, f"{first.breach.got}: {rule}")


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.starts])
def test_a_rule_does_not_hold_before_its_first_day(name: str) -> None:
    rule = RULES[name]
    before = rule.starts - timedelta(days=1)
    assert examine(alone(name), rule.hook, replace(good(rule.hook), **BREAKS[name][0]),
                   before).found == ()  # fmt: skip


def test_the_strictest_of_several_profiles_wins() -> None:
    rule = RULES["us-nyc/audit_age_soon"]
    strict = replace(rule, on_fail="refuse", profile="ours")
    assert strictest((rule, strict)) == strictest((strict, rule)) == (strict,)
    facts = replace(good("serve"), deployment=without("bias_audit", "dated"))
    found = examine(read_policy(["us-nyc"]), "serve", facts, TODAY)
    assert [one.rule.id for one in found.found] == ["audit_age"]  # its warning says no more


def test_what_is_logged_is_neither_refused_nor_warned_of(caplog) -> None:
    rule = replace(RULES["eu/dpia"], on_fail="log")
    facts = replace(good("score"), deployment=without("dpia"))
    found = examine(Policy((), (rule,)), "score", facts, TODAY)
    with caplog.at_level("INFO", "trifold.policy"):
        found.log()
    found.raise_refused()
    assert found.lines == []
    assert caplog.messages == [f"{rule}: expected {rule.message}, got no dpia.id in the "
                               "deployment file"]  # fmt: skip


def test_rules_are_stale_after_180_days_and_house_rules_never() -> None:
    policy = read_policy(ALL)
    oldest = min(rule.checked_on for rule in policy.rules if rule.confidence != "house")
    assert stale_lines(policy, oldest + timedelta(days=180)) == []
    lines = stale_lines(policy, oldest + timedelta(days=181))
    assert [line.split(":")[1].strip() for line in lines] == [
        "policy eu", "policy us-nyc", "policy us-il", "policy us-ca"]  # fmt: skip
    assert "may be stale: read their sources again" in lines[0]
    assert stale_lines(read_policy("research"), LATER) == []


@pytest.mark.parametrize("model", ["emotion2vec_plus_base", "ferplus-8", "fer-2013", "hsemotion"])
def test_encoders_of_emotions_are_refused_for_voice_and_face_and_pass_for_words(model) -> None:
    policy = read_policy("eu")
    for modality, n in (("audio", 1), ("video", 1), ("text", 0)):
        facts = replace(good("load"), streams=stream(model, modality))
        assert len(examine(policy, "load", facts, TODAY).found) == n


def test_facial_expression_passes_where_only_words_are_read() -> None:
    facts = replace(good("load"), targets=("facial_expression",), streams=stream("m", "text"))
    assert examine(read_policy("eu"), "load", facts, TODAY).found == ()
