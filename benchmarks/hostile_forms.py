"""Requests that no page of the studio would send: odd fields, kinds, tokens, names and offsets."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from benchmarks.hostile_values import (
    BOUNDARY,
    CHARSETS,
    FORM,
    KINDS,
    LENGTHS,
    PARTS,
    RAW,
    TEXTS,
)
from benchmarks.sound_forms import sound
from benchmarks.tearing import tear
from trifold.studio import web
from trifold.studio.accounts.roles import Role, may, sees_all_projects
from trifold.studio.web.app import PAGES
from trifold.studio.web.forms import TOKEN_FIELD, TOKEN_HEADER
from trifold.studio.web.guard import SAFE, Page

NOBODY = "nobody"
WHO = (*map(str, Role), NOBODY)
TEMPLATES = Path(web.__path__[0]) / "templates"
NAMED = re.compile(r'name="([^"]+)"')
UNSAFE = [page for page in PAGES if set(page.methods) - SAFE]
READ = [page for page in PAGES if "GET" in page.methods and page.streaming is None]


@dataclass(frozen=True)
class Request:
    """One request and whether it may change anything.

    Attributes:
        page: of the route table.
        who: role, or nobody.
        path: with its query.
        allowed: whether role, project and token are right, so that it may change something.
        headers, content: as sent.
    """

    page: Page
    method: str
    who: str
    path: str
    allowed: bool
    headers: Mapping[str, bytes] = field(default_factory=dict)
    content: bytes = b""


@dataclass(frozen=True)
class Known:
    """What is there: placeholder of addresses to ids of the own project, and of the other's."""

    own: Mapping[str, Sequence[str]]
    others: Mapping[str, Sequence[str]]


def field_names() -> tuple[list[str], list[str]]:
    """Names of fields in templates, and beginnings of those that end with an id or a number."""
    found = {name for path in TEMPLATES.glob("*.j2") for name in NAMED.findall(path.read_text())}
    plain = sorted(name for name in found if "{" not in name)
    plain += ["at", "x" * 5000, "", "__proto__"]
    return plain, sorted({name.partition("{")[0] for name in found if "{" in name} - {""})


def draw_page(generator: random.Random) -> tuple[Page, str]:
    """A page, mostly one that changes something, and who asks for it, mostly somebody who may."""
    page = generator.choice(UNSAFE if generator.random() < 0.85 else READ)
    allowed = [who for who in WHO if who != NOBODY and (not page.action or may(who, page.action))]
    return page, generator.choice(allowed if generator.random() < 0.7 else WHO)


def draw(page: Page, who: str, known: Known, token: str, generator: random.Random) -> Request:
    """A request of somebody.

    Args:
        page: of the route table.
        who: see ``WHO``.
        known: ids to use, and to misuse.
        token: of forms of that session.
        generator: of all choices.
    """
    mine, right = generator.random() < 0.8, generator.random() < 0.8
    path = _path(page, known.own if mine else known.others, generator)
    if page in READ:
        return Request(page, "GET", who, f"{path}?{_query(generator)}", False)
    method = generator.choice([one for one in page.methods if one not in SAFE])
    headers = {TOKEN_HEADER: token.encode()} if right else _token(token, generator)
    if "uploads" in page.path:
        sent, content = _tus(generator)
    else:
        fields = [(TOKEN_FIELD, token if right else ""), *sound(page.path, known.own, generator)]
        if generator.random() < 0.6:
            ids = [one for values in (known.own | known.others).values() for one in values]
            fields = _spoilt(fields, ids, generator)
        sent, content = _form(fields, generator)
    is_member = mine or "{project}" not in page.path or (who != NOBODY and sees_all_projects(who))
    lets_in = who != NOBODY and (page.action is None or may(who, page.action))
    allowed = right and is_member and lets_in
    return Request(page, method, who, path, allowed, headers | sent, content)


def _path(page: Page, known: Mapping[str, Sequence[str]], generator: random.Random) -> str:
    """An address with ids that are there, and now and then something else in one place."""

    def one(match: re.Match[str]) -> str:
        name = match[1].partition(":")[0]
        if name != "project" and generator.random() < 0.15:
            return quote(generator.choice(TEXTS)[:400].encode("utf-8", "surrogatepass"), safe="")
        return generator.choice(known.get(name) or ["AAAAAAAAAAAA"])

    return re.sub(r"\{([^}]+)\}", one, page.path)


