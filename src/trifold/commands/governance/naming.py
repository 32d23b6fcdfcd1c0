"""The places that the settings of a command name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trifold.commands.shared import existing
from trifold.runtime.fast_imports import large_imports

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from trifold.commands.governance.places import Place


def places_of(config: DictConfig) -> list[Place]:
    """Every place that is named and there; those that others are found by come last.

    Raises:
        InputError: when a path that was named is not there.
        BundleError: when the bundle cannot be loaded.
    """
    with large_imports():
        from trifold.bundle.bundle import load_bundle
        from trifold.commands.governance.places import (
            Cache,
            KeptResponses,
            Outputs,
            PeopleTable,
        )
        from trifold.commands.governance.recordings import Recordings

    found: list[Place] = []
    if config.get("out") is not None:
        out = existing(config.out, what="a folder that trifold score wrote")
        named = config.get("bundle")
        found.append(Outputs(out, None if named is None else load_bundle(Path(named))))
    found += [Cache(Path(root)) for root in (config.paths.features, config.paths.transcripts)]
    if config.get("media") is not None:
        media = existing(config.media, what="a folder of recordings")
        found.append(Recordings(media, config.get("candidates") or "auto"))
    if config.get("keep_dir") is not None:
        found.append(KeptResponses(existing(config.keep_dir, what="keep_dir of an endpoint")))
    tables = config.get("tables") or ()
    found += [PeopleTable(existing(str(path), what="a table of people")) for path in tables]
    return found
