"""The locks name every package that ``pyproject.toml`` asks for, at a version it takes, by hash."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from requirements.lock import EXTRAS, OF_PYTORCH, without_pytorch

ROOT = Path(__file__).parents[1]
LOCKS = ROOT / "requirements"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;]+)", re.MULTILINE)


def wanted(extras: list[str]) -> list[Requirement]:
    """What the package and its extras ask for, extras of extras included."""
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    found = [Requirement(line) for line in lines]
    inner = [extra for one in found if one.name == "trifold" for extra in one.extras]
    rest = [one for one in found if one.name != "trifold"]
    return rest + (wanted(sorted(inner)) if inner else [])


def pins(name: str) -> dict[str, set[str]]:
    """Package to the versions that the lock has for it, one per kind of machine."""
    found: dict[str, set[str]] = {}
    for package, version in PIN.findall((LOCKS / f"{name}.lock").read_text()):
        found.setdefault(canonicalize_name(package), set()).add(version)
    return found


@pytest.mark.parametrize("lock", EXTRAS)
def test_a_lock_satisfies_what_the_project_asks_for(lock: str) -> None:
    locked = pins(lock)
    for requirement in wanted(EXTRAS[lock]):
        versions = locked.get(canonicalize_name(requirement.name))
        assert versions, f"{requirement.name} is not in {lock}.lock: make lock"
        for version in versions:
            assert requirement.specifier.contains(version), (
                f"{lock}.lock has {requirement.name} {version}, the project wants"
                f" {requirement.specifier}: make lock"
            )


@pytest.mark.parametrize("lock", ["dev", "run", "cpu", "installer"])
def test_every_pin_has_its_hashes_and_nothing_else_is_there(lock: str) -> None:
    text = (LOCKS / f"{lock}.lock").read_text()
    for entry in re.split(r"\n(?=\S)", text.strip()):
        head, *hashes = entry.split("\n")
        assert PIN.match(head), head
        assert hashes, f"{head}: no hash"
        for line in hashes:
            assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line), line


def test_locks_agree_and_the_one_for_cpus_lacks_pytorch_alone() -> None:
    dev, run, cpu = pins("dev"), pins("run"), pins("cpu")
    assert run.items() <= dev.items()
    assert cpu.items() <= run.items()
    missing = set(run) - set(cpu)
    assert {"torch", "torchvision", "torchaudio", "triton"} <= missing
    assert all(OF_PYTORCH.match(f"{name}==1") for name in missing)


def test_hashes_go_with_the_package_that_is_left_out() -> None:
    lock = "a==1 \\\n    --hash=1\ntorch==2 \\\n    --hash=2\ntorchmetrics==3 \\\n    --hash=3\n"
    assert without_pytorch(lock) == lock.replace("torch==2 \\\n    --hash=2\n", "")
