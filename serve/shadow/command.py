"""The next version of a model beside the old one for a while: begun, reported, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trifold.errors import InputError
from trifold.serve.engine.store import Store
from trifold.serve.operations.rollout import call, describe, serving_as_now, versions
from trifold.serve.operations.server import BUILT_IN, STORE, Server
from trifold.serve.operations.staging import COUNTS
from trifold.serve.operations.stop import running
from trifold.serve.settings_text import is_on
from trifold.serve.shadow.pairs import Pairs, pairs_of
from trifold.serve.shadow.report import lines_of, write_report

FOLDER = "shadow"  # in the endpoint's, for the report


def step(steps: Sequence[str], text: Mapping[str, str]) -> list[object]:
    """Do one step of ``trifold serve rollout``.

    Args:
        steps: those that are asked for.
        text: settings of the command, all of them as text.

    Raises:
        InputError: for several steps, or settings that do not go together.
    """
    if len(steps) > 1:
        raise InputError(expected="one step at a time", got=" and ".join(steps), where="rollout")
    server, model = running(Path(text["out"])), text["model"]
    if steps == ["report"]:
        return report(server, model, Path(text["to"]) if "to" in text else None)
    if steps == ["promote"]:
        return promote(server, model, keep_old=is_on("keep_old", text["keep_old"]))
    if steps == ["abort"]:
        return abort(server, model)
    if ("archive" in text) == ("bundle" in text):
        raise InputError(expected="archive=FILE, or bundle=DIR version=2.0", got="none or both")
    return begin(
        server,
        Path(text.get("archive") or text["bundle"]),
        model=model,
        version=text.get("version", ""),
        share=_share(text.get("share", "0.2")),
        serving={name: text[name] for name in COUNTS if name in text},
    )


def begin(
    server: Server,
    source: Path,
    *,
    model: str,
    version: str,
    share: float,
    serving: Mapping[str, str],
) -> list[object]:
    """Load a version that scores a share of requests beside the one that answers.

    Args:
        server: the one that runs.
        source: a bundle, or an archive, which says its own version.
        model: name under which it will be served.
        version: of a bundle.
        share: of requests.
        serving: what shall be other than now, once it is promoted.

    Raises:
        InputError: for another engine.
        ServerError: when a step is refused; nothing has changed then.
    """
    _require_built_in(server)
    store, (now,) = Store(server.folder / STORE, server.settings), describe(server, model)
    as_wanted = serving_as_now(now, serving)
    put = (
        store.put_bundle(source, model, version, as_wanted)
        if source.is_dir()
        else store.put_archive(source, model)
    )
    call(server, "POST", "/models", url=put.folder.name, shadow=f"{share:g}")
    return [f"version {put.version} scores {100 * share:g} % of requests beside the old one"]


def report(server: Server, model: str, out: Path | None = None) -> list[object]:
    """Write the equating report.

    Args:
        server: the one that runs.
        model: its name.
        out: a folder; below the endpoint's by default.
    """
    pairs = _pairs(server, model)
    return [*lines_of(pairs), *write_report(pairs, out or server.folder / FOLDER)]


def promote(server: Server, model: str, *, keep_old: bool = False) -> list[object]:
    """Write the report, and let the new version answer in the place of the old ones.

    Args:
        server: the one that runs.
        model: its name.
        keep_old: leave the other versions at their own addresses.
    """
    told, pairs = report(server, model), _pairs(server, model)
    call(server, "PUT", f"/shadows/{model}")
    gone = sorted(versions(server, model) - {pairs.new})
    for old in [] if keep_old else gone:
        call(server, "DELETE", f"/models/{model}/{old}")
    removed = ", ".join(gone) if gone and not keep_old else "none"
    return [*told, f"version {pairs.new} answers now; removed: {removed}"]


def abort(server: Server, model: str) -> list[object]:
    """Write the report, and remove the new version.

    Args:
        server: the one that runs.
        model: its name.
    """
    told, pairs = report(server, model), _pairs(server, model)
    call(server, "DELETE", f"/shadows/{model}")
    return [*told, f"version {pairs.new} is gone; {pairs.old} answers as before"]


def _pairs(server: Server, model: str) -> Pairs:
    _require_built_in(server)
    facts: dict[str, Any] = call(server, "GET", f"/shadows/{model}").json()
    return pairs_of(facts, model)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise InputError(expected="a share above 0 and up to 1", got=repr(text), where="share")
    return share


def _require_built_in(server: Server) -> None:
    if server.engine != BUILT_IN:
        raise InputError(expected="the engine built_in", got=server.engine, where="shadow")
