"""What a corpus holds, as a terminal shows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from trifold.commands.check import check

ROOT = Path(__file__).parents[2]
SCHEMA = "name: one\ntargets:\n  - {name: warmth, low: 1, high: 7}\n"
NAME = "Sales: [bold red]assistants[/] [2026] :smile:"


def test_names_are_shown_as_they_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    rows = "".join(f"[p{i}],I plan every step.,{1 + i % 7}\n" for i in range(4))
    (tmp_path / "table.csv").write_text(f"candidate_id,transcript,warmth\n{rows}")
    settings = [
        "corpora=manifest",
        f"corpora.path={tmp_path}/table.csv",
        f"corpora.schema={tmp_path}/schema.yaml",
        f"corpora.name='{NAME}'",
    ]
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        check(compose("check", overrides=settings))
    shown = capsys.readouterr().out
    assert shown.startswith(f"{NAME}: 4 answers of 4 candidates\n")
    assert "near_empty" in shown
    assert "[p0]" in shown
