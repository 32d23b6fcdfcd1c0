"""The same answers from every engine: ``python -m benchmarks.serving_engines [n=40] [bundle=RUN]``.

``n`` different requests, every second with a clip of ``seconds=10`` beside its words, go through
scoring without a service, the gateway's own workers, TorchServe and Ray Serve (``engines=ray``
takes some of them). Bodies of the engines are compared to the byte, and their rows with those of
scoring itself; each way's requests per second are told. For Ray the same is asked of two nodes on
this machine, and of two of which one is killed halfway; on cores that the first one fills already
the rate cannot rise. Every worker is one process: one node has ``workers=1``, and two have 2.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import requests

from benchmarks.encoders import write_clip
from benchmarks.scoring import write_untrained
from benchmarks.serving_user import WORDS
from trifold.contracts import Clip
from trifold.runtime.endings import values_of
from trifold.serve.cluster.local import LocalCluster
from trifold.serve.cluster.options import ClusterOptions
from trifold.serve.operations.server import ENGINES, RAY, Server
from trifold.serve.operations.staging import Serving
from trifold.serve.operations.start import start
from trifold.serve.settings import Settings
from trifold.serve.worker.model import ServedModel

PORT, CLIENTS = 18500, 4


def main(arguments: list[str]) -> int:
    """Print a row per engine; 1 where an answer differs or was lost."""
    given = values_of(arguments, ["n", "bundle", "engines", "seconds"])
    count, engines = int(given.get("n", "40")), given.get("engines", ",".join(ENGINES)).split(",")
    first: list[bytes] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        clip = write_clip(root / "clip.mp4", float(given.get("seconds", "10")))
        bundle = Path(given["bundle"]) if "bundle" in given else write_untrained(root / "bundle")
        rows, wrong = without_service(bundle, clip, count), 0
        for name, bodies in every_way(engines, bundle, clip, count, root):
            first = first or bodies
            other = sum(a != b for a, b in zip(bodies, first, strict=True))
            off = sum(rows_of(a) != b for a, b in zip(bodies, rows, strict=True))
            wrong += other + off
            print(f"{name}: of {count} bodies {other} differ from those of {engines[0]}, "
                  f"and {off} from scoring itself", flush=True)  # fmt: skip
    return 1 if wrong else 0


def every_way(
    engines: list[str], bundle: Path, clip: Path, count: int, root: Path
) -> Iterator[tuple[str, list[bytes]]]:
    """Name of a way, and the bodies that it answers."""
    for engine in engines:
        with served(engine, bundle, root / engine, 1) as server:
            yield engine, asked(server, clip, count, f"{engine}, 1 worker")
    if RAY in engines:
        yield from on_two_nodes(bundle, clip, count, root / "two_nodes")


def without_service(bundle: Path, clip: Path, count: int) -> list[object]:
    """Rows of the scorer itself for each request."""
    scorer, found = ServedModel(bundle, Settings()), []
    began_s = time.monotonic()
    for number in range(count):
        media = clip if number % 2 else None
        one = scorer.score([Clip("media_1", "ann", media, transcript=words_of(number))])
        found.append(json.loads(json.dumps([one.candidate, list(one.answers)])))
    print(f"without a service: {count / (time.monotonic() - began_s):.2f} requests/s", flush=True)
    return found


def on_two_nodes(
    bundle: Path, clip: Path, count: int, folder: Path
) -> Iterator[tuple[str, list[bytes]]]:
    """Bodies from a cluster of two, and from one whose second node is killed halfway."""
    cluster = LocalCluster(Path(tempfile.mkdtemp(prefix="ray-")), 1)
    cluster.add(1)

    def kill() -> None:
        os.killpg(cluster.nodes[-1].pid, signal.SIGKILL)

    try:
        with served(RAY, bundle, folder, 2, ClusterOptions(cluster.address)) as server:
            yield "two nodes", asked(server, clip, count, "ray, 2 workers on 2 nodes")
            lost = asked(server, clip, count, "ray, 2 nodes, one killed halfway", halfway=kill)
            yield "a node killed", lost
    finally:
        cluster.close()


@contextmanager
def served(
    engine: str, bundle: Path, folder: Path, workers: int, cluster: ClusterOptions | None = None
) -> Iterator[Server]:
    """An endpoint while the block lasts."""
    began_s = time.monotonic()
    server = start(bundle, folder, port=PORT, settings=Settings(), engine=engine,
                   serving=Serving(workers), cluster=cluster)  # fmt: skip
    print(f"{engine}: {time.monotonic() - began_s:.1f} s until ready", flush=True)
    try:
        yield server
    finally:
        server.stop()


def asked(
    server: Server,
    clip: Path,
    count: int,
    name: str,
    halfway: Callable[[], None] = lambda: None,
) -> list[bytes]:
    """Bodies that are answered, and requests per second.

    Raises:
        requests.HTTPError: when one is refused.
    """
    media, head = clip.read_bytes(), {"Authorization": f"Bearer {server.key()}"}
    url = f"{server.address}/predictions/trifold"

    def ask(number: int) -> bytes:
        if number == count // 2:
            halfway()
        data = {"candidate_id": "ann", "transcript_1": words_of(number)}
        files = {"media_1": ("clip.mp4", media, "video/mp4")} if number % 2 else None
        answer = requests.post(url, headers=head, data=data, files=files, timeout=600)
        answer.raise_for_status()
        return answer.content

    with ThreadPoolExecutor(CLIENTS) as pool:
        began_s = time.monotonic()
        bodies = list(pool.map(ask, range(count)))
    rate = count / (time.monotonic() - began_s)
    print(f"{name}: {rate:.2f} requests/s, load {os.getloadavg()[0]:.1f}", flush=True)
    return bodies


def words_of(number: int) -> str:
    """What is said in a request, in each something else."""
    return f"{WORDS} That was project {number}."


def rows_of(body: bytes) -> list[object]:
    """Those of an answer: of the candidate, and of each clip."""
    facts = json.loads(body)
    return [facts["candidate"], facts["answers"]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
