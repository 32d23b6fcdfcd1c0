"""Groups reach no model: by import, by file, by name; and nothing here guesses them."""

from __future__ import annotations

import ast
from functools import cache
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml

from tests.attacks.command_factory import config, interviews, scoring
from tests.attacks.opening import opened
from trifold.commands.extract import extract_folder
from trifold.commands.governance.policies import Gate
from trifold.commands.label import label
from trifold.commands.score import score_folder
from trifold.commands.train import train
from trifold.contracts import Corpus, Target, TargetSchema
from trifold.groups.reading import read_groups
from trifold.policy.findings import PolicyError

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/trifold"
MAY_READ_GROUPS = {"impact", "manual", "local_law_144", "groups"}  # modules or folders of commands
GUESSERS = (
    "deepface", "fairface", "genderize", "gender-guesser", "gender_guesser", "ethnicolr",
    "ethnicseer", "agender", "nameparser", "facelib", "insightface", "nameprism",
)  # fmt: skip


@cache
def imports() -> dict[Path, frozenset[str]]:
    """File to all that it imports, at once or later."""
    found = {}
    for path in (*PACKAGE.rglob("*.py"), *(ROOT / "serve").rglob("*.py")):
        names: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            if isinstance(node, ast.ImportFrom):
                names |= {node.module or "", *(f"{node.module}.{a.name}" for a in node.names)}
        where = path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else ROOT)
        found[where] = frozenset(names)
    return found


def importers_of(part: str) -> set[Path]:
    """Files that import a part of the package, or a package of others."""
    below = f"{part}."
    return {
        path
        for path, names in imports().items()
        if any(name == part or name.startswith(below) for name in names)
    }


def test_only_commands_about_impact_can_read_groups() -> None:
    others = {path for path in importers_of("trifold.groups") if path.parts[0] != "groups"}
    for path in others:
        assert path.parts[0] == "commands"
        assert MAY_READ_GROUPS & {*path.parts, path.stem}, f"{path} imports the reader of groups"


def test_nothing_imports_the_commands_that_read_groups() -> None:
    """Nor can it be reached in a roundabout way."""
    for path in importers_of("trifold.groups"):
        if path.parts[0] == "commands":
            module = ".".join(("trifold", *path.with_suffix("").parts))
            assert {p.parts[0] for p in importers_of(module)} <= {"commands"}
            assert not any(MAY_READ_GROUPS.isdisjoint({*p.parts, p.stem})
                           for p in importers_of(module))  # fmt: skip


def test_no_package_that_guesses_groups_is_needed_or_imported() -> None:
    needed = {line.split()[0].lower() for line in requires("trifold") or []}
    written = (ROOT / "pyproject.toml").read_text().lower()
    for name in GUESSERS:
        assert not any(one.startswith(name) for one in needed)
        assert f'"{name}' not in written
        assert importers_of(name.replace("-", "_")) == set()


def test_no_shipped_target_is_a_group() -> None:
    from trifold.policy.protected import group_names

    for path in (ROOT / "configs/corpora").rglob("*.yaml"):
        facts = yaml.safe_load(path.read_text())
        targets = facts.get("targets") or [] if isinstance(facts, dict) else []
        names = [t["name"] if isinstance(t, dict) else str(t) for t in targets]
        assert group_names(names) == [], path


GROUPS = "candidate_id,sex,race\nann,F,A\nbob,M,B\neve,F,B\n"


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Path:
    """Recordings with a file of groups beside them, and ratings of people who wrote."""
    root = tmp_path_factory.mktemp("groups")
    interviews(root / "media")
    (root / "media/groups.csv").write_text(GROUPS)
    rows = [
        f"p{n},I counted {n} sheep and slept well after a long day in the hills,{1 + n % 5}"
        for n in range(20)
    ]
    (root / "rated").mkdir()
    (root / "rated/ratings.csv").write_text(
        "\n".join(["candidate_id,transcript,warmth", *rows]) + "\n"
    )
    (root / "rated/groups.csv").write_text(
        "candidate_id,sex\n" + "".join(f"p{n},{'FM'[n % 2]}\n" for n in range(20))
    )
    schema = {"name": "s", "targets": [{"name": "warmth", "low": 1, "high": 5}]}
    (root / "schema.yaml").write_text(yaml.safe_dump(schema))
    return root


