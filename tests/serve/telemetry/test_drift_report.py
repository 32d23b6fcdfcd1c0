"""The report of an endpoint's drift is of its window and its models, whether or not it runs."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import numpy as np
import pytest

from tests.serve.serve_factory import write_tiny_bundle
from trifold.drift.comparison import counted
from trifold.drift.profile import FILE, profile_of
from trifold.serve.engine.store import Store
from trifold.serve.operations.server import SETTINGS, STORE
from trifold.serve.operations.staging import Serving
from trifold.serve.settings import Settings
from trifold.serve.telemetry.command import main
from trifold.serve.telemetry.drift import slot_seconds

NOW = int(time.time() // slot_seconds(168))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("endpoint")
    bundle = write_tiny_bundle(root / "bundle")
    profile_of([{"n_words": float(n)} for n in range(60)]).write(bundle / FILE)
    settings = Settings(drift_window_h=168)
    settings.write(root / SETTINGS)
    Store(root / STORE, settings).put_bundle(bundle, "trifold", "1.0", Serving(1))
    return root


@pytest.mark.parametrize(
    ("slot", "bundle", "hours", "said"),
    [(NOW, "", 168, r"40 people, .* chance: n_words"), (NOW - 24, "", 168, r"0 people; nothing"),
     (NOW, "other", 168, None), (NOW, "", 24, None)],
)  # fmt: skip
def test_counts_that_are_too_old_or_of_another_model_are_not_told(
    folder: Path, slot: int, bundle: str, hours: int, said: str | None, capsys
) -> None:
    (model,) = Store(folder / STORE, Settings()).models()
    profile = profile_of([{"n_words": float(n)} for n in range(60)])
    moved = counted(profile, [{"n_words": n} for n in np.full(40, 90.0)])
    window = {"model": "trifold", "version": "1.0", "bundle": bundle or model.bundle_id,
              "slots": {slot: moved}}  # fmt: skip
    facts = {"slot_s": slot_seconds(hours), "windows": [window]}
    (folder / "drift.json").write_text(json.dumps(facts))
    ended = main([f"out={folder}"])
    told = capsys.readouterr()
    if said is None:
        assert ended == 2
        assert "expected counts of an endpoint" in told.err
    else:
        assert ended == 0
        assert re.search(said, told.out)
