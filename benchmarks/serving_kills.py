"""Deaths under load: ``python -m benchmarks.serving_kills [kills=100] [seed=0] [gateway=0.04]``.

Starts the endpoint as a user does, sends uploads from four clients without a pause, and ends one of
its processes with SIGKILL every second or so, while there are workers that answer: a worker, or,
with the probability that ``gateway`` says, the gateway itself. Ends non-zero when a request waited
longer than its limit, was answered with anything but scores, ``WORKER_DIED`` or another 503, had no
answer though the gateway lived, or when an upload is left on the disk.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests

from benchmarks.encoders import write_clip
from benchmarks.scoring import write_untrained
from trifold.runtime.endings import values_of
from trifold.serve.operations.server import Server
from trifold.serve.operations.stop import noted

PORT, CLIENTS, MAX_S = 18420, 4, 60
LIMIT_S = 2 * MAX_S + 60  # waiting and two tries, as the gateway has it


@dataclass
class Load:
    """Clients that ask again as soon as they are answered.

    Attributes:
        server: whom they ask.
        content: what they upload.
        deaths: when the gateway was killed.
    """

    server: Server
    content: bytes
    deaths: list[float] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    came: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    longest_s: float = 0.0

    def run(self) -> None:
        """One client."""
        head = {"Authorization": f"Bearer {self.server.key()}"}
        url = f"{self.server.address}/predictions/trifold"
        while not self.stop.is_set():
            began_s = time.monotonic()
            try:
                answer = requests.post(url, headers=head, files={"media_1": self.content},
                                       timeout=LIMIT_S)  # fmt: skip
                code = "" if answer.status_code == 200 else str(answer.json().get("code"))
                self.came[f"{answer.status_code} {code}".strip()] += 1
                if answer.status_code not in (200, 503):
                    self.wrong.append(f"{answer.status_code} {code}")
            except requests.ConnectionError:
                self.came["no answer"] += 1
                if not any(death_s >= began_s - 60 for death_s in self.deaths):
                    self.wrong.append("no answer while the gateway lived")
                time.sleep(0.2)
            except requests.Timeout:
                self.wrong.append(f"no answer within {LIMIT_S} s")
            self.longest_s = max(self.longest_s, time.monotonic() - began_s)


def main(arguments: list[str]) -> int:
    """Print what came back; 1 when something should not have."""
    given = values_of(arguments, ["kills", "seed", "gateway"])
    kills, chance = int(given.get("kills", "100")), float(given.get("gateway", "0.04"))
    pick = random.Random(int(given.get("seed", "0")))  # noqa: S311
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        out, content = root / "out", write_clip(root / "clip.mp4", 4).read_bytes()
        bundle = write_untrained(root / "bundle")
        command = [sys.executable, "-m", "trifold", "serve", "start", f"bundle={bundle}",
                   f"out={out}", f"port={PORT}", f"max_seconds={MAX_S}"]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while noted(out) is None:
            time.sleep(0.2)
        load = Load(_server(out), content)
        clients = [threading.Thread(target=load.run) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        killed = Counter[str]()
        while killed.total() < kills and process.poll() is None:
            time.sleep(pick.uniform(0.2, 1.8))
            killed.update(_kill(out, load, pick, chance))
        load.stop.set()
        for client in clients:
            client.join()
        time.sleep(3)
        left = [str(path) for path in (out / "tmp").glob("trifold-*")]
        ended = process.poll()
        process.terminate()
        process.wait(60)
    print(f"killed {dict(killed)} (load {os.getloadavg()[0]:.1f}); answers {dict(load.came)}; "
          f"longest {load.longest_s:.1f} s; left {left}; ended early: {ended}")  # fmt: skip
    print("\n".join(load.wrong))
    return int(bool(load.wrong or left or ended is not None))


def _kill(out: Path, load: Load, pick: random.Random, chance: float) -> list[str]:
    """End one process, if there are workers that answer; says which."""
    server = _server(out)
    try:
        head = {"Authorization": f"Bearer {server.key('management')}"}
        url = f"{server.management}/models/trifold"
        workers = requests.get(url, headers=head, timeout=5).json()[0]["workers"]
    except (requests.RequestException, OSError, ValueError, LookupError):  # being started anew
        return []
    if not workers:
        return []
    with suppress(ProcessLookupError):
        if pick.random() < chance:
            load.deaths.append(time.monotonic())
            os.kill(server.pids[0], signal.SIGKILL)
            return ["gateway"]
        os.kill(pick.choice(workers)["pid"], signal.SIGKILL)
        return ["worker"]
    return []


def _server(out: Path) -> Server:
    found = noted(out)
    if found is None:
        raise SystemExit("the endpoint was stopped")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
