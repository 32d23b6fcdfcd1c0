"""What is still to be told to others, in the database: neither a stop nor a kill loses any of it.

Whoever tells something has it for a while (``LEASE_S``), and no other gateway takes it meanwhile.
What is not told by then, as after a kill, is due again.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from trifold.database.engine import Database
from trifold.serve.database.job_store import now_of
from trifold.serve.database.tables import OutboxRow

LEASE_S = 40.0  # longer than any try
MOST_WAITING = 10_000  # of one caller; what comes then is not told


@dataclass(frozen=True)
class Delivery:
    """Something to tell, in the hands of whoever took it.

    Attributes:
        id: of the event, the same at each try.
        caller: whose event it is.
        kind: which sender knows how to tell it.
        target: an address, where the sender does not know it.
        body: what is sent.
        age_s: how long ago it came.
        lease_s: until when it is in these hands, in seconds of Unix by the database's clock.
        tries: how often it was tried before.
    """

    id: str
    caller: str
    kind: str
    target: str
    body: bytes
    age_s: float
    lease_s: float
    tries: int = 0


class Outbox:
    """Deliveries that wait. Calls take as long as a database does.

    Args:
        database: that holds them; several gateways may share it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, caller: str, kind: str, body: bytes, target: str = "", *, event: str = ""
    ) -> bool:
        """Keep something to tell; see ``add_to``."""
        with self._database.writing() as session:
            return add_to(session, caller, kind, body, target, event=event)

    def take(
        self,
        kinds: Collection[str],
        in_hand: Collection[Delivery] = (),
        *,
        most: int,
        most_of_one: int,
        longest_s: float,
    ) -> list[Delivery]:
        """Some whose time has come, the longest waiting first; they are the taker's from now on.

        PostgreSQL skips rows that another gateway is taking, SQLite lets one write at a time.

        Args:
            kinds: that the taker knows how to tell.
            in_hand: what it is telling already.
            most: how many to take.
            most_of_one: how many of one caller the taker has at a time, so that a receiver that
                hangs keeps no others from being told.
            longest_s: what waits for longer is taken by anybody, to be given up.
        """
        left = Counter({one.caller: most_of_one for one in in_hand})
        left.subtract(one.caller for one in in_hand)
        full = [caller for caller, room in left.items() if room <= 0]
        free = OutboxRow.id.not_in([one.id for one in in_hand]), OutboxRow.caller.not_in(full)
        taken: list[Delivery] = []
        with self._database.writing() as session:
            now_s = now_of(session)
            is_ours = OutboxRow.kind.in_(kinds) | (OutboxRow.created_s < now_s - longest_s)
            is_due = OutboxRow.due_s <= now_s, is_ours, *free
            order = func.row_number().over(
                partition_by=OutboxRow.caller, order_by=(OutboxRow.due_s, OutboxRow.id)
            )
            places = select(OutboxRow.id, order.label("place")).where(*is_due).subquery()
            first = select(places.c.id).where(places.c.place <= most_of_one)
            wanted = select(OutboxRow).where(OutboxRow.id.in_(first), *is_due)
            wanted = wanted.order_by(OutboxRow.due_s, OutboxRow.id).limit(most_of_one * most)
            for row in session.scalars(wanted.with_for_update(skip_locked=True)):
                room = left.get(row.caller, most_of_one)
                if len(taken) < most and room > 0:
                    left[row.caller] = room - 1
                    row.due_s = now_s + LEASE_S
                    taken.append(_delivery(row, now_s))
        return taken

    def later(self, delivery: Delivery, wait_s: float) -> None:
        """Try again after so many seconds; of what went into other hands meanwhile nothing."""
        with self._database.writing() as session:
            due_s = now_of(session) + wait_s
            again = update(OutboxRow).where(*_held(delivery))
            session.execute(again.values(due_s=due_s, tries=OutboxRow.tries + 1))

    def remove(self, delivery: Delivery) -> None:
        """It was told, or never will be."""
        with self._database.writing() as session:
            session.execute(delete(OutboxRow).where(OutboxRow.id == delivery.id))

    def give_back(self, deliveries: Iterable[Delivery]) -> None:
        """The taker stops: what it still holds is due at once, for whoever comes next."""
        with self._database.writing() as session:
            now_s = now_of(session)
            for delivery in deliveries:
                session.execute(update(OutboxRow).where(*_held(delivery)).values(due_s=now_s))


def add_to(
    session: Session, caller: str, kind: str, body: bytes, target: str = "", *, event: str = ""
) -> bool:
    """Keep something to tell, together with what else a session writes.

    Args:
        session: that writes.
        caller: whose event it is.
        kind: which sender knows how to tell it.
        body: what is sent.
        target: an address, where the sender does not know it.
        event: names the event where it may be added twice; the second time nothing happens.

    Returns:
        False where too much waits for this caller already.
    """
    waiting = select(func.count()).select_from(OutboxRow).where(OutboxRow.caller == caller)
    if (session.scalar(waiting) or 0) >= MOST_WAITING:
        return False
    name = f"msg_{event or secrets.token_urlsafe(18)}"
    if session.get(OutboxRow, name) is None:
        now_s = now_of(session)
        head = {"id": name, "caller": caller, "kind": kind, "target": target}
        session.add(OutboxRow(**head, body=body, created_s=now_s, due_s=now_s))
    return True


def _delivery(row: OutboxRow, now_s: float) -> Delivery:
    head = (row.id, row.caller, row.kind, row.target, row.body)
    return Delivery(*head, max(0.0, now_s - row.created_s), row.due_s, row.tries)


def _held(delivery: Delivery) -> tuple[ColumnElement[bool], ...]:
    return OutboxRow.id == delivery.id, OutboxRow.due_s == delivery.lease_s
