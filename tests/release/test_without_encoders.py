"""PyAV without its GPL encoders reads all that it read, to the last bit, and refuses to write."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from release.libraries import libraries
from release.without_encoders import main, source
from tests.factories.media import write_media

LOOK = """
import hashlib, json, sys
sys.path.insert(0, sys.argv[1])
import av, numpy as np
assert av.__file__.startswith(sys.argv[1]), av.__file__
said = {}
for path in sys.argv[2:]:
    digest = hashlib.sha256()
    with av.open(path) as file:
        for frame in file.decode():
            digest.update(frame.to_ndarray().tobytes())
    said[path] = digest.hexdigest()
for codec in ("libx264", "libx265", "libvpx"):
    try:
        context = av.CodecContext.create(codec, "w")
        context.width, context.height, context.pix_fmt = 64, 64, "yuv420p"
        context.framerate = 25
        context.open()
        said[codec] = "writes"
    except Exception as error:
        said[codec] = type(error).__name__
print(json.dumps(said))
"""


def looked(packages: Path, files: list[Path]) -> dict[str, str]:
    command = [sys.executable, "-c", LOOK, str(packages), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    """PyAV as it is installed, in a folder of its own; its files are not touched."""
    packages = tmp_path_factory.mktemp("packages")
    installed = Path(av.__file__).parents[1]
    if not (installed / "av.libs").is_dir() or not (shutil.which("cc") and shutil.which("nm")):
        pytest.skip("PyAV is not from a wheel for Linux, or no C compiler is here")
    for name in ("av", "av.libs"):
        shutil.copytree(installed / name, packages / name, copy_function=os.link)
    return packages


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list[Path]:
    """A recording of each kind that browsers, phones and old cameras make."""
    folder = tmp_path_factory.mktemp("media")
    images = list(np.random.default_rng(0).integers(0, 255, (6, 64, 96, 3), dtype=np.uint8))
    kinds = {"h264.mp4": "libx264", "hevc.mp4": "libx265", "vp9.webm": "libvpx-vp9",
             "vp8.mkv": "libvpx", "av1.mkv": "libsvtav1", "mpeg4.avi": "mpeg4"}  # fmt: skip
    return [write_media(folder / name, images=images, video_codec=codec)
            for name, codec in kinds.items()]  # fmt: skip


def test_what_is_read_is_the_same_to_the_last_bit(copied: Path, files: list[Path]) -> None:
    before = looked(copied, files)
    originals = {one.path: one.path.stat().st_ino for one in libraries(copied)}
    assert main(str(copied)) == 0
    changed = {p.name for p, number in originals.items() if p.stat().st_ino != number}
    assert {name.partition("-")[0] for name in changed} == {"libx264", "libx265"}
    assert all((copied / "av.libs" / name).stat().st_size < 20_000 for name in changed)
    after = looked(copied, files)
    assert {str(path): after[str(path)] for path in files} == {
        str(path): before[str(path)] for path in files
    }
    assert before["libx264"] == before["libx265"] == before["libvpx"] == after["libvpx"] == "writes"
    # an error, and no crash
    assert after["libx264"].endswith("Error")
    assert after["libx265"].endswith("Error")


def test_where_nothing_is_to_be_replaced_it_says_so(tmp_path: Path, capsys) -> None:
    assert main(str(tmp_path)) == 1
    assert "no x264 or x265 in it" in capsys.readouterr().err


def test_the_version_at_the_end_of_a_symbol_does_not_matter() -> None:
    for number in (165, 999):
        assert f"void *x264_encoder_open_{number}(void)" in source(
            "x264", [f"x264_encoder_open_{number}"]
        )
