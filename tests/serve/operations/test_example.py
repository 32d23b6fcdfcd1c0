"""The line that a started server prints, and how its commands take their words."""

from __future__ import annotations

import http.server
import importlib
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from trifold.errors import InputError
from trifold.serve.command import MODULES
from trifold.serve.operations.example import curl_line, first_person
from trifold.serve.operations.server import Server
from trifold.serve.operations.start import read_arguments

COMMANDS = ("archive", "audit", "callers", "client", "rollout", "start", "stop")


def interviews(root: Path) -> Path:
    for person in ("eve; 2, 'x'", "zoe"):
        for answer in ("q1", "q2"):
            file = root / "media" / person / f"{answer}.mp4"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(f"media {person} {answer}".encode())
            file.with_suffix(".vtt").write_text(f"WEBVTT {person} {answer}", encoding="utf-8")
    return root


def test_all_answers_of_one_person_go_together(tmp_path: Path) -> None:
    files = first_person(interviews(tmp_path))
    assert [file.name for file in files] == ["q1.mp4", "q2.mp4"]
    assert {file.parent.name for file in files} == {"eve; 2, 'x'"}
    assert first_person(tmp_path / "none") == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
def test_the_line_works_as_it_is_printed(tmp_path: Path) -> None:
    bodies: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    web = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    key = tmp_path / "a key"
    key.write_text("secret", encoding="ascii")
    server = Server(tmp_path, web.server_port, ())
    line = curl_line(server, "trifold", key, interviews(tmp_path / "in"))
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=30)
    web.shutdown()
    assert done.returncode == 0, done.stderr
    (body,) = bodies
    for part in (b"eve; 2, 'x'", b"media eve; 2, 'x' q1", b"media eve; 2, 'x' q2", b"transcript_2"):
        assert part in body
    assert b"zoe" not in body


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_the_usage(name: str, capsys) -> None:
    assert importlib.import_module(MODULES[name]).main(["--help"]) == 0
    assert f"trifold serve {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        ("start", ["prot=8081"], "got 'prot'; did you mean port"),
        ("start", ["max_file=3"], "did you mean max_files"),
        ("start", ["detach=yes"], "detach: expected true or false, got 'yes'"),
        ("stop", ["uot=x"], "got 'uot'; did you mean out?"),
        ("archive", ["bundel=x"], "got 'bundel'; did you mean bundle?"),
        ("archive", ["out=x"], "expected bundle=DIR, got no bundle"),
        ("rollout", ["archive=x.mar", "keep_odl=true"], "did you mean keep_old"),
        ("callers", ["ad=me"], "did you mean add?"),
        ("audit", ["log.jsonl", "haed=x"], "did you mean head or heads?"),
        ("client", ["explian=true"], "got 'explian'; did you mean explain?"),
        ("client", ["explain=yes"], "explain: expected true or false, got 'yes'"),
    ],
)
def test_wrong_words_are_named_with_the_nearest(name, words, message, capsys) -> None:
    assert importlib.import_module(MODULES[name]).main(words) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert message in said


def test_settings_of_workers_and_of_the_start_are_told_apart(tmp_path: Path) -> None:
    own, settings = read_arguments(["port=9000", "max_files=3", "media_root=/a b, c=d"])
    assert own["port"] == "9000"
    assert (settings.max_files, settings.media_root) == (3, "/a b, c=d")
    with pytest.raises(InputError, match="expected a port"):
        read_arguments(["port=80"])
