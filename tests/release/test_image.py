"""The image's builder: what it refuses and sends, and what an engine makes of the Dockerfile."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from release.image import (
    _PINNED,
    DEBIAN,
    ENGINES,
    ROOT,
    Wanted,
    build,
    engine_at_hand,
    laid_out,
    main,
)
from trifold.bundle.integrity.checksums import write_checksums
from trifold.errors import InputError

DOCKERFILE = (ROOT / "serve/Dockerfile").read_text(encoding="utf-8")
DATE = 1_700_000_000
PLAIN = "debian@sha256:" + 64 * "0"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A folder that looks like a bundle, with a file that its owner alone may read, as exported."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "bundle.json").write_text("{}")
    (folder / "weights.safetensors").touch(mode=0o600)
    write_checksums(folder)
    return folder


def test_what_cannot_become_an_image_is_refused_before_the_long_work(bundle: Path) -> None:
    for given, message in [
        ({"bundle": "nowhere"}, r"expected bundle=DIR of trifold export.*got 'nowhere'"),
        ({"base": "python:3.11-slim-bookworm"}, r"base: expected NAME@sha256:DIGEST"),
        ({"base": PLAIN[:-1]}, r"base: expected NAME@sha256:DIGEST"),
        ({"engine": "bulidah"}, r"did you mean buildah\?"),
        ({"certificates": "none.pem"}, r"certificates: expected a file of certificates"),
    ]:
        with pytest.raises(InputError, match=message):
            Wanted(**{"bundle": str(bundle), **given})
    (bundle / "predictions.csv").touch()  # as a run has, of everybody in its training
    with pytest.raises(InputError, match=r"nothing else in it, got with predictions\.csv"):
        Wanted(bundle=str(bundle))
    (bundle / "predictions.csv").unlink()
    for base in ("", DEBIAN, PLAIN):
        Wanted(bundle=str(bundle), base=base)
    with pytest.raises(InputError, match="settings among bundle, tag"):
        main([f"bundle={bundle}", "push=yes"])


def test_where_no_engine_is_at_hand_it_says_what_would_do(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"expected docker, podman or buildah .*install buildah"):
        engine_at_hand()
    # a client whose daemon does not run is no engine
    (tmp_path / "docker").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "docker").chmod(0o755)
    with pytest.raises(InputError, match="expected docker, podman or buildah"):
        engine_at_hand()


def test_all_that_is_installed_has_a_digest_or_a_hash() -> None:
    steps = DOCKERFILE.replace("\\\n", " ")
    base = re.search(r"^ARG BASE=(\S+)$", steps, re.MULTILINE)
    assert base is not None
    assert _PINNED.fullmatch(base[1])
    assert set(re.findall(r"^FROM (\S+)", steps, re.MULTILINE)) == {"${BASE}"}
    installs = re.findall(r"pip install ([^&;]+)", steps)
    assert len(installs) >= 4
    assert [one for one in installs if not re.search("--require-hashes|--no-deps", one)] == []


def test_what_is_sent_has_every_file_that_is_copied_and_no_bytecode(bundle: Path) -> None:
    context = laid_out(bundle, bundle.parent / "context")
    copied = [word for line in DOCKERFILE.splitlines()
              if line.startswith("COPY ") and "--from" not in line
              for word in line.split()[1:-1] if not word.startswith("--")]  # fmt: skip
    assert "bundle" in copied
    assert [name for name in copied if not (context / name).exists()] == []
    assert (context / "src/trifold/serve").is_symlink()  # the package is made through it
    assert list(context.rglob("*.pyc")) == []


def engines() -> list[str]:
    """Those that answer here."""
    return [name for name in filter(shutil.which, ENGINES) if not subprocess.run(
        [name, "info"], capture_output=True, check=False).returncode]  # fmt: skip


@pytest.fixture
def own_storage(tmp_path: Path, monkeypatch) -> None:
    """Images of podman and buildah in a folder of the test's, on whatever file system."""
    (tmp_path / "storage.conf").write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{tmp_path / "graph"}"\n'
        f'rootless_storage_path = "{tmp_path / "graph"}"\nrunroot = "{tmp_path / "run"}"\n'
    )
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(tmp_path / "storage.conf"))


@pytest.mark.usefixtures("own_storage")
def test_an_engine_makes_the_same_image_twice_with_its_health_check(
    bundle: Path, tmp_path: Path
) -> None:
    """Of the last stage without what is installed."""
    found = engines()
    if not found:
        pytest.skip(f"none of {', '.join(ENGINES)} answers here")
    context = laid_out(bundle, tmp_path / "context")
    last = DOCKERFILE.replace("\\\n", " ").rpartition("FROM ${BASE}")[2]
    kept = [line for line in last.splitlines() if not re.match("RUN|COPY --from", line)]
    (context / "Dockerfile").write_text("\n".join(["FROM scratch", *kept]))
    for engine in found:
        tag = f"localhost/trifold-test-{os.getpid()}"
        command = build(engine, context, tag, date=DATE, arguments={}, file="Dockerfile")
        first, second = (
            inspected([*command[:2], "--no-cache", *command[2:]], context) for _ in range(2)
        )
        subprocess.run([engine, "rmi", tag], capture_output=True, check=True)
        assert first["layers"] == second["layers"] != [], engine
        assert first["User"] == "10001"
        assert first["Healthcheck"]["Test"][:2] == ["CMD", "python"]
        assert first["Entrypoint"][:3] == ["trifold", "serve", "start"]


def ended(command: list[str]) -> None:
    """Run it; an engine that turns round itself, as one did beside other work, tells nothing."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, start_new_session=True) as run:
        try:
            _, said = run.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)  # its helpers would go on
            pytest.skip(f"{command[0]} did not come to an end in two minutes")
    assert run.returncode == 0, said


def inspected(command: list[str], context: Path) -> dict[str, Any]:
    """Build, from files that are younger than before, and tell what the image says of itself."""
    os.utime(context / "bundle/bundle.json")
    ended(command)
    look = [command[0], "inspect", "--type", "image", command[command.index("--tag") + 1]]
    said = json.loads(subprocess.run(look, capture_output=True, text=True, check=True).stdout)
    if command[0] == "buildah":
        return {**said["Docker"]["config"], "layers": said["Docker"]["rootfs"]["diff_ids"]}
    own = said[0]  # podman has the health check beside the rest
    return {"Healthcheck": own.get("Healthcheck"), **own["Config"],
            "layers": own["RootFS"]["Layers"]}  # fmt: skip
