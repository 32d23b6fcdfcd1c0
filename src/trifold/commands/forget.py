"""``trifold forget candidate=ID out=DIR``: a person removed from outputs and caches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from omegaconf import DictConfig

from trifold.commands.shared import Written, existing
from trifold.errors import InputError, nearest
from trifold.runtime.endings import NOTHING_FOUND
from trifold.runtime.fast_imports import large_imports


def forget(config: DictConfig) -> list[Path]:
    """Remove a person, or what is old, and say what was removed.

    Ends with ``NOTHING_FOUND`` where nothing of the person is there.
    """
    if config.candidate is None and config.keep_days is None:
        raise InputError(expected="candidate=… (an id) or keep_days=…", got="neither")
    if config.candidate is None and config.out is not None:
        raise InputError(expected="candidate=…, whom out=… is to forget", got="none")
    written = Written()
    told = []
    if config.candidate is not None:
        person = str(config.candidate)
        told = [*_from_outputs(config, person, written), *_from_caches(config, person)]
        if not told:
            told = [f"nothing of {person!r} is there{_alike(config, person)}"]
            written.code = NOTHING_FOUND
    if config.keep_days is not None:
        told += _old(config)
    print(*told, sep="\n")
    return written


def _from_outputs(config: DictConfig, person: str, written: Written) -> Iterator[str]:
    if config.out is None:
        return
    with large_imports():
        from trifold.bundle.bundle import load_bundle
        from trifold.reports.forgetting import forget_outputs, named_elsewhere

    out = existing(config.out, what="a folder that trifold score wrote")
    bundle = None if config.bundle is None else load_bundle(Path(config.bundle))
    gone = forget_outputs(person, out, bundle)
    written += gone.written
    yield from (f"{out}: removed {line}" for line in gone.lines)
    if gone.lines and (rows := named_elsewhere(person, out)):
        yield f"{out}: {rows} rows of others hold these letters: look at their messages and remarks"


def _from_caches(config: DictConfig, person: str) -> Iterator[str]:
    from trifold.features.owners import Owners

    for root in _caches(config):
        owners = Owners(root)
        if owners.knows(person):
            gone = owners.forget(person)
            shared = f"; {gone.shared} entries stay, as others have them too" if gone.shared else ""
            yield f"{root}: removed {gone.files} files{shared}"
            if strangers := owners.strangers():
                yield (
                    f"{root}: {strangers} files are of a version that did not note whose they are; "
                    "remove the folder to be certain"
                )


def _caches(config: DictConfig) -> tuple[Path, Path]:
    return Path(config.paths.features), Path(config.paths.transcripts)


def _old(config: DictConfig) -> Iterator[str]:
    from trifold.features.owners import Owners

    for root in _caches(config):
        n = Owners(root).expire(config.keep_days)
        yield f"{root}: removed {n} files that were written more than {config.keep_days:g} days ago"


def _alike(config: DictConfig, person: str) -> str:
    if config.out is None:
        return ""
    from trifold.reports.forgetting import known_people

    near = nearest(person, known_people(Path(config.out)))
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
