"""``trifold serve rollout bundle=RUN version=2.0``: the next version of a model, without a pause.

The new version is loaded by workers beside the old ones, becomes the default when they are ready,
and the old one goes when it has answered what it was asked; TorchServe's, when its queue is empty
and what it was doing has had ``settle_s`` to finish. Settings: ``archive=FILE.mar`` in the place of
bundle and version (TorchServe takes nothing else), ``out=demo/serving`` (folder of the running
server), ``model=trifold``, ``settle_s=30``, ``keep_old=false``; ``workers``, ``batch_size`` and
``batch_delay_ms`` as for ``trifold serve start``.

``shadow=true`` lets the new version score a share of requests too (``share=0.2``), once they are
answered, and leaves answers as they are; ``report=true`` then writes how its scores compare with
the old ones' (to ``OUT/shadow``, or ``to=FOLDER``), ``promote=true`` lets it answer, and
``abort=true`` removes it. What was compared are pairs of scores, without a word of whose.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from trifold.errors import InputError
from trifold.runtime.endings import code_of, run_main, values_of
from trifold.serve.engine.store import Store
from trifold.serve.operations.admission import admit
from trifold.serve.operations.server import OUT, STORE, TORCHSERVE, Server, ServerError
from trifold.serve.operations.staging import COUNTS, Serving, check_names
from trifold.serve.operations.stop import running
from trifold.serve.operations.torchserve import archived
from trifold.serve.settings_text import is_on

TIMEOUT_S = 300
STEPS, OF_SHADOW = ("shadow", "report", "promote", "abort"), ("share", "to")
OWN = {"out": OUT, "model": "trifold", "settle_s": "30", "keep_old": "false"}


def roll_out(
    server: Server,
    source: Path,
    *,
    model: str,
    settle_s: float,
    keep_old: bool = False,
    version: str = "",
    serving: Mapping[str, str] | None = None,
) -> tuple[str, list[str]]:
    """Replace the served versions of a model by another one.

    Args:
        server: the one that runs.
        source: a bundle or an archive, which is checked as at the start and copied.
        model: name under which it is served.
        settle_s: time that requests in flight get before TorchServe's workers end.
        keep_old: leave the other versions at their own addresses.
        version: of a bundle; an archive says its own.
        serving: what shall be other than now: workers of a bundle, and batches.

    Returns:
        The new version, and those that were removed.

    Raises:
        ServerError: when a step is refused; the old version then still answers.
        InputError, BundleError: see ``admit`` and ``Store``.
    """
    before, (now,) = versions(server, model), describe(server, model)
    if source.is_dir():
        check_names(model, version)
    as_wanted = serving_as_now(now, serving or {})
    if server.engine == TORCHSERVE:
        url = _put_archive(server, source, model, version, as_wanted)
    else:
        store = Store(server.folder / STORE, server.settings)
        put = (
            store.put_bundle(source, model, version, as_wanted)
            if source.is_dir()
            else store.put_archive(source, model)
        )
        url = put.folder.name
    query = {"model_name": model, "synchronous": "true", "initial_workers": str(now["minWorkers"])}
    call(server, "POST", "/models", url=url, **query)
    (new,) = versions(server, model) - before
    call(server, "PUT", f"/models/{model}/{new}/set-default")
    gone = [] if keep_old else sorted(before)
    if server.engine == TORCHSERVE and gone:
        for old in gone:
            _wait_until_idle(server, model, old)
        time.sleep(settle_s)
    for old in gone:
        (facts,) = describe(server, f"{model}/{old}")
        call(server, "DELETE", f"/models/{model}/{old}")
        _forget_archive(server, str(facts.get("modelUrl", "")))
    return new, gone


def _put_archive(server: Server, source: Path, model: str, version: str, serving: Serving) -> str:
    """Put an archive into TorchServe's store; returns its name there."""
    if source.is_dir():
        source = archived(source, server.folder, model, version, serving)
    store, name = server.folder / STORE, f"{source.stem}-{time.time_ns()}.mar"
    admit(source, store / "next", server.settings).replace(store / name)
    return name


def _forget_archive(server: Server, name: str) -> None:
    """Remove an archive from TorchServe's store, or it would be served again after a restart."""
    path = server.folder / STORE / Path(name).name
    if server.engine == TORCHSERVE and path.suffix == ".mar":
        path.unlink(missing_ok=True)


def versions(server: Server, model: str) -> set[str]:
    """The versions of a model that are registered."""
    return {str(facts["modelVersion"]) for facts in describe(server, f"{model}/all")}


def serving_as_now(now: Mapping[str, Any], wanted: Mapping[str, str]) -> Serving:
    """Workers and batches of the version that answers, but for what shall be other.

    Args:
        now: that version, as ``describe`` gives it.
        wanted: settings by name.
    """
    as_now = {"workers": now["minWorkers"], "batch_size": now["batchSize"]}
    return Serving.of({name: str(count) for name, count in as_now.items()} | dict(wanted))


def _wait_until_idle(server: Server, model: str, version: str) -> None:
    end_s = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end_s:
        (facts,) = describe(server, f"{model}/{version}")
        if facts.get("jobQueueStatus", {}).get("pendingRequests", 0) == 0:
            return
        time.sleep(0.5)
    raise ServerError(expected="an empty queue", got="requests that wait", where=version)


def describe(server: Server, what: str) -> list[dict[str, Any]]:
    """A model's version, or all of them with ``/all``, as TorchServe describes them."""
    return list(call(server, "GET", f"/models/{what}").json())


def call(server: Server, method: str, path: str, **query: str) -> requests.Response:
    """Ask the engine's management.

    Raises:
        ServerError: with what it says, where it refuses.
    """
    headers = {"Authorization": f"Bearer {server.key('management')}"}
    url = f"{server.management}{path}"
    answer = requests.request(method, url, params=query, headers=headers, timeout=TIMEOUT_S)
    if answer.status_code != 200:
        reason = f"{answer.status_code} {answer.text[:200]!r}"
        raise ServerError(expected="success", got=reason, where=f"{method} {path}")
    return answer


def main(arguments: list[str]) -> int:
    """Entry point."""
    return code_of(_roll_out, arguments, __doc__ or "")


def _roll_out(arguments: list[str]) -> Sequence[object]:
    text = OWN | values_of(
        arguments, ["archive", "bundle", "version", *OWN, *COUNTS, *OF_SHADOW, *STEPS]
    )
    steps = [name for name in STEPS if is_on(name, text.get(name, "false"))]
    if steps:
        from trifold.serve.shadow.command import step  # which needs what compares scores

        return step(steps, text)
    if ("archive" in text) == ("bundle" in text):
        raise InputError(expected="archive=FILE, or bundle=DIR version=2.0", got="none or both")
    new, gone = roll_out(
        running(Path(text["out"])),
        Path(text.get("archive") or text["bundle"]),
        model=text["model"],
        settle_s=_seconds(text["settle_s"]),
        keep_old=is_on("keep_old", text["keep_old"]),
        version=text.get("version", ""),
        serving={name: text[name] for name in COUNTS if name in text},
    )
    return [f"version {new} answers now; removed: {', '.join(gone) or 'none'}"]


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise InputError(expected="seconds of 0 or more", got=repr(text), where="settle_s")
    return value


if __name__ == "__main__":
    run_main(main)
