"""Two tenants of one endpoint, and what one of them tries on the other."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.factories.media import voice, write_media
from tests.serve.access.tenant_factory import Endpoint, endpoint
from tests.serve.serve_factory import write_tiny_bundle
from trifold.serve.access.caller_table import VERSION, changed_callers
from trifold.serve.audit.log import verify
from trifold.serve.client.endpoint import Client, ScoringError
from trifold.serve.database.opened import open_database
from trifold.serve.database.tables import CallerRow, FactRow
from trifold.serve.settings import Settings

pytestmark = pytest.mark.slow

ACCENT, SIGN = "jos\u00e9", "jose\u0301"  # look the same


def words(name: str = "ann", **more) -> dict:
    said = [{"transcript": "I plan every step with the team."}]
    return {"candidate_id": name, "answers": said, **more}


def by_path(path: str) -> dict:
    return {"candidate_id": "ann", "answers": [{"path": path}]}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    return write_tiny_bundle(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def served(bundle: Path, tmp_path_factory):
    root = tmp_path_factory.mktemp("tenants")
    for name in ("ann", "bob", "Bob"):
        write_media(root / "media" / name / f"{name}.wav", audio=voice(3.0),
                    audio_codec="pcm_s16le")  # fmt: skip
    (root / "media/bob/link.wav").symlink_to(root / "media/ann/ann.wav")
    (root / "media/bob/folder").symlink_to(root / "media/ann")
    write_media(root / "media/shared.wav", audio=np.zeros(16000, np.float32),
                audio_codec="pcm_s16le")  # fmt: skip
    settings = Settings(media_root=str(root / "media"), keep_dir=str(root / "keep"),
                        audit_log=str(root / "audit.jsonl"))  # fmt: skip
    with endpoint(root, bundle, settings) as running:
        running.add("ann")
        running.add("bob")
        running.keys["bob-scores"] = running.add("bob", "score", key="scores")
        running.keys["bob-forgets"] = running.add("bob", "forget", key="forgets")
        running.keys["bob"] = running.add("bob")
        running.add("dpo", "admin")
        running.add("owner", "score", "forget", "admin", media=".")
        running.add("auditor", "audit")
        yield running


def kept(served: Endpoint, caller: str) -> list[Path]:
    return sorted((served.folder / "keep/callers" / caller).rglob("*.json"))


def refused(answer, scope: str) -> bool:
    facts = answer.json()
    return (answer.status_code, facts["code"], facts["scope"]) == (403, "MISSING_SCOPE", scope)


def test_forgetting_reaches_the_callers_own_candidate_alone(served) -> None:
    for caller in ("ann", "bob"):
        assert served.post(caller, words("eve", retain=True)).status_code == 200
    before = kept(served, "ann")
    for path in (served.folder / "keep").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    first = served.post("bob", {"forget": "eve"}).json()
    assert (len(first["forgotten"]["files"]), first["forgotten"]["remaining"]) == (1, 0)
    assert kept(served, "ann") == before != []
    assert kept(served, "bob") == []
    nobody = served.post("bob", {"forget": "somebody"}).json()
    others = served.post("bob", {"forget": "eve"}).json()  # ann has one; bob must not see that
    assert others["forgotten"] == nobody["forgotten"] == {"files": {}, "remaining": 0}
    assert others["job_answers"] == nobody["job_answers"] == 0
    assert served.post("ann", {"forget": "eve"}).json()["pseudonym"] != others["pseudonym"]
    assert kept(served, "ann") == []


def test_an_id_is_forgotten_however_its_accents_are_written(served) -> None:
    served.post("bob", words(ACCENT, retain=True))
    assert len(served.post("bob", {"forget": SIGN}).json()["forgotten"]["files"]) == 1


def test_an_admin_forgets_for_everyone_and_what_was_kept_before(served) -> None:
    import hmac

    for caller in ("ann", "bob"):
        served.post(caller, words("zoe", retain=True))
    digest = hmac.new((served.folder / "keep/.key").read_bytes(), b"zoe", "sha256").hexdigest()
    before = served.folder / "keep" / digest[:32]  # as releases before this one kept it
    before.mkdir()
    (before / "1-a.json").write_text("{}")
    assert "1-a.json" not in served.post("bob", {"forget": "zoe"}).json()["forgotten"]["files"]
    served.post("bob", words("zoe", retain=True))
    for key in ("bob", "bob-forgets", "bob-scores"):
        assert refused(served.post(key, {"forget": "zoe", "everyone": True}), "admin")
    assert "1-a.json" in served.post("owner", {"forget": "zoe"}).json()["forgotten"]["files"]
    assert kept(served, "ann") != []
    answer = served.post("dpo", {"forget": "zoe", "everyone": True}).json()
    assert len(answer["forgotten"]["files"]) == 2
    assert kept(served, "ann") == kept(served, "bob") == []
    line = json.loads((served.folder / "audit.jsonl").read_text().splitlines()[-1])
    assert (line["everyone"], line["caller"], len(line["pseudonyms"])) == (True, "dpo", 2)


@pytest.mark.parametrize(
    "path",
    ["../ann/ann.wav", "x/../../ann/ann.wav", "ann/ann.wav", "link.wav", "folder/ann.wav",
     "../shared.wav", "shared.wav", "..", ".", "../Bob/Bob.wav", "Bob.wav", "BOB.WAV",
     "..\u2215ann\u2215ann.wav", "\uff0e\uff0e/ann/ann.wav", "..%2fann%2fann.wav",
     "..\\ann\\ann.wav", "bob.wav\0", "/proc/self/environ", "none.wav"],
)  # fmt: skip
def test_nobody_reads_anothers_media_by_path(served, path) -> None:
    for facts in (by_path(path), {"answers": [{"transcript_path": path}]}):
        answer = served.post("bob", facts)
        assert (answer.status_code, answer.json()["code"]) == (400, "PATH_REFUSED")
        assert answer.json()["detail"] == "expected a file in the media folder of this caller"
    absolute = str(served.folder / "media/bob/bob.wav")
    assert served.post("bob", by_path(absolute)).json()["code"] == "PATH_REFUSED"


def test_own_media_are_read_and_a_folder_may_be_configured(served) -> None:
    answers = [served.post("bob", by_path("bob.wav")), served.post("ann", by_path("ann.wav")),
               served.post("owner", by_path("bob/bob.wav"))]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200] * 3
    forged = {"X-Caller-Id": "ann", "X-Caller-Media": "ann", "X-Caller-Scopes": "admin score"}
    assert served.post("bob", by_path("ann.wav"), **forged).json()["code"] == "PATH_REFUSED"
    assert refused(served.post("bob-scores", {"forget": "ann"}, **forged), "forget")


def test_each_scope_opens_what_it_says_and_no_more(served) -> None:
    assert served.post("bob-scores", words()).status_code == 200
    assert refused(served.post("bob-scores", {"forget": "ann"}), "forget")
    assert served.post("bob-forgets", {"forget": "ann"}).status_code == 200
    for key in ("bob-forgets", "dpo"):
        assert refused(served.post(key, words()), "score")
        assert refused(served.post(key, {"candidates": [words()]}), "score")
    for path in ("/predictions/trifold", "/jobs/trifold"):
        assert refused(served.post("auditor", words(), path), "score or forget or admin")
    assert refused(served.call("GET", "/jobs/x", "auditor"), "score or forget or admin")
    for key in ("bob", "owner"):
        assert refused(served.call("GET", "/audit", key), "audit")
    log = verify(served.folder / "audit.jsonl")
    assert served.call("GET", "/audit", "auditor").json() == {"lines": log.lines, "head": log.head}


def test_a_key_of_one_purpose_works_for_its_callers_candidates(served) -> None:
    served.post("bob-scores", words("max", retain=True))
    assert len(served.post("bob-forgets", {"forget": "max"}).json()["forgotten"]["files"]) == 1


def test_the_client_says_which_scope_is_missing(served) -> None:
    client = Client(served.address, served.keys["bob-scores"])
    with pytest.raises(
        ScoringError, match="403 MISSING_SCOPE: expected a key with the scope forget"
    ):
        client.forget("ann")
    with pytest.raises(ScoringError, match="with the scope admin"):
        Client(served.address, served.keys["bob"]).forget("ann", everyone=True)
    assert Client(served.address, served.keys["dpo"]).forget("ann", everyone=True)["forgotten"]


def done(served: Endpoint, key: str, job: str) -> dict:
    end_s = time.monotonic() + 30
    while time.monotonic() < end_s:
        facts = served.call("GET", f"/jobs/{job}", key).json()
        if facts.get("status") not in ("queued", "running"):
            return facts
        time.sleep(0.02)
    raise AssertionError(facts)


def submit(served: Endpoint, key: str, facts: dict, **headers: str) -> str:
    return served.post(key, facts, "/jobs/trifold", **headers).json()["job"]


def test_jobs_and_their_names_belong_to_their_caller(served) -> None:
    name = {"Idempotency-Key": "same"}
    mine, other = submit(served, "ann", words(), **name), submit(served, "bob", words("x"), **name)
    assert mine != other
    assert submit(served, "bob-scores", words("x"), **name) == other
    assert done(served, "bob", mine)["code"] == "NO_SUCH_JOB"
    assert served.call("DELETE", f"/jobs/{mine}", "bob").status_code == 404
    assert done(served, "ann", mine)["http_status"] == 200


def test_forgetting_takes_the_answers_of_jobs_with_it(served) -> None:
    jobs = {key: submit(served, key, words("kim")) for key in ("ann", "bob")}
    several = submit(served, "bob", {"candidates": [words("kim"), words("lee")]})
    failed = submit(served, "bob", {"candidate_id": "kim", "answers": [{"transcript": ""}]})
    assert done(served, "bob", failed)["http_status"] == 422
    for key, job in [*jobs.items(), ("bob", several)]:
        assert done(served, key, job)["http_status"] == 200
    assert served.post("bob", {"forget": "kim"}).json()["job_answers"] == 3
    for job in (jobs["bob"], failed):
        assert done(served, "bob", job)["code"] == "NO_SUCH_JOB"
    assert done(served, "ann", jobs["ann"])["http_status"] == 200
    left = served.call("GET", f"/jobs/{several}", "bob")
    gone, other = left.json()["result"]["candidates"]
    assert (gone["status"], gone["code"]) == (410, "FORGOTTEN")
    assert other["candidate"]["candidate_id"] == "lee"
    assert "kim" not in left.text
    assert served.post("dpo", {"forget": "kim", "everyone": True}).json()["job_answers"] == 1


def test_a_job_that_was_under_way_is_forgotten_when_it_ends(served) -> None:
    served.pause.clear()
    while served.waiting.acquire(blocking=False):
        pass
    try:
        people = {"candidates": [words("pat", retain=True), words("lou")]}
        jobs = [submit(served, "bob", words("pat", retain=True)), submit(served, "bob", people)]
        for _ in jobs:
            assert served.waiting.acquire(timeout=20)
        answer = served.post("bob", {"forget": "pat"}).json()
        assert (answer["forgotten"]["files"], answer["job_answers"]) == ({}, 0)
    finally:
        served.pause.set()
    assert done(served, "bob", jobs[0])["code"] == "NO_SUCH_JOB"
    gone, other = done(served, "bob", jobs[1])["result"]["candidates"]
    assert (gone["code"], other["candidate"]["candidate_id"]) == ("FORGOTTEN", "lou")
    end_s = time.monotonic() + 20
    while kept(served, "bob"):  # what was kept after they were told to forget
        assert time.monotonic() < end_s
        time.sleep(0.02)


def test_a_server_that_keeps_nothing_forgets_answers_of_jobs(bundle, tmp_path) -> None:
    with endpoint(tmp_path, bundle, Settings()) as served:
        served.add("bob")
        job = submit(served, "bob", words("kim"))
        assert done(served, "bob", job)["http_status"] == 200
        answer = served.post("bob", {"forget": "kim"}).json()
        assert answer == {"forgotten": {"files": {}, "remaining": 0}, "pseudonym": None,
                          "audit_hash": None, "job_answers": 1}  # fmt: skip
        assert done(served, "bob", job)["code"] == "NO_SUCH_JOB"
        assert served.post("bob", by_path("x.wav")).json()["code"] == "PATHS_NOT_CONFIGURED"


@pytest.mark.parametrize("damage", [[], None, {"keys": []}, {"media": "../ann", "keys": []}])
def test_a_damaged_table_lets_nobody_in_and_says_so(served, damage) -> None:
    with rewritten(served.folder, damage):
        unreadable = "CALLERS_UNREADABLE"  # the stand-in of a worker is never ready
        served.until(lambda: served.call("GET", "/ping", "bob").json()["code"] == unreadable)
        for method, where in (("GET", "/ping"), ("POST", "/predictions/trifold"),
                              ("GET", "/jobs/x"), ("POST", "/jobs/trifold")):  # fmt: skip
            answer = served.call(method, where, "bob")
            assert (answer.status_code, answer.json()["code"]) == (503, "CALLERS_UNREADABLE")
            assert answer.headers["content-type"] == "application/problem+json"
            assert str(served.folder) not in answer.text
    served.until(lambda: served.post("bob", words()).status_code == 200)
    with changed_callers(served.folder) as entries:
        kept = entries.pop("bob")
    served.until(lambda: served.post("bob", words()).status_code == 401)
    with changed_callers(served.folder) as entries:
        entries["bob"] = kept
    served.until(lambda: served.post("bob", words()).status_code == 200)


@contextmanager
def rewritten(folder: Path, facts: object):
    """The table of callers with something else in it; as it was before when the block ends."""
    database = open_database(folder)

    def write(given: object, step: int) -> object:
        with database.writing() as session:
            row, version = session.get(CallerRow, "bob"), session.get(FactRow, VERSION)
            before, row.facts = row.facts, given
            version.value = str(int(version.value) + step)
            return before

    before = write(facts, 1)
    try:
        yield
    finally:
        write(before, -1)
