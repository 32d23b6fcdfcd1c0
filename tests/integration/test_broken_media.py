"""Each of many kinds of broken and unusual media ends as a good row or as one with a code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.factories.broken_media import KINDS, Kind, folder_loop
from tests.factories.unusual_media import good
from tests.scoring.scoring_factory import NAMES, tiny_bundle
from trifold.features.store import FeatureStore
from trifold.media.files.folder import scan
from trifold.scoring.folder.run import Settings, score_clips
from trifold.scoring.schema import row_schema

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CODES = {"DECODE_ERROR", "NOTHING_USABLE"}


@pytest.fixture(scope="module")
def rows(tmp_path_factory) -> dict[str, dict]:
    """All of them in one folder, scored by two processes; rows by clip id."""
    root = tmp_path_factory.mktemp("media")
    folder = root / "interviews"
    folder.mkdir()
    # In a process of their own: encoders of one process can disturb each other's arithmetic.
    command = [sys.executable, "-m", "tests.factories.broken_media", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=300, capture_output=True)
    strange = os.fsencode(folder) + b"/not \xff utf-8.mp4"
    with open(strange, "wb") as file:
        file.write((folder / "plain.mp4").read_bytes())
    folder_loop(folder / "loop.mp4")
    bundle = tiny_bundle(root / "bundle", media=True)
    settings = Settings(workers=2, timeout_s=120, progress=False)
    store = FeatureStore(root / "features")
    score_clips(scan(folder, unique=False), bundle, store, root / "out", settings=settings)
    lines = (root / "out/answers.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line, parse_constant=pytest.fail) for line in lines]
    assert len({row["clip_id"] for row in found}) == len(found)
    return {row["clip_id"]: row for row in found}


def test_every_file_has_its_row(rows: dict[str, dict]) -> None:
    assert len(KINDS) >= 60
    extra = {"copied again", "not \\udcff utf-8", "loop.mp4/inside"}
    assert set(rows) == {kind.name for kind in KINDS} | extra
    assert rows["not \\udcff utf-8"]["status"] == "scored"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.encode("ascii", "replace"))
def test_each_kind_ends_as_it_should(rows: dict[str, dict], kind: Kind) -> None:
    row = rows[kind.name]
    for column, value in kind.expected.items():
        allowed = value if isinstance(value, tuple) else (value,)
        assert row[column] in allowed, (column, row[column], row["error_message"])
    if row["status"] == "scored":
        assert all(row[name] is not None for name in NAMES)
    else:
        assert row["error_code"] in CODES
        assert "\n" not in row["error_message"].replace(kind.name, "")


def test_every_row_is_valid(rows: dict[str, dict]) -> None:
    check = jsonschema.Draft202012Validator(row_schema("answers", NAMES))
    for row in rows.values():
        check.validate(row)


def test_copies_have_the_same_scores(rows: dict[str, dict]) -> None:
    for name in ("copied again", "not \\udcff utf-8", "upper case"):
        assert [rows[name][n] for n in NAMES] == [rows["plain"][n] for n in NAMES]


def test_rotation_does_not_change_what_is_seen(rows: dict[str, dict]) -> None:
    for degrees in (90, 180, 270):
        assert rows[f"rotated {degrees}"]["face_fraction"] == pytest.approx(
            rows["plain"]["face_fraction"], abs=0.15
        )


def test_headers_that_make_no_sense_set_no_duration(rows: dict[str, dict]) -> None:
    for name in ("claims a year", "webm of a browser"):
        assert rows[name]["duration_s"] == pytest.approx(1.5, abs=0.2), name


def test_manifests_may_name_what_no_system_can_hold(tmp_path: Path) -> None:
    good(tmp_path / "good.mp4")
    (tmp_path / "folder.mp4").mkdir()
    paths = ["good.mp4", "n" * 300 + ".mp4", "nul\0byte.mp4", "./.", "..", "folder.mp4",
             "/dev/null", "none/there.mp4", "http://localhost/a.mp4", "concat:good.mp4|good.mp4",
             "x" * 5000]  # fmt: skip
    rows = [{"path": path, "candidate_id": "p", "question": f"Why {i}?"}
            for i, path in enumerate(paths)]  # fmt: skip
    rows += [{"path": "good.mp4", "candidate_id": "p", "question": "Again?"},
             {"path": "good.mp4", "candidate_id": "q", "question": "Again?"}]  # fmt: skip
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    bundle = tiny_bundle(tmp_path / "bundle", media=True)
    settings = Settings(engine="inline", progress=False)
    store = FeatureStore(tmp_path / "features")
    clips = scan(manifest, unique=False)
    scored = score_clips(clips, bundle, store, tmp_path / "out", settings=settings)
    codes = [row["error_code"] for row in scored.answers]
    assert codes == [None, *["DECODE_ERROR"] * 10, "DUPLICATE_ID", None]
    assert [row["n_answers"] for row in scored.candidates] == [1, 1]
    assert scored.answers[0]["question"] == "Why 0?"


def test_a_folder_that_nobody_may_read_stops_nothing(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    KINDS[0].make(tmp_path / "a.mp4")
    (tmp_path / "a.mp4").chmod(0)
    bundle = tiny_bundle(tmp_path / "bundle", media=True)
    store = FeatureStore(tmp_path / "features")
    settings = Settings(engine="inline", progress=False)
    scored = score_clips(scan(tmp_path), bundle, store, tmp_path / "out", settings=settings)
    assert scored.answers[0]["error_code"] == "DECODE_ERROR"
