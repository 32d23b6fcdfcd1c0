"""A large project of SYNTHETIC people for ``benchmarks.studio``: rows as the studio writes them."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from sqlalchemy import insert, select

from tests.factories.studios import TestedStudio
from tests.studio.results.results_factory import add_run, keys_of
from trifold.studio.database.base import new_id, now
from trifold.studio.database.people import Membership
from trifold.studio.database.projects import Candidate, Project, Recording
from trifold.studio.database.ratings import Comparison, Rating
from trifold.studio.database.work import Run
from trifold.studio.ratings.starting_sets import starting_set
from trifold.studio.results.index import index_run

ANSWERS, MOVED, RATED = 6, 1000, 200
COMPARED, PAIRS = 3000, 7000  # answers, and pairs of them


def fill(tested: TestedStudio, people: int) -> Run:
    """Everything that a large project has but its media."""
    studio, project = tested.studio, tested.project
    run = add_run(studio, project, people, answers=ANSWERS, moved=MOVED, every=True)
    names = [f"person_{n:05}" for n in range(people)]
    ids = {name: new_id() for name in names}
    today = now().date()
    rows = [
        {"id": ids[name], "project_id": project, "name": name,
         "consent": {"notice_id": "n1", "consent_on": str(today - timedelta(n % 90))}
         if n % 3 else {}}
        for n, name in enumerate(names)
    ]  # fmt: skip
    answers = [
        {
            "id": new_id(), "project_id": project, "candidate_id": ids[name], "position": k,
            "path": f"{name}/q{k + 1}.mp4", "question": f"Question {k + 1}",
            "question_id": f"q{k + 1}", "size_bytes": 9_000_000, "duration_s": 42.0,
            "state": "looked_at",
            "quality": {"numbers": {"sound.speech_s": 20.0, "sound.snr_db": 18.0}, "codes": []},
        }
        for name in names
        for k in range(ANSWERS)
    ]  # fmt: skip
    generator = np.random.default_rng(0)
    with studio.database.writing() as session:
        targets = [one["name"] for one in session.get_one(Project, project).targets]
        session.execute(insert(Candidate), rows)
        session.execute(insert(Recording), answers)
        rater = tested.accounts["rater"]
        rated = [
            {
                "id": new_id(), "project_id": project, "candidate_id": ids[name],
                "account_id": account, "target": target,
                "value": float(generator.integers(1, 8)), "at_ms": int(now().timestamp() * 1000),
            }
            for account in (rater, tested.accounts["recruiter"])
            for name in names[:RATED]
            for target in targets
        ]  # fmt: skip
        session.execute(insert(Rating), rated)
    index_run(studio, project, run.id)
    return run


def fill_pairs(tested: TestedStudio) -> str:
    """A project in which pairs are compared; returns its id."""
    rater, generator = tested.accounts["rater"], np.random.default_rng(0)
    project, targets = new_id(), starting_set("big_five")[:3]
    ids = [new_id() for _ in range(COMPARED)]
    answers, people = np.arange(COMPARED), COMPARED // ANSWERS
    left = generator.integers(0, COMPARED, PAIRS)
    right = (left + ANSWERS * generator.integers(1, people, PAIRS)) % COMPARED
    with tested.studio.database.writing() as session:
        session.add(Project(id=project, name="Pairs", rating={"mode": "pairs"},
                            targets=[one.as_json() for one in targets]))  # fmt: skip
        session.flush()
        session.add_all(
            Membership(project_id=project, account_id=tested.accounts[role])
            for role in ("rater", "psychologist")
        )
        whose = [new_id() for _ in range(people)]
        session.execute(insert(Candidate), [
            {"id": one, "project_id": project, "name": f"person_{n:04}"}
            for n, one in enumerate(whose)
        ])  # fmt: skip
        session.execute(insert(Recording), [
            {"id": ids[n], "project_id": project, "candidate_id": whose[n // ANSWERS],
             "path": f"{n // ANSWERS:04}/q{n % ANSWERS}.mp4", "question": f"Q{n % ANSWERS}",
             "state": "looked_at"}
            for n in answers.tolist()
        ])  # fmt: skip
        pairs = sorted({(a, b) for a, b in zip(left.tolist(), right.tolist(), strict=True)})
        session.execute(insert(Comparison), [
            {"id": new_id(), "project_id": project, "account_id": rater, "left_id": ids[a],
             "right_id": ids[b], "target": one.name, "at_ms": 0,
             "choice": ("left", "right")[int(generator.integers(2))]}
            for a, b in pairs for one in targets
        ])  # fmt: skip
    return project


def pages(tested: TestedStudio, run: Run) -> dict[str, tuple[str, str]]:
    """What is measured: words for it to who looks and at which address."""
    keys = keys_of(tested.studio, run)
    with tested.studio.database.reading() as session:
        target = session.get_one(Project, tested.project).targets[0]["name"]
        some = session.scalars(select(Recording).where(Recording.path == "person_00007/q1.mp4"))
        recording = some.one().id
        person = session.scalars(select(Candidate).where(Candidate.name == "person_00007")).one().id
    root = f"/projects/{tested.project}"
    results = f"{root}/results/{run.id}"
    who = "&".join(f"who={keys[f'person_{n:05}']}" for n in range(5))
    moved, unmoved = keys["person_00003"], keys[max(keys)]
    return {
        "projects": ("recruiter", "/"),
        "project": ("recruiter", root),
        "recordings": ("recruiter", f"{root}/recordings"),
        "recordings, last page": ("recruiter", f"{root}/recordings?page=600"),
        "recordings, search": ("recruiter", f"{root}/recordings?q=person_0077"),
        "recording": ("recruiter", f"{root}/recordings/{recording}"),
        "people": ("recruiter", f"{root}/people"),
        "people, search": ("recruiter", f"{root}/people?q=person_0077"),
        "jobs": ("recruiter", f"{root}/jobs"),
        "runs": ("recruiter", f"{root}/results"),
        "candidates": ("recruiter", results),
        "candidates, page 400": ("recruiter", f"{results}?page=400"),
        "candidates, sorted": ("recruiter", f"{results}?sort={target}"),
        "candidates, sorted, page 400": ("recruiter", f"{results}?sort={target}&page=400"),
        "candidates, search": ("recruiter", f"{results}?search=0077"),
        "candidates, sorted and search": ("recruiter", f"{results}?sort={target}&search=0077"),
        "candidates, tied": ("recruiter", f"{results}?sort={target}&tied={moved}"),
        "candidates, by a flag": ("recruiter", f"{results}?code=NOISY_SOUND"),
        "candidates, flag, sorted": ("recruiter", f"{results}?code=NOISY_SOUND&sort={target}"),
        "candidates, 100": ("recruiter", f"{results}?size=100"),
        "person": ("recruiter", f"{results}/people/{unmoved}"),
        "person, evidence": ("recruiter", f"{results}/people/{moved}"),
        "five side by side": ("recruiter", f"{results}/compare?{who}"),
        "feedback": ("recruiter", f"{results}/people/{moved}/feedback"),
        "technical": ("recruiter", f"{results}/people/{moved}/technical"),
        "JSON": ("recruiter", f"{results}/people/{moved}/json"),
        "duties": ("psychologist", f"{root}/duties"),
        "duties, search": ("psychologist", f"{root}/duties?text=0077"),
        "duties of a person": ("psychologist", f"{root}/duties/{person}"),
        "policy": ("psychologist", f"{root}/policy"),
        "rating, home": ("rater", f"{root}/rate"),
        "rating, next": ("rater", f"{root}/rate/{person}"),
        "agreement": ("psychologist", f"{root}/agreement"),
        "targets": ("administrator", f"{root}/targets"),
        "training": ("psychologist", f"{root}/training"),
        "log": ("administrator", "/log"),
        "accounts": ("administrator", "/accounts"),
    }
