"""Verify audit logs of Trifold's endpoint: a file of its own that needs Python and nothing else.

    python -I verifier.py FILES… [heads=FILE] [key=PUBLIC_KEY] [secret=FILE] [head=HASH]

FILES are parts of one log in their order: closed parts, then the open one. ``heads`` holds heads
that a server noted, by default what lies beside the last file; with ``key``, as OpenSSH writes it,
the newest of them must be signed. ``secret`` is the key of a log whose hashes are keyed, ``head``
the hash of a line that must be there. Exit code 2 and one line where something does not hold.

A line is JSON with its number ``n``, the hash of the line before as ``previous``, and its ``hash``:
SHA-256, or HMAC-SHA-256 with the secret, over the line without it as ``canonical`` writes it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

GENESIS = "0" * 64
TOLERANCE_S = 5.0  # that clocks may differ or be corrected by without a word
CONTEXT = b"trifold audit head 1\n"  # of signatures
SEGMENT = "segment"  # event of a first line that follows a closed part
SETTINGS = ("heads", "key", "secret", "head")
_HEAD = re.compile(rb"^(\d{1,18}) ([0-9a-f]{64})(?: ([A-Za-z0-9+/]{86}==))?$", re.MULTILINE)
_P, _L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # of Ed25519
_D, _ROOT = -121665 * pow(121666, -1, _P) % _P, pow(2, (_P - 1) // 4, _P)
_BASE_Y = (4 * pow(5, -1, _P) % _P).to_bytes(32, "little")
Point = tuple[int, int, int, int]
Lines = Iterable[tuple[bytes, str]]


class DamagedError(ValueError):
    """Something does not hold: where, what was expected, what came."""

    def __init__(self, where: object, expected: str, got: str) -> None:
        super().__init__(f"{where}: expected {expected}, got {got}")
        self.where, self.expected, self.got = where, expected, got


@dataclass(frozen=True)
class Verified:
    """A log that holds."""

    lines: int = 0  # number of the last one
    head: str = GENESIS  # its hash
    recovered: int = 0  # lines that say that a torn end was set aside
    set_back: int = 0  # lines that say that the clock had been set back
    first: int = 1  # number of the first line; those before it are in parts that were not given
    time: datetime | None = None  # of the last line

    def __str__(self) -> str:
        before = f"; those before line {self.first} are not here" if self.first > 1 else ""
        torn = f"; torn ends set aside: {self.recovered}" if self.recovered else ""
        back = f"; clock set back: {self.set_back}" if self.set_back else ""
        return f"{self.lines} lines hold, head {self.head}{before}{torn}{back}"


@dataclass(frozen=True)
class Notes:
    """Heads that were noted: number of a line to its hash, and to a signature where it has one."""

    name: str = ""
    heads: Mapping[int, str] = field(default_factory=dict)
    signatures: Mapping[int, bytes] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Notes:
        """Those in a file; a line that was torn tells nothing. Raises DamagedError, OSError."""
        found = _HEAD.findall(path.read_bytes())
        heads = {int(number): head.decode() for number, head, _ in found}
        if len(heads) < len({(int(number), head) for number, head, _ in found}):
            raise DamagedError(path, "one head of each line", "two: the log was written anew")
        return cls(path.name, heads, {int(n): base64.b64decode(s) for n, _, s in found if s})

    def require_signature(self, public: bytes) -> None:
        """The newest one must be signed by a key; it speaks for all lines before it."""
        last = max(self.heads, default=0)
        message = CONTEXT + f"{last} {self.heads.get(last)}".encode()
        if not last or not is_signed(public, message, self.signatures.get(last, b"")):
            raise DamagedError(self.name or "heads", f"line {last} signed by this key", "not so")


def verify_lines(
    lines: Lines, *, secret: bytes = b"", notes: Notes | None = None, head: str | None = None
) -> Verified:
    """Check every line of a log, and that what was noted is there.

    Args:
        lines: each with its end of line, and where it stands.
        secret: the key that the log was written with.
        notes: heads that were noted while it was written.
        head: hash of a line when it was noted; finds lines cut off at the end.

    Raises:
        DamagedError: with the first line that does not hold.
    """
    notes, where, found, seen = notes or Notes(), "log", Verified(), head is None
    noted = dict(notes.heads)
    for raw, where in lines:
        found = _next(found, raw, secret, where)
        seen = seen or found.head == head
        if noted.pop(found.lines, found.head) != found.head:
            raise DamagedError(where, "the hash noted of it", "another: the log was written anew")
    if not seen:
        raise DamagedError(where, f"a line with hash {head}", "none: lines are missing")
    if max(noted, default=0) > found.lines:
        expected = f"at least {max(noted)} lines, as {notes.name} notes"
        raise DamagedError(where, expected, f"{found.lines}: lines are missing")
    return found


def lines_of(paths: Iterable[Path]) -> Lines:
    """The lines of some files, each with its place."""
    for path in paths:
        with path.open("rb") as file:
            yield from ((raw, f"{path}:{number}") for number, raw in enumerate(file, 1))


def canonical(line: Mapping[str, object]) -> bytes:
    """The one way to write a line."""
    return json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def line_hash(line: Mapping[str, object], key: bytes = b"") -> str:
    """64 hex digits over a line without its own hash."""
    content = canonical({name: value for name, value in line.items() if name != "hash"})
    digest = hmac.new(key, content, "sha256") if key else hashlib.sha256(content)
    return digest.hexdigest()


def time_of(line: Mapping[str, object]) -> datetime | None:
    """When a line was written; None where it does not say so with a time zone."""
    with suppress(ValueError):
        found = datetime.fromisoformat(str(line.get("time")))
        return found if found.tzinfo else None
    return None


def _next(found: Verified, raw: bytes, secret: bytes, where: str) -> Verified:
    """What holds with one line more, if it is the one that follows."""
    line = _checked(found, raw, secret, where)
    now, said, before = time_of(line), "clock_set_back_s" in line, found.time
    went_back = before and now and (before - now).total_seconds() > TOLERANCE_S
    if now is None or (went_back and not said):
        raise DamagedError(where, f"a time after {before}", f"{line.get('time')}")
    number, torn = int(str(line["n"])), line.get("event") == "recovered"
    first = found.first if found.lines else number
    found = replace(found, lines=number, first=first, head=str(line["hash"]), time=now)
    return replace(found, recovered=found.recovered + torn, set_back=found.set_back + said)


def _checked(found: Verified, raw: bytes, secret: bytes, where: str) -> dict[str, object]:
    try:
        line = json.loads(raw)
        claimed = str(line["hash"]).encode("utf-8", "replace")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedError(where, "a line of the log", "another text") from error
    follows = (repr(line.get("n")), line.get("previous")) == (f"{found.lines + 1}", found.head)
    begins = not found.lines and line.get("event") == SEGMENT and type(line.get("n")) is int
    if not raw.endswith(b"\n") or not (follows or begins):
        expected = f"line {found.lines + 1} to follow the one before it"
        raise DamagedError(where, expected, "another: lines were removed or moved")
    if raw != canonical(line) + b"\n":
        raise DamagedError(where, "a line as this program writes it", "another spelling of it")
    if not hmac.compare_digest(claimed, line_hash(line, secret).encode()):
        raise DamagedError(where, "the line's hash", "another: changed, or of another key")
    return dict(line)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is right, as RFC 8032 says in 5.1.7; nothing here is secret."""
    key, nonce = _point(public), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or key is None or nonce is None or scalar >= _L:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    left = _times(scalar, _point(_BASE_Y) or key)
    right = _sum(nonce, _times(int.from_bytes(digest, "little") % _L, key))
    return all((left[i] * right[2] - right[i] * left[2]) % _P == 0 for i in (0, 1))


