"""Every command line of the documentation, as written: placeholders get real, small data.

``ENDS`` lists what is run to its end, shortened by settings that are appended. Every other command
of Hydra is composed and checked with data of its kind, which is what it does before it works; the
rest is checked as far as its words go. Commands of ``benchmarks/`` only need to be there.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from omegaconf import OmegaConf

from tests.corpora.twin_factory import publish
from tests.integration.documented import DOCS, ROOT, Command, commands, python_examples
from tests.integration.shell import Shell
from trifold.cli.arguments import prepared
from trifold.cli.checking import checked
from trifold.cli.table import COMMANDS, TOOLS
from trifold.corpora.make import make
from trifold.errors import TrifoldError
from trifold.serve.command import MODULES
from trifold.studio.command import DEFAULTS

pytestmark = pytest.mark.slow

FAST = ["folds=2", "seeds=[0]", "resamples=10", "baselines=[train_mean]", "workers=1"]
TINY = ["candidates=8", "answers=1", "seconds=2"]
ENDS: dict[str, list[str]] = {
    "make synthetic out=data/synthetic": [*TINY, "candidates=12"],
    "make synthetic out=data/new_interviews candidates=6 seed=1 labelled=false":
        [*TINY, "candidates=2"],
    "train corpora=synthetic corpora.root=data/synthetic out=demo/run":
        ["trainer.max_epochs=2", "limits.distance=null", "limits.words=1", *FAST[2:]],
    "score input=data/new_interviews bundle=demo/run out=demo/scores": [],
    "export run=demo/run out=demo/bundle": ["program=false"],
    "score input=data/new_interviews bundle=demo/bundle out=demo/scores": [],
    "extract input=FOLDER": ["workers=1"],
    "evaluate bundle=RUN corpora=synthetic corpora.root=DIR out=DIR":
        [*FAST[2:], "split=all"],
    "judgements out=DIR": ["questions=2", "clips=8"],
    "label comparisons=judgements.csv out=checkpoints/labels": ["model.halves=1"],
    "check corpora=recruitview corpora.root=FOLDER": [],
    "train experiment=avi2025_track1 corpora.root=FOLDER corpora.test_root=OTHER out=…":
        ["streams=[sentences,profile]", "learner=network", "learner.folds=2",
         "trainer.max_epochs=2", *FAST[2:]],
    "compare runs=checkpoints/ablation reference=full": ["resamples=10"],
}  # fmt: skip
TWIN_OF = {"corpora": {"recruitview": "recruitview", "synthetic": "synthetic"},
           "experiment": {"youtube_personality": "youtube_personality", "essays": "essays",
                          "youtube_ablation": "youtube_personality", "recruitview": "recruitview",
                          "avi2025_track1": "avi", "avi2025_track2": "avi", "avi2026_track1": "avi",
                          "avi_videos": "avi_videos", "avi_personality": "avi_personality",
                          "first_impressions": "first_impressions",
                          "mit_interview": "mit_interview",
                          "synthetic_ablation": "synthetic"}}  # fmt: skip
PLACES = {"FOLDER", "DIR", "OTHER", "RUN", "FILE", "NAME", "ID", "PATH", "COLUMN", "…"}


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Path:
    """A user's folder: twins with empty media, and files under the names of the documentation."""
    root = tmp_path_factory.mktemp("user")
    for name in ("configs", "examples"):
        (root / name).symlink_to(ROOT / name)
    for name in ("recruitview", "avi", "avi_videos", "avi_personality", "youtube_personality",
                 "first_impressions", "mit_interview", "essays", "manifest"):  # fmt: skip
        publish(name, root / "twins", people=10)
    publish("avi", root / "others", people=10, seed=1)
    shutil.copy(root / "twins/manifest/manifest.csv", root / "ratings.csv")
    for name in (
        "demo/run",
        "demo/scores",
        "data/synthetic",
        "data/new_interviews",
        "checkpoints/recruitview",
        "checkpoints/mine",
    ):
        (root / name).mkdir(parents=True)
    for name in ("our_key", "our_key.pub", "ratings.xlsx", "groups.csv", "facts.yaml",
                 "norms.json"):  # fmt: skip
        (root / name).touch()
    return root


@pytest.fixture(scope="module")
def ended(work: Path, shell: Shell) -> Callable[[str], CompletedProcess[str]]:
    """Runs commands of ``ENDS`` in their order, once each."""
    folder = work.parent / "ended"
    folder.mkdir()
    for name in ("configs", "twins", "others"):
        (folder / name).symlink_to(work / name)
    done: dict[str, CompletedProcess[str]] = {}

    def ended(wanted: str) -> CompletedProcess[str]:
        if wanted not in ENDS:
            return shell.python("-c", wanted, folder=folder)
        for line, more in ENDS.items():
            if line not in done:
                name, *words = line.split()
                _prepare(folder, line)
                words = [_filled(word, words, folder, ended=True) for word in words]
                done[line] = shell.trifold(name, *words, *more, folder=folder)
            if line == wanted:
                return done[line]
        raise AssertionError(wanted)

    return ended


