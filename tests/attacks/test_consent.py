"""Nobody is analysed without the records that a policy asks for; others are."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.attacks.command_factory import PEOPLE, interviews, scoring
from tests.attacks.opening import opened
from trifold.commands.score import score_folder
from trifold.errors import InputError
from trifold.policy.findings import PolicyError
from trifold.serve.audit.log import verify

pytestmark = pytest.mark.slow

TODAY = date.today()
EARLIER, TOMORROW = TODAY - timedelta(days=30), TODAY + timedelta(days=1)
HEAD = "candidate_id,notice_id,notice_on,explained_on,consent_on,release_on,withdrawn_on\n"


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("consent")
    interviews(root / "media")
    return root


def consents(root: Path, **rows: str) -> str:
    (root / "consents.csv").write_text(HEAD + "".join(f"{k},{v}\n" for k, v in rows.items()))
    return f"consent={root}/consents.csv"


FULL = f"N1,{EARLIER},{EARLIER},{EARLIER},{EARLIER},"


def rows_of(root: Path, table: str = "candidates") -> dict[str, dict]:
    lines = (root / f"out/{table}.jsonl").read_text().splitlines()
    return {row["candidate_id"]: row for row in map(json.loads, lines)}


@pytest.mark.parametrize(
    "bob",
    [
        None,
        "N1,,,,,",
        f"N1,{EARLIER},{EARLIER},,{EARLIER},",
        f"N1,{EARLIER},,{EARLIER},{EARLIER},",
        f"N1,{EARLIER},{EARLIER},{TOMORROW},{EARLIER},",
        f"N1,{EARLIER},{EARLIER},{EARLIER},{EARLIER},{TODAY}",
        f"N1,{EARLIER},{EARLIER},{EARLIER},,",
    ],
    ids=[
        "no row",
        "no dates",
        "no consent",
        "no explanation",
        "tomorrow",
        "withdrawn",
        "no release",
    ],
)
def test_who_has_not_consented_is_skipped_and_nothing_of_them_is_opened(work, bob, capsys) -> None:
    rows = {"ann": FULL, "eve": FULL} | ({} if bob is None else {"bob": bob})
    with opened() as files:
        score_folder(scoring(work, "policy=[us-il]", consents(work, **rows)))
    names = {path.name for path in files if path.parent == work / "media"}
    assert {"ann.vtt", "eve.vtt"} <= names
    assert not names & {"bob.wav", "bob.vtt"}
    found = rows_of(work)
    assert {name: row["error_code"] for name, row in found.items()} == {
        "ann": None, "bob": "NO_CONSENT", "eve": None}  # fmt: skip
    assert found["bob"]["status"] == "withheld"
    assert "ILCS" in found["bob"]["error_message"]
    assert rows_of(work, "answers")["bob"]["error_code"] == "NO_CONSENT"
    page = (work / "out/candidates/bob.html").read_text()
    assert "as bob does" not in page
    assert "No consent to the analysis is recorded" in page


def test_without_a_table_nobody_is_scored_and_it_ends_with_3(work, capsys) -> None:
    with opened() as files:
        assert score_folder(scoring(work, "policy=[us-il]", out="none")).code == 3
    assert not any(path.parent == work / "media" for path in files)


def test_with_the_default_policy_nobody_is_asked(work, capsys) -> None:
    assert score_folder(scoring(work)).code == 0
    assert {row["error_code"] for row in rows_of(work).values()} == {None}


def test_a_notice_counts_after_ten_business_days(work, tmp_path, capsys) -> None:
    statement = tmp_path / "d.yaml"
    statement.write_text("dpia: {id: D1}\n")
    rows = {"ann": FULL, "bob": f"N1,{TODAY - timedelta(days=12)},,,,", "eve": "N1,,,,,"}
    score_folder(scoring(work, "policy=[us-nyc]", "report=false", consents(work, **rows)))
    codes = {name: row["error_code"] for name, row in rows_of(work).items()}
    assert codes == {"ann": None, "bob": "NO_NOTICE", "eve": "NO_NOTICE"}


def test_a_manifest_must_say_who_people_are_where_consent_counts(tmp_path, capsys) -> None:
    media = interviews(tmp_path / "media", ("ann",))
    (media / "manifest.csv").write_text("path\nann.wav\n")
    with pytest.raises(InputError, match="expected a column 'candidate_id'"):
        score_folder(scoring(tmp_path, "policy=[us-il]"))
    score_folder(scoring(tmp_path))


def test_a_report_is_refused_before_anybody_is_scored(work, capsys) -> None:
    with opened() as files, pytest.raises(PolicyError, match=r"summary_published \(6 RCNY § 5-303"):
        score_folder(scoring(work, "policy=[us-nyc]", consents(work, ann=FULL)))
    assert not any(path.suffix == ".wav" for path in files)


def test_each_scoring_gets_a_line_that_names_nobody(work, tmp_path, capsys) -> None:
    log = f"audit_log={tmp_path}/log.jsonl"
    (tmp_path / "d.yaml").write_text("event_log: {kept_days: 200}\n")
    given = ["policy=[eu]", f"deployment={tmp_path}/d.yaml", consents(work, ann=FULL)]
    score_folder(scoring(work, *given, log))
    assert verify(tmp_path / "log.jsonl").lines == 3
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["status"] for line in lines] == ["scored", "withheld", "withheld"]
    assert len({line["config_sha256"] for line in lines}) == 1
    assert not any(f'"{name}"' in (tmp_path / "log.jsonl").read_text() for name in PEOPLE)
    score_folder(scoring(work, *given, log))
    again = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert again[3]["input_sha256"] == again[0]["input_sha256"] != again[1]["input_sha256"]
    assert "warning: policy eu, rule dpia (GDPR, Art. 35)" in capsys.readouterr().err
