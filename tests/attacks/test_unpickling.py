"""Nothing that comes from others is unpickled, run, or loaded with code of its own."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = [path for folder in ("src/trifold", "serve") for path in (ROOT / folder).rglob("*.py")]
HINT = re.compile(
    r"pickle|torch\.(load|jit|export)|np\.load|trust_remote_code|yaml\.|\b(eval|exec)\("
    r"|joblib|dill|shelve|marshal"
)
OWN = {
    ("serve/governance/rules.py", "yaml.load"),  # of the description in the package, safely
    ("workers/sharing.py", "pickle.loads"),  # of bytes that this object itself made
}
READER = "corpora/pickles.py"  # looks through pickles of corpora before


@lru_cache(maxsize=1)
def calls() -> list[tuple[str, str, ast.Call]]:
    """File, what is called, and the call, in files where one of them may be."""
    found = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if HINT.search(text):
            nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
            file = str(path.relative_to(ROOT)).removeprefix("src/trifold/")
            found += [(file, ast.unparse(node.func), node) for node in nodes]
    return found


def value(call: ast.Call, name: str) -> object:
    """A keyword's constant; None where it is not there."""
    given = {k.arg: k.value for k in call.keywords}.get(name)
    return given.value if isinstance(given, ast.Constant) else given


def test_weights_and_arrays_are_loaded_as_data() -> None:
    found = calls()
    loads = [(file, call) for file, what, call in found if what == "torch.load"]
    assert [file for file, call in loads if value(call, "weights_only") is not True] == []
    allowed = [file for file, _, call in found if value(call, "allow_pickle") not in (None, False)]
    trusted = [f for f, _, c in found if value(c, "trust_remote_code") not in (None, False)]
    assert allowed == trusted == []


def test_nothing_is_unpickled_but_what_is_ours_or_was_looked_through() -> None:
    names = ("pickle.load", "pickle.loads", "pickle.Unpickler", "joblib.load", "dill.load",
             "torch.export.load", "torch.jit.load", "cloudpickle.loads", "shelve.open", "eval",
             "exec", "yaml.load", "yaml.unsafe_load", "marshal.loads")  # fmt: skip
    assert {(file, what) for file, what, _ in calls() if what in names} == OWN
    readers = [path for path in SOURCES if "pickle.Unpickler" in path.read_text(encoding="utf-8")]
    assert [str(path.relative_to(ROOT / "src/trifold")) for path in readers] == [READER]


def test_the_decoders_side_reads_no_pickle() -> None:
    """Connections of multiprocessing unpickle what they receive; the line of a child does not."""
    for path in (ROOT / "src/trifold/media/decoder").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "pickle" not in text.replace("unpickled", ""), path
        assert "multiprocessing" not in text, path
