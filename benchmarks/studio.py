"""Pages of the studio in a large project: ``python -m benchmarks.studio [people=10000] [each=40]``.

A home folder with ``people`` candidates of six answers each (rows and database as scoring and
uploading write them, no media), a run of scores with evidence of a thousand, ratings by two raters
of two hundred people, consents, a project of three thousand answers of which seven thousand pairs
were compared on three targets (21,000 comparisons), and accounts; then the real server in a process
of its own, and ``each`` requests to every main page, one after another, signed in as who sees it.
SYNTHETIC people. ``database=postgresql://…`` takes another database than the file in the home
folder; ``only=pairs`` asks pages alone whose words begin so. Milliseconds are those of the clock;
those of the server's processor stand beside them, which other work on the machine does not change.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import httpx2
import numpy as np
import psutil
from sqlalchemy import insert, select

from tests.factories.studios import TestedStudio, furnished
from tests.studio.results.results_factory import add_run, keys_of
from trifold.runtime.endings import values_of
from trifold.studio.accounts.sign_in import begin
from trifold.studio.database.base import new_id, now
from trifold.studio.database.people import Account, Membership
from trifold.studio.database.projects import Candidate, Project, Recording
from trifold.studio.database.ratings import Comparison, Rating
from trifold.studio.database.work import Run
from trifold.studio.ratings.starting_sets import starting_set
from trifold.studio.results.index import index_run
from trifold.studio.settings import StudioSettings
from trifold.studio.web.app import open_studio
from trifold.studio.web.forms import cookie_name

ANSWERS, MOVED, RATED = 6, 1000, 200
COMPARED, PAIRS = 3000, 7000  # answers, and pairs of them
BAR_MS = 300.0
STARTS_S = 60.0


def main(arguments: list[str]) -> None:
    """Print a line for each page."""
    given = values_of(arguments, ["people", "each", "database", "only"])
    people, each = int(given.get("people", "10000")), int(given.get("each", "40"))
    with tempfile.TemporaryDirectory() as folder:
        settings = StudioSettings(Path(folder) / "home", database=given.get("database"))
        studio = open_studio(settings)
        tested = furnished(studio)
        began = time.process_time()
        run, pairs = fill(tested, people), fill_pairs(tested)
        print(f"{people} people with {ANSWERS} answers each: filled and indexed in "
              f"{time.process_time() - began:.0f} s of a processor")  # fmt: skip
        cookies = {role: session_of(tested, role) for role in tested.accounts}
        addresses = pages(tested, run) | {
            "pairs, next": ("rater", f"/projects/{pairs}/compare"),
            "pairs, agreement": ("psychologist", f"/projects/{pairs}/agreement"),
            "pairs, agreement of .9": ("psychologist", f"/projects/{pairs}/agreement?wanted=0.9"),
            "pairs, training": ("psychologist", f"/projects/{pairs}/training"),
        }
        only = given.get("only", "")
        addresses = {what: of for what, of in addresses.items() if what.startswith(only)}
        studio.database.close()
        with_server(settings, given.get("database"), addresses, cookies, each)


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


def session_of(tested: TestedStudio, role: str) -> str:
    """The cookie of somebody who is signed in."""
    with tested.studio.database.writing() as session:
        return begin(session, session.get_one(Account, tested.accounts[role]))


def with_server(
    settings: StudioSettings,
    database: str | None,
    addresses: dict[str, tuple[str, str]],
    cookies: dict[str, str],
    each: int,
) -> None:
    """Start the server and ask it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [f"home={settings.home}", f"port={port}", *([f"database={database}"] * bool(database))]
    command = [sys.executable, "-m", "trifold", "studio", *words]
    began = time.monotonic()
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    at = f"http://127.0.0.1:{port}"
    try:
        _until_up(f"{at}/sign-in", server)
        memory = psutil.Process(server.pid).memory_info().rss / 1e6
        print(f"server up in {time.monotonic() - began:.1f} s, {memory:.0f} MB; {os.cpu_count()} "
              f"cores, load {os.getloadavg()[0]:.1f}; {each} requests a page")  # fmt: skip
        worst = 0.0
        for words_for, (role, address) in addresses.items():
            cookie = {cookie_name(settings): cookies[role]}
            times, spent, size = _asked(at + address, cookie, each, psutil.Process(server.pid))
            high, busy = float(np.quantile(times, 0.95)), float(np.quantile(spent, 0.95))
            worst = max(worst, high)
            mark = "" if high <= BAR_MS else "   over the bar"
            print(f"{words_for:32} median {statistics.median(times):6.0f} ms   "
                  f"95 % {high:6.0f} ms   processor {statistics.median(spent):5.0f}, "
                  f"95 % {busy:5.0f} ms   {size / 1000:5.0f} kB{mark}", flush=True)  # fmt: skip
        memory = psutil.Process(server.pid).memory_info().rss / 1e6
        print(f"slowest 95 %: {worst:.0f} ms (bar {BAR_MS:.0f}); {memory:.0f} MB at the end")
    finally:
        server.terminate()
        server.wait(20)


def _until_up(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS_S
    while True:
        try:
            httpx2.get(address)
            return
        except httpx2.ConnectError:
            if server.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)


def _asked(
    address: str, cookies: dict[str, str], each: int, server: psutil.Process
) -> tuple[list[float], list[float], int]:
    """Milliseconds of the clock and of the server's processor for each request, and bytes."""
    times, spent = list[float](), list[float]()
    with httpx2.Client(cookies=cookies, timeout=60) as client:
        for _ in range(each):
            began, before = time.perf_counter(), sum(server.cpu_times()[:2])
            answer = client.get(address)
            times.append(1000 * (time.perf_counter() - began))
            spent.append(1000 * (sum(server.cpu_times()[:2]) - before))
            if answer.status_code != 200:
                raise SystemExit(f"{address}: {answer.status_code}")
    return times, spent, len(answer.content)


if __name__ == "__main__":
    main(sys.argv[1:])
