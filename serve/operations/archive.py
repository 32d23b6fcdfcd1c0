"""``trifold serve archive bundle=DIR``: a trained bundle to a TorchServe archive (``.mar``).

Settings: ``out=demo/models``, ``name=trifold``, ``version=1.0``, and how it is to be served:
``workers`` (one per core, or one per GPU), ``batch_size`` and ``batch_delay_ms`` (requests that are
read together; worth it on a GPU alone). With ``trusted_keys=FILE`` only a bundle that one of these
keys signed.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from model_archiver.model_archiver_config import ModelArchiverConfig
from model_archiver.model_packaging import generate_model_archive

from trifold.bundle.integrity.checksums import CHECKSUMS, SIGNATURE, files_of, member
from trifold.bundle.integrity.signing import TrustedKeys, read_trusted, verify_signature
from trifold.errors import BundleError, InputError
from trifold.runtime.endings import code_of, run_main, values_of

ENTRY = Path(__file__).parents[1] / "worker/mar_entry.py"
# of a run folder; predictions, plots and histories of training candidates stay at home
PARTS = ("bundle.json", "weights.safetensors", "reference.safetensors", "card.md")
DEFAULTS = {"out": "demo/models", "name": "trifold", "version": "1.0", "trusted_keys": ""}
COUNTS = ("workers", "batch_size", "batch_delay_ms")
_NAME, _VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"), re.compile(r"\d+(\.\d+){0,2}")


def archive(
    bundle: Path,
    out: Path,
    *,
    name: str,
    version: str,
    serving: Mapping[str, int],
    trusted: TrustedKeys | None = None,
) -> Path:
    """Write ``out/name.mar``; returns its path.

    Args:
        bundle: folder that ``trifold train`` or ``trifold export`` wrote.
        out: the model store.
        name: of the model, part of its address.
        version: of the model.
        serving: see ``serving_defaults``.
        trusted: public keys; with some, only bundles that one of them signed.

    Raises:
        BundleError: when there is no bundle, a part of it is a link to elsewhere, or it is not
            signed by a trusted key.
        InputError: when name or version are not what TorchServe takes.
    """
    if not (bundle / "bundle.json").is_file():
        raise BundleError(expected="a run folder with bundle.json", got="none", where=bundle)
    if not _NAME.fullmatch(name) or not _VERSION.fullmatch(version):
        raise InputError(
            expected="a name of letters and digits and a version such as 1.0",
            got=f"{name!r}, {version!r}",
        )
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder, "stage")
        _stage(bundle, stage / "bundle", trusted)
        config = Path(folder, "model-config.yaml")
        config.write_text(json.dumps(serving_config(serving), indent=2), encoding="utf-8")
        generate_model_archive(
            ModelArchiverConfig(
                model_name=name,
                handler=str(ENTRY),
                version=version,
                extra_files=str(stage),
                config_file=str(config),
                export_path=str(out),
                force=True,
            )
        )
    return out / f"{name}.mar"


def serving_defaults() -> dict[str, int]:
    """Workers and batches for this machine.

    On a CPU one request fills a core, so reading several together only makes them wait; on a GPU
    one worker owns the device and reads the words of several requests at once.
    """
    gpus = torch.cuda.device_count()
    if gpus:
        return {"workers": gpus, "batch_size": 8, "batch_delay_ms": 50}
    return {"workers": os.cpu_count() or 1, "batch_size": 1, "batch_delay_ms": 0}


def _stage(bundle: Path, target: Path, trusted: TrustedKeys | None) -> None:
    """Copy what scoring needs, and no file that a link shows from elsewhere."""
    names: tuple[str, ...] = PARTS
    if (bundle / CHECKSUMS).is_file():
        names = (*files_of(bundle), CHECKSUMS, SIGNATURE)
    for name in names:
        if (bundle / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(member(bundle, name, what="a file of the bundle"), target / name)
    if trusted is not None:
        verify_signature(target, trusted)


def serving_config(serving: Mapping[str, int]) -> dict[str, int]:
    """What TorchServe reads of an archive (JSON is YAML)."""
    return {
        "minWorkers": serving["workers"],
        "maxWorkers": serving["workers"],
        "batchSize": serving["batch_size"],
        "maxBatchDelay": serving["batch_delay_ms"],
        "responseTimeout": 300,
        "startupTimeout": 300,
        "maxRetryTimeoutInSec": 600,
    }


def main(arguments: list[str]) -> int:
    """Entry point: print the archive's path, or one line about what is wrong and exit 2."""
    logging.getLogger().setLevel(logging.ERROR)
    return code_of(_archive, arguments, __doc__ or "")


def _archive(arguments: list[str]) -> list[Path]:
    serving = serving_defaults()
    given = values_of(arguments, ["bundle", *DEFAULTS, *serving])
    if "bundle" not in given:
        raise InputError(expected="bundle=DIR", got="no bundle")
    serving |= {key: _count(key, given[key]) for key in serving if key in given}
    text = DEFAULTS | given
    return [
        archive(
            Path(text["bundle"]),
            Path(text["out"]),
            name=text["name"],
            version=text["version"],
            serving=serving,
            trusted=read_trusted(text["trusted_keys"]),
        )
    ]


def _count(name: str, text: str) -> int:
    if not text.isdecimal():
        raise InputError(expected="a whole number", got=repr(text), where=name)
    return int(text)


if __name__ == "__main__":
    run_main(main)
