"""Callers and their keys, as they are described in JSON; anything else in it is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from trifold.errors import InputError, unknown
from trifold.serve.access.identity import FORGET, SCOPES, SCORE

FIRST, MAIN = "default", "main"
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,59}")  # a folder's name too: no .. and no /
NAME_RULE = "a name of up to 60 letters, digits, dots and dashes, no dot in front"
_HASH = re.compile(r"[0-9a-f]{64}")
_FIELDS = {"media", "keys"}
_KEY_FIELDS = {"name", "sha256", "scopes", "until"}


@dataclass(frozen=True)
class Key:
    """One key of a caller.

    Attributes:
        name: of the key among those of its caller.
        sha256: of the key, in hex.
        scopes: what it may do; none of them is nothing.
        until: when it ends; None is never.
    """

    name: str
    sha256: str
    scopes: tuple[str, ...]
    until: datetime | None = None

    def lives(self, now: datetime) -> bool:
        """Whether it has not ended."""
        return self.until is None or now < self.until

    def to_dict(self) -> dict[str, object]:
        """For JSON."""
        end = {} if self.until is None else {"until": self.until.isoformat()}
        return {"name": self.name, "sha256": self.sha256, "scopes": list(self.scopes), **end}


@dataclass(frozen=True)
class CallerEntry:
    """One caller: where its media lie (see ``Caller.media``), and its keys."""

    media: str
    keys: tuple[Key, ...]

    def to_dict(self) -> dict[str, object]:
        """For JSON, without keys that have ended."""
        now = datetime.now(UTC)
        keys = [key.to_dict() for key in self.keys if key.lives(now)]
        return {"media": self.media, "keys": keys}


CallerEntries = dict[str, CallerEntry]


def checked_scopes(given: object, where: object = "scopes") -> tuple[str, ...]:
    """Scopes in their usual order.

    Raises:
        InputError: when it is no list, or one of them is not a scope.
    """
    if not isinstance(given, (list, tuple)):
        raise InputError(
            expected=f"a list of scopes among {', '.join(SCOPES)}", got=shown(given), where=where
        )
    for scope in given:
        if scope not in SCOPES:
            raise unknown(scope, SCOPES, what="scopes", where=where)
    return tuple(scope for scope in SCOPES if scope in given)


def entries_of(facts: object, path: Path | str) -> CallerEntries:
    """The callers by name.

    Args:
        facts: content of the file.
        path: the file or table, for messages.

    Raises:
        InputError: naming the caller and what is wrong.
    """
    entries = _by_name(facts, path)
    _tell_apart(entries, path)
    return entries


def _by_name(facts: object, path: Path | str) -> CallerEntries:
    if not isinstance(facts, dict):
        raise InputError(expected="an object of callers", got=shown(facts), where=path)
    if not isinstance(facts.get("callers"), dict):  # as it was before there were scopes
        old = {}
        for name, held in facts.items():
            key = Key(MAIN, _hash(held, path, name), SCOPES if name == FIRST else (SCORE, FORGET))
            old[_name(name, path)] = CallerEntry(name, (key,))
        return old
    _only(facts, {"callers"}, path)
    return {
        _name(name, path): _entry(held, f"{path}: {name}")
        for name, held in facts["callers"].items()
    }


def _entry(facts: object, where: str) -> CallerEntry:
    if not isinstance(facts, dict) or not isinstance(facts.get("keys"), list):
        raise InputError(expected="media and a list of keys", got=shown(facts), where=where)
    _only(facts, _FIELDS, where)
    media = facts.get("media")
    if not isinstance(media, str) or not media or "\0" in media or ".." in Path(media).parts:
        raise InputError(expected="a folder without .. at media", got=shown(media), where=where)
    return CallerEntry(media, tuple(_key(key, where) for key in facts["keys"]))


def _key(facts: object, where: str) -> Key:
    if not isinstance(facts, dict):
        raise InputError(expected="a key with its scopes", got=shown(facts), where=where)
    _only(facts, _KEY_FIELDS, where)
    until = facts.get("until")
    return Key(
        _name(facts.get("name"), where),
        _hash(facts.get("sha256"), where, "sha256"),
        checked_scopes(facts.get("scopes"), where),
        None if until is None else _time(until, where),
    )


def _time(given: object, where: object) -> datetime:
    try:
        found = datetime.fromisoformat(str(given))
    except ValueError as error:
        raise InputError(
            expected="until: a time such as 2027-01-31T12:00:00+00:00",
            got=shown(given),
            where=where,
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _name(given: object, where: object) -> str:
    if not isinstance(given, str) or not NAME.fullmatch(given):
        raise InputError(expected=NAME_RULE, got=shown(given), where=where)
    return given


def _hash(given: object, where: object, name: str) -> str:
    if not isinstance(given, str) or not _HASH.fullmatch(given):
        raise InputError(
            expected=f"64 hex digits at {shown(name)}", got="another text", where=where
        )
    return given  # what came instead may be a key, and is not shown


def _only(facts: dict[str, object], known: set[str], where: object) -> None:
    for name in sorted(set(facts) - known):
        raise unknown(name[:60], sorted(known), what="fields", where=where)


def _tell_apart(entries: CallerEntries, path: Path | str) -> None:
    """Names are folders, and some disks do not tell small letters from capitals."""
    seen: dict[str, str] = {}
    for name in entries:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise InputError(
                expected="names that differ in more than capitals",
                got=f"{other} and {name}",
                where=path,
            )
    hashes = [key.sha256 for entry in entries.values() for key in entry.keys]
    if len(set(hashes)) < len(hashes):
        raise InputError(expected="a key for each", got="one key twice", where=path)


def shown(given: object) -> str:
    """What came, in short."""
    return repr(given)[:60]
