"""What a server asks of a model is checked before it starts, and holds for every answer."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.factories.media import voice, write_media
from tests.factories.recognisers import converted_whisper, recogniser_spec
from tests.serve.serve_factory import free_ports, write_tiny_bundle
from trifold.contracts import Clip
from trifold.errors import InputError, TrifoldError
from trifold.features.quality import DEFAULT_LIMITS
from trifold.serve.access.identity import NAME, RIGHTS, SCORE
from trifold.serve.operations.archive import archive
from trifold.serve.operations.java import find_java_home
from trifold.serve.operations.server import TORCHSERVE, ServerError
from trifold.serve.operations.staging import Serving
from trifold.serve.operations.start import start
from trifold.serve.operations.stop import noted
from trifold.serve.settings import Settings
from trifold.serve.worker.model import load
from trifold.serve.worker.service import Service
from trifold.serve.worker.timings import Measured

SERVING = Serving(1)
WORDS = "I plan every step and talk with the team before we start. " * 3
WRONG = [
    (Settings(coverage=0.8), r"expected coverage 0\.9 \(this bundle holds no held-out .* got 0\.8"),
    (Settings(coverage=1.5), "expected a coverage between 0 and 1, got 1.5"),
    (Settings(withhold="NO_FACE, SHY"), "expected codes among .*LOW_LIGHT.* got SHY"),
    (Settings(quality="snr=5"), "expected limits of quality among .*snr_db.* got 'snr'"),
    (Settings(quality="snr_db=loud"), "expected limits such as snr_db=5.* got 'snr_db=loud'"),
    (Settings(asr="sometimes"), "expected asr among auto, packaged, none, got 'sometimes'"),
    (Settings(purpose="fun"), "expected .*research.* got .*fun"),
]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    return write_tiny_bundle(tmp_path_factory.mktemp("run"))


def test_answers_without_a_face_are_withheld_where_that_is_asked(bundle: Path) -> None:
    clip = Clip("ann/q1", "ann", None, transcript=WORDS)
    plain = load(bundle, Settings(coverage=0.9)).score([clip])
    strict = load(bundle, Settings(withhold="NO_TRANSCRIPT, NO_VIDEO_STREAM")).score([clip])
    assert plain.candidate["status"] == "scored"
    assert strict.candidate["status"] == "withheld"
    assert strict.answers[0]["error_code"] == "NO_VIDEO_STREAM"


def test_limits_of_quality_are_the_servers(bundle: Path) -> None:
    assert load(bundle, Settings(quality="snr_db=5, brightness=off")).limits == {
        **{name: n for name, n in DEFAULT_LIMITS.items() if name != "brightness"}, "snr_db": 5.0,
    }  # fmt: skip


@pytest.mark.parametrize(("settings", "message"), WRONG)
def test_settings_that_cannot_be_are_refused(bundle: Path, settings, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(bundle, settings)


def test_a_request_without_words_is_recognised(bundle: Path, tmp_path, monkeypatch) -> None:
    spec = recogniser_spec(converted_whisper(tmp_path / "whisper"))
    monkeypatch.setattr("trifold.features.words.PACKAGED", spec)
    work = tmp_path / "work"
    work.mkdir()
    media = write_media(tmp_path / "q.m4a", audio=voice(3.0)).read_bytes()
    service = Service(bundle, Settings(asr="packaged", work_dir=str(work)))
    fields = {"candidate_id": b"ann", "media_1": media}
    caller_headers = {NAME.lower(): "ann", RIGHTS.lower(): SCORE}
    headers = {"content-type": "multipart/form-data", **caller_headers}
    (reply,) = service.answer([(fields, headers)])
    (row,) = json.loads(reply.body)["answers"]
    assert (reply.status, row["words_source"]) == (200, "recognised")
    assert reply.measured.seconds["recognise"] > 0
    assert list(work.iterdir()) == []  # neither media nor words are left


@pytest.mark.parametrize(("settings", "message"), WRONG)
def test_what_a_model_cannot_do_is_said_and_nothing_starts(
    bundle: Path, tmp_path: Path, settings: Settings, message: str
) -> None:
    try:
        find_java_home()
    except TrifoldError as error:
        pytest.skip(str(error))
    archive(bundle, tmp_path / "models", name="trifold", version="1.0", serving=SERVING)
    with pytest.raises(InputError, match=f"trifold.mar: {message}"):
        start(tmp_path / "models", tmp_path / "out", port=free_ports(), settings=settings,
              engine=TORCHSERVE)  # fmt: skip
    assert noted(tmp_path / "out") is None


def test_what_a_model_cannot_do_the_gateways_own_workers_say(bundle: Path, tmp_path: Path) -> None:
    settings, message = WRONG[0]
    with pytest.raises(ServerError, match=message):
        start(bundle, tmp_path / "out", port=free_ports(), settings=settings, serving=SERVING)
    assert noted(tmp_path / "out") is None


def test_a_request_is_begun_and_finished_within_one_limit(bundle: Path) -> None:
    """TorchServe ends a worker a minute after it, whichever half took the time."""
    service, measured = Service(bundle, Settings(max_seconds=3)), Measured()
    measured.add("check", 2.8)
    start_s = time.monotonic()
    reply = service._guarded(lambda: time.sleep(5), measured)
    assert (reply.status, measured.codes) == (422, ["OUT_OF_TIME"])
    assert time.monotonic() - start_s < 2


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    try:
        find_java_home()
    except TrifoldError as error:
        pytest.skip(str(error))
    (tmp_path / "trifold.mar").write_bytes(b"PK, but no more")
    with pytest.raises(
        InputError, match=r"trifold\.mar: expected an archive that trifold serve archive"
    ):
        start(tmp_path, tmp_path / "out", port=free_ports(), settings=Settings())
