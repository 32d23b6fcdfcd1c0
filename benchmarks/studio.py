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
from pathlib import Path

import httpx2
import numpy as np
import psutil

from benchmarks.large_studio import ANSWERS, fill, fill_pairs, pages
from tests.factories.studios import TestedStudio, furnished
from trifold.runtime.endings import values_of
from trifold.studio.accounts.sign_in import begin
from trifold.studio.database.people import Account
from trifold.studio.settings import StudioSettings
from trifold.studio.web.app import open_studio
from trifold.studio.web.forms import cookie_name

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
