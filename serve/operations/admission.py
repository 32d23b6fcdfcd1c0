"""Archives are looked through before they are served: an archive may bring code that is run.

TorchServe runs the handler that an archive names and obeys the settings in it. Ours are made of
four things alone, all of which are checked here; what passed is packed anew, and that is served, so
that nothing is run that another reader of the same file would have found in it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from trifold.errors import InputError, TrifoldError
from trifold.runtime.strict_json import parsed
from trifold.serve.operations.staging import Serving
from trifold.serve.settings import Settings

ENTRY = Path(__file__).parents[1] / "worker/mar_entry.py"
MANIFEST, CONFIG, BUNDLE = "MAR-INF/MANIFEST.json", "model-config.yaml", "bundle/"
FACTS = {"modelName", "modelVersion", "handler", "configFile"}  # that a model's manifest may state
LARGEST_BYTES, MOST_FILES = 4 << 30, 1000
SMALL_BYTES = 1 << 16  # of all that is no part of the bundle


def admit(path: Path, store: Path, settings: Settings) -> Path:
    """Load a model as the workers will, and put an archive of what was loaded into the store.

    Args:
        path: an archive, which may be a stranger's.
        store: where the archive that is served goes, under the same name.
        settings: of the workers; with ``trusted_keys`` the bundle must be signed by one of them.

    Returns:
        Path of the archive that is served.

    Raises:
        InputError: when it holds anything that ``trifold serve archive`` would not have written.
        BundleError: when the bundle is damaged or not signed by a trusted key.
    """
    from trifold.serve.worker.model import load  # PyTorch, which those that only look do without

    with unpacked(path) as folder:
        _give_time(folder / CONFIG, settings)
        load(folder / BUNDLE, settings)
        return _pack(folder, store / path.name)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """What an archive holds, once it was looked through; gone when the block ends.

    Raises:
        InputError: see ``admit``.
        TrifoldError: of the block, with the archive in the place of the file that it names.
    """
    try:
        with tempfile.TemporaryDirectory() as folder:
            _unpack(path, Path(folder))
            yield Path(folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _foreign(str(error) or type(error).__name__, path) from error
    except TrifoldError as error:
        raise type(error)(expected=error.expected, got=error.got, where=path) from error


def said_in(folder: Path, path: Path) -> tuple[str, str, Serving]:
    """Name, version and workers that the files of an unpacked archive say.

    Raises:
        InputError: when there is none.
    """
    model, config = _object(folder / MANIFEST, path)["model"], _object(folder / CONFIG, path)
    try:
        serving = Serving(config["minWorkers"], config["batchSize"], config["maxBatchDelay"])
        return str(model["modelName"]), str(model["modelVersion"]), serving
    except LookupError as error:
        raise _foreign(f"no {error.args[0]}", path) from error


def serving_config(serving: Serving) -> dict[str, int]:
    """What TorchServe reads of an archive (JSON is YAML)."""
    return {
        "minWorkers": serving.workers,
        "maxWorkers": serving.workers,
        "batchSize": serving.batch_size,
        "maxBatchDelay": serving.batch_delay_ms,
        "responseTimeout": 300,
        "startupTimeout": 300,
        "maxRetryTimeoutInSec": 600,
    }


def _unpack(path: Path, folder: Path) -> None:
    with zipfile.ZipFile(path) as packed:
        found = packed.infolist()
        if len(found) > MOST_FILES or sum(info.file_size for info in found) > LARGEST_BYTES:
            raise _foreign(f"more than {MOST_FILES} files or {LARGEST_BYTES} bytes", path)
        names = [info.filename for info in found]
        strange = next((n for n in names if not _is_ours(n) or names.count(n) > 1), None)
        if strange is not None:
            raise _foreign(repr(strange[:200]), path)
        small = [i for i in found if not i.filename.startswith(BUNDLE)]
        if any(info.file_size > SMALL_BYTES for info in small):
            raise _foreign(f"more than {SMALL_BYTES} bytes beside the bundle", path)
        packed.extractall(folder)
    _check_code(folder, path)


def _is_ours(name: str) -> bool:
    """Whether ``trifold.serve.operations.archive`` writes files of this name."""
    if name in (MANIFEST, ENTRY.name, CONFIG, "MAR-INF/"):
        return True
    clean = not {"..", "\\", "\0"} & {*PurePosixPath(name).parts, *name}
    return name.startswith(BUNDLE) and clean


def _check_code(folder: Path, path: Path) -> None:
    """The handler is ours to the byte, and manifest and settings say nothing but what we write."""
    missing = [n for n in (MANIFEST, ENTRY.name, CONFIG) if not (folder / n).is_file()]
    if missing:
        raise _foreign(f"no {missing[0]}", path)
    if (folder / ENTRY.name).read_bytes() != ENTRY.read_bytes():
        raise _foreign(f"another {ENTRY.name} (of another version, or code of its own)", path)
    model = _object(folder / MANIFEST, path).get("model")
    if not isinstance(model, dict) or set(model) - FACTS or model.get("handler") != ENTRY.name:
        raise _foreign(f"{MANIFEST} of {str(model)[:200]}", path)
    config, known = _object(folder / CONFIG, path), serving_config(Serving(1))
    if set(config) - set(known) or not all(type(value) is int for value in config.values()):
        raise _foreign(f"{CONFIG} of {str(config)[:200]}", path)


def _give_time(config: Path, settings: Settings) -> None:
    """TorchServe ends a worker after a while: let it be after a request's own limit."""
    facts = json.loads(config.read_text(encoding="utf-8"))
    facts["responseTimeout"] = settings.worker_seconds
    config.write_text(json.dumps(facts, indent=2), encoding="utf-8")


def _object(file: Path, path: Path) -> dict[str, Any]:
    try:
        found = parsed(file.read_bytes())
    except ValueError as error:
        raise _foreign(f"{file.name}: {error}"[:200], path) from error
    if not isinstance(found, dict):
        raise _foreign(f"{file.name} of {type(found).__name__}", path)
    return found


def _pack(folder: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = shutil.make_archive(str(target), "zip", folder)
    return Path(made).replace(target)


def _foreign(got: str, path: Path) -> InputError:
    return InputError(expected="an archive that trifold serve archive wrote", got=got, where=path)
