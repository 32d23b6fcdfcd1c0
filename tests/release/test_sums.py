"""A release's checksums and signature, by the tools that everybody has."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from release.sums import IDENTITY, NAMESPACE, main
from trifold.bundle.integrity.signing import make_key
from trifold.errors import InputError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def released(tmp_path: Path) -> Path:
    folder, key = tmp_path / "dist", tmp_path / "key"
    folder.mkdir()
    (folder / "trifold-1.whl").write_bytes(b"wheel")
    (folder / "trifold-1.cdx.json").write_bytes(b"{}")
    make_key(key)
    assert main(str(folder), str(key)) == 0
    return folder


def verified(folder: Path, namespace: str = NAMESPACE) -> bool:
    command = ["ssh-keygen", "-Y", "verify", "-f", "allowed_signers", "-I", IDENTITY,
               "-n", namespace, "-s", "SHA256SUMS.sig"]  # fmt: skip
    with (folder / "SHA256SUMS").open("rb") as sums:
        done = subprocess.run(command, cwd=folder, stdin=sums, capture_output=True)
    return done.returncode == 0


needs_ssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen is here")


@needs_ssh
def test_openssh_verifies_what_we_sign_and_for_this_use_alone(released: Path) -> None:
    assert verified(released)
    assert not verified(released, namespace="file")


@needs_ssh
@pytest.mark.parametrize("name", ["SHA256SUMS", "SHA256SUMS.sig"])
def test_a_changed_byte_is_noticed(released: Path, name: str) -> None:
    content = bytearray((released / name).read_bytes())
    content[len(content) // 2] ^= 1
    (released / name).write_bytes(content)
    assert not verified(released)


@needs_ssh
def test_another_key_is_not_trusted(released: Path, tmp_path: Path) -> None:
    other = make_key(tmp_path / "other").read_text()
    (released / "allowed_signers").write_text(f"{IDENTITY} {other}")
    assert not verified(released)


def test_sha256sum_reads_the_list_and_finds_a_changed_file(released: Path) -> None:
    command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    assert subprocess.run(command, cwd=released, capture_output=True).returncode == 0
    assert len((released / "SHA256SUMS").read_text().splitlines()) == 2
    (released / "trifold-1.whl").write_bytes(b"another")
    assert subprocess.run(command, cwd=released, capture_output=True).returncode == 1


def test_no_key_that_others_can_read_signs_a_release(released: Path, tmp_path: Path) -> None:
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(InputError, match="only its owner can read"):
        main(str(released), str(tmp_path / "key"))


def test_a_key_that_is_not_there_is_told_in_one_line_and_nothing_is_written(tmp_path) -> None:
    (tmp_path / "a.whl").write_bytes(b"wheel")
    command = [sys.executable, "-m", "release.sums", str(tmp_path), str(tmp_path / "none")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {tmp_path}/none: expected a private Ed25519 key")
    assert [path.name for path in tmp_path.iterdir()] == ["a.whl"]
