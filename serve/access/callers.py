"""Who may call: names with hashed keys, in the database, which may change while servers run.

``trifold serve callers add=NAME out=demo/serving`` prints a new key, once. Adding a name again
renews its key: the old one ends at once, or after ``overlap_h=24`` hours. ``remove=NAME`` ends all
keys of a caller, ``change=NAME`` changes what its keys may do; without any of them all are listed.

Settings: ``scopes=score,forget`` (also ``admin`` and ``audit``), ``days=90`` until the key ends,
``media=FOLDER`` below the server's media root (by default the caller's name), and ``key=NAME`` for
one of several keys of a caller (``main``). ``webhook_url=https://…`` is told when the caller's jobs
are done (``none`` ends that); its secret is printed, once. ``webhook_secret=new`` (or a file with
one) renews it, and ``overlap_h=24`` lets the old one sign too for a day.
``quota=requests_day=1000,minutes_month=6000`` bounds what the caller may use (also ``jobs_day`` and
so on; ``none`` ends that).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trifold.errors import InputError
from trifold.runtime.endings import code_of, run_main, values_of
from trifold.runtime.private import write_atomically
from trifold.serve.access.api_keys import EVERY_S, hash_of
from trifold.serve.access.caller_entries import (
    FIRST,
    MAIN,
    NAME,
    NAME_RULE,
    CallerEntries,
    CallerEntry,
    Key,
    checked_scopes,
)
from trifold.serve.access.caller_lines import line_of
from trifold.serve.access.caller_table import (
    callers_database,
    callers_in,
    changed_callers,
    read_callers,
    write_first,
)
from trifold.serve.access.hooks import changed_hook, checked_address
from trifold.serve.access.identity import FORGET, SCOPES, SCORE
from trifold.serve.database.opened import open_database
from trifold.serve.usage.counts import usage_lines
from trifold.serve.usage.limits import NONE, limits_of

FIRST_KEY = "key"
ACTIONS = ("add", "change", "remove")
OF_CALLER = ("webhook_url", "webhook_secret", "quota")
SETTINGS = ("out", *ACTIONS, "key", "scopes", "media", "days", "overlap_h", *OF_CALLER)
MOST_DAYS = 36_500


@dataclass(frozen=True)
class Wish:
    """What a new or changed key shall be; None leaves it as it is, or as it is by default.

    Attributes:
        key: its name among the keys of its caller.
        scopes: what it may do.
        media: folder of the caller.
        days: until it ends.
        overlap_h: hours that the key, or the secret, before it still has.
        webhook_url: what is told of the caller's jobs; ``none`` ends that.
        webhook_secret: ``new``, or a file with one.
        quota: what the caller may use; ``none`` ends that.
    """

    key: str = MAIN
    scopes: tuple[str, ...] | None = None
    media: str | None = None
    days: float | None = None
    overlap_h: float = 0.0
    webhook_url: str | None = None
    webhook_secret: str | None = None
    quota: str | None = None


def add_caller(folder: Path, name: str, wish: Wish | None = None) -> str:
    """Give a caller a new key, which is returned; of ``default`` alone it is kept in a file.

    Raises:
        InputError: when a name is not allowed, or the callers cannot be read.
    """
    wish = wish or Wish()
    for given in (name, wish.key):
        if not NAME.fullmatch(given):
            raise InputError(expected=NAME_RULE, got=repr(given))
    key, now = secrets.token_urlsafe(32), datetime.now(UTC)
    with changed_callers(folder) as entries:
        before = entries.get(name, CallerEntry(name, ()))
        old = [held for held in before.keys if held.name == wish.key]
        scopes = wish.scopes or (old[-1].scopes if old else (SCORE, FORGET))
        until = None if wish.days is None else now + timedelta(days=wish.days)
        end = now + timedelta(hours=wish.overlap_h)
        kept = [
            replace(held, until=min(end, held.until or end)) if held in old else held
            for held in before.keys
        ]
        fresh = Key(wish.key, hash_of(key), scopes, until)
        entries[name] = replace(before, media=wish.media or before.media, keys=(*kept, fresh))
        if (name, wish.key) == (FIRST, MAIN) and _first(folder).is_file():
            write_atomically(_first(folder), f"{key}\n".encode())
    return key


def change_caller(folder: Path, name: str, wish: Wish) -> str:
    """Change all of a caller but its keys: their scopes, its media folder, webhook and quota.

    Returns:
        The secret of its webhook where one was made, else nothing.

    Raises:
        InputError: when there is no such caller or key, or a value is none.
    """
    with changed_callers(folder) as entries, _known(entries, name, wish.key):
        entry = entries[name]
        keys = [
            replace(held, scopes=wish.scopes) if wish.scopes and held.name == wish.key else held
            for held in entry.keys
        ]
        hook, made = changed_hook(entry.hook, wish.webhook_url, wish.webhook_secret, wish.overlap_h)
        quota = entry.quota if wish.quota is None else wish.quota.removeprefix(NONE)
        media = wish.media or entry.media
        entries[name] = replace(entry, media=media, keys=tuple(keys), hook=hook, quota=quota)
    return made


def remove_caller(folder: Path, name: str, key: str = "") -> None:
    """End a caller's keys of one name, or all of them.

    Raises:
        InputError: when there is no such caller or key.
    """
    with changed_callers(folder) as entries, _known(entries, name, key):
        entry = entries.pop(name)
        left = tuple(held for held in entry.keys if held.name != key)
        if key and left:
            entries[name] = replace(entry, keys=left)
        if name == FIRST and not any(held.name == MAIN for held in left if key):
            _first(folder).unlink(missing_ok=True)


def first_key(folder: Path) -> str | None:
    """The key of the caller ``default``, kept in a file for the first steps.

    It is made where there never were callers; who was removed does not come back. None where no
    such key is kept, as beside a gateway that came later to the database of another.

    Raises:
        InputError: when the callers cannot be read.
    """
    path, now = _first(folder), datetime.now(UTC)
    version, entries = callers_in(callers_database(folder))
    if version == 0:
        made = secrets.token_urlsafe(32)
        write_atomically(path, f"{made}\n".encode())
        first = CallerEntry(FIRST, (Key(MAIN, hash_of(made), SCOPES),))
        if write_first(folder, {FIRST: first}):
            return made
    entry = entries.get(FIRST, CallerEntry("", ()))
    key = path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""
    if hash_of(key) in {held.sha256 for held in entry.keys if held.lives(now)}:
        return key
    path.unlink(missing_ok=True)  # it opens nothing
    return None


def _first(folder: Path) -> Path:
    return folder / FIRST_KEY


@contextmanager
def _known(entries: CallerEntries, name: str, key: str) -> Iterator[None]:
    if name not in entries:
        raise InputError(expected=f"one of {', '.join(entries) or 'no callers'}", got=repr(name))
    names = {held.name for held in entries[name].keys}
    if key and key not in names:
        raise InputError(expected=f"a key among {', '.join(sorted(names))}", got=repr(key))
    yield


def main(arguments: list[str]) -> int:
    """Entry point."""
    return code_of(_change, arguments, __doc__ or "")


def _change(arguments: list[str]) -> list[str]:
    given = {"out": "demo/serving"} | values_of(arguments, SETTINGS)
    asked = [name for name in ACTIONS if name in given]
    folder = Path(given["out"])
    if len(asked) > 1:
        raise InputError(expected="one of add, change and remove", got=" and ".join(asked))
    if not asked:
        used = usage_lines(open_database(folder), datetime.now(UTC))
        return [line_of(name, entry, used) for name, entry in read_callers(folder).items()]
    name, wish = given[asked[0]], _wish(given)
    if asked == ["remove"]:
        remove_caller(folder, name, given.get("key", ""))
        said = ["", ""]
    else:
        key = add_caller(folder, name, wish) if asked == ["add"] else ""
        of_caller = replace(wish, scopes=None) if key else wish
        said = [key, change_caller(folder, name, of_caller)]
    time.sleep(2 * EVERY_S)  # by then running gateways have seen it
    return [line for line in said if line]


def _wish(given: Mapping[str, str]) -> Wish:
    scopes, url = given.get("scopes"), given.get("webhook_url", NONE)
    if url != NONE:
        checked_address(url)
    limits_of(given.get("quota", "").removeprefix(NONE))
    return Wish(
        key=given.get("key", MAIN),
        scopes=None if scopes is None else checked_scopes([s.strip() for s in scopes.split(",")]),
        media=given.get("media"),
        days=_number("days", given["days"]) if "days" in given else None,
        overlap_h=_number("overlap_h", given.get("overlap_h", "0")),
        **{name: given[name] for name in OF_CALLER if name in given},
    )


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= MOST_DAYS:
        raise InputError(expected=f"a number from 0 to {MOST_DAYS}", got=repr(text), where=name)
    return value


if __name__ == "__main__":
    run_main(main)
