"""Requests that no client of the endpoint would send, and whose key may be answered well.

Bodies with something torn in their bytes, and addresses, methods, headers and JSON that are odd.
The marker stands in ids, words, names of files and addresses, and is looked for afterwards.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from benchmarks.hostile_values import KINDS, TEXTS
from benchmarks.tearing import tear
from trifold.serve.access.identity import ADMIN, AUDIT, FORGET, SCORE

MARKER = "quaxolotl"
BOUNDARY = b"----trifold"
MODEL, JOB = "/predictions/trifold", "/jobs/" + "A" * 22
ADDRESSES = (MODEL, MODEL, MODEL, f"{MODEL}/1.0", f"{MODEL}/9.9", "/predictions/none",
             "/jobs/trifold", JOB, "/overrides", "/exports", "/audit", "/ping", "/openapi.yaml",
             "/metrics", "/models/trifold", "/models", "/", "//", "/%00", "/%2e%2e/etc/passwd",
             f"/jobs/{MARKER}",
             f"/predictions/{MARKER}")  # fmt: skip
METHODS = ("POST", "POST", "POST", "POST", "GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")
NAMES = ("candidate_id", "answers", "candidates", "path", "transcript", "transcript_path",
         "question", "question_id", "clip_id", "speaker", "explain", "retain", "forget", "everyone",
         "reason", "reviewer", "target", "judgement", "x" * 300, "")  # fmt: skip
ODD = (None, True, False, 0, -1, 10**400, 1e308, [], {}, [[]], MARKER, f"../{MARKER}.mp4",
       f"I am {MARKER}.", "/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:1/x")  # fmt: skip
SCOPES_OF = {"/audit": {AUDIT}, "/overrides": {SCORE}, "/exports": {FORGET, ADMIN}}
OPEN = ("/ping", "/openapi.yaml")  # need no key


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        method, path: as sent.
        headers, content: as sent; the key is added.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


def may_succeed(path: str, answer: Any, scopes: set[str]) -> bool:
    """Whether a key with these scopes may be answered so.

    Args:
        path: that was asked.
        answer: the body of a good answer, as JSON.
        scopes: of the key; none where there was no key that is one.
    """
    if path.partition("?")[0] in OPEN:
        return True
    if isinstance(answer, dict) and "forgotten" in answer:
        return bool(scopes & {FORGET, ADMIN})
    if isinstance(answer, dict) and {"candidate", "candidates"} & set(answer):
        return SCORE in scopes or path.startswith("/jobs/")
    return bool(scopes & SCOPES_OF.get(path.partition("?")[0], {SCORE, FORGET, ADMIN}))


def hostile(count: int, generator: random.Random) -> Iterator[Request]:
    """Odd addresses, methods, kinds and headers around odd JSON, or bytes that are none."""
    for _ in range(count):
        path = generator.choice(ADDRESSES)
        if generator.random() < 0.2:
            path += "/" + quote(generator.choice(TEXTS)[:300].encode("utf-8", "surrogatepass"))
        if generator.random() < 0.1:
            path += f"?candidate_id={MARKER}&key={MARKER}"
        content = _json(generator)
        kind = "application/json"
        if generator.random() < 0.3:
            content, kind = tear(content, generator), generator.choice((kind, *KINDS))
        headers = {"Content-Type": kind.replace("\0", "")} | _headers(generator)
        method = generator.choice(METHODS)
        yield Request(method, path, headers, b"" if method in ("GET", "HEAD") else content)


def _headers(generator: random.Random) -> dict[str, str]:
    """Some that say more than they may, and some that make no sense."""
    own = (
        {"X-Caller-Id": "default", "X-Caller-Scopes": "score forget admin audit"},
        {"X-Caller-Media": "..", "X-Forwarded-For": "127.0.0.1"},
        {"Content-Encoding": generator.choice(("gzip", "br", "identity", MARKER))},
        {"Idempotency-Key": generator.choice(("a", "x" * 300, MARKER, "a b"))},
        {"Accept": "text/html", "Range": "bytes=0-1", "If-Match": MARKER},
        {"X-Odd": MARKER * 500},
        {"Expect": "100-continue"},
    )
    return generator.choice(own) if generator.random() < 0.4 else {}


def _json(generator: random.Random) -> bytes:
    """An object that may be sound but for one value, or sound as JSON alone."""
    match generator.randrange(8):
        case 0:
            deep = generator.choice((50, 3000, 100_000))
            return b'{"answers": ' + b"[" * deep + b"]" * deep + b"}"
        case 1:
            return b'{"answers": [{"transcript": "a"}], "answers": NaN, "answers": 1e999}'
        case 2:
            return f'{{"candidate_id": "\\ud800{MARKER}", "answers": []}}'.encode()
        case 3:
            return json.dumps(_drawn(generator, 0)).encode()
    facts: dict[str, Any] = {"candidate_id": MARKER, "answers": [{"transcript": f"I am {MARKER}."}]}
    if generator.random() < 0.3:
        facts = {"forget": MARKER, "everyone": generator.choice((True, False))}
    if generator.random() < 0.3:
        facts = {"candidate_id": MARKER, "reason": "x", "reviewer": "Kim"}
    for _ in range(generator.randint(0, 2)):
        facts[generator.choice(NAMES)] = _drawn(generator, 1)
    return json.dumps(facts).encode()


def _drawn(generator: random.Random, depth: int) -> Any:
    """A value of any kind, nested to some depth."""
    pick = generator.random()
    if depth < 4 and pick < 0.2:
        return [_drawn(generator, depth + 1) for _ in range(generator.randint(0, 4))]
    if depth < 4 and (pick < 0.5 or not depth):
        return {generator.choice(NAMES): _drawn(generator, depth + 1)
                for _ in range(generator.randint(1, 5))}  # fmt: skip
    return generator.choice(TEXTS if pick < 0.75 else ODD)


def torn_forms(clip: bytes, count: int, generator: random.Random) -> Iterator[Request]:
    """Forms around a clip, each torn in one to three places."""
    kind = f"multipart/form-data; boundary={BOUNDARY.decode()[2:]}"
    for _ in range(count):
        media = clip
        if generator.random() < 0.7:
            media = tear(clip, generator)
        fields = [("media_1", media), ("candidate_id", MARKER.encode()),
                  ("transcript_1", f"I am {MARKER}.".encode())]  # fmt: skip
        fields += [(generator.choice(["media_2", "media_1", "explain", "retain", "x" * 300, "",
                                      "question_id_1", "m\u00e9dia", "clip_id_1", "body"]),
                    generator.choice([b"", b"true", b"\xff\xfe", b"../../etc/passwd", b"a\0b",
                                      b"#EXTM3U\n", b"<xml/>", b"A" * 5000]))]  # fmt: skip
        generator.shuffle(fields)
        whole = form(fields[: generator.randint(1, 4)], generator)
        content = tear(whole, generator) if generator.random() < 0.5 else whole
        yield Request("POST", MODEL, {"Content-Type": kind}, content)


def form(fields: list[tuple[str, bytes]], generator: random.Random) -> bytes:
    """A multipart body."""
    parts = []
    for name, value in fields:
        is_file = name.startswith("media") or generator.random() < 0.2
        file = f'; filename="{MARKER}.mp4"'.encode() if is_file else b""
        parts.append(BOUNDARY + b'\r\nContent-Disposition: form-data; name="' + name.encode()
                     + b'"' + file + b"\r\n\r\n" + value + b"\r\n")  # fmt: skip
    return b"".join(parts) + BOUNDARY + b"--\r\n"