def _prepare(folder: Path, line: str) -> None:
    """What a command needs that no command before it has made."""
    if "comparisons=judgements.csv" in line:
        shutil.copy(folder / "made/comparisons.csv", folder / "judgements.csv")
    if "runs=checkpoints/ablation" in line:
        for name in ("full", "without_rank"):
            shutil.copytree(folder / "demo/run", folder / "checkpoints/ablation" / name)


def _filled(word: str, words: list[str], work: Path, *, ended: bool = False) -> str:
    """A word with its placeholder replaced by something real."""
    key, _, value = word.partition("=")
    if value not in PLACES:
        return word.replace("out=DIR/", "out=made/")
    settings = dict(other.partition("=")[::2] for other in words)
    twin = next((names[settings[group]] for group, names in TWIN_OF.items()
                 if settings.get(group) in names), "synthetic")  # fmt: skip
    root = "data/synthetic" if twin == "synthetic" else f"twins/{twin}"
    filled = {
        "corpora.root": root, "corpora.test_root": f"others/{twin}",
        "others.vlogs.root": "twins/youtube_personality",
        "corpora.path": "ratings.csv", "corpora.schema": "twins/manifest/schema.yaml",
        "corpora": "synthetic", "encoders": "foundation_cpu", "stream": "speech",
        "input": "data/new_interviews", "bundle": "demo/run", "run": "demo/run",
            "scores": "demo/scores", "usual": "demo/scores",
        "runs": "checkpoints", "reference": "full", "comparisons": "ratings.csv", "out": "made",
        "candidate": "ann", "consent": "ratings.csv", "deployment": "ratings.csv",
        "media": "data/new_interviews", "keep_dir": "data/new_interviews", "receipt": "made/r.json",
        "groups": "ratings.csv", "criterion": "performance",
        "to": "made/copy", "reviewer": "Kim", "reason": "x", "table": "made/t.csv",
    }  # fmt: skip
    if key == "out" and ended and "avi2025_track1" in str(words):
        return "out=checkpoints/transfer"
    return f"{key}={filled[key]}"


def ids(command: Command) -> str:
    return str(command)


HYDRA_COMMANDS = list({(c.name, c.words): c for c in commands() if c.words
                       and c.name in COMMANDS}.values())  # fmt: skip


@pytest.mark.parametrize("command", HYDRA_COMMANDS, ids=ids)
def test_commands_are_composed_and_checked_as_written(command, work, monkeypatch) -> None:
    monkeypatch.chdir(work)
    name = command.name
    words = [_filled(word, list(command.words), work) for word in command.words]
    (work / "checkpoints/ablation").mkdir(exist_ok=True)
    for path in ("judgements.csv", "demo/bundle", "data/twin", "made", "panel"):
        (work / path).mkdir(exist_ok=True)
    checked(prepared(words, name), name)


@pytest.mark.parametrize("line", ENDS)
def test_commands_run_to_their_end(line: str, ended) -> None:
    assert line in {c.line for c in commands()}, "the documentation has changed: take its line"
    done = ended(line)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


RUNNING = ("README.md", "docs/how-to/score-a-folder.md")  # other examples need more than a bundle


@pytest.mark.parametrize("page", RUNNING)
def test_examples_in_python_run(page: str, ended) -> None:
    ended(list(ENDS)[3])
    done = ended(dict(reversed(python_examples()))[page])
    assert done.returncode == 0, done.stderr
    assert "contribution" in done.stdout


@pytest.mark.parametrize(("page", "code"), python_examples())
def test_examples_in_python_are_python(page: str, code: str) -> None:
    compile(code, page, "exec")


def test_the_example_of_the_client_names_what_there_is() -> None:
    code = dict(python_examples())["docs/serving.md"]
    from trifold.serve.client.endpoint import Client

    for name in re.findall(r"client\.(\w+)\(", code):
        assert hasattr(Client, name)


PLAIN = [c for c in commands() if c.words and c.name not in COMMANDS]


def _module(name: str) -> str:
    """Where the words of a command that is not Hydra's are read."""
    if name in TOOLS:
        return TOOLS[name].module
    return MODULES[name.removeprefix("serve ")] if name.startswith("serve ") else name


@pytest.mark.parametrize("command", PLAIN, ids=ids)
def test_other_commands_take_the_words_that_are_shown(command: Command, tmp_path: Path) -> None:
    text = Path(import_module(_module(command.name)).__file__ or "").read_text(encoding="utf-8")
    for word in command.words:
        key, equals, _ = word.partition("=")
        if equals and command.name not in ("make", "serve", "serve start"):
            assert re.search(rf"\b{key}\b", text), f"{command.name} does not take {key}="
    if command.name == "serve start":
        from trifold.serve.operations.start import read_arguments
        from trifold.serve.settings import Settings

        Settings().write(tmp_path / "settings.json")  # of the start before, for again=true
        words = [word for word in command.words if not word.startswith("out=")]
        read_arguments([*words, f"out={tmp_path}"])


