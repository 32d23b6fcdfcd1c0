"""The endpoint's image: ``python -m release.image bundle=DIR [setting=value …]``.

Builds ``serve/Dockerfile`` with what is at hand: docker or podman, or buildah, which needs neither
a daemon, nor root, nor a runtime. The base is pinned by its digest. Where no registry of images can
be reached, ``base=debian`` makes one of Debian's packages with mmdebstrap, which takes those alone
that Debian has signed.

    bundle=DIR         of ``trifold export``
    tag=NAME           of the image
    engine=NAME        docker, podman or buildah; else the first that answers
    base=NAME@sha256:… in the place of the one that the Dockerfile names; or debian
    certificates=FILE  an organisation's own, for the builder alone
    torch_index=URL    PyTorch's index of builds for CPUs
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from trifold.bundle.integrity.checksums import files_of, verify
from trifold.errors import InputError, TrifoldError, unknown
from trifold.runtime.endings import values_of

ROOT = Path(__file__).parents[1]
ENGINES = ("docker", "podman", "buildah")
DEBIAN = "debian"  # the base that is made here
SUITE, PACKAGES = "bookworm", ("ca-certificates", "python3-venv", "python-is-python3")
_PINNED = re.compile(r"\S+@sha256:[0-9a-f]{64}")
_BASE = "FROM scratch\nADD base.tar /\nENV LANG=C.UTF-8\n"


@dataclass(frozen=True)
class Wanted:
    """What to build; see the settings above, and empty is what they say of none."""

    bundle: str = ""
    tag: str = ""
    engine: str = ""
    base: str = ""
    certificates: str = ""
    torch_index: str = ""

    def __post_init__(self) -> None:
        """Check all that can be known before the long work.

        Raises:
            InputError: for a folder that is no exported bundle, a file that is not there, a base
                without a digest, or an engine that is none.
            BundleError: for a bundle that was changed after its export.
        """
        # a run would do to score with, but holds what was predicted of everybody in its training
        sums = verify(Path(self.bundle))
        more = sorted({*files_of(Path(self.bundle))} - {*sums}) if sums else []
        if not sums or more:
            raise InputError(expected="bundle=DIR of trifold export, and nothing else in it",
                             got=f"with {more[0]}" if more else repr(self.bundle),
                             where="bundle")  # fmt: skip
        if self.certificates and not Path(self.certificates).is_file():
            raise InputError(expected="a file of certificates", got=self.certificates,
                             where="certificates")  # fmt: skip
        if self.base not in ("", DEBIAN) and not _PINNED.fullmatch(self.base):
            raise InputError(expected=f"NAME@sha256:DIGEST (docker buildx imagetools inspect NAME "
                             f"says it), or {DEBIAN}", got=self.base, where="base")  # fmt: skip
        if self.engine and self.engine not in ENGINES:
            raise unknown(self.engine, ENGINES, what="engines", where="engine")


def main(words: Sequence[str]) -> int:
    """Build one; the engine's exit status where it fails."""
    wanted = Wanted(**values_of(words, [one.name for one in fields(Wanted)]))
    engine = wanted.engine or engine_at_hand()
    tag = wanted.tag or f"trifold-endpoint:{_version()}"
    with tempfile.TemporaryDirectory(prefix="trifold-image-") as folder:
        base = wanted.base
        if base == DEBIAN:
            base = debian(engine, Path(folder), moment())
        context = laid_out(Path(wanted.bundle), Path(folder) / "context")
        arguments = {"BASE": base, "TORCH_INDEX_URL": wanted.torch_index}
        command = build(engine, context, tag, date=moment(), arguments=arguments,
                        certificates=wanted.certificates)  # fmt: skip
        done = subprocess.run(command, check=False)
    if done.returncode == 0:
        print(tag)
    return done.returncode


