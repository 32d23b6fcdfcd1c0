"""What a list of callers tells of each: never a key, and never a secret."""

from __future__ import annotations

from collections.abc import Mapping

from trifold.serve.access.caller_entries import CallerEntry


def line_of(name: str, entry: CallerEntry, used: Mapping[str, str]) -> str:
    """One line about a caller.

    Args:
        name: of the caller.
        entry: what is known of it.
        used: what callers used, by name.
    """
    keys = [
        f"{held.name} ({', '.join(held.scopes) or 'nothing'}"
        f"{f'; until {held.until:%Y-%m-%d %H:%M %Z}' if held.until else ''})"
        for held in entry.keys
    ]
    more = {
        "webhook": entry.hook.url if entry.hook else "",
        "quota": entry.quota,
        "used": used.get(name, ""),
    }
    said = [f"media {entry.media}", f"keys {', '.join(keys) or 'none'}"]
    return f"{name}: {'; '.join(said + [f'{word} {text}' for word, text in more.items() if text])}"
