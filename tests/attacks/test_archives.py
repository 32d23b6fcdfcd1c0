"""TorchServe runs what an archive brings, so only what trifold serve archive wrote is served."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacks.watching import watched
from tests.bundle.bundle_factory import write_run
from trifold.errors import BundleError, InputError
from trifold.serve.operations.admission import admit
from trifold.serve.operations.archive import archive
from trifold.serve.operations.staging import Serving
from trifold.serve.settings import Settings

SERVING = Serving(1)
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("archives")
    write_run(root / "run")
    return archive(root / "run", root, name="trifold", version="1.0", serving=SERVING)


def files_of(path: Path) -> Files:
    with zipfile.ZipFile(path) as packed:
        return {i.filename: packed.read(i) for i in packed.infolist() if not i.is_dir()}


def packed(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files.items():
            out.writestr(name, content)
    return path


def changed(files: Files, name: str, **changes: object) -> Files:
    facts = json.loads(files[name])
    (facts["model"] if "MANIFEST" in name else facts).update(changes)
    return files | {name: json.dumps(facts).encode()}


MANIFEST, CONFIG = "MAR-INF/MANIFEST.json", "model-config.yaml"
CODE = b"import os\nos.system('touch /tmp/pwned')\n"
ATTACKS: dict[str, tuple[Callable[[Files], Files], str]] = {
    "another handler": (lambda f: f | {"mar_entry.py": CODE}, r"another mar_entry\.py"),
    "one more module": (lambda f: f | {"serve.py": CODE}, r"got 'serve\.py'"),
    "a module that shadows": (lambda f: f | {"torch/__init__.py": CODE}, "got 'torch/__init__.py'"),
    "requirements": (lambda f: f | {"requirements.txt": b"evil"}, r"got 'requirements\.txt'"),
    "a manifest's handler": (lambda f: changed(f, MANIFEST, handler="bundle/x.py"), "MANIFEST"),
    "a handler of theirs": (lambda f: changed(f, MANIFEST, handler="text_classifier"), "MANIFEST"),
    "a pickled model": (lambda f: changed(f, MANIFEST, serializedFile="x.pt"), "MANIFEST"),
    "a model's code": (lambda f: changed(f, MANIFEST, modelFile="bundle/x.py"), "MANIFEST"),
    "to install": (lambda f: changed(f, MANIFEST, requirementsFile="bundle/r.txt"), "MANIFEST"),
    "settings": (lambda f: changed(f, CONFIG, useVenv=True), r"model-config\.yaml of"),
    "a text as a number": (lambda f: changed(f, CONFIG, minWorkers="1"), r"model-config\.yaml of"),
    "YAML": (lambda f: f | {CONFIG: b"!!python/name:os.system"}, "model-config.yaml"),
    "no manifest": (lambda f: {k: v for k, v in f.items() if k != MANIFEST}, f"no {MANIFEST}"),
    "upwards": (lambda f: f | {"bundle/../../x": b""}, "got 'bundle/../../x'"),
    "absolute": (lambda f: f | {"/tmp/pwned": b""}, "got '/tmp/pwned'"),  # noqa: S108
    "many": (lambda f: f | {f"bundle/{n}": b"" for n in range(1001)}, "more than 1000 files"),
    "a large handler": (lambda f: f | {"mar_entry.py": bytes(1 << 17)}, "more than 65536 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_archives_of_others_are_not_served(made: Path, tmp_path: Path, name: str) -> None:
    attack, message = ATTACKS[name]
    path = packed(tmp_path / "evil.mar", attack(files_of(made)))
    with watched() as seen, pytest.raises(InputError, match=message):
        admit(path, tmp_path / "store", Settings())
    assert not [event for event in seen if event.startswith(("os.system", "subprocess", "socket"))]
    assert not (tmp_path / "store").exists()


def test_what_is_served_is_what_was_checked(made: Path, tmp_path: Path) -> None:
    """Another reader may find files in a zip that its index does not list."""
    hidden = tmp_path / "hidden.zip"
    packed(hidden, {"mar_entry.py": CODE})
    both = tmp_path / "trifold.mar"
    both.write_bytes(hidden.read_bytes() + made.read_bytes())
    served = admit(both, tmp_path / "store", Settings())
    assert served == tmp_path / "store/trifold.mar"
    assert files_of(served) == files_of(made)
    assert b"pwned" not in served.read_bytes()


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"PK\5\6" + bytes(18), bytes(100)])
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.mar").write_bytes(content)
    with pytest.raises(InputError, match=r"an archive that trifold serve archive wrote"):
        admit(tmp_path / "x.mar", tmp_path / "store", Settings())


def test_no_file_behind_a_link_gets_into_an_archive(made: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(made.parent / "run", tmp_path / "run"))
    (folder / "card.md").unlink()
    (folder / "card.md").symlink_to("/etc/passwd")
    with pytest.raises(BundleError, match=r"card\.md: expected a file of the bundle, got a link"):
        archive(folder, tmp_path, name="a", version="1", serving=SERVING)
    (folder / "checksums.json").write_text("{}")
    with pytest.raises(BundleError, match="expected files and folders alone, got a link"):
        archive(folder, tmp_path, name="a", version="1", serving=SERVING)
    assert not (tmp_path / "a.mar").exists()
