"""A real endpoint, observed as an operator would: logs, metrics, dashboard, alerts and traces.

One server for the file, with an OTLP receiver in this process and a bundle that knows its training.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import requests
import yaml

from tests.serve.serve_factory import ROOT, free_ports, write_tiny_bundle
from tests.serve.telemetry.receiver import Receiver
from trifold.bundle.integrity.checksums import sha256
from trifold.drift.comparison import counted
from trifold.drift.profile import FILE, observation_of, profile_of
from trifold.serve.audit.log import verify
from trifold.serve.backup.command import back_up
from trifold.serve.backup.restoring import restore
from trifold.serve.operations.rollout import main as rollout_main
from trifold.serve.operations.server import Server
from trifold.serve.operations.staging import Serving
from trifold.serve.operations.start import read_arguments, start
from trifold.serve.settings import Settings
from trifold.serve.telemetry.command import main as drift_main

pytestmark = pytest.mark.slow

MARKER = "zyxomma"  # in whatever a caller may write; must be found nowhere afterwards
TRACE, SPAN = "c" * 32, "d" * 16
RULES, BOARD = ROOT / "serve/prometheus/alerts.yaml", ROOT / "serve/grafana/trifold.json"
NAME = re.compile(r"\b((?:trifold_|Trifold)\w+)")


@pytest.fixture(scope="module")
def receiver():
    found = Receiver()
    yield found
    found.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory, receiver: Receiver):
    root = tmp_path_factory.mktemp("observed")
    bundle, out = write_tiny_bundle(root / "bundle"), root / "serving"
    profile = profile_of([person(number) for number in range(60)])
    profile.write(bundle / FILE)
    out.mkdir(mode=0o700)
    slot_s = 168 * 3600 / 24
    moved = counted(profile, [person(number, words=400) for number in range(50)])
    window = {"model": "trifold", "version": "1.0", "bundle": sha256(bundle / "bundle.json")[:12],
              "slots": {int(time.time() // slot_s): moved}}  # fmt: skip
    (out / "drift.json").write_text(json.dumps({"slot_s": slot_s, "windows": [window]}))
    settings = Settings(log_format="json", otlp=receiver.address, audit_every_s=1,
                        media_root=str(root))  # fmt: skip
    running = start(bundle, out, port=free_ports(), settings=settings, serving=Serving(1))
    yield running
    running.stop()


def person(number: int, *, words: int = 100) -> dict:
    draws = np.random.default_rng(number)
    answer = {"status": "scored", "duration_s": None, "words_source": "given",
              "n_words": words + draws.integers(50)}  # fmt: skip
    row = {"status": "scored", "error_code": None, "modalities": "text",
           "warmth": draws.normal(4), "warmth_low": 1.0}  # fmt: skip
    return observation_of(row, [answer])


def ask(server: Server, method: str, path: str, **request) -> requests.Response:
    headers = {"Authorization": f"Bearer {server.key()}"} | request.pop("headers", {})
    return requests.request(method, server.address + path, headers=headers, timeout=300, **request)


def lines(server: Server) -> list[dict]:
    file = server.folder / "logs/requests.log"
    return [json.loads(line) for line in file.read_text().splitlines()]


def metrics(server: Server) -> str:
    return requests.get(server.metrics, timeout=60).text


def scored(server: Server, **headers: str) -> requests.Response:
    body = {"candidate_id": MARKER, "answers": [{"transcript": f"I plan {MARKER}. " * 9}]}
    return ask(server, "POST", "/predictions/trifold", json=body, headers=headers)


def test_a_request_keeps_its_id_from_the_caller_to_the_log(server: Server) -> None:
    name = "0123456789abcdef" * 2
    answer = scored(server, **{"X-Request-Id": name})
    assert answer.status_code == 200
    assert answer.headers["X-Request-Id"] == name
    (line,) = [one for one in lines(server) if one["request_id"] == name]
    wanted = {"caller": "default", "route": "/predictions/{model}", "status": 200, "code": "",
              "method": "POST", "level": "INFO"}  # fmt: skip
    assert wanted.items() <= line.items()
    assert set(line["stages_ms"]) >= {"read", "encode", "predict", "record"}
    assert sum(line["stages_ms"].values()) <= line["ms"]
    assert line["request_bytes"] == len(answer.request.body)
    assert line["response_bytes"] == len(answer.content)


def test_nothing_that_a_caller_writes_is_in_a_log_a_metric_or_a_span(server, receiver) -> None:
    """Through every route, and through what each can go wrong with."""
    form = {"files": {"media_1": (f"{MARKER}.mp4", MARKER.encode(), "video/mp4")},
            "data": {"candidate_id": MARKER, "question_1": MARKER, MARKER: MARKER}}  # fmt: skip
    named = {"X-Request-Id": MARKER, "User-Agent": MARKER, "Idempotency-Key": MARKER,
             "traceparent": MARKER, "Referer": f"http://{MARKER}/"}  # fmt: skip
    bodies = [{"json": {"candidate_id": MARKER, "answers": [{"path": f"{MARKER}.mp4"}]}},
              {"json": {"candidate_id": MARKER, "answers": [{"transcript": ""}]}},
              {"json": {"forget": MARKER}}, {"data": f"{{{MARKER}".encode()}, form,
              {"json": {"candidate_id": MARKER, "reason": MARKER, "reviewer": MARKER}},
              {"json": {"candidate_id": MARKER, "answers": [{"transcript": MARKER * 9}],
                        "explain": True}}]  # fmt: skip
    paths = [f"/predictions/trifold?name={MARKER}", f"/predictions/{MARKER}",
             "/jobs/trifold", f"/{MARKER}", "/overrides", "/exports",
             f"/predictions/trifold/9?{MARKER}"]  # fmt: skip
    statuses = {ask(server, "POST", path, headers=named, **body).status_code
                for path in paths for body in bodies}  # fmt: skip
    for path in (f"/jobs/{MARKER}", "/audit", f"/ping?{MARKER}", "/openapi.yaml", f"/{MARKER}"):
        statuses |= {ask(server, method, path, headers=named).status_code
                     for method in ("GET", "DELETE")}  # fmt: skip
    wrong = {"Authorization": f"Bearer {MARKER}"}
    statuses.add(ask(server, "POST", "/predictions/trifold", headers=wrong, json={}).status_code)
    statuses.add(ask(server, "POST", "/ping", headers={"Content-Encoding": MARKER}).status_code)
    assert statuses >= {200, 202, 400, 401, 403, 404, 405, 415, 422}
    del named["Idempotency-Key"]
    job = ask(server, "POST", "/jobs/trifold", headers=named, **bodies[-1]).json()["job"]
    until(lambda: ask(server, "GET", f"/jobs/{job}").json()["status"] == "done")
    time.sleep(1.5)  # what is written every second
    files = [path for path in (server.folder / "logs").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"requests.log", "console.log"}
    receiver.wait_for(lambda: any(span.name == "job" for span in receiver.spans()))
    for text in (*(path.read_bytes() for path in files), metrics(server).encode(), receiver.raw,
                 (server.folder / "audit.jsonl").read_bytes()):  # fmt: skip
        assert MARKER.encode() not in text
        assert job.encode() not in text or b'"event"' in text  # the audit log alone names jobs
    assert "127.0.0.1" not in (server.folder / "logs/requests.log").read_text()
    assert all(one["request_id"] and one["status"] for one in lines(server))


def test_every_metric_of_the_dashboard_and_the_alerts_is_there(server: Server) -> None:
    scored(server)
    text = metrics(server)
    exposed = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    exposed |= {f"{name}_{part}" for name in exposed for part in ("bucket", "sum", "count")}
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    asked = [rule["expr"] for rule in rules]
    asked += [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    asked += [one["query"]["query"] for one in board["templating"]["list"][1:]]
    named = {name for expression in asked for name in NAME.findall(expression)}
    assert len(named) > 20
    assert named <= exposed
    sampled = {re.split(r"[{ ]", line)[0] for line in text.splitlines() if line[0] != "#"}
    assert {name for name in named if name not in sampled} <= {"TrifoldErrors"}


def test_names_and_values_are_what_prometheus_wants(server: Server) -> None:
    text = metrics(server)
    own = "".join(f"{line}\n" for line in text.splitlines() if re.match(r"(# \w+ )?trifold_", line))
    assert own.count("# TYPE trifold_") == own.count("# HELP trifold_") > 15
    for name, kind in re.findall(r"# TYPE (\w+) (\w+)", own):
        assert name.endswith("_total") == (kind == "counter")
    assert 'trifold_http_requests_total{method="POST",route="/predictions/{model}",' in own
    assert re.search(
        r'trifold_build_info\{version="[\d.]+",python="3[^"]+",engine="built_in"\} 1', own
    )
    promtool = shutil.which("promtool")
    if promtool:
        done = subprocess.run([promtool, "check", "metrics"], input=own, text=True,
                              capture_output=True)  # fmt: skip
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_drift_is_told_in_metrics_logs_and_by_a_command(server: Server, capsys, tmp_path) -> None:
    labels = '{model="trifold",version="1.0",quantity="n_words"}'
    until(lambda: f"trifold_drift_alarm{labels} 1" in metrics(server))
    assert f"trifold_drift_alarm{labels.replace('n_words', 'score.warmth')} 0" in metrics(server)
    until(lambda: '"quantity": "n_words"' in (server.folder / "logs/console.log").read_text())
    assert drift_main([f"out={server.folder}", f"to={tmp_path}"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"trifold 1\.0, the last 168 h: \d+ people, .* chance: n_words\n", said)
    assert (tmp_path / "trifold-1.0/drift.html").is_file()


def test_spans_lead_from_the_caller_through_the_queue_to_the_stages(server, receiver) -> None:
    parent = f"00-{TRACE}-{SPAN}-01"
    answer = scored(server, traceparent=parent)
    assert answer.headers["X-Request-Id"] == TRACE

    def own() -> dict:
        return {span.name: span for span in receiver.spans() if span.trace_id.hex() == TRACE}

    spans = receiver.wait_for(lambda: "POST /predictions/{model}" in own() and own())
    root = spans["POST /predictions/{model}"]
    assert root.parent_span_id.hex() == SPAN
    assert spans["queue"].parent_span_id == spans["worker"].parent_span_id == root.span_id
    for stage in ("read", "check", "open", "encode", "predict", "record"):
        assert spans[stage].parent_span_id == spans["worker"].span_id
        assert spans[stage].start_time_unix_nano >= spans["worker"].start_time_unix_nano
    assert spans["queue"].end_time_unix_nano == spans["worker"].start_time_unix_nano
    told = {one.key: one.value for one in root.attributes}
    assert told["http.route"].string_value == "/predictions/{model}"
    assert told["http.response.status_code"].int_value == 200
    assert told["trifold.caller"].string_value == "default"


def test_metrics_are_sent_too(server, receiver) -> None:
    receiver.wait_for(lambda: "http.server.request.duration" in receiver.metric_names())
    assert receiver.metric_names() >= {"trifold_queue_length", "trifold_drift_alarm"}


def until(good, seconds: float = 300.0) -> None:
    end_s = time.monotonic() + seconds
    while not good():
        assert time.monotonic() < end_s
        time.sleep(0.1)


def test_a_version_that_is_tried_changes_no_answer_and_then_answers(
    server: Server, tmp_path: Path, capsys
) -> None:
    bundle = write_tiny_bundle(tmp_path / "next", seed=1)
    at = f"out={server.folder}"
    before = scored(server).content
    assert rollout_main([at, "shadow=true", f"bundle={bundle}", "version=2.0", "share=1"]) == 0
    assert scored(server).content == before
    until(lambda: ask_shadow(server)["outcomes"].get("both") == 1)
    failed = ask(server, "POST", "/predictions/trifold", json={"answers": [{"transcript": ""}]})
    assert failed.status_code == 422
    until(lambda: ask_shadow(server)["outcomes"].get("neither") == 1)
    capsys.readouterr()
    assert rollout_main([at, "report=true", f"to={tmp_path}"]) == 0
    assert "2.0 beside 1.0: 1 people scored by both, 0 requests failed" in capsys.readouterr().out
    assert MARKER not in (tmp_path / "equating.json").read_text()
    lines = (server.folder / "audit.jsonl").read_text().splitlines()
    events = [json.loads(line)["event"] for line in lines]
    assert events.count("shadow") == 2
    assert rollout_main([at, "promote=true"]) == 0
    assert "version 2.0 answers now; removed: 1.0" in capsys.readouterr().out
    after = scored(server).json()
    assert after["model_version"] == "2.0"
    assert rollout_main([at, "report=true"]) == 2
    assert "expected a version that is tried, got none" in capsys.readouterr().err


def ask_shadow(server: Server) -> dict:
    headers = {"Authorization": f"Bearer {server.key('management')}"}
    return requests.get(f"{server.management}/shadows/trifold", headers=headers, timeout=60).json()


def test_a_backup_of_a_running_endpoint_answers_elsewhere(server: Server, tmp_path: Path) -> None:
    key, file, out = server.key(), tmp_path / "backup.tar", tmp_path / "elsewhere"
    expected = scored(server).content
    back_up(server.folder, file)
    assert restore(file, out).verified is not None
    own, settings = read_arguments(["again=true", f"out={out}", f"port={free_ports()}"])
    other = start(None, out, port=int(own["port"]), settings=replace(settings, otlp=""))
    try:
        headers = {"Authorization": f"Bearer {key}"}
        body = {"candidate_id": MARKER, "answers": [{"transcript": f"I plan {MARKER}. " * 9}]}
        answer = requests.post(f"{other.address}/predictions/trifold", json=body, headers=headers,
                               timeout=300)  # fmt: skip
        assert (answer.status_code, answer.content) == (200, expected)
    finally:
        other.stop()
    assert verify(out / "audit.jsonl").lines > verify(server.folder / "audit.jsonl").lines - 5
