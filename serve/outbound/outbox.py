"""What is still to be told to others, in the file of state: a new start loses nothing of it."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass

from trifold.serve.state import State

LEASE_S = 120.0  # longer than any try
MOST_WAITING = 10_000  # of one caller; what comes then is not told
_TABLE = """CREATE TABLE IF NOT EXISTS outbox (id TEXT PRIMARY KEY, caller TEXT, kind TEXT,
    target TEXT, body BLOB, created_s REAL, due_s REAL, tries INTEGER)"""


@dataclass(frozen=True)
class Delivery:
    """Something to tell.

    Attributes:
        id: of the event, the same at each try.
        caller: whose event it is.
        kind: which sender knows how to tell it.
        target: an address, where the sender does not know it.
        body: what is sent.
        created_s: when it came, in seconds since 1970.
        tries: how often it was tried before.
    """

    id: str
    caller: str
    kind: str
    target: str
    body: bytes
    created_s: float
    tries: int = 0


class Outbox:
    """Deliveries that wait.

    Args:
        state: where they are kept.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        state.run(_TABLE)

    def add(self, caller: str, kind: str, body: bytes, now_s: float, target: str = "") -> bool:
        """Keep something to tell; False where too much waits for this caller already."""
        (row,) = self._state.run("SELECT count(*) AS n FROM outbox WHERE caller = ?", (caller,))
        if row["n"] >= MOST_WAITING:
            return False
        name = f"msg_{secrets.token_urlsafe(18)}"
        self._state.run(
            "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
            (name, caller, kind, target, body, now_s, now_s),
        )
        return True

    def due(self, now_s: float, busy: Collection[str], most: int) -> list[Delivery]:
        """Some whose time has come, the longest waiting first, without those that are busy.

        Args:
            now_s: seconds since 1970.
            busy: ids of those that are being told.
            most: of one caller, so that none keeps others from it.
        """
        rows = self._state.run(
            "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY caller ORDER BY due_s) "
            "AS place FROM outbox WHERE due_s <= ?) WHERE place <= ? ORDER BY due_s",
            (now_s, most),
        )
        names = ("id", "caller", "kind", "target", "body", "created_s", "tries")
        return [Delivery(*(row[name] for name in names)) for row in rows if row["id"] not in busy]

    def claim(self, delivery: Delivery, now_s: float) -> bool:
        """Take it for a while; what is not told by then is due again, as after a kill."""
        return bool(
            self._state.run(
                "UPDATE outbox SET due_s = ? WHERE id = ? AND due_s <= ? RETURNING id",
                (now_s + LEASE_S, delivery.id, now_s),
            )
        )

    def later(self, delivery: Delivery, due_s: float) -> None:
        """Try again then."""
        self._state.run(
            "UPDATE outbox SET due_s = ?, tries = tries + 1 WHERE id = ?", (due_s, delivery.id)
        )

    def remove(self, delivery: Delivery) -> None:
        """It was told, or never will be."""
        self._state.run("DELETE FROM outbox WHERE id = ?", (delivery.id,))