def engine_at_hand() -> str:
    """The first of ``ENGINES`` that answers; docker's does only where its daemon runs.

    Raises:
        InputError: where none does.
    """
    for name in filter(shutil.which, ENGINES):
        if subprocess.run([name, "info"], capture_output=True, check=False).returncode == 0:
            return name
    raise InputError(expected=f"{', '.join(ENGINES[:-1])} or {ENGINES[-1]} (apt install buildah)",
                     got="none that answers `info`", where="engine")  # fmt: skip


def build(engine: str, context: Path, tag: str, *, date: int, arguments: dict[str, str],
          certificates: str = "", file: str = "serve/Dockerfile") -> list[str]:  # fmt: skip
    """The command that builds a folder's Dockerfile; no file in the image is younger than ``date``.

    Args:
        engine: one of ``ENGINES``.
        context: the folder.
        tag: of the image.
        date: in seconds since 1970.
        arguments: of the Dockerfile; those that are empty are left to it.
        certificates: of an organisation; empty for those of the base.
        file: the Dockerfile, in the folder.
    """
    if engine == "docker":
        of_engine = ["--build-arg", f"SOURCE_DATE_EPOCH={date}"]
    else:
        # OCI's own format knows no health check and would drop it without a word; with chroot as
        # isolation neither a runtime nor control groups are needed
        of_engine = ["--format", "docker", "--isolation", "chroot", "--timestamp", str(date)]
    given = [word for name, value in arguments.items() if value
             for word in ("--build-arg", f"{name}={value}")]  # fmt: skip
    secret = ["--secret", f"id=certificates,src={certificates}"] if certificates else []
    return [engine, "build", *of_engine, *given, *secret, "--tag", tag,
            "--file", str(context / file), str(context)]  # fmt: skip


def laid_out(bundle: Path, context: Path) -> Path:
    """A folder with what the Dockerfile copies: the project's files that are sent, and the bundle.

    Raises:
        InputError: where the bundle cannot be read.
    """
    context.mkdir(parents=True)
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        name = line.removeprefix("!").split("/")[0]
        if line.startswith("!") and name != "bundle":
            _copied(ROOT / name, context / name)
    shutil.copy2(ROOT / ".dockerignore", context)
    try:
        _copied(bundle, context / "bundle")
    except (OSError, shutil.Error) as error:
        raise InputError(expected="a bundle that can be read", got=str(error),
                         where=bundle) from error  # fmt: skip
    return context


def _copied(source: Path, target: Path) -> None:
    if source.is_dir():  # src/ holds links into other folders, which stay links
        shutil.copytree(source, target, symlinks=True,
                        ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    else:
        shutil.copy2(source, target)


def debian(engine: str, folder: Path, date: int) -> str:
    """A base of Debian's packages in the engine, and its tag.

    Raises:
        InputError: without mmdebstrap, or where it or the engine fails.
    """
    if shutil.which("mmdebstrap") is None:
        raise InputError(expected="mmdebstrap (apt install mmdebstrap)", got="none", where="base")
    tag = f"localhost/trifold-base:{SUITE}"
    folder.joinpath("Base").write_text(_BASE, encoding="utf-8")
    make = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE,
            str(folder / "base.tar")]  # fmt: skip
    put = build(engine, folder, tag, date=date, arguments={}, file="Base")
    for command in (make, put):
        done = subprocess.run(command, env={**os.environ, "SOURCE_DATE_EPOCH": str(date)},
                              check=False)  # fmt: skip
        if done.returncode:
            raise InputError(expected=f"{command[0]} to make a base", where="base",
                             got=f"exit status {done.returncode}")  # fmt: skip
    folder.joinpath("base.tar").unlink()
    return tag


def moment() -> int:
    """``SOURCE_DATE_EPOCH``, or the date of the last commit; in seconds since 1970."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not given:
        said = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True,
                              text=True, check=False)  # fmt: skip
        given = said.stdout.strip()
    return int(given or 0)


def _version() -> str:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except TrifoldError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
