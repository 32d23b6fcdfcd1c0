"""Nothing that comes from others is unpickled, run, or loaded with code of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = [path for folder in ("src/trifold", "serve") for path in (ROOT / folder).rglob("*.py")]
# pickles of our own processes, and the reader that looks through those of corpora before
OWN = {"workers/local.py"}
READER = {"corpora/pickles.py"}


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """File, what is called, and the call."""
    for path in SOURCES:
        relative = str(path.relative_to(ROOT)).removeprefix("src/trifold/")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield relative, ast.unparse(node.func), node


def value(call: ast.Call, name: str) -> object:
    """A keyword's constant; None where it is not there."""
    given = {k.arg: k.value for k in call.keywords}.get(name)
    return given.value if isinstance(given, ast.Constant) else given


def test_weights_and_arrays_are_loaded_as_data() -> None:
    found = list(calls())
    loads = [(file, call) for file, what, call in found if what == "torch.load"]
    assert [file for file, call in loads if value(call, "weights_only") is not True] == []
    allowed = [file for file, _, call in found if value(call, "allow_pickle") not in (None, False)]
    trusted = [f for f, _, c in found if value(c, "trust_remote_code") not in (None, False)]
    assert allowed == trusted == []


def test_nothing_is_unpickled_but_what_is_ours_or_was_looked_through() -> None:
    names = ("pickle.load", "pickle.loads", "pickle.Unpickler", "joblib.load", "dill.load",
             "torch.export.load", "torch.jit.load", "cloudpickle.loads", "shelve.open", "eval",
             "exec", "yaml.load", "yaml.unsafe_load", "marshal.loads")  # fmt: skip
    files = {(file, what) for file, what, _ in calls() if what in names}
    assert {file for file, _ in files} <= OWN | READER, files


def test_the_decoders_side_reads_no_pickle() -> None:
    """Connections of multiprocessing unpickle what they receive; the line of a child does not."""
    for path in (ROOT / "src/trifold/media/decoder").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "pickle" not in text.replace("unpickled", ""), path
        assert "multiprocessing" not in text, path
