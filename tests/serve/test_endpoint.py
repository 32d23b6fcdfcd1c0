"""A real endpoint, started as a user starts it, and everything that a request can end in.

One server for the file: it is the slowest thing to start. TorchServe in its place is in
``test_torchserve.py``.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import requests
import yaml

from tests.factories.media import VTT, voice, write_interview, write_media
from tests.serve.serve_factory import write_tiny_bundle
from tests.serve.serve_ports import ROOT, accepted, free_ports
from trifold.errors import TrifoldError
from trifold.serve.access.api_keys import PATIENCE_S
from trifold.serve.access.callers import add_caller, remove_caller
from trifold.serve.audit.log import verify
from trifold.serve.client.endpoint import Client, ScoringError
from trifold.serve.operations.rollout import roll_out
from trifold.serve.operations.server import Server
from trifold.serve.operations.staging import Serving
from trifold.serve.operations.start import start
from trifold.serve.settings import Settings

pytestmark = pytest.mark.slow

MARKER = "zyxomma"  # in ids and words of candidates; must be found nowhere afterwards


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Path:
    """Media and a bundle."""
    root = tmp_path_factory.mktemp("serve")
    for name in ("q1", "q2"):
        write_interview(root / "media" / "default" / MARKER, name, seed=int(name[1]))
    write_media(root / "media/default/silent.wav", audio=np.zeros(16000, dtype=np.float32),
                audio_codec="pcm_s16le")  # fmt: skip
    write_media(root / "media/default/long.wav", audio=np.tile(voice(3.0), 12),
                audio_codec="pcm_s16le")  # fmt: skip
    write_tiny_bundle(root / "bundle")
    return root


@pytest.fixture(scope="module")
def server(work: Path):
    settings = Settings(
        media_root=str(work / "media"),
        keep_dir=str(work / "keep"),
        max_duration_s=30,
        max_request_mib=8,
        audit_every_s=3600,  # refusals are written when it ends: others read the last line
    )
    running = start(work / "bundle", work / "serving", port=free_ports(), settings=settings,
                    serving=Serving(2))  # fmt: skip
    yield running
    running.stop()


def head(server: Server, kind: str = "") -> dict[str, str]:
    return {"Authorization": f"Bearer {server.key(kind)}"}


def post(server: Server, path: str = "/predictions/trifold", **request) -> requests.Response:
    headers = request.pop("headers", {}) | head(server)
    return requests.post(server.address + path, headers=headers, timeout=120, **request)


def upload(work: Path, *names: str, **fields: str) -> dict:
    """Arguments of a multipart request for answers of the marked candidate."""
    files, data = {}, {"candidate_id": MARKER, **fields}
    for number, name in enumerate(names, start=1):
        path = work / "media/default" / MARKER / f"{name}.mp4"
        files[f"media_{number}"] = (path.name, path.read_bytes(), "video/mp4")
        data[f"transcript_{number}"] = path.with_suffix(".vtt").read_text(encoding="utf-8")
        data[f"clip_id_{number}"] = f"{MARKER}/{name}"
    return {"files": files, "data": data}


def worker_pids(server: Server) -> set[int]:
    found = requests.get(f"{server.management}/models/trifold", headers=head(server, "management"),
                         timeout=10).json()  # fmt: skip
    return {w["pid"] for version in found for w in version["workers"] if w["status"] == "READY"}


def left_over(work: Path) -> list[Path]:
    return list((work / "serving" / "tmp").glob("trifold-*"))


@pytest.fixture(scope="module")
def from_files(shell, work: Path) -> dict:
    """What ``trifold score`` writes of the same answers."""
    command = ["-m", "src.score", f"input={work}/media/default", f"bundle={work}/bundle",
               f"out={work}/scores", f"paths.features={work}/features", "workers=1"]  # fmt: skip
    done = shell.python(*command)
    assert done.returncode == 0, done.stderr
    rows = {}
    for name in ("answers", "candidates"):
        lines = (work / "scores" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        rows[name] = [row for row in map(json.loads, lines) if row["candidate_id"] == MARKER]
    return rows


def test_uploads_get_the_rows_of_a_scored_folder_to_the_bit(work, server, from_files) -> None:
    answer = post(server, **upload(work, "q1", "q2"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    rows = answer.json()
    assert json.dumps(rows["answers"]) == json.dumps(from_files["answers"])
    assert json.dumps([rows["candidate"]]) == json.dumps(from_files["candidates"])
    assert rows["candidate"]["status"] == "scored"
    assert rows["model_version"] == "1.0"


def test_paths_on_the_server_get_the_same_rows(work, server, from_files) -> None:
    answers = [{"path": f"{MARKER}/{n}.mp4", "transcript_path": f"{MARKER}/{n}.vtt",
                "clip_id": f"{MARKER}/{n}"} for n in ("q1", "q2")]  # fmt: skip
    rows = post(server, json={"candidate_id": MARKER, "answers": answers}).json()
    assert json.dumps(rows["answers"]) == json.dumps(from_files["answers"])


def test_one_curl_argument_is_enough(work, server) -> None:
    body = (work / "media/default" / MARKER / "q1.mp4").read_bytes()
    answer = post(server, data=body, headers={"content-type": "video/mp4"})
    assert answer.json()["candidate"]["modalities"] == "audio+video"


def test_evidence_comes_with_the_scores(work, server) -> None:
    answer = post(server, **upload(work, "q1", explain="true"))
    found = answer.json()["evidence"]
    assert {t["target"] for t in found["targets"]} == {"warmth", "drive"}
    described = yaml.safe_load((ROOT / "serve/openapi.yaml").read_text(encoding="utf-8"))
    schema = {"$ref": "#/components/schemas/Evidence", "components": described["components"]}
    jsonschema.validate(found, schema, jsonschema.Draft202012Validator)


def test_several_candidates_each_get_their_own_answer(work, server) -> None:
    good = {"candidate_id": "a", "answers": [{"path": f"{MARKER}/q1.mp4"}]}
    words = {"candidate_id": "b", "answers": [{"transcript": "I plan."}]}
    bad = {"candidate_id": "c", "answers": [{"path": "../bundle/bundle.json"}]}
    answer = post(server, json={"candidates": [good, bad, words]})
    assert answer.status_code == 200
    first, second, third = answer.json()["candidates"]
    assert (first["status"], first["candidate"]["modalities"]) == (200, "audio+video")
    assert (second["status"], second["code"], second["candidate_id"]) == (400, "PATH_REFUSED", "c")
    assert third["candidate"]["modalities"] == "text"


def test_one_bad_file_of_several_has_its_row(work, server) -> None:
    request = upload(work, "q1")
    request["files"]["media_2"] = ("q2.mp4", b"not media", "video/mp4")
    rows = post(server, **request).json()
    assert [row["status"] for row in rows["answers"]] == ["scored", "error"]
    assert rows["answers"][1]["error_message"].startswith("media_2: expected a media file")
    assert rows["candidate"]["n_answers"] == 1


@pytest.mark.parametrize("wrong", [None, "Bearer", "Bearer wrong", "Basic YTpi", "Bearer \u00fc"])
def test_without_a_key_nothing_is_scored(work, server, wrong) -> None:
    lines = verify(work / "serving/audit.jsonl").lines
    headers = {"Authorization": wrong.encode()} if wrong else {}
    for path in ("/predictions/trifold", "/jobs/trifold"):
        answer = requests.post(server.address + path, headers=headers, timeout=30,
                               **upload(work, "q1"))  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer, Basic realm=")
    assert verify(work / "serving/audit.jsonl").lines == lines


def test_a_taken_port_is_named_before_anything_starts(work, server) -> None:
    expected = f"port: expected free ports {server.port} to .*, got {server.port} is in use"
    with pytest.raises(TrifoldError, match=expected):
        start(work / "bundle", work / "second", port=server.port, settings=Settings())
    assert not (work / "second").exists()


def test_callers_have_keys_of_their_own_that_can_end(server) -> None:
    facts = {"answers": [{"transcript": "I plan."}]}
    url = f"{server.address}/predictions/trifold"
    key = accepted(server.address, add_caller(server.folder, "hr-7"))
    headers = {"Authorization": f"Bearer {key}"}
    assert requests.post(url, json=facts, headers=headers, timeout=60).status_code == 200
    line = (server.folder / "audit.jsonl").read_text().splitlines()[-1]
    assert json.loads(line)["caller"] == "hr-7"
    remove_caller(server.folder, "hr-7")
    time.sleep(1.0)  # within which every gateway knows
    assert requests.post(url, json=facts, headers=headers, timeout=60).status_code == 401
    assert post(server, json=facts).status_code == 200


def test_versions_are_managed_by_whoever_reads_the_folder_alone(server) -> None:
    models = f"{server.management}/models"
    for headers in ({}, head(server), {"Authorization": "Bearer \u00fc".encode()}):
        for method, url in (("GET", models), ("POST", f"{models}?url=x"), ("GET", models[:-7])):
            answer = requests.request(method, url, headers=headers, timeout=10)
            assert (answer.status_code, answer.json()["message"]) == (
                401, "expected the management key")  # fmt: skip
    for url in ("http://127.0.0.1:9/x.mar", "file:///etc/passwd", "../serving", "", "trifold@9"):
        answer = requests.post(models, params={"url": url}, headers=head(server, "management"),
                               timeout=10)  # fmt: skip
        assert (answer.status_code, answer.json()["message"]) == (
            400, "url: expected a model of the store, got none")  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"files": {"media_1": b"x"}, "data": {"age": "40"}}, 400, "BAD_FIELD"),
        ({"files": [("media_1", b"x"), ("media_1", b"y")]}, 400, "BAD_FIELD"),
        ({"data": b"{", "headers": {"content-type": "application/json"}}, 400, "BAD_FIELD"),
        ({"data": b"[" * 50_000, "headers": {"content-type": "application/json"}}, 400,
         "BAD_FIELD"),
        ({"json": {"answers": [{"path": "../../etc/passwd"}]}}, 400, "PATH_REFUSED"),
        ({"json": {"answers": [{"path": "long.wav"}]}}, 413, "MEDIA_TOO_LONG"),
        ({"json": {"answers": [{"transcript": "x" * 200_001}]}}, 413, "TOO_LONG"),
        ({"json": {"answers": [{"path": "silent.wav"}] * 2}}, 422, "NOTHING_USABLE"),
        ({"json": {"answers": [{"transcript": ""}]}}, 422, "NOTHING_USABLE"),
        ({"files": {"media_1": b"MZ" * 500}}, 415, "DECODE_ERROR"),
        ({"files": {"media_1": b""}}, 415, "DECODE_ERROR"),
        ({"files": {"media_1": b"ffconcat version 1.0\nfile '/etc/passwd'"}}, 415, "DECODE_ERROR"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_status_and_code(work, server, request_, status, code) -> None:
    pids = worker_pids(server)
    answer = post(server, **request_)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert "Traceback" not in answer.text
    assert str(work) not in answer.text
    assert worker_pids(server) == pids
    assert left_over(work) == []


def chunks():
    """A body that does not say how long it is."""
    for _ in range(9):
        yield bytes(1 << 20)


@pytest.mark.parametrize("body", [bytes((8 << 20) + 1), chunks])
def test_a_request_beyond_the_limit_is_413(server, body) -> None:
    answer = post(server, data=body() if callable(body) else body)
    assert (answer.status_code, answer.json()["code"]) == (413, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize(
    "body",
    [b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
     b'--b\r\nContent-Disposition: form-data; name="media"\r\n\r\ncut o',
     b'--b\r\nContent-Disposition: form-data; name=""\r\n\r\nx\r\n--b--\r\n'],
)  # fmt: skip
def test_a_form_that_cannot_be_read_is_400(server, body) -> None:
    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = post(server, data=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_FORM")


def test_other_addresses_and_methods_are_problems_too(server) -> None:
    missing = post(server, "/predictions/other", json={})
    assert (missing.status_code, missing.json()["code"]) == (404, "NO_SUCH_MODEL")
    nowhere = post(server, "/models", json={})
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "NOT_FOUND")
    method = requests.get(f"{server.address}/predictions/trifold", timeout=10)
    assert (method.status_code, method.headers["Allow"]) == (405, "POST")


def test_jobs_answer_later_once_and_to_their_caller_alone(work, server) -> None:
    facts = {"candidate_id": "ann", "answers": [{"path": f"{MARKER}/q1.mp4"}]}
    client = Client(server.address, server.key())
    job = client.submit(facts, idempotency_key="one")
    assert client.submit(facts, idempotency_key="one") == job
    with pytest.raises(ScoringError, match="409 IDEMPOTENCY_MISMATCH"):
        client.submit({"answers": [{"transcript": "x"}]}, idempotency_key="one")
    assert client.result(job, every_s=0.1) == post(server, json=facts).json()
    other = Client(server.address, accepted(server.address, add_caller(server.folder, "other")))
    with pytest.raises(ScoringError, match="404 NO_SUCH_JOB"):
        other.result(job)
    bad = client.submit({"answers": [{"path": "none.mp4"}]})
    with pytest.raises(ScoringError, match="400 PATH_REFUSED"):
        client.result(bad, every_s=0.1)
    for address in ("/jobs/other", "/jobs/trifold/9.9"):  # and not taken, to fail later
        refused = post(server, address, json=facts)
        assert (refused.status_code, refused.json()["code"]) == (404, "NO_SUCH_MODEL")
    gone = requests.delete(f"{server.address}/jobs/{job}", headers=head(server), timeout=10)
    assert gone.status_code == 204
    with pytest.raises(ScoringError, match="404 NO_SUCH_JOB"):
        client.result(job)


def test_requests_at_once_get_each_their_own(work, server) -> None:
    def ask(number: int) -> tuple[str, float]:
        facts = {"candidate_id": f"c{number}", "answers": [{"transcript": "I plan. " * number}]}
        row = post(server, json=facts).json()["candidate"]
        return row["candidate_id"], row["warmth"]

    numbers = range(1, 17)
    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(ask, numbers))
    assert [name for name, _ in first] == [f"c{n}" for n in numbers]
    assert first[::-1] == [ask(n) for n in reversed(numbers)]


def test_a_share_that_is_full_is_429_and_the_others_are_served(work, server) -> None:
    request = upload(work, "q1")
    with ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(lambda _: post(server, **request), range(60)))
    refused = [a for a in answers if a.status_code != 200]
    assert {(a.status_code, a.json()["code"], a.headers["Retry-After"]) for a in refused} == {
        (429, "TOO_MANY_REQUESTS", "5")}  # fmt: skip
    assert len({a.text for a in answers if a.status_code == 200}) == 1


def test_who_asks_while_the_server_stands_still_is_answered_after_it(work, server) -> None:
    """As where a machine sleeps or is moved: what was known of callers is too old then."""
    with ThreadPoolExecutor(8) as pool:
        os.kill(server.pids[0], signal.SIGSTOP)
        try:
            answers = [pool.submit(post, server, **upload(work, "q1")) for _ in range(8)]
            time.sleep(PATIENCE_S + 1)
        finally:
            os.kill(server.pids[0], signal.SIGCONT)
        came = [answer.result() for answer in answers]
    assert [answer.status_code for answer in came] == [200] * 8, [a.text for a in came]


def test_a_killed_worker_fails_its_request_cleanly_and_comes_back(work, server) -> None:
    before = worker_pids(server)
    request = upload(work, "q1", "q2")
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(post, server, **request) for _ in range(16)]
        time.sleep(1.0)
        os.kill(min(before), signal.SIGKILL)
        came = [answer.result(timeout=120) for answer in answers]
    assert {answer.status_code for answer in came} <= {200, 503}
    assert [a.json()["code"] for a in came if a.status_code == 503] in ([], ["WORKER_DIED"])
    assert len({a.text for a in came if a.status_code == 200}) == 1
    end_s = time.monotonic() + 90
    while len(worker_pids(server)) < 2:
        assert time.monotonic() < end_s
        time.sleep(0.5)
    assert min(before) not in worker_pids(server)
    assert left_over(work) == []  # also what the killed worker had written
    assert post(server, **request).status_code == 200


def test_versions_stand_side_by_side_and_a_rollout_loses_nothing(work, server) -> None:
    bundle = write_tiny_bundle(work / "bundle2", seed=1)
    batches = {"batch_size": "4", "batch_delay_ms": "200"}
    facts = {"answers": [{"transcript": "I plan every step."}]}
    old = post(server, json=facts).json()
    seen: list[requests.Response] = []
    with ThreadPoolExecutor(1) as pool:
        rollout = pool.submit(roll_out, server, bundle, model="trifold", settle_s=0, version="2.0",
                              serving=batches)  # fmt: skip
        while not rollout.done():
            seen.append(post(server, json=facts))
        assert rollout.result() == ("2.0", ["1.0"])
    assert {answer.status_code for answer in seen} == {200}
    served = [answer.json()["model_version"] for answer in seen]
    assert served == sorted(served)  # the old one, then the new one, and never back
    assert set(served) == {"1.0", "2.0"}
    new = post(server, "/predictions/trifold/2.0", json=facts).json()
    assert new["bundle_id"] != old["bundle_id"]
    assert post(server, "/predictions/trifold/1.0", json=facts).status_code == 404


def test_requests_in_one_batch_get_what_they_get_alone(work, server) -> None:
    """Version 2.0 takes up to four requests at a time; one of these is bad."""
    facts = [{"candidate_id": f"c{n}", "answers": [{"transcript": "I plan. " * n}]}
             for n in range(1, 8)] + [{"answers": [{"path": "none.mp4"}]}]  # fmt: skip
    alone = [post(server, json=one) for one in facts]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda one: post(server, json=one), facts))
    assert [a.status_code for a in together] == [200] * 7 + [400]
    assert [a.json() for a in together] == [a.json() for a in alone]


def test_what_is_kept_is_forgotten_with_a_proof(work, server) -> None:
    facts = {"candidate_id": MARKER, "answers": [{"transcript": f"I am {MARKER}."}]}
    assert post(server, json=facts | {"retain": True}).status_code == 200
    kept = [path for path in (work / "keep").rglob("*.json") if path.is_file()]
    assert any(MARKER in path.read_text() for path in kept)
    assert MARKER not in str(kept)
    answer = post(server, json={"forget": MARKER}, headers={"X-Caller-Id": "forged"}).json()
    assert answer["forgotten"]["remaining"] == 0
    assert set(answer["forgotten"]["files"]) == {path.name for path in kept}
    line = json.loads((work / "serving/audit.jsonl").read_text().splitlines()[-1])
    assert (line["event"], line["hash"], line["caller"]) == (
        "forget", answer["audit_hash"], "default")  # fmt: skip
    assert post(server, json={"forget": MARKER}).json()["forgotten"]["files"] == {}


def test_the_description_is_true_of_what_is_answered(server) -> None:
    """Requests drawn from the description, and such that break it; see benchmarks for many."""
    from benchmarks.endpoint_fuzz import Outcome, from_description, odd, torn

    outcome = Outcome(server)
    from_description(server, 60, outcome, 1)
    torn(server, 60, outcome, 1)
    odd(120, outcome, 1)
    outcome.close()
    assert outcome.wrong == []
    assert sum(outcome.statuses.values()) >= 200


def test_tensors_get_the_numbers_of_predictions_and_the_same_problems(work, server) -> None:
    body = (work / "media/default" / MARKER / "q1.mp4").read_bytes()
    words = (work / "media/default" / MARKER / "q1.vtt").read_text(encoding="utf-8")
    columns = {"media": base64.b64encode(body).decode(), "transcript": words,
               "candidate_id": MARKER, "clip_id": f"{MARKER}/q1"}  # fmt: skip
    inputs = [{"name": name, "shape": [1], "datatype": "BYTES", "data": [text]}
              for name, text in columns.items()]  # fmt: skip
    model = "/v2/models/trifold"
    answer = post(server, f"{model}/infer", json={"inputs": inputs})
    assert answer.status_code == 200
    found = {tensor["name"]: tensor["data"] for tensor in answer.json()["outputs"]}
    plain = post(server, **upload(work, "q1")).text
    row = json.loads(plain)["candidate"]
    assert found["response"] == [plain]
    assert found["names"] == ["warmth", "drive"]
    for tensor, end in (("scores", ""), ("lower", "_low"), ("upper", "_high")):
        assert json.dumps(found[tensor]) == json.dumps([row[f"warmth{end}"], row[f"drive{end}"]])
    refused = post(server, f"{model}/infer", json={"inputs": inputs[2:]})
    assert (refused.status_code, refused.json()["code"]) == (400, "BAD_FIELD")
    assert refused.json()["error"] == refused.json()["detail"]
    silent = post(server, f"{model}/infer", json={"inputs": [
        {"name": "path", "shape": [1], "datatype": "BYTES", "data": ["silent.wav"]}]})  # fmt: skip
    assert (silent.status_code, silent.json()["code"]) == (422, "NOTHING_USABLE")
    assert silent.json()["error"] == silent.json()["detail"]


def test_clients_of_the_inference_protocol_find_what_they_look_for(server) -> None:
    def get(path: str, **headers: str) -> tuple[int, dict]:
        answer = requests.get(f"{server.address}/v2{path}", headers=headers, timeout=10)
        return answer.status_code, answer.json()

    assert get("") == (200, {"name": "trifold", "version": "2", "extensions": []})
    assert get("/health/live") == (200, {"live": True})
    assert get("/health/ready") == (200, {"ready": True})
    key = head(server)
    facts = get("/models/trifold", **key)[1]
    (version,) = facts["versions"]
    assert get(f"/models/trifold/versions/{version}", **key) == (200, facts)
    for path in ("/models/trifold/ready", f"/models/trifold/versions/{version}/ready"):
        assert get(path, **key) == (200, {"name": "trifold", "ready": True})
        assert get(path)[0] == 401
    for path in ("/models/other", "/models/other/ready", "/models/trifold/versions/9/ready"):
        status, said = get(path, **key)
        assert (status, said["code"], said["error"]) == (404, "NO_SUCH_MODEL", said["detail"])
    other = post(server, "/v2/models/trifold/versions/9/infer", json={"inputs": []})
    assert (other.status_code, other.json()["code"]) == (404, "NO_SUCH_MODEL")


def test_metrics_count_what_happened(server) -> None:
    text = requests.get(server.metrics, timeout=10).text
    for name in ("TrifoldStageTime", "TrifoldMediaSeconds", "TrifoldWithheld"):
        assert f"\n{name}" in text, name
    assert 'TrifoldErrors{Code="PATH_REFUSED"' in text
    assert "\nTrifoldWorkers 2\n" in text
    assert "\nTrifoldWaiting 0\n" in text
    assert MARKER not in text


def test_nothing_of_a_candidate_is_left_anywhere(work, server) -> None:
    """Runs last: every test before it sent the marker in ids, and the words of ``VTT``."""
    verified = verify(work / "serving/audit.jsonl")
    assert verified.lines > 20
    words = [MARKER.encode(), VTT.splitlines()[3].encode(), b"I plan"]
    for path in [*(work / "serving").rglob("*"), *(work / "keep").rglob("*")]:
        if path.is_file():
            content = path.read_bytes()
            assert not any(word in content for word in words), path
        assert MARKER not in path.name
    assert left_over(work) == []
