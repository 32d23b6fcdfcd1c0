"""``trifold serve archive bundle=DIR``: a trained bundle to a TorchServe archive (``.mar``).

Settings: ``out=demo/models``, ``name=trifold``, ``version=1.0``, and how it is to be served:
``workers`` (one per core, or one per GPU), ``batch_size`` and ``batch_delay_ms`` (requests that are
read together; worth it on a GPU alone). With ``trusted_keys=FILE`` only a bundle that one of these
keys signed.
"""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path

from model_archiver.model_archiver_config import ModelArchiverConfig
from model_archiver.model_packaging import generate_model_archive

from trifold.bundle.integrity.signing import TrustedKeys, read_trusted
from trifold.errors import InputError
from trifold.runtime.endings import code_of, run_main, values_of
from trifold.serve.operations.admission import ENTRY, serving_config
from trifold.serve.operations.staging import COUNTS, Serving, check_names, stage

DEFAULTS = {"out": "demo/models", "name": "trifold", "version": "1.0", "trusted_keys": ""}


def archive(
    bundle: Path,
    out: Path,
    *,
    name: str,
    version: str,
    serving: Serving,
    trusted: TrustedKeys | None = None,
) -> Path:
    """Write ``out/name.mar``; returns its path.

    Args:
        bundle: folder that ``trifold train`` or ``trifold export`` wrote.
        out: the model store.
        name: of the model, part of its address.
        version: of the model.
        serving: by how many workers, and in which batches.
        trusted: public keys; with some, only bundles that one of them signed.

    Raises:
        BundleError: when there is no bundle, a part of it is a link to elsewhere, or it is not
            signed by a trusted key.
        InputError: when name or version are not what TorchServe takes.
    """
    check_names(name, version)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        staged = Path(folder, "stage")
        stage(bundle, staged / "bundle", trusted)
        config = Path(folder, "model-config.yaml")
        config.write_text(json.dumps(serving_config(serving), indent=2), encoding="utf-8")
        generate_model_archive(
            ModelArchiverConfig(
                model_name=name,
                handler=str(ENTRY),
                version=version,
                extra_files=str(staged),
                config_file=str(config),
                export_path=str(out),
                force=True,
            )
        )
    return out / f"{name}.mar"


def main(arguments: list[str]) -> int:
    """Entry point: print the archive's path, or one line about what is wrong and exit 2."""
    logging.getLogger().setLevel(logging.ERROR)
    return code_of(_archive, arguments, __doc__ or "")


def _archive(arguments: list[str]) -> list[Path]:
    given = values_of(arguments, ["bundle", *DEFAULTS, *COUNTS])
    if "bundle" not in given:
        raise InputError(expected="bundle=DIR", got="no bundle")
    text = DEFAULTS | given
    return [
        archive(
            Path(text["bundle"]),
            Path(text["out"]),
            name=text["name"],
            version=text["version"],
            serving=Serving.of({name: given[name] for name in COUNTS if name in given}),
            trusted=read_trusted(text["trusted_keys"]),
        )
    ]


if __name__ == "__main__":
    run_main(main)
