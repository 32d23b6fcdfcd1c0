"""``trifold export run=RUN out=DIR``: a trained run to a self-describing bundle.

``sign=KEYFILE`` signs it; ``bundle=DIR sign=KEYFILE`` signs one that is there.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from omegaconf import DictConfig

from trifold.bundle.description import DESCRIPTION
from trifold.bundle.export import export_bundle
from trifold.bundle.integrity.checksums import sha256
from trifold.bundle.integrity.signing import sign_bundle
from trifold.bundle.panel import PANEL
from trifold.commands.shared import existing
from trifold.drift.profile import FILE, LEAST, profile_of
from trifold.drift.reading import read_observations
from trifold.errors import InputError


def export(config: DictConfig) -> list[Path]:
    """Write the bundle; it gives the scores of the run, bit for bit.

    Raises:
        InputError: when neither ``run`` and ``out`` nor ``bundle`` and ``sign`` are given.
    """
    sign = None if config.sign is None else Path(config.sign)
    if config.bundle is not None and sign is not None and config.run is None:
        return [sign_bundle(existing(config.bundle, what="a bundle"), sign)]
    if config.run is None or config.out is None or config.bundle is not None:
        given = [name for name in ("run", "out", "bundle", "sign") if config[name] is not None]
        raise InputError(
            expected="run=… (a run folder) and out=… (a folder that can be written), "
            "or bundle=… and sign=…",
            got=", ".join(given) or "nothing",
        )
    folder = existing(config.run, what="a run folder")
    panel = None
    if config.panel is not None:
        panel = existing(config.panel, what="a folder of trifold panel") / PANEL
    with tempfile.TemporaryDirectory() as made:
        return export_bundle(
            folder,
            Path(config.out),
            program=config.program,
            sign=sign,
            panel=panel,
            profile=_profile(config.usual, folder, Path(made)),
        )


def _profile(usual: str | None, run: Path, folder: Path) -> Path | None:
    """A profile of people whom a run scored, where that is wanted.

    Raises:
        InputError: when they are too few, or another model scored them.
    """
    if usual is None:
        return None
    scores = existing(usual, what="a folder of trifold score")
    people = read_observations(scores, sha256(run / DESCRIPTION)[:12])
    found = profile_of(people)
    if found is None:
        raise InputError(expected=f"{LEAST} people or more", got=str(len(people)), where=usual)
    return found.write(folder / FILE)
