"""Candidates of a project: found by name, renamed, merged, let go."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from trifold.errors import InputError, TrifoldError
from trifold.studio.database.projects import Candidate, Recording
from trifold.studio.database.ratings import Rating
from trifold.studio.recordings.names import one_line
from trifold.tables.cells import clean_id, plain
from trifold.tables.ids import id_key, one_spelling

LONGEST = 200  # characters of a name


class People:
    """A project's candidates by all their names; capital letters make no other person.

    Args:
        session: that writes.
        project_id: of the project.
    """

    def __init__(self, session: Session, project_id: str) -> None:
        self._session, self._project_id = session, project_id
        found = session.scalars(select(Candidate).where(Candidate.project_id == project_id))
        self._known: dict[str, Candidate] = {}
        for one in found:
            self._remember(one)

    def named(self, name: str) -> Candidate:
        """The candidate of a name, made where there is none.

        Raises:
            InputError: when a table could not hold the name.
        """
        wanted = checked_name(name)
        known = self._known.get(id_key(wanted))
        if known is None:
            known = Candidate(project_id=self._project_id, name=wanted, known_as=[])
            self._session.add(known)
            self._session.flush()
            self._remember(known)
        return known

    def rename(self, candidate_id: str, name: str) -> Candidate:
        """Give a candidate another name; files keep theirs, and still are the candidate's.

        Raises:
            InputError: when there is no such candidate, or another has the name.
        """
        one, wanted = self.of_id(candidate_id), checked_name(name)
        other = self._known.get(id_key(wanted))
        if other is not None and other is not one:
            raise InputError(
                expected="a name that nobody in the project has (or merge the two)", got=repr(name)
            )
        one.known_as = _names(one.known_as, one.name)
        one.name = wanted
        self._remember(one)
        return one

    def merge(self, candidate_id: str, into_name: str) -> Candidate:
        """Two candidates are one person, who has the other's name; what was one's is theirs.

        Raises:
            InputError: when one of them is not there, both are the same, or both were rated by one
                rater: whose rating counts, nobody could say.
        """
        one = self.of_id(candidate_id)
        other = self._known.get(id_key(plain(into_name)))
        if other is None or other is one:
            raise InputError(expected="the name of another candidate", got=repr(into_name))
        if _rated_by_same(self._session, one.id, other.id):
            raise InputError(
                expected="two candidates that no rater has both rated", got="two who were"
            )
        for table in (Recording, Rating):
            mine = update(table).where(table.candidate_id == one.id)
            self._session.execute(mine.values(candidate_id=other.id))
        other.known_as = _names(other.known_as, one.name, *one.known_as)
        other.consent = other.consent or one.consent
        self._session.delete(one)
        self._session.flush()
        return other

    def of_id(self, candidate_id: str) -> Candidate:
        """The candidate, if it is of this project.

        Raises:
            InputError: when it is not.
        """
        found = self._session.get(Candidate, candidate_id)
        if found is None or found.project_id != self._project_id:
            raise InputError(expected="a candidate of this project", got=candidate_id)
        return found

    def forget_empty(self) -> None:
        """Let go of candidates of whom nothing is left but a name out of files."""
        recorded = select(Recording.candidate_id).where(Recording.candidate_id.is_not(None))
        empty = (
            Candidate.project_id == self._project_id,
            Candidate.id.not_in(recorded),
            Candidate.id.not_in(select(Rating.candidate_id)),
        )
        for one in list(self._session.scalars(select(Candidate).where(*empty))):
            if not one.consent and not one.known_as:
                self._session.execute(delete(Candidate).where(Candidate.id == one.id))

    def _remember(self, one: Candidate) -> None:
        for name in (*one.known_as, one.name):
            self._known[id_key(name)] = one


def checked_name(name: str) -> str:
    """A name as tables hold it.

    Raises:
        InputError: when it is empty, too long, or tables would read it as nothing or a number that
            was rounded.
    """
    wanted = plain(one_line(name))
    try:
        found = clean_id(wanted, what="a name of a candidate", where=None)
    except TrifoldError as error:
        raise InputError(expected="a name of a candidate", got=repr(name)) from error
    if len(found) > LONGEST:
        raise InputError(
            expected=f"a name of at most {LONGEST} characters", got=f"{len(found)} characters"
        )
    return found


def usable_name(name: str) -> str:
    """A name that files gave, made one that tables can hold."""
    short = plain(one_line(name))[:LONGEST].strip()
    try:
        return checked_name(short)
    except InputError:
        return checked_name(f"candidate {short}".replace("\ufffd", "_")[:LONGEST])


def spelled_alike(names: Iterable[str]) -> list[str]:
    """Names that differ in capital letters only, as one."""
    return one_spelling(list(names))[0]


def _names(known: Iterable[str], *more: str) -> list[str]:
    return list(dict.fromkeys([*known, *more]))


def _rated_by_same(session: Session, one: str, other: str) -> bool:
    wanted = select(Rating.account_id, Rating.target).where(
        or_(Rating.candidate_id == one, Rating.candidate_id == other)
    )
    found = list(session.execute(wanted))
    return len(found) != len(set(found))