def _point(encoded: bytes) -> Point | None:
    """A point from its 32 bytes; None where they are not of one."""
    y, odd = int.from_bytes(encoded, "little") & (2**255 - 1), encoded[-1:] > b"\x7f"
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    x = x if (x * x - square) % _P == 0 else x * _ROOT % _P
    if len(encoded) != 32 or y >= _P or (x * x - square) % _P or (not x and odd):
        return None
    x = _P - x if x % 2 != odd else x
    return (x, y, 1, x * y % _P)


def _sum(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: Point) -> Point:
    total = (0, 1, 1, 0)
    for bit in bin(scalar)[2:]:
        total = _sum(total, total)
        total = _sum(total, point) if bit == "1" else total
    return total


def read_public(path: Path) -> bytes:
    """The 32 bytes of a key in a line such as ``ssh-ed25519 AAAA… name``."""
    content = b""
    with suppress(ValueError, IndexError):
        content = base64.b64decode(path.read_text(encoding="utf-8").split()[1], validate=True)
    if len(content) != 51 or content[4:15] != b"ssh-ed25519":
        raise DamagedError(path, "a line such as ssh-ed25519 AAAA…", "another")
    return content[19:]


def verify_files(words: Sequence[str]) -> Verified:
    """Verify what the words of a command line name; raises as the functions above and ``open``."""
    paths = [Path(word) for word in words if word.partition("=")[0] not in SETTINGS]
    given = dict(word.split("=", 1) for word in words if word.partition("=")[0] in SETTINGS)
    noted = Path(given.get("heads", f"{paths[-1] if paths else ''}.heads"))
    notes = Notes.read(noted) if "heads" in given or noted.is_file() else Notes()
    if "heads" in given and not notes.heads:
        raise DamagedError(noted, "heads that a server noted", "none")
    secret = Path(given["secret"]).read_bytes().strip() if "secret" in given else b""
    if "key" in given:
        notes.require_signature(read_public(Path(given["key"])))
    found = verify_lines(lines_of(paths), secret=secret, notes=notes, head=given.get("head"))
    if not found.lines:
        raise DamagedError(paths[-1] if paths else "FILES", "a log of one line at least", "none")
    return found


if __name__ == "__main__":
    try:
        print(verify_files(sys.argv[1:]) if sys.argv[1:] else __doc__)
    except (DamagedError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
