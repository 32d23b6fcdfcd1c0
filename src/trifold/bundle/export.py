"""A run folder to a self-describing bundle that is checked against the run it came from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from trifold.bundle.bundle import load_bundle
from trifold.bundle.card import card_facts, card_markdown
from trifold.bundle.description import DESCRIPTION, REFERENCE, WEIGHTS
from trifold.bundle.integrity.checksums import CHECKSUMS, SIGNATURE, member, write_checksums
from trifold.bundle.integrity.signing import sign_bundle
from trifold.bundle.panel import PANEL, read_panel
from trifold.bundle.program import PROGRAM, export_program, write_program
from trifold.errors import BundleError, InputError

METRICS, CARD = "metrics.json", "card"
PROFILE = "profile.json"  # of drift: counts in bins of what training saw


def export_bundle(
    run: Path,
    out: Path,
    *,
    program: bool = True,
    sign: Path | None = None,
    panel: Path | None = None,
    profile: Path | None = None,
) -> list[Path]:
    """Write the bundle of a run; description, weights and reference are the run's own bytes.

    The folder is made beside its place and moved there when it is whole and loads.

    Args:
        run: folder that training wrote.
        out: the new folder.
        program: also export the model as a program.
        sign: private key that signs it.
        panel: ``panel.json`` of this model, for the card; None leaves it without.
        profile: file by which drift is told, in the place of that of training.

    Returns:
        The paths of what was written, checksums and signature last.

    Raises:
        BundleError: when the run is incomplete, its model cannot be exported, or the panel is of
            another.
        InputError: when ``out`` exists and is no bundle, or is the run itself, or the key cannot
            be used.
    """
    _require_free(run, out)
    bundle = load_bundle(run)
    metrics = _metrics(run / METRICS)
    moved = None if panel is None else read_panel(panel, bundle.bundle_id)
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name in (DESCRIPTION, WEIGHTS, REFERENCE, PROFILE, METRICS):
        if (run / name).is_file():
            shutil.copyfile(member(run, name, what="a file of the run"), partial / name)
    if program:
        write_program(partial / PROGRAM, export_program(bundle))
    if profile is not None:
        shutil.copyfile(profile, partial / PROFILE)
    if panel is not None:
        shutil.copyfile(panel, partial / PANEL)
    facts = card_facts(bundle, metrics, moved)
    text = json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    (partial / f"{CARD}.json").write_text(text, encoding="utf-8")
    own = run / f"{CARD}.md"
    said = member(run, own.name, what="a card of the run") if own.is_file() else None
    shown = card_markdown(facts, said.read_text(encoding="utf-8") if said else None)
    (partial / f"{CARD}.md").write_text(shown, encoding="utf-8")
    write_checksums(partial)
    if sign is not None:
        sign_bundle(partial, sign)
    load_bundle(partial)
    shutil.rmtree(out, ignore_errors=True)
    partial.replace(out)
    last = [out / CHECKSUMS, *([out / SIGNATURE] if sign is not None else [])]
    return [*sorted(p for p in out.iterdir() if p not in last), *last]


def _metrics(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise BundleError(expected="the metrics of a finished run", got="none", where=path)
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise BundleError(expected="valid JSON", got=str(error), where=path) from error


def _require_free(run: Path, out: Path) -> None:
    """An earlier export may be replaced; nothing else is ever deleted."""
    if out.resolve() == run.resolve():
        raise InputError(expected="another folder than the run's own", got="the same", where=out)
    if (
        out.exists()
        and not (out / CHECKSUMS).is_file()
        and (not out.is_dir() or any(out.iterdir()))
    ):
        raise InputError(
            expected="a new folder or an earlier bundle", got="something else", where=out
        )
