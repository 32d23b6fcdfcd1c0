"""Every script of ``examples/`` runs, on people and judgements that are made up here."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from tests.factories.media import write_interview
from tests.integration.documented import ROOT
from tests.serve.serve_factory import write_tiny_bundle

EXAMPLES = ROOT / "examples"
TESTED = {"train_and_compare", "judgements_to_scores", "score_and_explain"}
# tests/test_plugins.py, tests/serve/interface/test_lever_example.py
ELSEWHERE = {"loudness", "lever_notes"}


def loaded(name: str) -> ModuleType:
    spec = spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_example_is_tested() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == TESTED | ELSEWHERE


def test_networks_are_compared_by_candidate(shell, tmp_path: Path, monkeypatch) -> None:
    def run(command: list[str], *, check: bool) -> None:
        assert (command[0], check) == (sys.executable, True)
        done = shell.python(*command[1:])
        assert done.returncode == 0, done.stderr

    monkeypatch.setattr("subprocess.run", run)
    table = loaded("train_and_compare").main(tmp_path, people=16).set_index("run")
    assert set(table.index) == {"pooled", "trifold_small"}
    assert (table.loc["pooled", ["mse_difference_low", "mse_difference_high"]] == 0).all()


def test_more_judgements_come_nearer_to_the_truth() -> None:
    few, many = (loaded("judgements_to_scores").main(n)["truth"] for n in (3, 14))
    assert (many > few).all()
    assert (many > 0.8).all()


def test_a_folder_is_scored_and_explained_by_the_script(shell, tmp_path: Path) -> None:
    write_tiny_bundle(tmp_path / "bundle")
    for person in ("ann", "bob"):
        (tmp_path / "media" / person).mkdir(parents=True)
        write_interview(tmp_path / "media" / person, "q1", seconds=2.0)
    (tmp_path / "media/eve.mp4").write_bytes(b"no video")
    command = [EXAMPLES / "score_and_explain.py", "bundle", "media", "why.png"]
    done = shell.python(*command, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "eve: withheld, NOTHING_USABLE" in done.stdout
    assert (tmp_path / "why.png").stat().st_size > 1000
