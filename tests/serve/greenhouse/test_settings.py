"""The owner's file about Greenhouse, and what is shown of a scored interview."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select, text
from yarl import URL

from trifold.errors import InputError
from trifold.serve.access.api_keys import Callers
from trifold.serve.access.caller_table import callers_database
from trifold.serve.access.callers import add_caller
from trifold.serve.database.sealing import Sealer
from trifold.serve.database.tables import InterviewRow
from trifold.serve.gateway.queued import DONE, QueuedJob
from trifold.serve.gateway.upstream import UpstreamResponse
from trifold.serve.greenhouse.completion import PATCH, Completion
from trifold.serve.greenhouse.interviews import COMPLETE, NOT_SCORED, REQUESTED, Interviews
from trifold.serve.greenhouse.opened import missing_callers
from trifold.serve.greenhouse.results import result_of, status_of
from trifold.serve.greenhouse.settings import read_greenhouse
from trifold.serve.outbound.addresses import Hosts
from trifold.serve.outbound.deliveries import Deliveries
from trifold.serve.outbound.outbox import Outbox

GOOD = {
    "caller": "greenhouse",
    "key_file": "greenhouse.key",
    "profile_url": "https://hr.example.com/interviews/{interview}",
    "tests": [{"id": "structured", "name": "Structured video interview"}],
}
PERSON = {"first_name": "Ann", "last_name": "Lee", "email": "ann@example.com"}
ROW = b"""{"candidate": {"candidate_id": "c-7", "n_answers": 3, "warmth": 4.256, "warmth_low": 3.5,
    "warmth_high": 5.0, "warmth_spread": 0.1, "drive": 2.0, "drive_low": 1.5, "drive_high": 2.5,
    "drive_spread": 0.1},
    "bundle_id": "0123456789abcdef", "model_version": "1.0"}"""


@pytest.fixture
def interviews(database) -> Interviews:
    return Interviews(database, Sealer(bytes(32)))


def untold(*_: object) -> bool:
    return True


def write(folder: Path, **changes: object) -> str:
    facts = {name: value for name, value in (GOOD | changes).items() if value is not None}
    (folder / "greenhouse.key").write_text("the-key\n")
    (folder / "greenhouse.yaml").write_text(yaml.safe_dump(facts))
    return str(folder / "greenhouse.yaml")


def test_the_file_says_who_and_what(tmp_path: Path) -> None:
    found = read_greenhouse(write(tmp_path))
    assert (found.caller, found.provider, found.key(), found.days) == (
        "greenhouse", "greenhouse", "the-key", 90)  # fmt: skip
    assert found.tests["structured"].model == "trifold"
    assert found.hosts.has(URL("https://app.greenhouse.io/x"))
    assert not found.hosts.has(URL("https://greenhouse.io.evil.test/x"))
    assert read_greenhouse("") is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"caller": None}, "expected caller: a text, got None"),
        ({"caller": "../x"}, "expected caller: a text"),
        ({"profile_url": "https://hr.example.com/"}, "address with {interview} in it"),
        ({"profile_url": "http://hr.example.com/{interview}"}, "an https:// address"),
        ({"tests": []}, "expected tests: a list of id, name"),
        ({"tests": [{"id": "a"}]}, "expected tests: a list of id, name"),
        ({"tests": GOOD["tests"] * 2}, "got the id 'structured' twice"),
        ({"tests": [{"id": 1, "name": "One"}]}, "each a text, got another value: {'id': 1"),
        ({"tests": [{"id": "a", "name": "A", "modle": "b"}]}, "'modle'"),
        ({"tests": [{"id": "a", "name": "A", "model": "b/../c"}]}, "got the model 'b/../c'"),
        ({"days": 0}, "days: from 1 to 3650"),
        ({"scale": "warmth"}, "expected settings of Greenhouse among"),
        ({"key_file": "none.key"}, "expected a file with a key, got none"),
        ({"hosts": "https://x"}, "expected hosts such as"),
    ],
)
def test_what_is_wrong_with_it_is_said_by_name(tmp_path: Path, changes, message) -> None:
    with pytest.raises(InputError, match="expected") as raised:
        read_greenhouse(write(tmp_path, **changes))
    assert message in str(raised.value)
    assert str(tmp_path) in str(raised.value)


def test_scores_are_shown_flat_with_their_ranges_and_one_number_only_if_named(
    interviews, tmp_path
) -> None:
    settings = read_greenhouse(write(tmp_path))
    name = interviews.request("structured", "https://app.greenhouse.io/1", PERSON, 1.0)
    assert interviews.request("structured", "https://app.greenhouse.io/1", PERSON, 2.0) == name
    assert status_of(interviews.find(name), settings) == {"partner_status": REQUESTED}
    interviews.begin(name, "a-job", "c-7")
    interviews.end("a-job", COMPLETE, result_of(ROW), untold)
    shown = status_of(interviews.find(name), settings)
    assert shown["partner_profile_url"] == f"https://hr.example.com/interviews/{name}"
    assert set(shown) == {"partner_status", "partner_profile_url", "metadata"}
    meta = shown["metadata"]
    assert [meta[f"warmth{end}"] for end in ("", " (lower)", " (upper)")] == [4.26, 3.5, 5.0]
    assert all(value is None or isinstance(value, str | int | float) for value in meta.values())
    named = replace(settings, partner_score="warmth")
    assert status_of(interviews.find(name), named)["partner_score"] == 4.26
    assert "partner_score" not in status_of(
        interviews.find(name), replace(settings, partner_score="x")
    )


def test_callers_that_are_not_there_are_named(tmp_path) -> None:
    own = read_greenhouse(write(tmp_path, provider="video"))
    add_caller(tmp_path, "default")
    database = callers_database(tmp_path)
    assert missing_callers(own, Callers(database)) == [
        "there is no caller greenhouse: trifold serve callers add=greenhouse",
        "there is no caller video: trifold serve callers add=video",
    ]
    key = add_caller(tmp_path, "greenhouse")
    add_caller(tmp_path, "video")
    said = missing_callers(own, Callers(database))
    assert said == ["the key in greenhouse.key is none of greenhouse's"]
    (tmp_path / "greenhouse.key").write_text(key)
    assert missing_callers(own, Callers(database)) == []


def test_a_scale_that_no_model_has_is_told_when_an_interview_is_scored(
    database, interviews, tmp_path, caplog
) -> None:
    """The job is reported by two gateways; Greenhouse is told once."""
    name = interviews.request("structured", "https://app.greenhouse.io/1", PERSON, 1.0)
    interviews.begin(name, "a-job", "c-7")
    answer = UpstreamResponse(200, ROW, "application/json", {})
    own = read_greenhouse(write(tmp_path, partner_score="wramth"))

    async def both() -> None:
        work = Deliveries(Outbox(database), {}, hours=1)
        job = QueuedJob("a-job", "greenhouse", DONE, answer)
        ends = [Completion(own, interviews, Hosts()).job_done(job, work) for _ in range(2)]
        await asyncio.gather(*ends)

    asyncio.run(both())
    assert interviews.find(name).status == COMPLETE
    assert "partner_score: no scale 'wramth' among warmth, drive" in caplog.text
    (told,) = Outbox(database).take([PATCH], most=9, most_of_one=9, longest_s=60.0)
    assert (told.caller, told.target) == ("greenhouse", "https://app.greenhouse.io/1")


def test_what_has_no_scores_says_why(interviews, tmp_path) -> None:
    name = interviews.request("structured", "https://app.greenhouse.io/1", PERSON, 1.0)
    answer = b'{"code": "NOTHING_USABLE", "candidate": {"candidate_id": "c"}, "status": 422}'
    interviews.begin(name, "first", "c")
    interviews.end("first", NOT_SCORED, result_of(answer), untold)
    said = status_of(interviews.find(name), read_greenhouse(write(tmp_path)))
    assert said == {"partner_status": "not scored: NOTHING_USABLE"}
    interviews.begin(name, "a-job", "c")
    said = status_of(interviews.find(name), read_greenhouse(write(tmp_path)))
    assert said == {"partner_status": "scoring"}  # the reason was that of the answers before
    assert interviews.end("first", NOT_SCORED, {}, untold) is None  # that job's turn is over
    assert result_of(b'{"candidates": []}') == {"code": "BAD_REQUEST"}


def test_an_interview_is_forgotten_by_its_id_its_candidate_and_its_age(interviews) -> None:
    names = [
        interviews.request("t", f"https://app.greenhouse.io/{n}", PERSON, float(n))
        for n in range(3)
    ]
    interviews.begin(names[0], "a-job", "Ren\u00e9")
    interviews.end("a-job", COMPLETE, {}, untold)
    assert [one.id for one in interviews.about("Rene\u0301")] == [names[0]]  # looks the same
    assert interviews.about("") == []
    assert interviews.forget("Rene\u0301") == 1
    assert interviews.forget(names[1]) == 1
    assert [one.id for one in interviews.waiting()] == [names[2]]
    interviews.expire(100.0)
    assert interviews.waiting() == []


def test_nothing_of_an_interview_is_legible_and_its_key_goes_with_it(
    database, interviews, tmp_path
) -> None:
    def held() -> bytes:
        """SQLite's files, or all that PostgreSQL says is in the table."""
        if database.is_sqlite:
            return b"".join(path.read_bytes() for path in tmp_path.glob("endpoint.sqlite3*"))
        with database.reading() as session:
            return repr(session.execute(text("SELECT * FROM serve_interviews")).all()).encode()

    def salt() -> bytes:
        with database.reading() as session:
            return session.scalar(select(InterviewRow.salt))

    name = interviews.request("t", "https://app.greenhouse.io/zyxomma", PERSON, 1.0)
    interviews.begin(name, "a-job", "candidate-zyxomma")
    interviews.note(name, ["no zyxomma"])
    interviews.end("a-job", COMPLETE, result_of(ROW), untold)
    found, key = interviews.find(name), salt()
    assert (found.person, found.errors) == (PERSON, ("no zyxomma",))
    assert found.result["scores"]["drive"] == [2.0, 1.5, 2.5]
    for word in (b"ann@example.com", b"zyxomma", b"warmth"):
        assert word not in held()
    assert interviews.forget("candidate-zyxomma") == 1
    assert key not in held()
    assert repr(key).encode() not in held()


@pytest.mark.parametrize("name", ["", "a\0" * 11, "\udcff", "\u00e9" * 22, "x" * 22])
def test_what_is_no_interview_is_none(interviews, name) -> None:
    assert interviews.find(name) is None
    interviews.note(name, ["said"])
