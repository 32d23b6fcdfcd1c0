"""``trifold serve drift out=demo/serving``: whether who came is unlike the model's training.

Of each version a table and a page, ``drift.csv`` and ``drift.html``, below ``to`` (``OUT/drift`` by
default); the counts are those of the last ``drift_window_h`` hours and at most a minute old.
"""

from __future__ import annotations

import time
from pathlib import Path

from trifold.drift.profile import read_profile
from trifold.drift.report import report_of
from trifold.errors import InputError
from trifold.runtime.endings import code_of, run_main, values_of
from trifold.serve.engine.store import Store
from trifold.serve.operations.server import OUT, SETTINGS, STORE
from trifold.serve.settings_text import read_settings
from trifold.serve.telemetry.drift import FILE, read_windows, slot_seconds


def main(arguments: list[str]) -> int:
    """Entry point: print what drifts and the paths of tables and pages."""
    return code_of(_drift, arguments, __doc__ or "")


def _drift(arguments: list[str]) -> list[object]:
    given = values_of(arguments, ["out", "to"])
    folder = Path(given.get("out", OUT))
    settings = read_settings(folder / SETTINGS)
    slot_s = slot_seconds(settings.drift_window_h)
    windows, told = read_windows(folder / FILE, slot_s), list[object]()
    for model in Store(folder / STORE, settings).models():
        profile, window = read_profile(model.bundle), windows.get((model.name, model.version))
        if profile is None or window is None or window.bundle != model.bundle_id:
            continue
        window.roll(int(time.time() // slot_s))  # nobody did since the endpoint was stopped
        report = report_of(
            profile,
            window.counts(),
            title=f"{model.name} {model.version}, the last {settings.drift_window_h:g} h",
            bundle=window.bundle,
        )
        place = Path(given.get("to", folder / "drift"), f"{model.name}-{model.version}")
        told += [*report.lines(), *report.write(place)]
    if not told:
        raise InputError(
            expected="counts of an endpoint whose bundle has a profile of its training",
            got="none",
            where=folder,
        )
    return told


if __name__ == "__main__":
    run_main(main)
