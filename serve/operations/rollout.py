"""``trifold serve rollout archive=FILE.mar``: the next version of a model, without a pause.

The new version is registered beside the old one, becomes the default when its workers are ready,
and the old one goes when its queue is empty and what it was doing has had ``settle_s`` to finish.
Settings: ``out=demo/serving`` (folder of the running server), ``model=trifold``, ``settle_s=30``,
``keep_old=false``.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import requests

from trifold.errors import InputError
from trifold.runtime.endings import code_of, run_main, values_of
from trifold.serve.operations.admission import admit
from trifold.serve.operations.launch import STORE
from trifold.serve.operations.server import Server, ServerError
from trifold.serve.operations.start import DEFAULTS
from trifold.serve.operations.stop import running
from trifold.serve.settings import is_on, read_settings

TIMEOUT_S = 300
OWN = {"out": DEFAULTS["out"], "model": "trifold", "settle_s": "30", "keep_old": "false"}


def roll_out(
    server: Server, path: Path, *, model: str, settle_s: float, keep_old: bool = False
) -> tuple[str, list[str]]:
    """Replace the served versions of a model by that of an archive.

    Args:
        server: the one that runs.
        path: of the archive, which is checked as at the start and copied to the server's store.
        model: name under which it is served.
        settle_s: time that requests in flight get before their workers end.
        keep_old: leave the other versions at their own addresses.

    Returns:
        The new version, and those that were removed.

    Raises:
        ServerError: when a step is refused; the old version then still answers.
        InputError, BundleError: see ``trifold.serve.operations.admission.admit``.
    """
    before = versions(server, model)
    name = f"{path.stem}-{time.time_ns()}.mar"
    settings = read_settings(server.folder / "settings.json")
    store = server.folder / STORE
    admit(path, store / "next", settings).replace(store / name)
    _call(
        server,
        "POST",
        "",
        url=name,
        model_name=model,
        synchronous="true",
        initial_workers=str(int(_describe(server, model)[0]["minWorkers"])),
    )
    (new,) = versions(server, model) - before
    _call(server, "PUT", f"/{model}/{new}/set-default")
    gone = [] if keep_old else sorted(before)
    for version in gone:
        _wait_until_idle(server, model, version)
    time.sleep(settle_s if gone else 0)
    for version in gone:
        _call(server, "DELETE", f"/{model}/{version}")
    return new, gone


def versions(server: Server, model: str) -> set[str]:
    """The versions of a model that are registered."""
    return {str(facts["modelVersion"]) for facts in _describe(server, f"{model}/all")}


def _wait_until_idle(server: Server, model: str, version: str) -> None:
    end_s = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end_s:
        (facts,) = _describe(server, f"{model}/{version}")
        if facts.get("jobQueueStatus", {}).get("pendingRequests", 0) == 0:
            return
        time.sleep(0.5)
    raise ServerError(expected="an empty queue", got="requests that wait", where=version)


def _describe(server: Server, what: str) -> list[dict[str, Any]]:
    return list(_call(server, "GET", f"/{what}").json())


def _call(server: Server, method: str, path: str, **query: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {server.key('management')}"}
    url = f"{server.management}/models{path}"
    answer = requests.request(method, url, params=query, headers=headers, timeout=TIMEOUT_S)
    if answer.status_code != 200:
        reason = f"{answer.status_code} {answer.text[:200]!r}"
        raise ServerError(expected="success", got=reason, where=f"{method} {path}")
    return answer


def main(arguments: list[str]) -> int:
    """Entry point."""
    return code_of(_roll_out, arguments, __doc__ or "")


def _roll_out(arguments: list[str]) -> list[str]:
    text = OWN | values_of(arguments, ["archive", *OWN])
    if "archive" not in text:
        raise InputError(expected="archive=FILE", got="no archive")
    new, gone = roll_out(
        running(Path(text["out"])),
        Path(text["archive"]),
        model=text["model"],
        settle_s=_seconds(text["settle_s"]),
        keep_old=is_on("keep_old", text["keep_old"]),
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
