"""Models as they are served: copies of bundles in the folder of the endpoint, and which are meant.

A copy, so that a worker that is started anew finds what the others loaded, whatever became of the
folder that it was made from.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from trifold.bundle.integrity.checksums import sha256
from trifold.bundle.integrity.signing import read_trusted
from trifold.errors import InputError
from trifold.runtime.private import write_atomically
from trifold.runtime.strict_json import read_object
from trifold.serve.operations.admission import BUNDLE, said_in, unpacked
from trifold.serve.operations.staging import Serving, check_names, stage
from trifold.serve.settings import Settings

FACTS, DEFAULTS = "model.json", "defaults.json"


@dataclass(frozen=True)
class StoredModel:
    """A version of a model.

    Attributes:
        name: of the model.
        version: such as ``1.0``.
        serving: by how many workers, and in which batches.
        folder: that holds its bundle.
    """

    name: str
    version: str
    serving: Serving
    folder: Path

    @property
    def bundle_id(self) -> str:
        """As ``Bundle`` has it."""
        return sha256(self.bundle / "bundle.json")[:12]

    @property
    def bundle(self) -> Path:
        """Folder of the bundle."""
        return self.folder / BUNDLE


class Store:
    """A folder of models, in that of the endpoint.

    Args:
        root: the folder.
        settings: of the workers; with ``trusted_keys`` bundles must be signed by one of them.
    """

    def __init__(self, root: Path, settings: Settings) -> None:
        self._root, self._settings = root, settings
        self.folder = root.parent  # of the endpoint

    def put_bundle(self, bundle: Path, name: str, version: str, serving: Serving) -> StoredModel:
        """Copy a bundle; it is loaded by the workers, and not here.

        Raises:
            BundleError: when there is none, or no trusted key signed it.
            InputError: when name or version cannot be served, or the store has them.
        """
        trusted = read_trusted(self._settings.trusted_keys)
        return self._put(name, version, serving, lambda folder: stage(bundle, folder, trusted))

    def put_archive(self, path: Path, name: str = "") -> StoredModel:
        """Copy the bundle of an archive, of which no code is run; under its name or another one.

        Raises:
            InputError: when it holds anything that ``trifold serve archive`` would not have
                written, or the store has its version.
            BundleError: when no trusted key signed the bundle.
        """
        with unpacked(path) as folder:
            own, version, serving = said_in(folder, path)
            return self.put_bundle(folder / BUNDLE, name or own, version, serving)

    def fill(
        self, archives: Sequence[Path], bundle: Path, name: str, version: str, serving: Serving
    ) -> None:
        """Copy archives, or a bundle where there is none; the latest version is the default.

        Raises:
            InputError, BundleError: see ``put_archive`` and ``put_bundle``.
        """
        for path in archives:
            self.put_archive(path)
        if not archives:
            self.put_bundle(bundle, name, version, serving)
        for model in self.models():
            self.set_default(model.name, model.version)

    def models(self) -> list[StoredModel]:
        """All models, earlier versions first.

        Raises:
            InputError: when a file of the store is not what was written.
        """
        found = [_read(path.parent) for path in self._root.glob(f"*/{FACTS}")]
        return sorted(found, key=lambda model: (model.name, *map(int, model.version.split("."))))

    def default(self, name: str) -> str | None:
        """The version that answers where none is named, as far as one was chosen."""
        return self._defaults().get(name)

    def set_default(self, name: str, version: str) -> None:
        """Choose it, also for later starts."""
        chosen = self._defaults() | {name: version}
        write_atomically(self._root / DEFAULTS, json.dumps(chosen).encode())

    def remove(self, model: StoredModel) -> None:
        """Delete a version."""
        shutil.rmtree(model.folder, ignore_errors=True)

    def _defaults(self) -> dict[str, str]:
        path = self._root / DEFAULTS
        return dict(read_object(path, InputError)) if path.is_file() else {}

    def _put(
        self, name: str, version: str, serving: Serving, fill: Callable[[Path], None]
    ) -> StoredModel:
        check_names(name, version)
        model = StoredModel(name, version, serving, self._root / f"{name}@{version}")
        if model.folder.exists():
            raise InputError(
                expected=f"another version than {version}", got="one that is served", where=name
            )
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix=".", dir=self._root) as made:
            folder = Path(made, "model")
            fill(folder / BUNDLE)
            facts = {"name": name, "version": version, **asdict(serving)}
            (folder / FACTS).write_text(json.dumps(facts), encoding="utf-8")
            folder.rename(model.folder)
        return model


def _read(folder: Path) -> StoredModel:
    facts = read_object(folder / FACTS, InputError)
    try:
        name, version = str(facts.pop("name")), str(facts.pop("version"))
        check_names(name, version)
        return StoredModel(name, version, Serving(**facts), folder)
    except (LookupError, TypeError) as error:
        raise InputError(
            expected="what trifold serve start wrote", got="another file", where=folder / FACTS
        ) from error