def training(root: Path, ratings: str, *words: str):
    return config(
        "train", "corpora=manifest", f"corpora.path={root}/{ratings}",
        f"corpora.schema={root}/schema.yaml", f"out={root}/run", "encoders=transcripts",
        "streams=[profile]", f"paths.features={root}/features", "trainer.max_epochs=1",
        "learner=network", "resamples=10", "baselines=[train_mean]", "engine=inline",
        "progress=false", "asr=none", *words,
    )  # fmt: skip


@pytest.mark.slow
def test_the_file_of_groups_is_not_opened_while_models_train_and_score(work, capsys) -> None:
    with opened() as files:
        train(training(work, "rated/ratings.csv"))
        score_folder(scoring(work))
    assert work / "rated/ratings.csv" in files  # the spy sees what is read
    assert work / "media/ann.wav" in files
    assert [path for path in files if path.name == "groups.csv"] == []
    with opened() as files:
        read_groups(work / "media/groups.csv")
    assert files == [work / "media/groups.csv"] * len(files) != []


NAMED = ("gender", "Age", "self-reported ethnicity", "date_of_birth", "religion")


@pytest.mark.parametrize("column", NAMED)
def test_a_column_of_groups_in_ratings_is_refused_before_anything_is_read(work, column) -> None:
    table = (work / "rated/ratings.csv").read_text().splitlines()
    lines = [f"{line},{column if n == 0 else 'x'}" for n, line in enumerate(table)]
    (work / "rated/with.csv").write_text("\n".join(lines))
    with pytest.raises(PolicyError, match=rf"rule no_group_inputs_in_training: .*'{column}' in th"):
        train(training(work, "rated/with.csv"))


@pytest.mark.parametrize("column", [*NAMED, "zip"])
@pytest.mark.parametrize("command", ["score", "extract"])
def test_a_column_of_groups_in_a_manifest_is_refused_before_media_are_opened(
    tmp_path, capsys, column: str, command: str
) -> None:
    media = interviews(tmp_path / "media", ("ann",))
    (media / "manifest.csv").write_text(f"path,candidate_id,{column}\nann.wav,ann,x\n")
    features = f"paths.features={tmp_path}/features"
    given = scoring(tmp_path, "policy=[us-il]")
    if command == "extract":
        given = config("extract", f"input={media}", features, "policy=[us-il]")
    run = score_folder if command == "score" else extract_folder
    with opened() as files, pytest.raises(PolicyError, match=f"'{column}' in the manifest"):
        run(given)
    assert [path for path in files if path.suffix in (".wav", ".vtt")] == []


def test_a_column_of_groups_beside_judgements_is_refused(tmp_path) -> None:
    (tmp_path / "j.csv").write_text("left,right,winner,rater gender\na,b,left,F\n")
    with pytest.raises(PolicyError, match="'rater gender' in the table of judgements"):
        label(config("label", f"comparisons={tmp_path}/j.csv", f"out={tmp_path}/o"))


def look_at(name: str, prompt: str) -> None:
    """A corpus with this target, read through a stream with this prompt."""
    gate = Gate.of(config("label", "comparisons=.", "out=x"))
    schema = TargetSchema("s", (Target(name, 1, 5),))
    specs = {"words": {"_target_": "x.y.Z", "prompt": {"instruction": prompt}}}
    gate.look_at_corpus(Corpus("c", (), {}, schema, {}, "free"), specs)


def test_prompts_and_targets_are_looked_at_too() -> None:
    look_at("warmth", "Say how warm the speaker sounds.")
    with pytest.raises(PolicyError, match="'age' in the targets"):
        look_at("age", "Say how warm the speaker sounds.")
    with pytest.raises(PolicyError, match="'Guess the gender' in the prompts"):
        look_at("warmth", "Guess the gender")
