"""What comes next: files are encoded one by one, a person is scored when all of them are."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from trifold.bundle.bundle import Bundle
from trifold.codes import Code
from trifold.contracts import Clip
from trifold.features.clip import failed
from trifold.features.records import ClipRecord
from trifold.scoring.outcome import ScoredCandidate
from trifold.scoring.scorer import Item, Score, lost
from trifold.workers.base import Engine, Lost
from trifold.workers.pool import run_groups

Outcome = ClipRecord | ScoredCandidate
ScoringEngine = Engine[Sequence[Item], Iterable[Outcome]]


@dataclass
class Person:
    """A candidate under way; ``records`` has None for files that are not encoded yet."""

    number: int
    clips: tuple[Clip, ...]
    records: list[ClipRecord | None]


Place = tuple[Person, int | None]  # a person and which of the files; None for all of them


def score_people(
    people: Iterable[tuple[int, Sequence[Clip]]],
    engine: ScoringEngine,
    bundle: Bundle,
    *,
    together: int,
) -> Iterator[tuple[int, ScoredCandidate]]:
    """Number and outcome of every person, as they are done.

    People are begun in their order and few at a time, so memory does not grow with their number.

    Args:
        people: number and files of each.
        engine: started.
        bundle: for the rows of people whose scoring fails.
        together: files that are encoded in one task.
    """
    schedule = Schedule(people, together)
    for (person, place), outcome in run_groups(schedule.next_group, engine):
        if place is not None:
            schedule.put(person, place, outcome)
        else:
            yield person.number, _scored(person, outcome, bundle)


class Schedule:
    """What is to be done.

    Args:
        people: see ``score_people``.
        together: see ``score_people``.
    """

    def __init__(self, people: Iterable[tuple[int, Sequence[Clip]]], together: int) -> None:
        self._people, self._together = iter(people), together
        self._to_encode: deque[tuple[Person, int]] = deque()
        self._to_score: deque[Person] = deque()

    def next_group(self) -> list[tuple[Place, Item]]:
        """What to work on now, in one go; empty when there is nothing for the moment."""
        while not self._to_score and len(self._to_encode) < self._together and self._begin():
            pass
        if self._to_score:
            person = self._to_score.popleft()
            return [((person, None), _score(person))]
        n = min(self._together, len(self._to_encode))
        places = [self._to_encode.popleft() for _ in range(n)]
        return [((person, place), person.clips[place]) for person, place in places]

    def put(self, person: Person, place: int, outcome: Outcome | Lost) -> None:
        """Take in what came of one file."""
        if isinstance(outcome, Lost):
            outcome = failed(person.clips[place], outcome.code, outcome.message)
        if not isinstance(outcome, ClipRecord):
            raise TypeError("a file was answered by scores")
        person.records[place] = outcome
        if all(record is not None for record in person.records):
            self._to_score.append(person)

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


def _score(person: Person) -> Score:
    records = tuple(record for record in person.records if record is not None)
    pairs = zip(person.clips, records, strict=True)
    return Score(tuple(clip for clip, record in pairs if record.error_code is None), records)


def _scored(person: Person, outcome: Outcome | Lost, bundle: Bundle) -> ScoredCandidate:
    if isinstance(outcome, Lost):
        return lost(_score(person), outcome.code, outcome.message, bundle)
    if not isinstance(outcome, ScoredCandidate):
        raise TypeError("a person was answered by records")
    return outcome
