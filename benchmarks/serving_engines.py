"""The same answers from every engine: ``python -m benchmarks.serving_engines [n=40] [bundle=RUN]``.

Requests with words and with a 10-s clip go through scoring without a service, the gateway's own
workers, TorchServe (``engines=built_in,torchserve,ray``) and Ray Serve; bodies are compared to the
byte, and each engine's requests per second are told. For Ray a second node is added on this machine
afterwards, and the rate is told again; on cores that the first one fills already it cannot rise.
Every worker is one process, so one node has ``workers=1``, and two have 2.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
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
    """Print a row per engine; 1 where a body differs."""
    given = values_of(arguments, ["n", "bundle", "engines"])
    count, engines = int(given.get("n", "40")), given.get("engines", ",".join(ENGINES)).split(",")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        clip = write_clip(root / "clip.mp4", 10)
        bundle = Path(given["bundle"]) if "bundle" in given else write_untrained(root / "bundle")
        bodies = {"batch": without_service(bundle, clip)}
        for engine in engines:
            with served(engine, bundle, root / engine, 1) as server:
                bodies[engine] = asked(server, clip, count, f"{engine}, 1 worker")
        if RAY in engines:
            cluster = LocalCluster(Path(tempfile.mkdtemp(prefix="ray-")), 1)
            cluster.add(1)
            try:
                options = ClusterOptions(cluster.address)
                with served(RAY, bundle, root / "two_nodes", 2, options) as server:
                    bodies["two nodes"] = asked(server, clip, count, "ray, 2 workers on 2 nodes")
            finally:
                cluster.close()
    wrong = [name for name, found in bodies.items() if found != bodies["batch"]]
    print(f"bodies: {len(bodies)} ways, differing: {', '.join(wrong) or 'none'}")
    return 1 if wrong else 0


def without_service(bundle: Path, clip: Path) -> list[object]:
    """Rows of the scorer itself, of words and of the clip."""
    scorer = ServedModel(bundle, Settings())
    clips = [Clip("media_1", "ann", None, transcript=WORDS), Clip("media_1", "ann", clip)]
    with tempfile.TemporaryDirectory() as folder:
        found = [scorer.score(scorer.with_words([one], Path(folder))) for one in clips]
    return [json.loads(json.dumps([one.candidate, list(one.answers)])) for one in found]


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


def asked(server: Server, clip: Path, count: int, name: str) -> list[object]:
    """Rows as they are answered, the same each time, and requests per second."""
    media, head = clip.read_bytes(), {"Authorization": f"Bearer {server.key()}"}

    def ask(number: int) -> str:
        url, data = f"{server.address}/predictions/trifold", {"candidate_id": "ann"}
        if number % 2:
            files = {"media_1": ("clip.mp4", media, "video/mp4")}
            answer = requests.post(url, headers=head, data=data, files=files, timeout=600)
        else:
            data["transcript_1"] = WORDS
            answer = requests.post(url, headers=head, data=data, timeout=600)
        answer.raise_for_status()
        return answer.text

    with ThreadPoolExecutor(CLIENTS) as pool:
        began_s = time.monotonic()
        texts = list(pool.map(ask, range(count)))
    rate = count / (time.monotonic() - began_s)
    print(f"{name}: {rate:.2f} requests/s, load {os.getloadavg()[0]:.1f}", flush=True)
    return rows_of(texts)


def rows_of(texts: Sequence[str]) -> list[object]:
    """Those of words and of the clip; each time the same.

    Raises:
        ValueError: when two answers to one request differ.
    """
    if len(set(texts)) != min(2, len(texts)):
        raise ValueError("answers to the same request differ")
    facts = [json.loads(text) for text in texts[:2]]
    return [[one["candidate"], one["answers"]] for one in facts]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
