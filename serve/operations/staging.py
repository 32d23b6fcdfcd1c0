"""What of a bundle is served, under which name, and by how many workers."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from trifold.bundle.integrity.checksums import CHECKSUMS, SIGNATURE, files_of, member
from trifold.bundle.integrity.signing import TrustedKeys, verify_signature
from trifold.errors import BundleError, InputError
from trifold.workers.processes import has_gpu_driver

# of a run folder; predictions, plots and histories of training candidates stay at home
PARTS = ("bundle.json", "weights.safetensors", "reference.safetensors", "profile.json", "card.md")
NAME, VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"), re.compile(r"\d+(\.\d+){0,2}")


@dataclass(frozen=True)
class Serving:
    """How a model is served.

    Attributes:
        workers: processes that hold the model.
        batch_size: requests of which the words are read together; worth it on a GPU alone.
        batch_delay_ms: how long a first request waits for others.
    """

    workers: int
    batch_size: int = 1
    batch_delay_ms: int = 0

    def __post_init__(self) -> None:
        """Refuse what would answer nothing.

        Raises:
            InputError: when there is no worker, or no request in a batch.
        """
        if self.workers < 1 or self.batch_size < 1:
            got = f"workers={self.workers}, batch_size={self.batch_size}"
            raise InputError(expected="at least one worker and one request at a time", got=got)

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Serving:
        """What words of a command line say; what they do not say suits this machine.

        On a CPU one request fills a core, so reading several together only makes them wait; on a
        GPU one worker owns the device and reads the words of several requests at once.

        Raises:
            InputError: when a value is no whole number.
        """
        wrong = next((n for n, text in given.items() if not text.isdecimal()), None)
        if wrong is not None:
            raise InputError(expected="a whole number", got=repr(given[wrong]), where=wrong)
        gpus = _gpus()
        own = cls(gpus, 8, 50) if gpus else cls(os.cpu_count() or 1)
        return cls(**{**own.__dict__, **{name: int(text) for name, text in given.items()}})


COUNTS = tuple(field.name for field in fields(Serving))


def check_names(name: str, version: str) -> None:
    """Refuse what cannot be a part of an address.

    Raises:
        InputError: when name or version are not what is served.
    """
    if not NAME.fullmatch(name) or not VERSION.fullmatch(version):
        raise InputError(
            expected="a name of letters and digits and a version such as 1.0",
            got=f"{name!r}, {version!r}",
        )


def stage(bundle: Path, target: Path, trusted: TrustedKeys | None) -> None:
    """Copy what scoring needs, and no file that a link shows from elsewhere.

    Args:
        bundle: folder that ``trifold train`` or ``trifold export`` wrote.
        target: where its parts go.
        trusted: public keys; with some, only bundles that one of them signed.

    Raises:
        BundleError: when there is no bundle, a part of it is a link to elsewhere, or it is not
            signed by a trusted key.
    """
    if not (bundle / "bundle.json").is_file():
        raise BundleError(expected="a run folder with bundle.json", got="none", where=bundle)
    names: tuple[str, ...] = PARTS
    if (bundle / CHECKSUMS).is_file():
        names = (*files_of(bundle), CHECKSUMS, SIGNATURE)
    for name in names:
        if (bundle / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(member(bundle, name, what="a file of the bundle"), target / name)
    if trusted is not None:
        verify_signature(target, trusted)


def _gpus() -> int:
    if not has_gpu_driver():
        return 0
    import torch  # which takes seconds to load, and is not needed to know of none

    return int(torch.cuda.device_count())