@pytest.mark.parametrize("name", ["recruitview", "essays", "manifest"])
def test_twins_are_made_as_shown(tmp_path: Path, name: str) -> None:
    assert make([name, f"out={tmp_path}/März (2), a=b", "media=false"]).is_dir()


# settings that the text shows alone, each for the first command that has all of them
BASES = [
    ("score", ["input=.", "bundle=.", "out=made"]),
    ("train", ["corpora.root=.", "out=made"]),
    ("train", ["corpora=manifest", "corpora.path=.", "corpora.schema=.", "out=made"]),
    ("train", ["out=made"]),
    ("train", ["corpora.root=.", "out=made", "encoders=foundation_24gb"]),
    ("probe", ["stream=speech", "corpora.root=.", "out=made"]),
    ("extract", ["input=."]),
    ("label", ["comparisons=.", "out=made"]),
    ("forget", []),
    ("retention", []),
    ("export-person", ["candidate=ann", "to=made"]),
    ("override", ["candidate=ann", "reason=x", "reviewer=Kim", "out=made"]),
    ("weights", []),
    ("train", ["corpora=avi", "corpora.root=.", "out=made"]),
    ("manual", ["input=.", "groups=.", "out=made"]),
    ("panel", ["input=.", "bundle=.", "out=made"]),
    ("train", ["corpora=mit_interview", "corpora.root=.", "out=made"]),
]


# whose settings are of no command of Hydra's
OWN = {
    "docs/serving.md",
    "docs/studio.md",
    "docs/how-to/capacity.md",
    "docs/how-to/hiring-systems.md",
    "docs/how-to/operations.md",
}


def shown_settings(pages: tuple[str, ...] = ("README.md", *DOCS)) -> list[str]:
    """Every ``key=value …`` in the running text; endpoint and studio have settings of their own."""
    pages = tuple(page for page in pages if page not in OWN) or pages
    text = "\n".join((ROOT / page).read_text(encoding="utf-8") for page in pages)
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]
    found = [s for s in spans if re.fullmatch(r"(\S+=\S+)( \S+=\S+)*", s) and "…" not in s]
    found = [s for s in found if not re.search(r"key=|setting=", s)]
    return sorted({s for s in found if not re.search(r"NAME|DIR|^'|BUNDLE|=RUN\b|=FILE\b", s)})


@cache
def places_of(name: str, base: tuple[str, ...]) -> set[str] | None:
    """What can be set beside ``base``, in words; None where that alone is too little to tell."""
    keys = {path.name for path in (ROOT / "configs").iterdir() if path.is_dir()}
    try:
        nested = [("", checked(prepared(list(base), name), name))]
    except TrifoldError:
        return None
    while nested:
        prefix, config = nested.pop()
        for key in config:
            keys.add(f"{prefix}{key}")
            if not OmegaConf.is_missing(config, key) and OmegaConf.is_dict(config[key]):
                nested.append((f"{prefix}{key}.", config[key]))
    return keys


@pytest.mark.parametrize("shown", shown_settings())
def test_settings_in_the_text_are_settings(shown: str, work: Path, monkeypatch) -> None:
    monkeypatch.chdir(work)
    reasons = []
    first = shown.partition("=")[0]
    for name, base in BASES:
        places = places_of(name, tuple(base))
        if places is not None and re.fullmatch(r"[\w.-]+", first) and first not in places:
            reasons.append(f"{name}: has no {first}")
            continue
        try:
            checked(prepared([*base, *shown.split()], name), name)
        except TrifoldError as error:
            reasons.append(f"{name}: {error}")
        else:
            return
    pytest.fail("\n".join(reasons))


def test_settings_of_the_studio_are_its_own() -> None:
    for shown in shown_settings(("docs/studio.md",)):
        assert {word.partition("=")[0] for word in shown.split()} <= set(DEFAULTS), shown


def test_the_form_with_a_second_corpus_is_there_for_every_recipe(work: Path, monkeypatch) -> None:
    monkeypatch.chdir(work)
    for path in sorted((ROOT / "configs/experiment").glob("*.yaml")):
        if path.stem == "geometric_ablation":
            continue  # made, not read
        root = "corpora.path=. corpora.schema=." if path.stem == "own_ratings" else "corpora.root=."
        labels = ["corpora.labels=competencies"] if path.stem == "avi_videos" else []
        words = [f"experiment={path.stem}", *root.split(), "corpora.test_root=twins", "out=o"]
        assert checked(prepared([*words, *labels], "train"), "train").corpora.test_root == "twins"
