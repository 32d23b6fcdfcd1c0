"""The cache gives back what was put in, or nothing."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

import trifold.features.store as store_module
from trifold.contracts import MEASURES, MediaInfo, Segment, TokenSequence, Transcript
from trifold.encoders.keys import hash_transcript
from trifold.errors import DecodeError
from trifold.features.store import FeatureStore, hash_file

FOUND_AT_SCORING = {"codec_share"}
PRINT = "0123456789abcdef"
ROOT = Path(__file__).parents[2]


def make(seed: int = 0, length: int = 7) -> TokenSequence:
    generator = np.random.default_rng(seed)
    start = np.arange(length, dtype=np.float32)
    values = generator.normal(size=(length, 5)).astype(np.float32)
    return TokenSequence(values, start, start + 1, "audio", PRINT, {"speech_s": 3.25})


@pytest.mark.parametrize("length", [0, 1, 7])
def test_round_trip_is_bit_equal(tmp_path: Path, length: int) -> None:
    store, sequence = FeatureStore(tmp_path), make(length=length)
    store.put("ab" * 16, sequence)
    back = store.get("ab" * 16, PRINT)
    assert back is not None
    for name in ("values", "start_s", "end_s"):
        np.testing.assert_array_equal(getattr(back, name), getattr(sequence, name))
    assert (back.modality, back.fingerprint, back.quality) == ("audio", PRINT, {"speech_s": 3.25})


def test_other_content_and_other_encoders_are_not_there(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    store.put("ab" * 16, make())
    assert store.get("cd" * 16, PRINT) is None
    assert store.get("ab" * 16, "f" * 16) is None


@pytest.mark.parametrize("keep", [0, 1, 8, 100, 250])
def test_a_truncated_file_is_not_there_and_is_written_again(tmp_path: Path, keep: int) -> None:
    store = FeatureStore(tmp_path)
    path = store.put("ab" * 16, make())
    path.write_bytes(path.read_bytes()[:keep])
    assert store.get("ab" * 16, PRINT) is None
    store.put("ab" * 16, make())
    assert store.get("ab" * 16, PRINT) is not None


def test_a_file_moved_to_another_encoder_is_not_there(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    path = store.put("ab" * 16, make())
    other = store.path("ab" * 16, "f" * 16)
    other.parent.mkdir(parents=True)
    other.write_bytes(path.read_bytes())
    assert store.get("ab" * 16, "f" * 16) is None


def test_killed_writers_leave_whole_files_only(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from trifold.features.store import FeatureStore\n"
        "from tests.features.test_store import make\n"
        "store = FeatureStore(Path(sys.argv[1]))\n"
        "for i in range(10**6): store.put(f'{i % 50:032d}', make(i % 50, 2000))\n"
    )
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT)
        deadline = time.monotonic() + 60
        while not any(tmp_path.glob("*/*/*.safetensors")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.1)
        writer.kill()
        writer.wait()
    files = list(tmp_path.glob(f"{PRINT}/*/*.safetensors"))
    assert files
    for path in files:
        back = FeatureStore(tmp_path).get(path.stem, PRINT)
        assert back is not None
        np.testing.assert_array_equal(back.values, make(int(path.stem), 2000).values)


def test_manifest_lists_what_is_there(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    for content in ("ab" * 16, "cd" * 16):
        store.put(content, make())
    table = pd.read_parquet(store.write_manifest())
    assert sorted(table["content"]) == ["ab" * 16, "cd" * 16]
    assert (table["fingerprint"] == PRINT).all()
    assert len(pd.read_parquet(FeatureStore(tmp_path / "new").write_manifest())) == 0


@pytest.mark.parametrize("settled_ns", [0, 2 * 10**9])
def test_a_file_is_read_again_only_when_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settled_ns: int
) -> None:
    monkeypatch.setattr("trifold.features.store.SETTLED_NS", settled_ns)
    read, file = Mock(side_effect=store_module._digest), tmp_path / "a"
    monkeypatch.setattr("trifold.features.store._digest", read)
    hashes = []
    for content in (b"one", b"two"):
        file.write_bytes(content)
        hashes += [hash_file(file), hash_file(file)]
        time.sleep(0.05)  # longer than the clock of any file system here takes for a tick
    assert hashes[0] == hashes[1] != hashes[2] == hashes[3]
    assert read.call_count == (2 if settled_ns == 0 else 4)


def test_hashes_follow_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").write_bytes(b"x")
    assert hash_file(tmp_path / "a") == hash_file(tmp_path / "b")
    with pytest.raises(DecodeError, match="expected a readable file, got no such file"):
        hash_file(tmp_path / "c")
    timed = Transcript((Segment("Hi", 0.0, 1.0),), "vtt")
    plain = Transcript((Segment("Hi"),), "txt")
    assert hash_transcript(timed, 3.0) == hash_transcript(timed, 4.0)
    assert hash_transcript(plain, 3.0) != hash_transcript(plain, 4.0)
    assert hash_transcript(plain, None) != hash_transcript(timed, None)


def test_what_headers_say_is_kept_and_never_believed_when_damaged(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    info = MediaInfo(duration_s=1.5, has_audio=True, has_video=False, sample_rate_hz=16000)
    assert store.get_info("ab" * 16) is None
    store.put_info("ab" * 16, info)
    assert store.get_info("ab" * 16) == info
    (path,) = tmp_path.glob("media-*/ab/*.json")
    older = {name: value for name, value in asdict(info).items() if name != "sound_codec"}
    for damage in (b"", b"{", b"[]", b'{"duration": 1}', json.dumps(older).encode()):
        path.write_bytes(damage)
        assert store.get_info("ab" * 16) is None


def test_numbers_of_the_quality_card_are_never_missing_from_a_cache() -> None:
    """Tokens hold the numbers of their day: raise READING with the list, and they are made anew."""
    measured = [one.name for one in MEASURES if one.name not in FOUND_AT_SCORING]
    known = hashlib.sha256(" ".join(measured).encode()).hexdigest()[:8]
    assert (store_module.READING, known) == (5, "8f1a9d8a")
