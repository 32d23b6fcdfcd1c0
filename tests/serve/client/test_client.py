"""The client against a small real server that misbehaves on purpose."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import trifold.serve.client.endpoint
from trifold.errors import InputError
from trifold.serve.client.command import _people, main, summary
from trifold.serve.client.endpoint import Client, ScoringError, transcript_beside, wait_s

ROW = {"candidate_id": "ann", "warmth": 4.0, "warmth_low": 3.0, "warmth_high": 5.0}
GOOD = (200, {"candidate": ROW, "answers": []}, {})
FULL = (503, {"status": 503, "code": "OVERLOADED", "detail": "full"}, {})
DIED = (500, {"code": 500, "type": "InternalServerException", "message": "Worker died."}, {})
SHARE = (429, {"status": 429, "code": "TOO_MANY_REQUESTS", "detail": "share"}, {})
LOST = (503, {"status": 503, "code": "WORKER_DIED", "detail": "lost"}, {})  # tried twice already
BAD = (422, {"status": 422, "code": "NOTHING_USABLE", "detail": "no file"}, {})
KEY = (400, {"code": 400, "type": "InvalidKeyException", "message": "wrong"}, {})


class Script(ThreadingHTTPServer):
    """Answers with what is on its list; the last entry again and again."""

    def __init__(self, answers) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.bodies = list(answers), []


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        status, facts, headers = (
            server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
        )
        body = json.dumps(facts).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def served(monkeypatch):
    """A function that starts a script and returns a client of it; waits are noted, not slept."""
    servers, waits = [], []
    monkeypatch.setattr(trifold.serve.client.endpoint.time, "sleep", waits.append)

    def run(*answers) -> tuple[Client, Script, list[float]]:
        server = Script(answers)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return Client(f"http://127.0.0.1:{server.server_port}", "k", tries=4), server, waits

    yield run
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def media(tmp_path: Path) -> Path:
    (tmp_path / "q1.mp4").write_bytes(b"media bytes")
    (tmp_path / "q1.vtt").write_text("WEBVTT\n", encoding="utf-8")
    return tmp_path / "q1.mp4"


def test_overload_and_dead_workers_are_tried_again(served, media) -> None:
    client, server, waits = served(FULL, DIED, SHARE, GOOD)
    assert client.score([media], candidate_id="ann") == GOOD[1]
    assert len(server.bodies) == 4
    assert server.bodies[0].count(b"media bytes") == server.bodies[3].count(b"media bytes") == 1
    assert b"WEBVTT" in server.bodies[3]
    assert len(waits) == 3


def test_what_the_server_says_about_waiting_is_followed(served) -> None:
    client, _, waits = served((503, {}, {"Retry-After": "7"}), GOOD)
    client.send({"answers": []})
    assert 7 <= waits[0] <= 9


def test_tries_come_to_an_end(served) -> None:
    client, server, _ = served(FULL)
    with pytest.raises(ScoringError, match="503 OVERLOADED: full"):
        client.forget("ann")
    assert len(server.bodies) == 4
    assert json.loads(server.bodies[0]) == {"forget": "ann"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [(BAD, "NOTHING_USABLE"), (KEY, "InvalidKeyException"), (LOST, "WORKER_DIED")],
)
def test_what_would_fail_again_is_not_tried_again(served, answer, code) -> None:
    client, server, _ = served(answer, GOOD)
    with pytest.raises(ScoringError) as raised:
        client.send({})
    assert (raised.value.code, len(server.bodies)) == (code, 1)


def test_no_answer_at_all_is_an_error_with_its_kind(served) -> None:
    client, server, _ = served(GOOD)
    server.server_close()
    server.shutdown()
    with pytest.raises(ScoringError, match="0 NO_ANSWER: Connect"):
        Client(client.address.replace("127.0.0.1", "127.0.0.2"), "k", tries=2).send({})


def test_waits_double_and_stay_bounded() -> None:
    assert all(0.5 <= wait_s(1) <= 1.5 for _ in range(50))
    assert all(15 <= wait_s(20) <= 45 for _ in range(50))
    assert all(60 <= wait_s(1, "9999") <= 75 for _ in range(50))


def test_the_command_scores_and_writes(served, media, monkeypatch, capsys) -> None:
    client, server, _ = served(GOOD)
    monkeypatch.setenv("TRIFOLD_KEY", "k")
    out = media.with_name("scores.jsonl")
    assert main([str(media), f"address={client.address}", f"out={out}"]) == 0
    assert capsys.readouterr().out == f"{summary(GOOD[1])}\n{out}\n"
    assert json.loads(out.read_text()) == GOOD[1]
    assert b'name="candidate_id"\r\n\r\nq1\r\n' in server.bodies[0]


def test_the_command_says_what_is_wrong(served, media, monkeypatch, capsys) -> None:
    monkeypatch.delenv("TRIFOLD_KEY", raising=False)
    assert main([]) == 2
    assert main([str(media.with_name("none.mp4"))]) == 2
    assert main([str(media), f"key_file={media}"]) == 2
    client, _, _ = served(BAD)
    monkeypatch.setenv("TRIFOLD_KEY", "k")
    assert main([str(media), f"address={client.address}"]) == 1
    errors = capsys.readouterr().err
    for line in ("expected media files, got none", "none.mp4", "expected TRIFOLD_KEY or a key file",
                 "q1: 422 NOTHING_USABLE: no file"):  # fmt: skip
        assert line in errors


def test_where_names_repeat_folders_are_candidates(tmp_path) -> None:
    files = [Path(name) for name in ("ann/q1.mp4", "ann/q2.mp4", "bob/q1.mp4")]
    assert _people(files, "") == {"ann": files[:2], "bob": files[2:]}
    assert _people(files[:2], "") == {"ann": files[:2]}
    assert _people(files[:2], "", "file") == {"q1": files[:1], "q2": files[1:2]}
    named = [tmp_path / "eve.mp4", tmp_path / "max.mp4"]
    assert _people(named, "") == {"eve": named[:1], "max": named[1:]}
    with pytest.raises(InputError, match=r"say candidates=file .* got '2026-11' with eve, max"):
        _people([Path("2026-11/eve.mp4"), Path("2026-11/max.mp4"), files[0]], "")
    assert _people(files, "eve") == {"eve": files}


def test_transcripts_are_found_beside(media) -> None:
    assert transcript_beside(media) == media.with_suffix(".vtt")
    assert transcript_beside(media.with_name("other.mp4")) is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"transcripts": [Path("a.vtt"), Path("b.vtt")]}, "expected 1 transcripts, .* got 2"),
        ({"transcripts": []}, "expected 1 transcripts, .* got 0"),
        ({"questions": ["One?", "Two?"]}, "expected at most 1 questions, .* got 2"),
    ],
)
def test_words_and_questions_without_a_file_are_never_sent(served, tmp_path, given, message):
    (tmp_path / "q1.mp4").write_bytes(b"x")
    client, server, _ = served(GOOD)
    with pytest.raises(ScoringError, match=message):
        client.score([tmp_path / "q1.mp4"], candidate_id="ann", **given)
    assert server.bodies == []