def _token(token: str, generator: random.Random) -> dict[str, bytes]:
    """Headers of a request that is not from a page of ours."""
    own = {TOKEN_HEADER: token.encode()}
    return generator.choice([
        {}, {TOKEN_HEADER: b""}, {TOKEN_HEADER: b"x" * 43}, {TOKEN_HEADER: b"\xff\xfe" * 20},
        own | {"origin": b"https://evil.example"}, own | {"origin": b"null"},
        own | {"origin": b"["},
        own | {"sec-fetch-site": b"cross-site"}, {"cookie": b"studio=x; studio-form=" + b"y" * 43},
    ])  # fmt: skip


def _query(generator: random.Random) -> str:
    names = ("q", "page", "text", "shown", "search", "status", "code", "sort", "order", "tied",
             "size", "who", "contact", "save", "wanted", "event", "by", "before", "check",
             "candidate")  # fmt: skip
    asked = [
        f"{generator.choice(names)}="
        + quote(generator.choice(TEXTS).encode("utf-8", "surrogatepass"), safe="")
        for _ in range(generator.randint(1, 4))
    ]
    return "&".join(asked)


def _spoilt(
    fields: list[tuple[str, str]], ids: Sequence[str], generator: random.Random
) -> list[tuple[str, str]]:
    """Fields with others among them, and other values in some."""
    fields = [
        (name, generator.choice(TEXTS)) if name != TOKEN_FIELD and generator.random() < 0.3
        else (name, value)
        for name, value in fields
    ]  # fmt: skip
    for _ in range(generator.randint(0, 6)):
        name = generator.choice(PLAIN)
        if generator.random() < 0.4:
            ends = [*ids, "1", "2", "9" * 4500, "٣", "\0"]
            name = generator.choice(BEGINS) + generator.choice(ends)
        value = generator.choice(TEXTS if generator.random() < 0.8 else list(ids))
        fields += [(name, value)] * generator.choice([1, 1, 1, 2])
    return fields


def _form(
    fields: Sequence[tuple[str, str]], generator: random.Random
) -> tuple[dict[str, bytes], bytes]:
    """Kind and content of a form, sound or not."""
    kind = generator.choice((FORM, PARTS) if generator.random() < 0.9 else KINDS)
    if kind.startswith(PARTS):
        charset = generator.choice(("utf-8", *CHARSETS))
        body = _parts(fields, charset, generator)
        if charset != "utf-8":
            kind += f"; charset={charset}"
        if kind == PARTS or "charset" in kind:
            kind += f"; boundary={BOUNDARY}"
        if generator.random() < 0.15:
            body = tear(body, generator)
    else:
        pairs = ([quote(one.encode("utf-8", "surrogatepass")) for one in pair] for pair in fields)
        body = "&".join("=".join(pair) for pair in pairs).encode()
        if generator.random() < 0.15:
            body += b"&" + generator.choice(PLAIN).encode() + b"=" + generator.choice(RAW)
    sent = {"content-type": kind.replace("\0", "%00").encode()} if kind else {}
    if generator.random() < 0.2:
        sent["accept"] = b"application/json"
    return sent, body


def _parts(fields: Sequence[tuple[str, str]], charset: str, generator: random.Random) -> bytes:
    """A multipart body; some fields come as files, some escape what the charset would undo."""
    parts = []
    for name, value in fields:
        file, name = "", re.sub(r'[\r\n"]', "", name)
        if generator.random() < 0.25:
            sent = re.sub(r'[^ -~]|"', "_", generator.choice(TEXTS))[:300]
            file = f'; filename="{sent}"'
        if charset.endswith("unicode_escape") and generator.random() < 0.5:
            value = "\\ud800\\x00" + value
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
        parts.append(f"{head}{value}\r\n".encode("utf-8", "surrogatepass"))
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def _tus(generator: random.Random) -> tuple[dict[str, bytes], bytes]:
    """Headers and content of an upload, sound or not."""
    name = base64.b64encode(generator.choice(TEXTS).encode("utf-8", "surrogatepass")).decode()
    key = generator.choice(("filename", "relativePath", "sha256", ""))
    told = generator.choice((f"{key} {name}", f"relativePath cTEubXA0,{key} {name}", "x", ",,,",
                             "a b c",
                             "relativePath cTEubXA0", "filename !!!", key * 4000))  # fmt: skip
    sent = {
        "tus-resumable": generator.choice((b"1.0.0", b"1.0.0", b"1.0.0", b"0.2.2", b"")),
        "upload-length": generator.choice(LENGTHS).encode(),
        "upload-offset": generator.choice(LENGTHS).encode(),
        "upload-metadata": told.strip().encode(),
        "content-type": generator.choice(("application/offset+octet-stream", *KINDS)).encode(),
        "accept": b"application/json",
    }
    for left_out in generator.sample(sorted(sent), generator.choice((0, 0, 1, 2))):
        del sent[left_out]
    return sent, generator.randbytes(generator.choice((0, 1, 11, 5000)))


PLAIN, BEGINS = field_names()
