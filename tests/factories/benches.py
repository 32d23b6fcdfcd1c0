"""Projects to be rated, for tests: targets with anchors, candidates with recordings, raters."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sqlalchemy import select

from tests.factories.media import VTT, voice, write_media
from tests.factories.studios import PASSWORD, Browser, TestedStudio
from trifold.studio.accounts.keeping import make_account
from trifold.studio.database.people import Account, Membership
from trifold.studio.database.projects import Candidate, Project, Recording
from trifold.studio.ratings import keeping
from trifold.studio.ratings.schema import RatedTarget
from trifold.studio.ratings.starting_sets import starting_set

QUESTION = "Tell of a plan that went wrong."


@dataclass
class Bench:
    """A project of a tested studio.

    Attributes:
        tested: the studio.
        project: its id.
        raters: ids of the raters' accounts.
        candidates: ids, in order of their names.
        recordings: ids, one of each candidate.
        targets: that are rated.
    """

    tested: TestedStudio
    project: str
    raters: list[str] = field(default_factory=list)
    candidates: list[str] = field(default_factory=list)
    recordings: list[str] = field(default_factory=list)
    targets: tuple[RatedTarget, ...] = ()

    @property
    def home(self) -> str:
        """Address of the project."""
        return f"/projects/{self.project}"

    def browser(self, number: int) -> Browser:
        """Of a rater."""
        self.tested.accounts[f"rater {number}"] = self.raters[number]
        return self.tested.browser(f"rater {number}")

    def rate(self, values: np.ndarray, *, raters: Sequence[int] | None = None) -> None:
        """Keep (raters, candidates, targets) ratings; NaN is not given."""
        with self.tested.studio.database.writing() as session:
            project = session.get_one(Project, self.project)
            for (r, c, t), value in np.ndenumerate(values):
                if np.isfinite(value):
                    keeping.keep_rating(
                        session,
                        project=project,
                        candidate=self.candidates[c],
                        rater=self.raters[(raters or range(len(self.raters)))[r]],
                        target=self.targets[t],
                        value=float(value),
                        at_ms=keeping.now_ms(),
                    )


def bench(
    tested: TestedStudio,
    answer: Path,
    *,
    candidates: int = 4,
    raters: int = 2,
    targets: Sequence[RatedTarget] | None = None,
    mode: str = "ratings",
) -> Bench:
    """A project with people to rate, each with the same recording under a name of their own.

    Args:
        tested: a studio with accounts.
        answer: recording that all have, with a transcript beside it.
        candidates: how many.
        raters: how many, beside those of the studio.
        targets: interview competencies where none are given.
        mode: see ``ratings.schema.RatingSettings``.
    """
    chosen = tuple(starting_set("interview")[:3] if targets is None else targets)
    with tested.studio.database.writing() as session:
        project = Project(
            name="Analysts",
            targets=[one.as_json() for one in chosen],
            rating={"mode": mode, "show_names": False},
        )
        session.add(project)
        session.flush()
        made = Bench(tested, project.id, targets=chosen)
        number = len(list(session.scalars(select(Account.id))))
        for r in range(raters):
            login, name = f"r{number + r}@example.org", f"Rater Number{r:02}"
            account = make_account(session, login=login, name=name, role="rater", password=None)
            made.raters.append(account.id)
        members = [*made.raters, tested.accounts["rater"], tested.accounts["psychologist"]]
        session.add_all(Membership(project_id=project.id, account_id=one) for one in members)
        for c in range(candidates):
            person = Candidate(project_id=project.id, name=f"Secretname-{c:03}")
            session.add(person)
            session.flush()
            path = f"{person.name}/answer{answer.suffix}"
            recording = Recording(
                project_id=project.id, candidate_id=person.id, path=path, question=QUESTION
            )
            session.add(recording)
            session.flush()
            made.candidates.append(person.id)
            made.recordings.append(recording.id)
            _put(answer, tested.studio.folder_of(project.id) / "recordings" / path)
    return made


def _put(answer: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(answer, path)
    shutil.copy(answer.with_suffix(".vtt"), path.with_suffix(".vtt"))


def write_answer(folder: Path) -> Path:
    """A recording of sound that every browser plays, with its transcript."""
    path = write_media(folder / "answer.wav", audio=voice(), audio_codec="pcm_s16le")
    path.with_suffix(".vtt").write_text(VTT, encoding="utf-8")
    return path


def draw(
    raters: int, candidates: int, targets: int, *, seed: int = 0, noise: float = 0.7
) -> np.ndarray:
    """(raters, candidates, targets) ratings from 1 to 5: a person's level, severity and noise."""
    generator = np.random.default_rng(seed)
    person = generator.normal(3, 1, (1, candidates, targets))
    severity = generator.normal(0, 0.4, (raters, 1, targets))
    noisy = person - severity + generator.normal(0, noise, (raters, candidates, targets))
    return np.clip(np.rint(noisy), 1, 5)


__all__ = ["PASSWORD", "Bench", "bench", "draw", "write_answer"]
