"""Which task comes next: files are encoded one by one, a person is scored when all of them are."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from trifold.bundle.bundle import Bundle
from trifold.codes import Code
from trifold.contracts import Clip
from trifold.features.clip import failed
from trifold.features.records import ClipRecord
from trifold.scoring.engines.base import Engine, Lost, Outcome
from trifold.scoring.scorer import Encode, Score, ScoredCandidate, Task, lost

TRIES = 2  # of a task whose process died: the first may have died of something else


@dataclass
class Person:
    """A candidate under way; ``records`` has None for files that are not encoded yet."""

    number: int
    clips: tuple[Clip, ...]
    records: list[ClipRecord | None]


@dataclass
class Piece:
    """A task, what it belongs to, and how often it was tried.

    ``places`` are person and number of the file of each clip of an ``Encode`` task.
    """

    task: Task
    places: list[tuple[Person, int]] = field(default_factory=list)
    person: Person | None = None
    tries: int = 0


def score_people(
    people: Iterable[tuple[int, Sequence[Clip]]], engine: Engine, bundle: Bundle, *, together: int
) -> Iterator[tuple[int, ScoredCandidate]]:
    """Number and outcome of every person, as they are done.

    People are begun in their order and few at a time, so memory does not grow with their number.

    Args:
        people: number and files of each.
        engine: started.
        bundle: for the rows of people whose scoring fails.
        together: files that are encoded in one task.
    """
    schedule = Schedule(people, bundle, together)
    while True:
        while engine.idle() and (given := schedule.next()) is not None:
            engine.submit(*given)
        yield from schedule.take_finished()
        if not schedule.waiting:
            return
        for key, outcome in engine.done():
            schedule.put(key, outcome)


class Schedule:
    """What is to be done, what is being done, and what came of it.

    Args:
        people: see ``score_people``.
        bundle: see ``score_people``.
        together: see ``score_people``.
    """

    def __init__(
        self, people: Iterable[tuple[int, Sequence[Clip]]], bundle: Bundle, together: int
    ) -> None:
        self._people, self._bundle, self._together = iter(people), bundle, together
        self._to_encode: deque[tuple[Person, int]] = deque()
        self._ready: deque[Piece] = deque()
        self._finished: deque[tuple[int, ScoredCandidate]] = deque()
        self.waiting: dict[int, Piece] = {}
        self._keys = 0

    def next(self) -> tuple[int, Task] | None:
        """Key and task to give out now; None when there is none for the moment."""
        while not self._ready and len(self._to_encode) < self._together and self._begin():
            pass
        if self._ready:
            piece = self._ready.popleft()
        elif self._to_encode:
            n = min(self._together, len(self._to_encode))
            places = [self._to_encode.popleft() for _ in range(n)]
            piece = _encode(places)
        else:
            return None
        self._keys += 1
        self.waiting[self._keys] = piece
        return self._keys, piece.task

    def put(self, key: int, outcome: Outcome) -> None:
        """Take in the outcome of a task that was given out."""
        piece = self.waiting.pop(key)
        piece.tries += 1
        if isinstance(outcome, Lost) and outcome.again and piece.tries < TRIES:
            self._ready.extend(_parts(piece))
        elif piece.person is None:
            self._encoded(piece, outcome)
        else:
            self._scored(piece.person, piece.task, outcome)

    def take_finished(self) -> Iterator[tuple[int, ScoredCandidate]]:
        """People that are done since the last call."""
        while self._finished:
            yield self._finished.popleft()

    def _begin(self) -> bool:
        """Look at one more person; False when there is none."""
        found = next(self._people, None)
        if found is None:
            return False
        number, clips = found
        person = Person(number, tuple(clips), [None] * len(clips))
        for i, clip in enumerate(clips):
            if clip.clip_id in {other.clip_id for other in clips[:i]}:
                name = clip.path.name if clip.path is not None else "a row without path"
                message = f"{name}: the id '{clip.clip_id}' is that of another file"
                person.records[i] = failed(clip, Code.DUPLICATE_ID, message)
            else:
                self._to_encode.append((person, i))
        return True

    def _encoded(self, piece: Piece, outcome: Outcome) -> None:
        if isinstance(outcome, ScoredCandidate):
            raise TypeError("an encoding task was answered by scores")
        for i, (person, place) in enumerate(piece.places):
            clip = person.clips[place]
            person.records[place] = (
                failed(clip, outcome.code, outcome.message)
                if isinstance(outcome, Lost)
                else outcome[i]
            )
            if all(record is not None for record in person.records):
                self._ready.append(Piece(_score(person), person=person))

    def _scored(self, person: Person, task: Task, outcome: Outcome) -> None:
        if isinstance(outcome, Lost) and isinstance(task, Score):
            outcome = lost(task, outcome.code, outcome.message, self._bundle)
        if not isinstance(outcome, ScoredCandidate):
            raise TypeError("a scoring task was answered by records")
        self._finished.append((person.number, outcome))


def _encode(places: list[tuple[Person, int]], tries: int = 0) -> Piece:
    task = Encode(tuple(person.clips[place] for person, place in places))
    return Piece(task, places=places, tries=tries)


def _score(person: Person) -> Score:
    records = tuple(record for record in person.records if record is not None)
    pairs = zip(person.clips, records, strict=True)
    return Score(tuple(clip for clip, record in pairs if record.error_code is None), records)


def _parts(piece: Piece) -> list[Piece]:
    """The pieces of a second try: files that were together are tried each alone."""
    if piece.person is not None or len(piece.places) == 1:
        return [piece]
    return [_encode([place]) for place in piece.places]
